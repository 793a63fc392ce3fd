"""Over real HTTP: who we say we are, what we make of bad answers, and how much of one we read."""

import base64
import ssl
import subprocess
import threading

import pytest

from logmedic.collect.loki.client import Access, LokiClient
from logmedic.collect.loki.config import LokiSourceConfig, check
from logmedic.collect.loki.errors import LokiError, Trouble, duration
from logmedic.collect.loki.probe import probe
from logmedic.collect.loki.tail import Tail
from logmedic.doors import SystemClock, SystemHttp
from logmedic.errors import ConfigError
from logmedic.testing.doors import FakeClock
from logmedic.testing.loki import FakeLoki, Fault
from logmedic.testing.loki_store import SECOND

NOW = 1_767_225_600 * SECOND


@pytest.fixture
def loki():
    with FakeLoki(now=lambda: NOW) as fake:
        fake.push({"app": "shop"}, [(NOW - n * SECOND, f"line {n}") for n in range(50)])
        yield fake


def client(url, clock=None, most=None, **access):
    return LokiClient(Access("loki", url, **access), SystemHttp(most=most), clock or FakeClock(NOW))


def lines(asked: LokiClient, limit=100):
    try:
        return [entry.line for entry in asked.entries('{app="shop"}', NOW - 100 * SECOND, NOW + 1, limit)]
    finally:
        asked._http.close()


def test_entries_come_in_the_order_of_time_the_first_ones_first(loki):
    assert lines(client(loki.url), limit=3) == ["line 49", "line 48", "line 47"]


def test_a_tenant_and_credentials_are_sent(loki):
    loki._needs_tenant = True
    loki.push({"app": "shop"}, [(NOW, "theirs")], tenant="t1")
    loki.authorization = "Basic " + base64.b64encode("ann:påss".encode()).decode()
    assert lines(client(loki.url, tenant="t1", username="ann", secret="påss")) == ["theirs"]
    loki.authorization = "Bearer token"
    assert lines(client(loki.url, tenant="t1", secret="token")) == ["theirs"]
    with pytest.raises(LokiError, match=r"401: Unauthorized; set `username`.* or look whether they have expired") as e:
        lines(client(loki.url, tenant="t1", secret="old"))
    assert "old" not in str(e.value)
    with pytest.raises(LokiError, match="401: no org id; this Loki has tenants: set `tenant`"):
        lines(client(loki.url, secret="token"))


def test_a_busy_loki_is_asked_again_after_the_pause_that_it_wants(loki):
    clock = FakeClock(NOW)
    loki.faults.extend([Fault.status(429, b"slow down", retry_after="3"), Fault.status(503, b"not ready")])
    assert len(lines(client(loki.url, clock))) == 50
    assert clock.slept == [3.0, 1.0]


def test_a_longer_pause_is_left_to_the_caller(loki):
    clock = FakeClock(NOW)
    loki.faults.append(Fault.status(429, b"slow down", retry_after="120"))
    with pytest.raises(LokiError, match="429: slow down") as e:
        lines(client(loki.url, clock))
    assert (clock.slept, e.value.trouble, e.value.retry_after) == ([], Trouble.BUSY, 120.0)


@pytest.mark.parametrize("fault", [Fault.hang_up(), Fault.cut_off(0.5)], ids=["hang up", "cut off"])
def test_an_answer_that_breaks_off_is_no_answer(loki, fault):
    loki.faults.extend([fault] * 3)
    with pytest.raises(LokiError, match=r"is it running, and is `url` right\?") as e:
        lines(client(loki.url))
    assert e.value.trouble is Trouble.BUSY
    assert len(lines(client(loki.url))) == 50


def test_no_more_of_an_answer_is_read_than_is_allowed(loki):
    loki.push({"app": "shop"}, [(NOW - n, "x" * 100_000) for n in range(20)])
    with pytest.raises(LokiError, match=r"longer than 500,000 bytes; raise `max_answer_bytes`") as e:
        lines(client(loki.url, most=500_000))
    assert e.value.trouble is Trouble.HEAVY


def test_what_is_no_loki_is_told_from_one(loki):
    loki.faults.append(Fault.status(200, b"<html>Welcome to nginx</html>"))
    with pytest.raises(LokiError, match=r"no answer of a Loki: .*check `url`"):
        lines(client(loki.url))
    loki.faults.append(Fault.status(302, b"<html>", location="https://login.example/"))
    with pytest.raises(LokiError, match=r"302; `url` leads elsewhere \(https://login.example/\)"):
        lines(client(loki.url))


def test_nobody_listening_is_one_line_with_the_remedy():
    with pytest.raises(LokiError, match=r"source loki: http://127.0.0.1:9: .*is it running") as e:
        lines(client("http://127.0.0.1:9"))
    assert "\n" not in str(e.value)


def test_control_characters_of_an_error_body_do_not_reach_the_message(loki):
    loki.faults.append(Fault.status(400, b"parse error\n\x1b[31m at line 1\x00" + b"x" * 5000))
    with pytest.raises(LokiError) as e:
        lines(client(loki.url))
    assert str(e.value).isprintable()
    assert len(str(e.value)) < 500


def test_a_long_query_goes_in_the_body(loki):
    asked = client(loki.url)
    long = " or ".join(f'level="{n}"' for n in range(1000))
    assert asked.entries(f'{{app="shop"}} | {long}', NOW - SECOND, NOW, 5) == []
    assert asked.count(f'{{app="shop"}} | {long}', 1000, NOW) == 0
    asked._http.close()


