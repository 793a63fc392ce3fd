"""Who may come in, and what they may do there."""

from __future__ import annotations

import pytest

from logmedic.errors import ConfigError
from logmedic.web.access import Access, Proxy, Role, Token, User, same_site

VIEWER, OPERATOR = "v" * 24, "o" * 24
TOKENS = """
[[web.tokens]]
name = "minji"
role = "viewer"
secret = { file = "viewer" }
[[web.tokens]]
name = "jun"
role = "operator"
secret = { file = "operator" }
"""


@pytest.fixture
def closed(project):
    """A dashboard that asks for tokens."""
    config = project.folder / "logmedic.toml"
    config.write_text(config.read_text() + TOKENS)
    (project.folder / "viewer").write_text(VIEWER)
    (project.folder / "operator").write_text(OPERATOR)
    project.write({"level": "ERROR", "message": "stock is negative"})
    project.scan()
    with project.served() as client:
        yield client


@pytest.mark.parametrize("path", ["/", "/incidents/1", "/events", "/nowhere"])
def test_without_a_token_a_browser_is_asked_to_log_in_and_a_program_is_refused(closed, path):
    browser = closed.get(path)
    back = {"/": "", "/incidents/1": "?next=%2Fincidents%2F1"}.get(path, f"?next=%2F{path[1:]}")
    assert (browser.status, browser.headers["location"]) == (303, f"/login{back}")
    assert closed.get(path, accept="application/json").status == 401


def test_a_session_lasts_and_carries_the_role(closed):
    assert closed.post("/login", {"token": "wrong" * 5}).status == 401
    cookie = closed.post("/login", {"token": VIEWER}).headers["set-cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=strict" in cookie
    session = cookie.partition(";")[0]
    page = closed.get("/", cookie=session)
    assert page.status == 200
    assert "minji · viewer" in page.words
    assert "Acknowledge" not in page.words
    assert closed.post("/incidents", {"do": "ack", "id": 1}, cookie=session).status == 403
    changed = session[:-4] + ("AAAA" if not session.endswith("AAAA") else "BBBB")
    assert closed.get("/", cookie=changed).status == 303


def test_an_operator_may_change_incidents_and_stands_in_the_timeline(closed):
    answer = closed.post("/incidents", {"do": "ack", "id": 1}, authorization=f"Bearer {OPERATOR}")
    assert answer.status == 303
    assert closed.store.timeline(1)[-1].actor == "jun"


@pytest.mark.parametrize(
    "headers",
    [
        {"origin": "https://evil.example"},
        {"origin": "null"},
        {"sec_fetch_site": "cross-site"},
        {"sec_fetch_site": "same-site"},
    ],
)
def test_another_site_changes_nothing(shop, headers):
    assert shop.post("/incidents", {"do": "ignore", "id": 1}, **headers).status == 403


def test_a_name_that_is_not_ours_is_refused_where_no_token_is_asked_for(shop):
    assert shop.get("/", host="evil.example:8787").status == 421
    assert shop.get("/", host=f"localhost:{shop.port}").status == 200


def test_every_answer_forbids_foreign_content(shop):
    for path in ("/", "/incidents/1", "/login", "/nowhere", "/static/app.css", "/healthz"):
        headers = shop.get(path).headers
        assert "default-src 'none'" in headers["content-security-policy"]
        assert "unsafe" not in headers["content-security-policy"]
        assert headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize("host", ["0.0.0.0", "192.0.2.7", "::", "shop.internal"])
def test_it_does_not_start_where_anybody_could_look(host):
    with pytest.raises(ConfigError, match="can be reached from other machines"):
        Access(host)


@pytest.mark.parametrize("host", ["127.0.0.1", "127.8.8.8", "::1", "[::1]", "localhost"])
def test_on_loopback_whoever_is_there_is_the_administrator(host):
    assert Access(host).user(peer="127.0.0.1", headers={}, cookies={}, now=0) == User("local", Role.ADMIN)


def test_a_short_token_is_refused():
    with pytest.raises(ConfigError, match="less than 16 characters"):
        Access("127.0.0.1", [Token(User("jun", Role.ADMIN), "secret")])


def test_a_proxy_is_believed_from_its_own_addresses_only():
    access = Access("0.0.0.0", proxy=Proxy("X-User", ("10.0.0.0/8",), Role.OPERATOR))
    asked = {"headers": {"x-user": "jun"}, "cookies": {}, "now": 0}
    assert access.user(peer="10.2.3.4", **asked) == User("jun", Role.OPERATOR)
    assert access.user(peer="192.0.2.1", **asked) is None
    assert access.user(peer="10.2.3.4", headers={}, cookies={}, now=0) is None


def test_a_session_ends_with_its_time_and_with_its_token():
    access = Access("0.0.0.0", [Token(User("jun", Role.ADMIN), "t" * 20)])
    session = access.session(User("jun", Role.ADMIN), 1_000)

    def user(of: Access, now: int) -> User | None:
        return of.user(peer="", headers={}, cookies={"logmedic_session": session}, now=now)

    assert user(access, 1_001) == User("jun", Role.ADMIN)
    assert user(access, 1_000 + 31 * 86_400) is None
    assert user(Access("0.0.0.0", [Token(User("jun", Role.ADMIN), "u" * 20)]), 1_001) is None


def test_programs_without_a_browser_are_not_from_another_site():
    assert same_site("POST", {})
    assert same_site("GET", {"sec-fetch-site": "cross-site"})
    assert not same_site("POST", {"sec-fetch-site": "cross-site"})
    assert same_site("POST", {"origin": "http://localhost:8787", "host": "localhost:8787"})


def test_alerts_link_to_the_page_where_people_can_reach_one(project, make_error):
    config = project.folder / "logmedic.toml"
    told = '[[channels]]\nkind = "jsonl"\nname = "told"\npath = "told.jsonl"\n'
    config.write_text(config.read_text() + 'public_url = "https://logmedic.example.com/"\n' + told)
    project.write(make_error())
    project.scan()
    assert '"url":"https://logmedic.example.com/incidents/1"' in (project.folder / "told.jsonl").read_text()
