"""Which way a change moves what it touches, how that fits what shows, and what is told of it."""

from __future__ import annotations

import math

import msgspec
import pytest
from investigate_scenes import record

from logmedic.investigate.changes.changed import changed
from logmedic.investigate.changes.diffs import Change
from logmedic.investigate.changes.effort import far, inert
from logmedic.investigate.changes.hunks import telling_hunks
from logmedic.investigate.changes.patch import parse_patch
from logmedic.investigate.changes.vocabulary import bounded, spaced
from logmedic.investigate.faults.clues import Clues
from logmedic.investigate.faults.kinds import KINDS
from logmedic.investigate.faults.symptoms import SYMPTOMS, seen
from logmedic.investigate.source import Span
from logmedic.investigate.suspects.levers import pulled
from logmedic.investigate.suspects.ranking import NOBODY, WEIGHTS
from logmedic.investigate.suspects.scene import Place, Scene, View
from logmedic.investigate.suspects.signals import episode_texts
from logmedic.investigate.suspects.ties import ties
from logmedic.investigate.suspects.turns import turned
from logmedic.investigate.suspects.turns_table import TURNS


def view(diff: str, path: str = "app/orders.py", commit: str = "aaa1111") -> View:
    made = Change(commit, 0, "A change", 1, parse_patch(diff, [path]))
    return View(made, tuple(telling_hunks(made)), ())


def at_home(*_: object) -> bool:
    return False


def turns(diff: str, path: str = "app/orders.py") -> set[str]:
    return {turn.id for turn in turned(view(diff, path).hunks)}


@pytest.mark.parametrize(
    ("diff", "path", "wanted"),
    [
        ("-pool_size: 20\n+pool_size: 5", "deploy/values.yaml", "pool-smaller"),
        ("-pool_size: 5\n+pool_size: 20", "deploy/values.yaml", "pool-larger"),
        ("-    timeout: 30s\n+    timeout: 5s", "deploy/values.yaml", "waits-shorter"),
        ("-  mode: PERMISSIVE\n+  mode: STRICT", "mesh/auth.yaml", "strict"),
        ("-    defer resp.Body.Close()", "call.go", "not-closed"),
        ("+DROP INDEX idx_orders_customer;", "migrations/7.sql", "index-dropped"),
        ("-from alpine:3.18\n+from alpine:3.19", "Dockerfile", "base-image"),
        ("-client = Client(url)\n def ask():\n+    client = Client(url, within=3)", "app/ask.py", "client-inward"),
        ("+for row in rows:\n+    row.name = session.execute(find, row)", "app/list.py", "query-each"),
        ("-PyJWT==1.7.1\n+PyJWT==2.9.0", "requirements.txt", "release"),
    ],
)
def test_a_change_turns_a_lever_one_way(diff, path, wanted):
    assert wanted in turns(diff, path)


@pytest.mark.parametrize(
    ("diff", "path", "unwanted"),
    [
        ("-pool_size: 20\n+pool_size: 19", "deploy/values.yaml", "pool-smaller"),  # too small a step
        ("-pool_size: 20\n+pool_size: 5", "deploy/values.yaml", "pool-larger"),
        ("-PyJWT==2.9.0\n+PyJWT==2.9.1", "requirements.txt", "release"),
        ("-# with lock: held\n+# nothing", "app/a.py", "lock-lost"),  # a comment
        ('-log.info("retry")\n+log.info("no retry")', "app/a.py", "retries"),  # what is only told
    ],
)
def test_what_only_looks_like_a_turn_is_none(diff, path, unwanted):
    assert unwanted not in turns(diff, path)


def test_a_line_that_only_moved_went_and_came_nowhere():
    before, after = changed(view("-a = 1\n-b = 2\n+    b = 2\n+c = 3").hunks)
    assert [line.text for line in before] == ["a = 1"]
    assert [line.text for line in after] == ["c = 3"]


def test_new_source_is_inert_and_new_settings_are_not():
    new = "--- /dev/null\n+++ b/{0}\n@@ -0,0 +1 @@\n+timeout: 3"
    made = {path: parse_patch(new.format(path), [path])[0] for path in ("app/x.py", "k8s/x.yaml", "db/1.sql")}
    assert [path for path, file in made.items() if inert(file)] == ["app/x.py"]


