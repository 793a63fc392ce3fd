"""A Korean report is Korean: what is left of English in it is quoted from the log, the code or the repository."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

import msgspec
import pytest
from investigate_scenes import DAY, EPOCH, REDACTOR, History, case, incident, record, shop

from logmedic.investigate import judge, report, reread, verify
from logmedic.investigate.changes.diffs import Change, FileDiff, Hunk, Touch
from logmedic.investigate.faults import kinds
from logmedic.investigate.faults.clues import Clues
from logmedic.investigate.faults.kind import Kind
from logmedic.investigate.faults.kinds import KINDS
from logmedic.investigate.offline import OfflineInvestigator
from logmedic.investigate.source import Span
from logmedic.investigate.suspects import contracts, installed, limits, mechanisms, reasons, switches
from logmedic.investigate.suspects.ranking import rank
from logmedic.investigate.suspects.scene import Place, Reason, Scene, View
from logmedic.model import (
    Claim,
    Component,
    Diagnosis,
    Evidence,
    ExceptionPart,
    Frame,
    Level,
    LogRecord,
    Stack,
    State,
    Suspect,
    Text,
)

_HANGUL = re.compile("[가-힣]")
_LATIN = re.compile(r"[A-Za-z]{2,}")
_BOTH_WAYS = ("을(를)", "를(을)", "이(가)", "가(이)", "은(는)", "는(은)", "와(과)", "과(와)", "(으)로")
_NAMES = frozenset(("UTC", "git", "blame"))  # proper names that Korean keeps


def assert_korean(text: Text, quoted: Sequence[str]) -> None:
    """Both sentences are there, and every Latin word of the Korean one is a quotation."""
    assert text.en
    assert text.en != text.ko
    assert _HANGUL.search(text.ko), text.ko
    assert not any(particle in text.ko for particle in _BOTH_WAYS), text.ko
    known = {*_LATIN.findall("\n".join(quoted)), *_NAMES}
    assert not set(_LATIN.findall(text.ko)) - known, text.ko


def sentences(found: Diagnosis) -> Iterator[Text]:
    yield from (claim.text for claim in found.claims)
    yield from (suspect.why for suspect in found.suspects)
    yield found.fixable.reason
    yield from found.dropped


def subject(kind: Kind) -> tuple[LogRecord, dict[str, object]]:
    """A record that the taxonomy takes for this kind."""
    said: dict[str, object] = {}
    if kind is kinds.SLOW:
        return record("Response sent", time=EPOCH + DAY, level=Level.INFO, duration_ms=6_200.0), {"rules": ("slow",)}
    if kind in {kinds.SURGE, kinds.STORM}:
        return record("it failed", time=EPOCH + DAY), {"components": [Component("synthetic", kind.id)]}
    if kind is not kinds.UNKNOWN:
        said["exception_type"] = min(kind.types) if kind.types else None
        message = "" if kind.types else kind.phrases[0]
        return record(message or "it failed", time=EPOCH + DAY, **said), {}
    return record("it failed", time=EPOCH + DAY), {}


ALL = (*KINDS.values(), kinds.SLOW, kinds.SURGE, kinds.STORM, kinds.UNKNOWN)


@pytest.fixture(scope="module")
def repo(tmp_path_factory):
    return shop(tmp_path_factory.mktemp("languages") / "shop")


@pytest.mark.parametrize("kind", ALL, ids=lambda kind: kind.id)
def test_a_report_of_every_kind_is_wholly_korean(kind, repo):
    broken, more = subject(kind)
    frame = Frame("charge", "app/orders.py", 10, in_app=True)
    stack = Stack("python", (ExceptionPart(broken.exception_type or "", "", (frame,)),)) if kind.types else None
    past = History([incident(record("it failed before", time=EPOCH), id=7, state=State.RESOLVED)])
    made = case(broken, repo=repo, stack=stack, history=past, **more)
    found = OfflineInvestigator(REDACTOR).investigate(made)
    assert found.claims
    assert any(kind.id in claim.text.ko for claim in found.claims) or kind is kinds.UNKNOWN
    quoted = [*(item.text for item in found.evidence), *(str(item.locator) for item in found.evidence),
              kind.id, *kind.phrases, *kind.types, "slow", "RateLimit"]  # the last: a part of a type  # fmt: skip
    for text in sentences(found):
        assert_korean(text, quoted)
    for text in (found.root_cause, found.impact, *found.actions):
        assert text.en != text.ko
        assert _HANGUL.search(text.ko)
    shown = report.to_text(found, made.incident, "ko")
    for text in (*sentences(found), found.root_cause, found.impact, *found.actions):
        assert " ".join(text.en.split())[:40] not in " ".join(shown.split())


def change(*files: FileDiff, parents: int = 1) -> Change:
    return Change("ab12cd34" * 5, EPOCH, "subject", parents, files)


def edited(path: str, removed: Sequence[str], added: Sequence[str], **more: object) -> FileDiff:
    hunk = Hunk(5, len(removed), 5, len(added), tuple(removed), tuple(added))
    return FileDiff(path, str(more.pop("old_path", path)), (hunk,), **more)


NO_CLUES = Clues()


def reasons_of(
    kind: str, made: Change, clues: Clues = NO_CLUES, *, touched: Place | None = None, **more
) -> list[Reason]:
    """Every reason that one commit gives, whatever the kind would ask for."""
    places = (Place("app/x.py", Span(1, 9, 5, "charge"), 0),) if touched is None else (touched,)
    scene = Scene(kind=KINDS[kind], clues=clues, places=places, changes=(made,), blamed={}, first_seen=EPOCH, **more)
    hunks = tuple((file, hunk) for file in made.files for hunk in file.hunks)
    touches = tuple(
        (touched, Touch(made.commit, hunk, _distance(touched, hunk)))
        for file, hunk in hunks
        if touched and file.path == touched.path
    )
    view = View(made, hunks, touches)
    return [
        *reasons.by_stack(scene, view),
        *reasons.by_missing(scene, view),
        *reasons.by_unwanted(scene, view),
        *installed.by_package(scene, view),
        *limits.by_knob(scene, view),
        *limits.by_leak(scene, view),
        *mechanisms.by_mechanism(scene, view),
        *contracts.by_schema(scene, view),
        *contracts.by_route(scene, view),
        *contracts.by_answer(scene, view),
        *reasons.by_literals(scene, view, clues.literals),
        *(switches.by_switch(scene, flip, {}) for flip in switches.flips([view])),
    ]


def _distance(place: Place, hunk: Hunk) -> int:
    return abs(place.span.line - hunk.start)


def at(line: int, *, depth: int = 0, name: str = "charge") -> Place:
    return Place("app/x.py", Span(1, 20, line, name), depth)


MISSING = Clues(missing=("customer",))
NAMED = Clues(literals=("api.example.com",))
POOL = Clues(numbers=frozenset({"2"}))
CLUES = [
    ("오류가 발생한 줄 변경 (app/x.py:5)", "missing-key", edited("app/x.py", ["a"], ["b"]), {"touched": at(5)}),
    ("스택에 있는 줄 변경 (app/x.py:5)", "missing-key", edited("app/x.py", ["a"], ["b"]), {"touched": at(5, depth=1)}),
    ("app/x.py:8 부근의 charge 변경", "missing-key", edited("app/x.py", ["a"], ["b"]), {"touched": at(8)}),
    ("app/x.py:8 부근의 코드 변경", "missing-key", edited("app/x.py", ["a"], ["b"]), {"touched": at(8, name="")}),
    ("해당 위치의 검사 제거: if a is None:", "missing-key", edited("app/x.py", ["if a is None:"], ["b"]),
     {"touched": at(5)}),
    ("오류에서 찾지 못한 'customer' 제거 (app/x.py)", "missing-key", edited("app/x.py", ["customer = 1"], ["b"]),
     {"clues": MISSING}),
    ("오류에서 찾지 못한 'customer' 사용 추가 (app/x.py)", "missing-key", edited("app/x.py", ["b"], ["row.customer"]),
     {"clues": MISSING}),
    ("오류에서 찾지 못한 'customer' 이동 또는 삭제", "missing-file",
     edited("app/buyer", ["b"], ["c"], old_path="customer"), {"clues": MISSING}),
    ("의존성 yaml 1.2 제거 (requirements.txt), 오류에서 찾지 못한 이름", "missing-module",
     edited("requirements.txt", ["yaml==1.2"], ["other==1"]), {"clues": Clues(missing=("yaml",))}),
    ("의존성 yaml 변경: 1.2 → 2.0 (requirements.txt), 스택에 나온 라이브러리", "wrong-type",
     edited("requirements.txt", ["yaml==1.2"], ["yaml==2.0"]), {"libraries": ("yaml",)}),
    ("의존성 yaml 변경: 1.2 → 2.0 (requirements.txt), 오류가 발생한 줄에서 사용", "wrong-type",
     edited("requirements.txt", ["yaml==1.2"], ["yaml==2.0"]), {"clues": Clues(codes=("yaml.load(x)",))}),
    ("의존성 yaml 2.0 추가 (requirements.txt), 오류 메시지에 나온 이름", "missing-module",
     edited("requirements.txt", ["a==1"], ["a==1", "yaml==2.0"]), {"clues": Clues(words=frozenset({"yaml"}))}),
    ("오류에서 알 수 없다고 한 'customer' 추가 (app/x.py)", "bad-data", edited("app/x.py", ["a"], ["customer"]),
     {"clues": Clues(unwanted=("customer",))}),
    ("'customer' 스키마 변경 (db/migrate/1.sql)", "schema", edited("db/migrate/1.sql", [], ["DROP TABLE customer"]),
     {"clues": Clues(schema=("customer",))}),
    ("'customer' 처리 코드 변경 (app/x.py)", "constraint", edited("app/x.py", ["a"], ["customer = 2"]),
     {"clues": Clues(schema=("customer",))}),
    ("경로 /v1/customer 제거 (app/x.py)", "missing-key", edited("app/x.py", ['get("/v1/customer")'], ["b"]),
     {"clues": Clues(routes=("/v1/customer",), numbers=frozenset({"404"}))}),
    ("charge 응답 형식 변경: 'customer': str(b) (charge/x.py)", "bad-data",
     edited("charge/x.py", ["'customer': b"], ["'customer': str(b)"]),
     {"called": ("charge",), "services": ("charge",)}),
    ("customer 전환: off → on (app/x.yaml)", "missing-key",
     edited("app/x.yaml", ["customer: off"], ["customer: on"]), {}),
    ("customer 전환: off → on (app/x.yaml), 오류에 나온 이름", "missing-key",
     edited("app/x.yaml", ["customer: off"], ["customer: on"]), {"clues": Clues(words=frozenset({"customer"}))}),
    ("customer 전환: off → on (app/x.yaml), 스택의 코드가 읽는 값", "missing-key",
     edited("app/x.yaml", ["customer: off"], ["customer: on"]), {"sources": ("if flags.customer:",)}),
    ("customer 변경: 8080 → 9090 (app/x.yaml)", "connection",
     edited("app/x.yaml", ["customer: 8080"], ["customer: 9090"]), {"clues": Clues(ports=frozenset({"8080"}))}),
    ("customer 변경: api.example.com (app/x.py)", "dns",
     edited("app/x.py", ["customer = 'api.example.com'"], ["customer = 'b'"]),
     {"clues": Clues(hosts=("api.example.com",))}),
    ("max_charge 값 변경: 9000 → 7000 (app/x.py), 오류에 나온 값", "missing-key",
     edited("app/x.py", ["max_charge = 9000"], ["max_charge = 7000"]),
     {"clues": Clues(numbers=frozenset({"7000"}), words=frozenset({"charge"}))}),
    ("파일 접근 권한 변경: chmod (app/x.py)", "permission", edited("app/x.py", ["a"], ["chmod"]), {}),
    ("의존성 변경 (requirements.txt)", "missing-module", edited("requirements.txt", ["one==1"], ["one==2"]), {}),
    ("pool_size 값 변경: 20 → 2 (app/db.py)", "pool-exhausted", edited("app/db.py", ["pool_size=20"], ["pool_size=2"]),
     {}),
    ("pool_size 값 지정: 2 (app/db.py), 오류에 나온 한도", "pool-exhausted",
     edited("app/db.py", ["a"], ["pool_size=2"]), {"clues": POOL}),
    ("pool_size 값 지정: 3 (app/db.py)", "pool-exhausted", edited("app/db.py", ["a"], ["pool_size=3"]), {}),
    ("pool_size = 20 설정 제거 (app/db.py)", "pool-exhausted", edited("app/db.py", ["pool_size=20"], ["a"]), {}),
    ("자원을 반환하는 코드 제거: connection.close() (app/db.py)", "pool-exhausted",
     edited("app/db.py", ["connection.close()"], ["a"]), {}),
    ("오류 메시지에 나온 'api.example.com' 변경 (app/x.py)", "dns",
     edited("app/x.py", ["u = 'api.example.com'"], ["u = 'b'"]), {"clues": NAMED}),
]  # fmt: skip


@pytest.mark.parametrize(("korean", "kind", "file", "more"), CLUES, ids=[entry[0] for entry in CLUES])
def test_every_reason_to_suspect_a_commit_is_told_in_korean(korean, kind, file, more):
    found = {reason.why.ko: reason.why for reason in reasons_of(kind, change(file), **more)}
    assert korean in found
    quoted = [file.path, file.old_path, *file.hunks[0].removed, *file.hunks[0].added, "charge", "customer", "yaml"]
    for why in found.values():
        assert_korean(why, quoted)


def test_moved_code_and_a_touched_stack_are_told_in_korean():
    moved = Change("ab12cd34" * 5, EPOCH, "move", 1,
                   (edited("app/x.py", [], ["total = 1"]), edited("app/y.py", ["total = 1"], [])))  # fmt: skip
    assert "다른 곳의 코드를 이 위치로 이동 (app/x.py:5)" in [
        r.why.ko for r in reasons_of("missing-key", moved, touched=at(5))
    ]
    tuned = change(edited("app/x.py", ["timeout = 30"], ["timeout = 2"]))
    scene = Scene(kind=KINDS["upstream-timeout"], clues=NO_CLUES, places=(at(5),), changes=(tuned,), blamed={},
                  first_seen=EPOCH + 60)  # fmt: skip
    (suspect,) = rank(scene)
    assert suspect.why == Text(
        "it changed timeout from 30 to 2 (app/x.py)",
        "timeout 값 변경: 30 → 2 (app/x.py)",
    )


@pytest.mark.parametrize(
    ("kind", "locator"),
    [
        ("log", {}),
        ("log", {"source": "app", "stream": "other", "offset": 1}),
        ("log", {"source": "app", "stream": "app.log", "offset": 1_000}),
        ("source", {}),
        ("commit", {"commit": "f" * 40}),
        ("blame", {}),
        ("history", {"fingerprint": "v1:ffee00112233aabb"}),
        ("history", {"fingerprint": "v1:0000000000000000"}),
        ("figure", {"figure": "users", "value": 1}),
        ("figure", {"figure": "count", "value": 9}),
        ("figure", {"figure": "count", "value": 7}),
        ("dream", {}),
    ],
)
def test_what_verification_throws_out_is_explained_in_korean(kind, locator, repo):
    broken = record("boom", time=EPOCH + DAY)
    made = case(broken, repo=repo, history=History([incident(broken, fingerprint="v1:ffee00112233aabb")]))
    forged = Evidence("X1", kind, "so said nobody", locator)
    claims = (Claim(Text("So.", "그렇습니다."), ("X1",)), Claim(Text("And.", "또한 그렇습니다."), ()),
              Claim(Text("Thus.", "그래서 그렇습니다."), ("L99",)))  # fmt: skip
    suspects = (Suspect("e" * 40, 0.5, Text("it did", "원인")),)
    drafted = OfflineInvestigator(REDACTOR).investigate(made)
    checked = verify.verify(
        msgspec.structs.replace(drafted, evidence=(forged,), claims=claims, suspects=suspects), made
    )
    assert len(checked.dropped) == 4
    for text in checked.dropped:
        assert_korean(text, ["X1", "L99", "dream", "e" * 40])
    assert report.to_json(checked, "ko")["dropped"] == [text.ko for text in checked.dropped]


def test_json_gives_each_reader_strings_of_one_language(repo):
    repo.edit("currency", "app/pricing.py", 'RATES["KRW"]', 'RATES[order["currency"]]')
    text, stack = repo.crash("from app.pricing import price; price({'amount': 1})")
    made = case(record("boom", time=repo.time + 60, stack_text=text), repo=repo, stack=stack)
    found = OfflineInvestigator(REDACTOR).investigate(made)
    for language in ("en", "ko"):
        read = report.to_json(found, language)
        assert read["claims"] == [{"text": c.text.in_(language), "citations": [*c.citations]} for c in found.claims]
        assert [s["why"] for s in read["suspects"]] == [s.why.in_(language) for s in found.suspects] != []
        assert read["fixable"] == {"yes": True, "reason": found.fixable.reason.in_(language)}
    assert found.fixable.reason.ko == "오류가 발생한 줄이 저장소에 있습니다: app/pricing.py:5"


@pytest.mark.parametrize("module", [judge, reasons, reread, verify])
def test_every_constant_sentence_is_told_in_korean(module):
    constants = [value for value in vars(module).values() if isinstance(value, Text)]
    assert constants
    for text in constants:
        assert_korean(text, [])
