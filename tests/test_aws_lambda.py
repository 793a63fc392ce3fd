"""The Lambda function: each event of a subscription once, whatever Lambda repeats, within the time that it gives."""

import base64
import gzip
import json

import pytest

from logmedic import build
from logmedic.aws_lambda import RESERVE_S, SOURCE, Function
from logmedic.collect.cloudwatch import subscription
from logmedic.collect.cloudwatch.subscription import payload
from logmedic.collect.entries.cursor import Cursor
from logmedic.collect.interface import Position
from logmedic.doors import SystemClock
from logmedic.errors import SourceError, UnfinishedError
from logmedic.store.store import Store

TIME = 1_795_400_000_000  # ms
CONFIG = """\
[[channels]]
kind = "jsonl"
path = "told.jsonl"

[store]
url = "sqlite:///{state}"
"""


class Context:
    def __init__(self, seconds: float = 60.0) -> None:
        self.seconds = seconds

    def get_remaining_time_in_millis(self) -> int:
        return int(self.seconds * 1000)


class Given:
    """A container, its state and what its channel was told."""

    def __init__(self, folder) -> None:
        self.folder = folder
        (folder / "logmedic.toml").write_text(CONFIG.format(state=folder / "state.db"))

    def call(self, event, seconds: float = 60.0, clock=None):
        return Function(self.loaded, clock or SystemClock())(event, Context(seconds))

    def loaded(self):
        return build.load_config(None, self.folder)

    def told(self):
        path = self.folder / "told.jsonl"
        return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []

    def incidents(self):
        with build.open_store(self.loaded()) as store:
            assert isinstance(store, Store)
            return [(incident.title, incident.count, incident.service) for incident in store.list_incidents()]


@pytest.fixture
def given(tmp_path):
    return Given(tmp_path)


def packed(value) -> dict:
    return {"awslogs": {"data": base64.b64encode(gzip.compress(json.dumps(value).encode())).decode()}}


def data(*messages, first=1, group="/ecs/shop"):
    """As the documentation shows it."""
    return packed(
        {
            "messageType": "DATA_MESSAGE",
            "owner": "123456789012",
            "logGroup": group,
            "logStream": "task/1",
            "subscriptionFilters": ["logmedic"],
            "logEvents": [
                {"id": f"{first + n:056d}", "timestamp": TIME + n, "message": message}
                for n, message in enumerate(messages)
            ],
        }
    )


ERROR = '{"level":"ERROR","msg":"no database","error_code":"DB_POOL_EXHAUSTED"}'
FINE = '{"level":"INFO","msg":"fine"}'
CONTROL = packed(
    {
        "messageType": "CONTROL_MESSAGE",
        "owner": "CloudwatchLogs",
        "logGroup": "",
        "logStream": "",
        "subscriptionFilters": [],
        "logEvents": [
            {"id": "", "timestamp": TIME, "message": "CWL CONTROL MESSAGE: Checking health of destination Firehose."}
        ],
    }
)
SCHEDULED = {"version": "0", "source": "aws.events", "detail-type": "Scheduled Event", "detail": {}}


def test_events_become_incidents_and_a_channel_is_told(given):
    answer = given.call(data(FINE, ERROR, "plain INFO text", ERROR))
    assert (answer["lines"], len(answer["raised"])) == (4, 1)
    ((_, count, service),) = given.incidents()
    assert (count, service) == (2, "shop")
    assert len(given.told()) == 1


def test_a_repeated_event_counts_and_tells_nothing(given):
    event = data(FINE, ERROR)
    given.call(event)
    again = given.call(event)
    assert (again["lines"], again["raised"]) == (0, [])
    assert [count for _, count, _ in given.incidents()] == [1]
    assert len(given.told()) == 1


def test_events_that_were_packed_otherwise_are_known_by_their_ids(given):
    given.call(data(ERROR, ERROR, first=1))
    assert given.call(data(ERROR, ERROR, ERROR, first=2))["lines"] == 2
    assert [count for _, count, _ in given.incidents()] == [4]


def test_older_events_in_a_later_payload_are_new(given):
    given.call(data(ERROR, first=100))
    event = data(ERROR, first=1)
    assert given.call(event)["lines"] == 1


