"""What of a message varies, and what it means."""

from __future__ import annotations

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from effort import examples
from growth import assert_in_proportion
from logmedic.group.template import LONGEST_TEXT, Masking, Templates
from logmedic.redact import Redactor


@pytest.mark.parametrize(
    ("one", "other", "template"),
    [
        ("user 42 not found", "user 40811 not found", "user <num> not found"),
        ("order-17 of worker_3 on node12", "order-9 of worker_12 on node7", "order-<num> of worker_<num> on node<num>"),
        ("commit deadbeefcafe", "commit 012345678901", "commit <num>"),
        ("at 0x7ffe12ab", "at 0x10", "at <hex>"),
        (
            "job 3f2c9a9e-1111-4222-8333-444455556666",
            "job 00000000-aaaa-4bbb-8ccc-dddddddddddd",
            "job <uuid>",
        ),
        ("from 10.0.0.1:45432", "from 192.168.100.200", "from <host>"),
        ("from fe80::1%eth0", "from 2001:db8:0:0:8:800:200c:417a", "from <host>"),
        ("mail jane@example.com", "mail bob.b+x@mail.example.co.kr", "mail <email>"),
        ("at 2026-11-22T20:54:40.123Z", "at 2026-01-02 03:04:05", "at <time>"),
        ("took 1.23s", "took 1m30s", "took <dur>"),
        ("timeout after 30000 ms.", "timeout after 1.5 s.", "timeout after <dur>."),
        ("read 12 bytes of 3 MB", "read 1 byte of 1 GB", "read <size> of <size>"),
        ("pod api-7d9f8b6c5d-x2x9k died", "pod api-5f6c9d7b88-bcdfg died", "pod api-<id> died"),
        ("req_011CSHoEeqs5C35K2UUqR7Fy", "req_01ABCdefGHIjklMNO", "req_<id>"),
        ("read 12KB", "read 1.5MiB", "read <size>"),
        ("at 50%", "at 99.5%", "at <num>%"),
        ("GET /api/orders/17/items", "GET /api/orders/4711/items", "GET /api/orders/<num>/items"),
        ("GET https://h.io/a/17?x=bob&y=1", "GET https://u:p@h.io:99/a/18#top", "GET https://h.io/a/<num>"),
        ("open /var/lib/a/b.db: gone", "open /home/jane/c.txt: gone", "open <path>: gone"),
        ("open C:\\Users\\jane\\a.txt", "open D:\\x.log", "open <path>"),
        ("ids [1, 2, 3]", "ids [4]", "ids [<num>]"),
        ("password=hunter2 refused", "password=swordfish refused", "password=<secret> refused"),
        ("사용자 42를 찾을 수 없습니다", "사용자 7를 찾을 수 없습니다", "사용자 <num>를 찾을 수 없습니다"),
        ("用户 42 不存在", "用户 43 不存在", "用户 <num> 不存在"),
        ("a\tb\n  c 1", "a b c 2", "a b c <num>"),
        ("\x1b[31mfailed\x1b[0m 17", "\x1b[32mfailed\x1b[0m 18", "failed <num>"),
        ("Sun 22 done", "Mon 3 done", "<time> done"),
        ("at Sun, 22 Nov 2026 20:54:40 +0000 x", "at Mon, 2 Mar 2026 01:02:03 GMT x", "at <time> x"),
        ("[22/Nov/2026:20:54:40 +0900] x", "[01/Jan/2027:00:00:00 +0000] x", "[<time>] x"),
        ("2026-11-22 20:54:40,123 x", "2026-01-02 03:04:05,001 x", "<time> x"),
        ("user anna is locked", "user o'brien is locked", "user <user> is locked"),
        ("user 佐藤 is locked", "user lee_2 is locked", "user <user> is locked"),
        ("login of user 'bob' failed", "login of user 'ann@x.io' failed", "login of user '<user>' failed"),
        ("password for root from 1.2.3.4", "password for kim from 4.3.2.1", "password for <user> from <host>"),
        ("user=root uid=1", "user= uid=2", "user=<user> uid=<num>"),
        ("x ruser=bob", "x ruser=", "x ruser=<user>"),
        ("lost host node7", "lost host ip-10-0-0-9.ec2.internal", "lost host <host>"),
        ("on db-1.eu-west-1.example.net", "on db-23.ap-northeast-2.example.net", "on <host>"),
        ("from 00:1a:2b:3c:4d:5e", "from aa:bb:cc:dd:ee:f0", "from <host>"),
        ('invalid value: "abc"', 'invalid value: ""', 'invalid value: "<value>"'),
        ("invalid literal 'x y'", "invalid literal '12a'", "invalid literal '<value>'"),
        (
            "Duplicate entry 'bob' for key 'a.b'",
            "Duplicate entry 'x-1' for key 'a.b'",
            "Duplicate entry '<value>' for key 'a.b'",
        ),
        ('{"user": "bob", "id": 5}', '{"user": "ann lee", "id": 7}', '{"user": "<user>", "id": <num>}'),
        ("WHERE name = 'bob' AND n = 1", "WHERE name = 'o x' AND n = 22", "WHERE name = '<value>' AND n = <num>"),
        ("lock=true x", "lock=false x", "lock=<bool> x"),
        ("delete blk_-17 blk_2 blk_3", "delete blk_9", "delete blk_<num>"),
        ("brokers (a1:9, 10.0.0.1), (b)", "brokers (a2:7, 10.0.0.9), (b)", "brokers (a<num>:<num>, <host>), (b)"),
        ("Bar@1a2b3c4d x", "Bar@9f x", "Bar@<num> x"),
        ("id V1StGXR8_Z5jdHi6B-myT", "id 3hTq9ZbX0_1aK-Lm2Pq4R", "id <id>"),
        ("arn:aws:sqs:eu-west-1:123456789012:orders", "arn:aws:sqs:us-east-1:999999999999:x", "arn:sqs:<id>"),
        ("사용자 42를 찾을 수 없습니다", "사용자 7을 찾을 수 없습니다", "사용자 <num>를 찾을 수 없습니다"),
        ("사용자４２는 없음", "사용자7은 없음", "사용자<num>는 없음"),
        ("'kim'님의 결제", "'이영희'님의 결제", "'<user>'님의 결제"),
        ("김철수님이 취소", "박서준님이 취소", "<user>님이 취소"),
        ("30초 후 재시도", "1500밀리초 후 재시도", "<dur> 후 재시도"),
        ("注文42が失敗", "注文7が失敗", "注文<num>が失敗"),
        ("خطأ ٤٢", "خطأ 7", "خطأ <num>"),
    ],
)
def test_what_varies_is_masked(one: str, other: str, template: str) -> None:
    templates = Templates()

    assert templates(one) == template
    assert templates(other) == template


