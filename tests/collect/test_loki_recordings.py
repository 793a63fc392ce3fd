"""The stand-in for Loki answers as the real one did, and our client reads what the real one said."""

import gzip
import json
from urllib.parse import parse_qsl, urlsplit

import httpx2
import pytest

from logmedic.collect.loki.client import Access, LokiClient
from logmedic.collect.loki.errors import LokiError, Trouble, refusal
from logmedic.doors import HttpAnswer
from logmedic.testing.doors import FakeClock
from logmedic.testing.loki import FakeLoki
from logmedic.testing.loki_store import SECOND, Limits
from logmedic.testing.loki_tail import message

from .loki_recordings import about, body, exchanges, tails

NOT_REPLAYED = {
    "001": "the real one was starting",
    "003": "its version",
    "011": "the words of its JSON parser",
    "012": "the words of its JSON parser",
    "017": "how far behind its stream an entry may be depends on when chunks were cut",
    "050": "nobody of us asks for quantiles",
    "056": "nobody of us asks for an interval",
    "058": "nobody of us changes lines",
    "060": "deleting is not for us",
    "061": "its configuration",
    "064": "nobody of us does sums with constants",
    "069": "statistics", "070": "statistics", "071": "statistics", "072": "statistics", "073": "a formatter",
    "074": "statistics", "075": "its configuration",
    "111": "nobody of us asks for many series",
}  # fmt: skip
LIMITED = Limits(
    entries=10, span=24 * 3600 * SECOND, age=3600 * SECOND, line=4096, labels=5, streams=5
)  # of tests/data/loki, "loki-limits.yaml"


@pytest.fixture(scope="module")
def replayed():
    """Each exchange with what the stand-in said, in the recorded order, because questions depend on pushes."""
    now = about()["now"] * SECOND
    said = {}
    with (
        FakeLoki(now=lambda: now + 31 * SECOND) as plain,
        FakeLoki(now=lambda: now + 33 * SECOND, limits=LIMITED, tenants=True) as limited,
    ):
        for one in exchanges():
            if one["file"][:3] in NOT_REPLAYED:
                continue
            if one["file"].startswith("009"):
                metadata = {"error_code": "AI_TIMEOUT", "scope_name": "s", "severity_number": "17",
                            "severity_text": "ERROR", "span_id": "eee19b7ec3c1b174",
                            "trace_id": "5b8efff798038103d269b633813fc60c"}  # fmt: skip
                plain.push({"service_name": "otlp-svc"}, [(1795374915 * SECOND, "otlp boom", metadata)])
                continue
            asked = one["request"]
            loki = plain if asked["instance"] == "loki.yaml" else limited
            said[one["file"]] = one, raw(loki.url, asked)
    return said


def raw(url, asked):
    data = body(asked)
    if asked["headers"].get("Content-Encoding") == "gzip":
        data = gzip.compress(data)
    headers = {"accept-encoding": "identity", **asked["headers"]}
    answer = httpx2.request(asked["method"], url + asked["url"], content=data or None, headers=headers)
    return HttpAnswer(answer.status_code, dict(answer.headers), answer.content)


NAMES = [one["file"] for one in exchanges() if one["file"][:3] not in {*NOT_REPLAYED, "009"}]


@pytest.mark.parametrize("name", NAMES)
def test_the_stand_in_answers_as_the_real_one(replayed, name):
    one, said = replayed[name]
    recorded = one["response"]
    assert said.status == recorded["status"], said.body
    expected = body(recorded)
    if expected[:1] != b"{":
        assert said.body.decode().strip() == expected.decode().strip()
        return
    value = json.loads(expected)
    if isinstance(value.get("data"), dict):
        value["data"].pop("stats", None)
    assert ordered(said.json()) == ordered(value)


def ordered(value):
    """The order of streams is no promise."""
    if isinstance(value.get("data"), dict):
        value["data"]["result"].sort(key=lambda one: json.dumps(one, sort_keys=True))
    elif isinstance(value.get("data"), list):
        value["data"].sort(key=lambda one: json.dumps(one, sort_keys=True))
    return value


class Recorded:
    """HTTP that says what the real Loki said."""

    def __init__(self, answer):
        self.answer = answer

    def request(self, *_args, **_kwargs):
        return self.answer


def recorded(one) -> HttpAnswer:
    response = one["response"]
    return HttpAnswer(response["status"], {k.lower(): v for k, v in response["headers"].items()}, body(response))


