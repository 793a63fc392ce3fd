"""What is gathered, how much of it, and that no text from a log leads to a file that git does not track."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from investigate_scenes import DAY, REDACTOR, History, Repo, case, incident, record, shop

from logmedic.doors import Git, SystemShell
from logmedic.errors import SourceError, StoreError
from logmedic.investigate import git
from logmedic.investigate.evidence import gather
from logmedic.investigate.offline import OfflineInvestigator
from logmedic.model import NANOSECONDS, ExceptionPart, Frame, Level, Stack

SECRET = "hunter2-swordfish"


@pytest.fixture(scope="module")
def repo(tmp_path_factory):
    root = tmp_path_factory.mktemp("evidence")
    (root / "outside.py").write_text(f"PASSWORD = '{SECRET}'\n" * 30)
    made = shop(root / "shop")
    (made.root / "app" / "link.py").symlink_to(root / "outside.py")
    (made.root / "etc").symlink_to("/etc")
    made.commit("links", {})
    (made.root / "app" / "untracked.py").write_text(f"PASSWORD = '{SECRET}'\n" * 30)
    return made


def stack_at(*places: tuple[str, int]) -> Stack:
    frames = tuple(Frame("work", path, line, in_app=True) for path, line in places)
    return Stack("python", (ExceptionPart("ValueError", "no", frames),))


def gathered(repo: Repo, *places: tuple[str, int], **more):
    subject = record("failed", time=repo.time + 600, request_id="r-1", **more)
    return gather(case(subject, repo=repo, stack=stack_at(*places)), REDACTOR)


def kinds(dossier, letter: str):
    return [item for item in dossier.evidence if item.id.startswith(letter)]


@pytest.mark.parametrize(
    "path",
    [
        "../../etc/passwd",
        "/etc/passwd",
        "app/../../outside.py",
        "../outside.py",
        "--output=/tmp/owned",
        "-–option",
        "-rf",
        "app/link.py",
        "etc/passwd",
        "app/untracked.py",
        "HEAD:app/orders.py",
        ":(top)app/orders.py",
        "app/*.py",
        "app",
        "",
        ".",
        "/",
        "app/orders.py\x00",
        "app/orders.py\n",
        "/usr/lib/python3.11/site-packages/app/orders.py",
        "x" * 5_000,
        "/tmp/orders.py",
    ],
)
def test_a_path_that_git_does_not_track_is_never_read(repo, path):
    dossier = gathered(repo, (path, 2))
    assert kinds(dossier, "S") == []
    assert kinds(dossier, "B") == []
    assert not any(SECRET in item.text or "root:" in item.text for item in dossier.evidence)


@pytest.mark.parametrize(
    "path",
    [
        "app/orders.py",
        "/srv/releases/17/app/orders.py",
        "./app/orders.py",
        "C:\\build\\app\\orders.py",
        "file:///app/orders.py",
    ],
)
def test_a_path_is_found_by_its_longest_suffix(repo, path):
    (found,) = kinds(gathered(repo, (path, 10)), "S")
    assert found.locator["path"] == "app/orders.py"
    assert "def charge(order):" in found.text
    assert "def load" not in found.text
    assert "10>" in found.text


def test_a_name_that_fits_two_files_is_ambiguous(tmp_path):
    repo = Repo(tmp_path / "two")
    repo.commit("two", {"a/app/views.py": "def f():\n    pass\n", "b/app/views.py": "def f():\n    pass\n"})
    assert kinds(gathered(repo, ("/srv/app/views.py", 1)), "S") == []
    assert len(kinds(gathered(repo, ("/srv/b/app/views.py", 1)), "S")) == 1


def test_a_line_past_the_end_of_the_file_gives_nothing(repo):
    assert kinds(gathered(repo, ("app/orders.py", 10_000)), "S") == []
    assert kinds(gathered(repo, ("app/orders.py", 0)), "S") == []


def test_a_file_that_does_not_hold_the_quoted_code_is_another_file(repo):
    subject = record("failed", time=repo.time + 600)
    frame = Frame("work", "/srv/app/orders.py", 10, code="launch(missiles)", in_app=True)
    stack = Stack("python", (ExceptionPart("ValueError", "no", (frame,)),))
    assert kinds(gather(case(subject, repo=repo, stack=stack), REDACTOR), "S") == []


def test_the_place_that_wrote_the_line_counts_when_there_is_no_stack(repo):
    subject = record("failed", time=repo.time + 600, file="app/orders.py", line=10)
    dossier = gather(case(subject, repo=repo), REDACTOR)
    assert kinds(dossier, "S")[0].locator["line"] == 10
    assert not dossier.places[0].exact


def test_the_work_tree_is_not_what_is_quoted(tmp_path):
    repo = shop(tmp_path / "shop")
    (repo.root / "app" / "orders.py").write_text("changed = 'since'\n" * 40)
    (found,) = kinds(gathered(repo, ("app/orders.py", 10)), "S")
    assert "def charge" in found.text


def test_log_lines_are_bounded_and_the_request_and_the_bad_ones_come_first(repo):
    time = repo.time + 600
    subject = record("failed", time=time, request_id="r-1", offset=500_000)
    lines = [record(f"noise {n}", time=time - 500 + n, offset=n, level=Level.INFO) for n in range(300)]
    lines.append(record("of the request", time=time - 400, offset=400, request_id="r-1", level=Level.INFO))
    dossier = gather(case(subject, repo=repo, logs=[*lines, subject]), REDACTOR)
    logs = kinds(dossier, "L")
    assert len(logs) <= 100
    assert logs[0].text.partition("\n")[0].endswith("failed")
    assert any("of the request" in item.text for item in logs)
    assert any("noise 299" in item.text for item in logs)


def test_what_is_quoted_is_redacted_and_bounded(tmp_path):
    repo = Repo(tmp_path / "leaky")
    body = "def f():\n    password = 'correct-horse-battery'\n" + "    x = 1\n" * 500
    repo.commit("add password = 'correct-horse-battery'", {"app/f.py": body})
    subject = record(
        "mail kim@example.com", time=repo.time + 9, fields={"password": "correct-horse-battery", "n": "z" * 90_000}
    )
    dossier = gather(case(subject, repo=repo, stack=stack_at(("app/f.py", 2))), REDACTOR)
    assert all(len(item.text) <= 8_000 for item in dossier.evidence)
    assert not any("correct-horse" in item.text or "kim@example.com" in item.text for item in dossier.evidence)


def test_earlier_incidents_and_figures_are_evidence(repo):
    subject = record("failed", time=repo.time + 600, request_id="r-1", duration_ms=6200.0)
    past = incident(record("failed before", time=repo.time - DAY), id=2, fingerprint="v1:aaaaaaaaaaaaaaaa")
    dossier = gather(case(subject, repo=repo, history=History([past], before=2, after=40), count=10), REDACTOR)
    assert [item.locator["fingerprint"] for item in kinds(dossier, "H")] == ["v1:aaaaaaaaaaaaaaaa"]
    figures = {item.locator["figure"]: item.locator["value"] for item in kinds(dossier, "M")}
    assert figures["count"] == 10
    assert figures["share"] == 0.25
    assert figures["errors_before"] == 2
    assert figures["errors_after"] == 40
    assert figures["slowest"] == 6200.0


def test_what_cannot_be_asked_becomes_a_gap_not_an_error(tmp_path):
    class Broken(History):
        def error_counts(self, service, since, until):
            raise StoreError("locked")

        def similar(self, incident, limit):
            raise StoreError("locked")

    class Gone:
        def around(self, record, before, after):
            raise SourceError("the file is gone")

        def by_request(self, request_id, since, until):
            raise SourceError("the file is gone")

    empty = Repo(tmp_path / "empty")
    made = case(record("failed", time=empty.time), repo=empty, history=Broken())
    made = msgspec.structs.replace(made, logs=Gone())
    dossier = gather(made, REDACTOR)
    assert len(dossier.gaps) >= 4
    assert OfflineInvestigator(REDACTOR).investigate(made).claims


def test_a_directory_that_is_no_repository_is_a_gap(tmp_path):
    made = msgspec.structs.replace(
        case(record("failed", time=1_780_000_000)), git=Git(tmp_path / "none", SystemShell())
    )
    assert any("git could not be asked" in gap for gap in gather(made, REDACTOR).gaps)


def test_a_repository_below_the_top_directory_is_read_too(tmp_path):
    repo = shop(tmp_path / "shop")
    made = case(record("failed", time=repo.time + 60), repo=repo, stack=stack_at(("app/orders.py", 10)))
    dossier = gather(msgspec.structs.replace(made, git=Git(repo.root / "app", SystemShell())), REDACTOR)
    assert kinds(dossier, "S")
    assert kinds(dossier, "B")


def test_configuration_of_the_repository_cannot_change_what_is_read(tmp_path):
    repo = shop(tmp_path / "shop")
    marker = tmp_path / "ran"
    repo.commit("attributes", {".gitattributes": "*.py diff=evil\n"})
    repo.edit("currency", "app/pricing.py", 'RATES["KRW"]', 'RATES[order["currency"]]')
    for key, value in (("diff.noprefix", "true"), ("diff.external", f"touch {marker}"), ("core.quotePath", "true"),
                       ("diff.evil.textconv", f"touch {marker}; cat"), ("log.showSignature", "true"),
                       ("color.ui", "always"), ("core.fsmonitor", f"touch {marker}")):  # fmt: skip
        repo.git("config", key, value)
    dossier = gathered(repo, ("app/pricing.py", 5))
    assert dossier.changes[0].files[0].path == "app/pricing.py"
    assert kinds(dossier, "B")
    assert not marker.exists()


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_whatever_a_record_says_the_investigation_ends_with_a_report(repo, data):
    text = st.text(max_size=80) | st.sampled_from(
        ["-–option", "--upload-pack=x", "../../etc/passwd", "HEAD^{/x}", "v1..v2", "app/orders.py", "\x1b[2J", "@{-1}"]
    )
    frame = st.builds(Frame, text, text, st.integers(-5, 2**40), text, text, st.booleans())
    part = st.builds(ExceptionPart, text, text, st.lists(frame, max_size=4).map(tuple))
    stack = data.draw(st.none() | st.builds(Stack, text, st.lists(part, max_size=3).map(tuple)))
    more = {
        "time": st.integers(-(2**62), 2**62),
        "release": st.none() | text,
        "error_code": st.none() | text,
        "file": st.none() | text,
        "line": st.none() | st.integers(),
        "exception_type": st.none() | text,
        "fields": st.dictionaries(text, text | st.integers(), max_size=3),
        "duration_ms": st.none() | st.floats(),
        "level": st.sampled_from(list(Level)),
    }
    drawn = {name: data.draw(values) for name, values in more.items()}
    subject = msgspec.structs.replace(record(data.draw(text), time=repo.time), **drawn)
    made = case(subject, repo=repo, stack=stack)
    found = OfflineInvestigator(REDACTOR).investigate(made)
    assert 0 <= found.confidence <= 0.9
    assert found.severity.rank >= made.incident.floor.rank
    known = {item.id for item in found.evidence}
    assert all(claim.citations and set(claim.citations) <= known for claim in found.claims)
    assert not any(SECRET in item.text for item in found.evidence)
    assert not found.dropped
    for printed in (found.root_cause.en, found.root_cause.ko):
        assert "\x1b" not in printed


def test_the_newest_commit_before_the_error_was_running(tmp_path):
    repo = shop(tmp_path / "shop")
    last = repo.edit("currency", "app/pricing.py", 'RATES["KRW"]', 'RATES[order["currency"]]')
    repo.commit("later", {"app/health.py": "x = 1\n"}, gap=7_200)
    subject = record("failed", time=0)
    subject = msgspec.structs.replace(subject, time=(repo.time - 3_600) * NANOSECONDS)
    dossier = gather(case(subject, repo=repo), REDACTOR)
    assert dossier.running.commit == last
    assert dossier.running.how == "time"


@pytest.mark.parametrize("form", ["{full}", "{short}", "1.2.3-4-g{short}", "shop@1.2.3+{short}"])
def test_a_release_names_its_commit_in_many_ways(tmp_path, form):
    repo = shop(tmp_path / "shop")
    commit = repo.ids["client"]
    subject = record("failed", time=repo.time + 60, release=form.format(full=commit, short=commit[:9]))
    dossier = gather(case(subject, repo=repo), REDACTOR)
    assert dossier.running.commit == commit
    assert dossier.running.how == "release"


@pytest.mark.parametrize("length", [1, 280, 290, 300, 560, 590, 600, 3_990, 7_900, 8_000, 30_000])
def test_long_and_redacted_records_are_still_quoted_faithfully(length):
    message = "mail kim@example.com 4711 `a\x1bb` " + "kim@example.com 1234567 " * (length // 24 + 1)
    subject = record(
        message[: length + 40], time=1_780_000_000, stack_text=message * 3, fields={"token": 5, "x": message}
    )
    found = OfflineInvestigator(REDACTOR).investigate(case(subject))
    assert found.dropped == ()
    assert found.claims
    assert all(len(item.text) <= 8_000 for item in found.evidence)
    assert not any("kim@example.com" in item.text for item in found.evidence)


def test_in_a_long_history_a_line_older_than_the_window_has_no_author_and_a_younger_one_has(tmp_path, monkeypatch):
    monkeypatch.setattr(git, "WINDOW_COMMITS", 3)
    repo = shop(tmp_path / "shop")
    young = repo.edit("young", "app/pricing.py", "    return order", "    return 1 * order")
    repo.commit("after", {"README.md": "# Shop\n"})
    head = repo.git("rev-parse", "HEAD").strip()

    def authors(limit: int) -> list[str]:
        monkeypatch.setattr(git, "BLAMED_WHOLE", limit)
        repository = git.Repository(Git(repo.root, SystemShell()))
        return [b.commit for b in repository.blame(head, "app/pricing.py", 5, 6)]

    assert authors(100) == [repo.ids["first"], young]
    assert authors(4) == [young]
