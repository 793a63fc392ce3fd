"""Every rule by its own sample; that the answer is the same without an automaton; and how long a hostile text takes."""

from __future__ import annotations

import json
import random
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from redact_corpus import ordinary, planted

from growth import assert_in_proportion
from logmedic.redact import NUMBERS, PERSONAL, SECRETS, RedactConfig, Redactor, fill
from logmedic.redact.needles import finder
from logmedic.redact.people import numbers
from logmedic.redact.rule import Rule
from logmedic.redact.scanning import Scanner, scanner

REDACT = Redactor()
ALL = [(family, rule) for family, rules in {**SECRETS, "personal": PERSONAL}.items() for rule in rules]
RULES = [pytest.param(rule, id=f"{rule.kind}-{number}") for number, (_, rule) in enumerate(ALL)]
EVERYTHING = frozenset({"email", "phone", "card", "resident-number", "passport", "driver-licence", "account", "ip"})
FRAMES = ["{}", "got {} from", "({})", "x: {}, y: 1", "한글 {} 뒤", "<{}>", "[{}]", "a={}&b=2"]


def filled(rule: Rule, seed: int) -> tuple[str, tuple[str, ...]]:
    rng = random.Random(seed)
    return fill(rule.sample, lambda alphabet, length: "".join(rng.choices(alphabet, k=length)))


def test_there_are_far_more_than_sixty_rules_for_secrets_and_of_many_families() -> None:
    assert sum(map(len, SECRETS.values())) >= 140
    assert set(SECRETS) == {"cloud", "tokens", "urls", "headers", "keys", "fields"}


@pytest.mark.parametrize("rule", RULES)
def test_the_needles_of_a_rule_are_lower_case_and_one_stands_in_its_sample(rule: Rule) -> None:
    assert all(needle == needle.lower() and len(needle) >= 2 for needle in rule.needles)
    assert any(needle in fill(rule.sample)[0].lower() for needle in rule.needles)


@pytest.mark.parametrize("rule", RULES)
@pytest.mark.parametrize("seed", range(3))
def test_what_a_rule_is_for_is_found_whole_in_any_frame_and_called_by_its_kind(rule: Rule, seed: int) -> None:
    text, parts = filled(rule, seed)
    assert rule.kind in {span.kind for span in REDACT._scanner.spans(text)} | {None if seed else rule.kind}
    for frame in FRAMES:
        line = frame.format(text)
        for clean in (REDACT.text(line), REDACT.text(json.dumps({"m": line}, ensure_ascii=False))):
            assert not [part for part in parts if len(part) > 3 and part in clean], clean