def ask(one):
    """The question of our client that has such an answer."""
    client = LokiClient(Access("loki", "http://loki"), Recorded(recorded(one)), FakeClock())
    parts = urlsplit(one["request"]["url"])
    what = parts.path.removeprefix("/loki/api/v1/")
    asked = dict(parse_qsl(parts.query))
    if what == "query_range":
        return client.entries(asked.get("query", ""), 0, 1, 100)
    if what == "query":
        return client.count("{}", 1, 1)
    if what == "labels" or what.endswith("/values"):
        return client.labels(0, 1)
    if what == "series":
        return client.series("{}", 0, 1)
    return None


READ = [one for one in exchanges() if "/query" in one["request"]["url"] or "/labels" in one["request"]["url"]
        or "/series" in one["request"]["url"] or "/values" in one["request"]["url"]]  # fmt: skip


@pytest.mark.parametrize("one", READ, ids=lambda one: one["file"])
def test_our_client_reads_every_answer_of_the_real_one(one):
    response = one["response"]
    kind = json.loads(body(response)).get("data") if response["status"] == 200 else None
    if response["status"] != 200 or (isinstance(kind, dict) and kind.get("resultType") == "matrix"):
        with pytest.raises(LokiError) as raised:
            ask(one)
        assert "\n" not in str(raised.value)
        assert str(raised.value).startswith("source loki: http://loki: ")
        return
    found = ask(one)
    if isinstance(kind, dict) and kind["resultType"] == "streams":
        assert len(found) == sum(len(stream["values"]) for stream in kind["result"])
        assert [entry.time for entry in found] == sorted(entry.time for entry in found)
    elif isinstance(kind, dict):
        assert found == sum(int(sample["value"][1]) for sample in kind["result"])
    else:
        assert list(found) == (kind or [])


def one(number: str):
    return next(e for e in exchanges() if e["file"].startswith(number))


@pytest.mark.parametrize(
    ("number", "trouble", "most", "words"),
    [
        ("001", Trouble.BUSY, None, "Ingester not ready"),
        ("085", Trouble.LIMIT, 5000, "max entries limit"),
        ("109", Trouble.LIMIT, 10, "max entries limit"),
        ("092", Trouble.RANGE, (30 * 24 + 1) * 3600 * SECOND, "time range exceeds"),
        ("110", Trouble.RANGE, 24 * 3600 * SECOND, "time range exceeds"),
        ("111", Trouble.HEAVY, None, "maximum number of series"),
        ("077", Trouble.REFUSED, None, "correct `query`"),
        ("078", Trouble.REFUSED, None, "correct `query`"),
        ("081", Trouble.REFUSED, None, "correct `query`"),
        ("090", Trouble.REFUSED, None, "without /loki/api"),
        ("093", Trouble.REFUSED, None, "set `tenant`"),
        ("103", Trouble.BUSY, None, "maximum active stream"),
    ],
)
def test_a_refusal_says_what_to_do(number, trouble, most, words):
    error = refusal(recorded(one(number)), "source loki: http://loki")
    assert (error.trouble, error.most) == (trouble, most)
    assert words in str(error)


def test_structured_metadata_is_kept_apart_from_the_labels_of_the_stream():
    first, second = ask(one("029"))
    assert (first.line, first.labels, first.metadata) == (
        "with metadata",
        {"app": "rec", "env": "meta"},
        {"level": "error", "trace_id": "0242ac120002"},
    )
    assert second.metadata == {}


def test_an_entry_has_the_same_key_whether_or_not_loki_keeps_its_metadata_apart():
    apart = {entry.line: entry.key for entry in ask(one("029"))}
    together = {entry.line: entry.key for entry in ask(one("028"))}
    assert apart == together


def test_the_tail_of_the_stand_in_speaks_as_the_real_one():
    """Frames have streams of one entry each; what was left out is said beside them."""
    frames = tails()["tail-websocket"]["response"]["frames"]
    assert {key for frame in frames for key in frame["frame"]} <= {"streams", "dropped_entries"}
    ours = message([(1, "line", {"app": "x"})], [{"timestamp": "1", "labels": {"app": "x"}}])
    assert set(ours) == {"streams", "dropped_entries"}
    theirs = tails()["tail-dropped-entries"]["sample_frames"][0]
    assert set(ours["dropped_entries"][0]) == set(theirs["dropped_entries"][0])
    assert set(ours["streams"][0]) == set(frames[0]["frame"]["streams"][0])