@pytest.mark.parametrize(
    "text",
    [
        "HTTP 500 from upstream",
        "status=404",
        '{"status": 503}',
        "upstream said 502 Bad Gateway",
        "HTTP/1.1 429 Too Many Requests",
        "No such file or directory (os error 2)",
        "errno 111",
        "exit code 137",
        "killed by signal 9",
        "SQLSTATE[42P01]",
        "ERROR 1045 access denied",
        "ORA-00942 table missing",
        "not utf-8 but sha256 over http2 on x86_64",
        "ipv6 base64 i32 s3",
        "column 'name' of \"orders\" is null",
        "상태 503",
        "응답 코드: 404",
        "ORA-00001: unique constraint violated",
        "E11000 duplicate key",
        "error[E0382]: use of moved value",
        "error TS2322 in the module",
        "error PAY-1042: card declined",
        "HRESULT 0x80004005",
        "exception code: 0xc0000005",
        "the provider answered 529: overloaded",
        "grpc-status: 14",
        "column address2 does not exist",
        'column "address2" of relation "orders" is null',
        "'NoneType' object has no attribute 'price2'",
        "missing field `sku`",
        'error: "no stock"',
        "user input is invalid",
        "user service unavailable",
        "connect to redis:6379 refused",
        "/api/v2/orders",
        "고객님의 요청 실패",
        "분석 실패",
    ],
)
def test_numbers_that_carry_meaning_and_quoted_words_stay(text: str) -> None:
    assert Templates()(text) == text