def test_a_number_is_far_from_another_when_about_doubled_or_halved():
    assert far(10, 20)
    assert far(20, 10)
    assert far(0, 1)
    assert not far(10, 15)
    assert not far(3, 3)


def test_a_fit_counts_the_more_the_fewer_changes_have_it():
    shown = seen([("connection pool exhausted", 1.0)])
    cut = "-pool_size: 20\n+pool_size: 5"
    alone = ties([view(cut, "a.yaml"), view("-x = 1\n+x = y", commit="bbb2222")], shown, at_home)
    both = ties([view(cut, "a.yaml"), view(cut, "b.yaml", commit="bbb2222")], shown, at_home)
    assert alone["aaa1111"].values["turn"] > both["aaa1111"].values["turn"] > 0
    assert alone["bbb2222"].values["turn"] == 0


def test_a_turn_of_a_resource_that_the_error_has_nothing_to_do_with_counts_less():
    shown = seen([("the model did not answer: timeout", 1.0)])
    views = [view("-pool_timeout_s = 5.0\n+pool_timeout_s = 0.3", "settings.toml")]
    near, far_ = (ties(views, shown, foreign)["aaa1111"].values["turn"] for foreign in (at_home, lambda *_: True))
    assert 0 < far_ < near


def test_a_tie_tells_the_line_and_the_words_that_it_may_lead_to_in_both_languages():
    shown = seen([("pool exhausted", 1.0)])
    (reason, *_) = ties([view("-pool_size: 20\n+pool_size: 5", "a.yaml")], shown, at_home)["aaa1111"].reasons
    assert reason.why.en == "it brought fewer connections or permits (a.yaml): pool_size: 5, which can lead to “pool”"
    assert reason.why.ko == "커넥션·허용 수 축소 (a.yaml): pool_size: 5, “pool” 오류를 일으킬 수 있는 변경"


def test_a_symptom_of_a_victim_is_weaker_than_that_of_the_first():
    found = {
        entry.symptom.id: entry.strength for entry in seen([("x509: bad certificate", 1.0), ("read timed out", 0.7)])
    }
    assert found["tls"] == 1.0
    assert found["slow"] == 0.7


def test_only_wanted_levers_are_looked_for():
    hunks = view("-pool_size: 20\n+pool_size: 5", "a.yaml").hunks
    assert [entry.lever for entry in pulled(hunks, {"pool"})] == ["pool"]
    assert list(pulled(hunks, {"tls"})) == []


def test_an_alternative_begins_a_word_and_compound_names_are_taken_apart():
    assert bounded("pool|lock").search("whirlpool") is None
    assert bounded("pool|lock").search(spaced("maxPoolSize")) is not None
    assert bounded("a(?:b|c)|[|]").search("ac") is not None


def test_the_tables_name_only_symptoms_and_ways_that_there_are():
    known = {symptom.id for symptom in SYMPTOMS} | {"*"}
    assert {name for turn in TURNS for name in turn.leads_to} - known == set()
    assert len({turn.id for turn in TURNS}) == len(TURNS)
    assert all(turn.said.en and turn.said.ko for turn in TURNS)
    assert all(0 < weight <= 1 for turn in TURNS for weight in turn.leads_to.values())


def test_every_weight_is_a_number():
    assert all(math.isfinite(weight) for weight in (*WEIGHTS.values(), *NOBODY.values()))


def test_an_error_of_other_code_of_the_same_service_says_little_of_this_one():
    ours = Place("app/model.py", Span(1, 9, 5, "ask"), 0)
    told = (
        record("no connection", time=5, stack_text='File "/srv/app/database.py", line 3, in connect'),
        record("no answer", time=6, stack_text='File "/srv/app/model.py", line 5, in ask'),
        record("nothing known", time=7),
    )
    scene = Scene(kind=KINDS["upstream-timeout"], clues=Clues(), places=(ours,), changes=(), blamed={}, first_seen=5,
                  told=told, service="shop", hit=("shop",))  # fmt: skip
    weights = {text.split("\n")[0]: weight for text, weight in episode_texts(scene)}
    assert weights["no connection"] < weights["no answer"] == weights["nothing known"]
    unknown = msgspec.structs.replace(scene, places=())  # which code failed is not known: they may all be one
    assert len({weight for text, weight in episode_texts(unknown) if text}) == 1