@pytest.mark.parametrize("rule", RULES)
def test_half_of_a_sample_over_and_over_takes_time_in_proportion(rule: Rule) -> None:
    """A pattern that failed only at its end, tried at every needle, would take the square of that."""
    whole = fill(rule.sample)[0]
    needle = next(needle for needle in rule.needles if needle in whole.lower())
    for piece in (whole[: whole.lower().index(needle) + len(needle)], whole[:-1] + " ", needle + '\\"', needle + ": "):
        assert_in_proportion(REDACT._scanner.spans, lambda length, piece=piece: piece * (length // len(piece)), 6_000)


def test_ten_thousand_random_texts_are_redacted_and_stay_so() -> None:
    rng = random.Random(7)
    needles = [needle for _, rule in ALL for needle in rule.needles]
    signs = " \t\"'\\=:;,<>()[]{}/@%.-_#&?0123456789abcXYZ+가é\ud800\U0001f600\n"
    for _ in range(10_000):
        kinds = (rng.random() < 0.3 for _ in range(25))
        pieces = [rng.choice(needles) if needle else rng.choice(signs) * rng.randrange(1, 5) for needle in kinds]
        once = REDACT.text("".join(pieces))
        assert REDACT.text(once) == once


def test_without_the_automaton_the_answer_is_the_same() -> None:
    slow = Scanner(EVERYTHING, accelerate=False)
    fast = scanner(EVERYTHING)
    lines = [*(one.line for one in planted()), *ordinary(500)]
    assert [slow.spans(line) for line in lines] == [fast.spans(line) for line in lines]


@given(st.lists(st.text("ab\n", min_size=1, max_size=80), unique=True, max_size=6), st.text("ab\n", max_size=200))
def test_literals_are_found_wherever_they_stand_with_an_automaton_and_without(literals: list[str], text: str) -> None:
    places = ((n, at) for n in range(len(literals)) for at in range(len(text)))
    expected = [(n, at, at + len(literals[n])) for n, at in places if text.startswith(literals[n], at)]
    for accelerate in (True, False):
        assert sorted(finder(literals, accelerate=accelerate)(text)) == expected


def test_a_letter_of_which_lower_case_makes_two_moves_nothing() -> None:
    assert REDACT.text("İİİİ password=hunter2 İ") == "İİİİ password=<secret:1> İ"


@pytest.mark.parametrize(
    ("text", "clean"),
    [
        ("주민등록번호 900101-1234568 확인", "주민등록번호 <resident-number:1> 확인"),
        ("외국인등록번호: 900101-5234567", "외국인등록번호: <resident-number:1>"),
        ("rrn 900101 - 1234568", "rrn <resident-number:1>"),
        ("연락처 010.1234.5678", "연락처 <phone:1>"),
        ("call (02) 123-4567 now", "call <phone:1> now"),
        ("fax 031-123-4567, 070-1234-5678", "fax <phone:1>, <phone:2>"),
        ("tel +82-10-1234-5678 or +821012345678", "tel <phone:1> or <phone:2>"),
        ("paid by 5555-5555-5555-4444", "paid by <card:1>"),
        ("여권번호 M12345678", "여권번호 <passport:1>"),
        ("passport no: M123A4567", "passport no: <passport:1>"),
        ("운전면허번호 11-22-333333-44", "운전면허번호 <driver-licence:1>"),
        ("계좌번호: 국민은행 123-45-678901", "계좌번호: 국민은행 <account:1>"),
        ("account number 110234567890", "account number <account:1>"),
        ("email=ann%40example.com&x=1", "email=<email:1>&x=1"),
    ],
)  # fmt: skip
def test_personal_data_is_found_by_its_form_and_by_the_word_beside_it(text: str, clean: str) -> None:
    assert REDACT.text(text) == clean


@pytest.mark.parametrize(
    "text",
    [
        "사업자등록번호 123-45-67890",  # that of a business is public
        "901301-1234567",  # no such month
        "5555-5555-5555-4445",  # wrong check digit
        "M12345678 is the part number",
        "11-22-333333-44",
        "order 110234567890",
        "2026-11-20 09 30 15 120",
        "go: example.org/mod@v1.2.3-rc.linux",
        "peer 10.1.2.3 and fe80::1",
    ],
)
def test_numbers_that_nothing_explains_stay(text: str) -> None:
    assert REDACT.text(text) is text


def test_kinds_of_personal_data_can_be_kept_and_addresses_taken_out() -> None:
    redact = Redactor(RedactConfig(keep=("email", "phone", "account"), addresses=True))
    text = "ann@example.com 010-1234-5678 4111 1111 1111 1111 계좌 123-45-678901 from 10.1.2.3, fe80::1 and 2001:db8::7"
    assert redact.text(text) == (
        "ann@example.com 010-1234-5678 <card:1> 계좌 123-45-678901 from <ip:1>, <ip:2> and <ip:3>"
    )
    assert redact.text("at 09:30:15 version 1.2.3.4.5, mac 00:1a:2b:3c:4d:5e") == (
        "at 09:30:15 version 1.2.3.4.5, mac 00:1a:2b:3c:4d:5e"
    )


def test_every_rule_of_numbers_finds_something() -> None:
    texts = (
        "900101-1234568 900101 - 1234568 4111 1111 1111 1111 | 4111111111111111 | 378282246310005 | 3056 930902 5904 |"
        " 010-1234-5678 | 01012345678 | +821012345678 | 02-123-4567 | (02) 123-4567 | +1 212 555 0123"
    )
    for rule in NUMBERS:
        assert list(numbers(texts, [rule])), rule.pattern


@pytest.mark.parametrize(
    ("text", "secret"),
    [
        ("db: {User:app Password:p(w)!x Port:1}", "p(w)!x"),
        ("Settings(password=SecretStr('a,b c'), port=1)", "a,b c"),
        ("Login { password: Some(\"pa'ss\") }", "pa'ss"),
        ("[password] => hunter2zz", "hunter2zz"),
        (":password=>\"hunter2zz\"", "hunter2zz"),
        ("<db:Password xsi:type='s'>hunter2zz</db:Password>", "hunter2zz"),
        ("&lt;password&gt;hunter2zz&lt;/password&gt;", "hunter2zz"),
        ('{"a":"{\\"b\\":\\"{\\\\\\"password\\\\\\":\\\\\\"hun\\\\\\\\\\\\\\"ter2\\\\\\"}\\"}"}', "ter2"),
        ("password%3Dhunter2zz%26a%3Db", "hunter2zz"),
        ("mysqldump -u root -phunter2zz shop", "hunter2zz"),
        ("curl -H x -u app:hunter2zz https://a", "hunter2zz"),
        ("CREATE USER app IDENTIFIED BY 'hun''ter2'", "ter2"),
        ("(b'authorization', b'Bearer hunter2hunter2')", "hunter2"),
        ('Authorization: Digest username="ann", response="0123456789abcdef"', "0123456789abcdef"),
        ("http://app:pa/ss@db/x", "pa/ss"),
    ],
)  # fmt: skip
def test_values_are_found_whole_in_dumps_commands_and_escapes(text: str, secret: str) -> None:
    assert secret not in REDACT.text(text)


leaves = st.none() | st.integers(0, 10**17) | st.sampled_from([*[one.line for one in planted()][::37], "a", "token"])
names = st.sampled_from(["a", "name", "value", "token"])


@given(st.recursive(leaves, lambda one: st.lists(one, max_size=3) | st.dictionaries(names, one, max_size=3)))
def test_a_line_of_json_is_redacted_as_its_value_is(value: object) -> None:
    """Also where the line as a whole says that there is nothing in it."""
    raw = json.dumps(value, ensure_ascii=False).encode()
    line = REDACT.line(raw)
    if isinstance(value, dict | list):
        assert json.loads(line.raw) == REDACT.value(value)
        assert bool(line.found) == (json.loads(line.raw) != value)


PIECES = [*(one.line for one in [*planted()][::23]), *ordinary(40), "sk4", "AKIA", "010-1234-5678", "10.20.130.240",
          "2026-11-23 10:11:12", "4111 1111 1111 1111", "a%40b.co", "%41", " ", "token", "1", "77"]  # fmt: skip


@given(st.lists(st.sampled_from(PIECES) | st.text("0123456789 .-ab%@", max_size=20), max_size=4), st.randoms())
def test_what_never_holds_a_secret_holds_none_whatever_its_digits_are(pieces: list[str], rng: random.Random) -> None:
    text = "".join(pieces)
    other = re.sub(r"[0-9]", lambda _: rng.choice("0123456789"), text)
    for kinds in (EVERYTHING, frozenset()):
        if scanner(kinds).never(text):
            assert scanner(kinds).spans(text) == scanner(kinds).spans(other) == []
    for one in (text, other, text):
        assert REDACT.often(one) == REDACT.text(one)


@pytest.mark.parametrize("text", ["order 12 failed: price missing", "connection to 10.20.130.240:5432 refused"])
def test_of_an_ordinary_message_it_is_known_that_no_digits_make_it_secret(text: str) -> None:
    assert scanner(EVERYTHING - {"ip"}).never(text)


def test_own_secrets_are_found_in_texts_of_a_known_shape() -> None:
    redact = Redactor(secrets=("door code 4711",))
    assert redact.often("the door code 1234 is old") == "the door code 1234 is old"
    assert redact.often("the door code 4711 is new") == "the <own:1> is new"