def test_different_codes_give_different_templates_even_from_the_cache() -> None:
    templates = Templates()

    assert [templates(f"status={code} for order {code}1") for code in (500, 404, 500)] == [
        "status=500 for order <num>",
        "status=404 for order <num>",
        "status=500 for order <num>",
    ]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("connect to 10.0.0.1:5432 refused", "connect to 10.0.0.1:6379 refused"),
        ("cannot resolve billing.internal", "cannot resolve stock.internal"),
        ('{"status": 502}', '{"status": 503}'),
        ('{"reason": "card expired"}', '{"reason": "limit reached"}'),
        ("/api/v1/users", "/api/v2/users"),
        ("table 'orders' is locked", "table 'carts' is locked"),
        ('Err("pool timed out")', 'Err("no stock")'),
        ("action=pay user=a", "action=ship user=a"),
        ("oauth2client failed", "http2server failed"),
    ],
)
def test_two_bugs_in_one_sentence_stay_two(one: str, other: str) -> None:
    templates = Templates()

    assert templates(one) != templates(other)


def test_a_redacted_message_has_the_template_of_the_original() -> None:
    for text in ("mail jane@example.com, bob@example.com now", "login password=hunter2 failed", "call a@example.com."):
        assert Templates()(Redactor().text(text)) == Templates()(text)


def test_an_explanation_names_what_was_masked() -> None:
    text = "user 42 at 10.0.0.1 after 30 ms: said input 'x 1 y', id 3f2c9a9e-1111-4222-8333-444455556666"

    assert Masking(text).masked == [
        ("42", "<num>"),
        ("10.0.0.1", "<host>"),
        ("30 ms", "<dur>"),
        ("x 1 y", "<value>"),
        ("3f2c9a9e-1111-4222-8333-444455556666", "<uuid>"),
    ]


words = st.sampled_from(
    ["user", "42", "status", "status=", "404", "http/1.1", "http/2.1", "500", "error", "code", "exit", "0x1f", "1x1f",
     "utf-8", "utf-9", "deadbeef", "10.0.0.1", "/a/17/b", "https://h/1?x=2", "a@b.co", "22", "Nov", "1.5s", "3KB", "v1",
     "v7x9", "[1,", "2]", "<email:1>", "<x:2", "SQLSTATE", "42P01", "ORA-01", "sp2-01", "\x1b[1m", "한글1", "٣", "²",
     ":", "=", "'",
     '"', "user", "for", "from", "host", "pod", "column", "a1", "id=", "1.2.3.4:5432", "Sat", "2026", "22", "초를",
     "'x",
     "y'", "3f2c9a9e-1111-4222-8333-444455556666", "x0y1z2w3v4u5t6", "123456789012", "1.123456", "(", ")", "/v1/",
     "0x80004005",
     " ", "  ", "\n", "-", "_"]
)  # fmt: skip
messages = st.one_of(st.text(), st.lists(words | st.text(max_size=4), max_size=12).map(" ".join))


@settings(max_examples=examples(300))
@given(st.lists(messages, max_size=4), messages)
@example(before=[], text='ERROR"0x')
def test_the_cache_never_changes_an_answer(before: list[str], text: str) -> None:
    templates = Templates()
    for other in (*before, text.translate(str.maketrans("0123456789", "5273019846"))):
        templates(other)

    assert templates(text) == Masking(text).template
    assert templates(text) == Masking(text).template


@settings(max_examples=examples(1_000))
@given(st.text(max_size=60) | messages)
def test_any_text_has_one_template_whoever_asks(text: str) -> None:
    assert Templates()(text) == Masking(text).template == Masking(text).template


@given(messages)
def test_a_template_is_one_line(text: str) -> None:
    assert "\n" not in Templates()(text)


HOSTILE = ("a", "1", "a1", "1:", "1.", "/1", "-", "a@", "://", "?a", "0x", "[", "\\", "1-a_", "é1", "\x1b[", "= ",
"'", "'a ",
           '"', "`", "“", "'a'b", "a-1-", "0.", "user ", "한", "1한", "<num> ", "a.1", "v1.", "ip-1-", "arn:aws:",
           "x0")  # fmt: skip


@pytest.mark.parametrize("piece", HOSTILE)
def test_what_a_hostile_line_has_beyond_the_longest_text_costs_nothing(piece: str) -> None:
    def line(length: int) -> str:
        return piece * (length // len(piece))

    def template(text: str) -> None:
        Templates()(text)  # a new one, which remembers nothing

    assert_in_proportion(template, line, 2 * LONGEST_TEXT, times=100)


@pytest.mark.parametrize("piece", HOSTILE)
def test_the_time_of_a_hostile_line_is_in_proportion_to_its_length(piece: str) -> None:
    def ten_times(text: str) -> None:
        for _ in range(10):
            Masking(text)

    assert_in_proportion(ten_times, lambda length: piece * (length // len(piece)), LONGEST_TEXT // 4)