def test_bytes_that_are_not_utf_8_cost_their_line_alone(loki):
    body = (
        b'{"status":"success","data":{"resultType":"streams","result":[{"stream":{"app":"shop"},'
        b'"values":[["1","bad \xff byte"],["2","good"]]}]}}'
    )
    loki.faults.append(Fault.status(200, body))
    assert lines(client(loki.url)) == ["bad \ufffd byte", "good"]


def test_certificates_of_our_own_are_trusted_and_others_are_not(tmp_path, loki):
    for name in ("ours", "theirs"):
        subprocess.run(
            ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=127.0.0.1",
             "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", f"{name}.key", "-out", f"{name}.pem"],
            cwd=tmp_path, check=True, capture_output=True,
        )  # fmt: skip
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(tmp_path / "ours.pem", tmp_path / "ours.key")
    loki._server.socket = context.wrap_socket(loki._server.socket, server_side=True)
    url = loki.url.replace("http:", "https:")

    def asked(name):
        return LokiClient(Access("loki", url), SystemHttp(ca_file=tmp_path / name), FakeClock(NOW))

    assert len(lines(asked("ours.pem"))) == 50
    with pytest.raises(LokiError, match="certificate verify failed"):
        lines(asked("theirs.pem"))
    (tmp_path / "empty.pem").write_text("nothing")
    with pytest.raises(ConfigError, match=r"empty.pem: cannot be read as PEM certificates"):
        lines(asked("empty.pem"))


def test_check_says_what_there_is(loki):
    loki.push({"container": "web"}, [(NOW, "x")])
    http = SystemHttp()
    config = LokiSourceConfig(url=loki.url, query='{app=~".+"}')
    assert probe(config, http, FakeClock(NOW)) == (
        "1 streams within the last hour; service from app (1); labels app, container"
    )
    config = LokiSourceConfig(url=loki.url, query='{app="nope"}')
    assert "nothing within the last hour matches `query`; it has the labels app, container" in probe(
        config, http, FakeClock(NOW)
    )
    http.close()


@pytest.mark.parametrize(
    ("config", "said"),
    [
        ({"url": "loki:3100"}, "no http:// or https:// address"),
        ({"url": "http://a:b@loki"}, "user and password have keys of their own"),
        ({"url": "http://loki/loki/api/v1/push"}, "give Loki's address alone"),
        ({"query": 'rate({app="x"}[1m])'}, "does not begin with a stream selector"),
        ({"query": '{app="x'}, "does not begin with a stream selector"),
        ({"username": "ann"}, "`username` and `password` belong together"),
        ({"overlap_s": 601.0}, "`overlap_s` must be between 0 and 600"),
        ({"tenant": "a\nb"}, "cannot be sent in a header"),
        ({"shards": 2}, "`shards` needs `shard_label`"),
        ({"shards": 2, "shard": 3, "shard_label": "pod"}, "`shard` 0 to `shards`"),
    ],
)
def test_keys_that_make_no_sense_are_refused_with_the_remedy(config, said):
    with pytest.raises(ConfigError, match="source x: ") as e:
        check("x", LokiSourceConfig(**config))
    assert said in str(e.value)


@pytest.mark.parametrize(
    ("text", "seconds"), [("30d1h", 2_595_600), ("72h0m5s", 259_205), ("1d", 86_400), ("500ms", 0.5), ("soon", 0)]
)
def test_loki_writes_lengths_of_time_as_prometheus_does(text, seconds):
    assert duration(text) == seconds * SECOND


def tail(url, query='{app="shop"}'):
    return Tail(Access("loki", url), query, None)


def test_the_tail_wakes_and_is_heard_again_after_it_broke(loki):
    pytest.importorskip("websockets")
    heard = tail(loki.url)
    heard.start()
    assert heard.wait(20)  # what came before is not heard of: look once
    until(lambda: heard.listening and loki.subscribers)
    heard.heed()
    assert not heard.wait(0.1)
    loki.push({"app": "shop"}, [(NOW, "now")])
    assert heard.wait(20)
    heard.heed()
    with loki.lock:
        loki.subscribers[0].close()
    assert heard.wait(20)  # connected again
    heard.close()
    assert not any(thread.name == "tail-loki" for thread in threading.enumerate())


@pytest.mark.parametrize("query", ['{app="shop"', 'rate({app="shop"}[1m])'])
def test_a_tail_that_loki_refuses_says_why_and_harms_nobody(loki, query):
    pytest.importorskip("websockets")
    heard = tail(loki.url, query)
    heard.start()
    until(lambda: heard.problem)
    assert "parse error" in heard.problem or "only log selector is supported" in heard.problem
    heard.close()


def test_a_slow_listener_is_left_lines_out_and_not_waited_for(loki):
    pytest.importorskip("websockets")
    loki.tail_holds = 10
    heard = tail(loki.url)
    heard.start()
    until(lambda: heard.listening and loki.subscribers)
    heard.heed()
    for n in range(100):
        loki.push({"app": "shop"}, [(NOW - n, f"many {n} {m} {'x' * 800}") for m in range(100)])  # frames over 64 kB
    assert heard.wait(20)
    assert loki.dropped > 0
    heard.close()


def until(condition):
    clock = SystemClock()
    end = clock.monotonic() + 20
    while not condition():
        assert clock.monotonic() < end
        clock.sleep(0.01)