def test_what_does_not_fit_the_time_is_left_to_the_next_call(given, monkeypatch):
    monkeypatch.setattr(subscription, "CHUNK", 1)

    class Slow(SystemClock):
        """Each look at the clock takes a second."""

        looks = 0

        def monotonic(self):
            self.looks += 1
            return super().monotonic() + self.looks

    event = data(*[ERROR] * 8)
    with pytest.raises(UnfinishedError, match="events not taken in"):
        given.call(event, seconds=9.0, clock=Slow())
    ((_, first, _),) = given.incidents()
    assert 0 < first < 8
    given.call(event)
    assert [count for _, count, _ in given.incidents()] == [8]
    assert len(given.told()) == 1


def test_without_any_time_nothing_is_taken_in_and_the_next_call_does_all(given):
    event = data(ERROR)
    with pytest.raises(UnfinishedError):
        given.call(event, seconds=RESERVE_S / 2)
    assert given.incidents() == []
    given.call(event)
    assert len(given.told()) == 1


def test_a_test_of_the_subscription_is_answered(given):
    assert given.call(CONTROL) == {"control": True, "lines": 0}
    assert given.told() == []


def test_the_scheduler_makes_it_tell_what_is_due(given):
    assert given.call(SCHEDULED)["lines"] == 0


def test_a_configured_source_of_the_group_lends_its_name_and_keys(given):
    with (given.folder / "logmedic.toml").open("a") as file:
        file.write('[[sources]]\nkind = "cloudwatch"\nname = "mine"\ngroup = "/ecs/shop"\nservice = "store"\n')
    given.call(data(ERROR))
    given.call(data(ERROR, first=9, group="/other"))
    assert sorted(service for _, _, service in given.incidents()) == ["other", "store"]
    with build.open_store(given.loaded()) as store:
        assert {p.source for name in ("mine", SOURCE) for p in store.positions(name)} == {"mine", SOURCE}


def test_a_state_that_cannot_be_written_beside_the_code_goes_to_tmp(given, tmp_path, monkeypatch):
    (given.folder / "logmedic.toml").write_text(CONFIG.partition("[store]")[0])
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "tmp"))
    given.call(data(ERROR))
    given.call(data(ERROR))
    assert (tmp_path / "tmp/logmedic/state.db").is_file()
    assert len(given.told()) == 1


@pytest.mark.parametrize(
    ("event", "said"),
    [
        ({}, "no awslogs.data"),
        ({"awslogs": {"data": "!"}}, "cannot be read"),
        ({"awslogs": {"data": base64.b64encode(b"no gzip").decode()}}, "cannot be read"),
        ({"awslogs": {"data": base64.b64encode(gzip.compress(b"[" * 100)[:-4]).decode()}}, "breaks off"),
        (packed({"logEvents": []}), "messageType"),
        (packed({"messageType": "DATA_MESSAGE", "logEvents": [{"id": 1}]}), "cannot be read"),
        (packed({"messageType": "OTHER"}), "unknown type"),
    ],
)
def test_what_is_no_event_of_a_subscription_is_refused_in_one_line(given, event, said):
    with pytest.raises(SourceError, match=said) as caught:
        given.call(event)
    assert "\n" not in str(caught.value)


def test_a_payload_that_unpacks_to_more_than_the_limit_is_refused_before_it_is_unpacked(monkeypatch):
    monkeypatch.setattr(subscription, "MOST_BYTES", 1 << 20)
    with pytest.raises(SourceError, match="more than 1 MiB"):
        payload({"awslogs": {"data": base64.b64encode(gzip.compress(b" " * (1 << 24))).decode()}})


def test_what_a_subscription_took_in_is_no_position_of_a_source_that_reads_the_group(given):
    with (given.folder / "logmedic.toml").open("a") as file:
        file.write('[[sources]]\nkind = "cloudwatch"\nname = "mine"\ngroup = "/ecs/shop"\n')
    given.call(data(ERROR))
    with build.open_store(given.loaded()) as store:
        stored = [Position(p.source, p.stream, p.offset, p.token, p.done) for p in store.positions("mine")]
    assert stored
    assert Cursor.stored("mine", stored, 10_000) is None
    assert Cursor.stored("mine", stored, 10_000, subscription.SUFFIX) is not None
