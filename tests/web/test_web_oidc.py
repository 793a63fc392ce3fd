"""Logging in at an OpenID issuer: whom we believe, what they may do, and how the others are refused."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qs, quote, urlsplit

import pytest
from issuer import CLIENT, SECRET, Issuer
from web_client import Answer, Client
from web_project import Project

from logmedic.build.serving import OidcAllowConfig, OidcConfig
from logmedic.config import Secret
from logmedic.doors import SystemHttp
from logmedic.errors import ConfigError
from logmedic.web.access import User
from logmedic.web.oidc.claims import RefusedError
from logmedic.web.oidc.provider import Provider

OIDC = """
[web.oidc]
issuer = "{issuer}"
client_id = "{client}"
client_secret = {{ file = "client-secret" }}
groups_claim = "{groups}"

[[web.oidc.allow]]
role = "admin"
groups = ["sre"]

[[web.oidc.allow]]
role = "operator"
groups = ["oncall"]

[[web.oidc.allow]]
role = "viewer"
domains = ["example.com"]
"""


def configure(
    project: Any, issuer: str, *, public: str = "https://logmedic.example.com", groups: str = "groups"
) -> None:
    config = project.folder / "logmedic.toml"
    text = OIDC.format(issuer=issuer, client=CLIENT, groups=groups)
    config.write_text(config.read_text() + (f'public_url = "{public}"\n' if public else "") + text)
    (project.folder / "client-secret").write_text(SECRET)


@pytest.fixture(scope="module")
def running() -> Iterator[Issuer]:
    with Issuer() as issuer:
        yield issuer


@pytest.fixture
def issuer(running) -> Issuer:
    """Honest again, whatever the test before made it say."""
    running.tell_the_truth()
    return running


@pytest.fixture(scope="module")
def site(tmp_path_factory, running) -> Iterator[Client]:
    project = Project(tmp_path_factory.mktemp("oidc"))
    configure(project, running.url)
    project.write({"level": "ERROR", "message": "stock is negative"})
    project.scan()
    with project.served() as client:
        yield client


def cookie(answer: Answer) -> str:
    """The last cookie that was set; ``http.client`` keeps one of each header."""
    return answer.headers["set-cookie"].partition(";")[0]


def begun(site: Client, to: str = "/") -> tuple[str, str]:
    """Where the browser is sent, and the cookie that it keeps."""
    answer = site.get(f"/login/oidc?next={quote(to, safe='')}")
    assert answer.status == 303
    assert all(part in answer.headers["set-cookie"] for part in ("HttpOnly", "SameSite=lax", "Secure", "Max-Age=600"))
    return answer.headers["location"], cookie(answer)


def back(site: Client, address: str, kept: str) -> Answer:
    assert address.startswith("https://logmedic.example.com/login/oidc/callback?")
    return site.get(address.removeprefix("https://logmedic.example.com"), cookie=kept, sec_fetch_site="cross-site")


def logged_in(site: Client, issuer: Issuer, to: str = "/") -> Answer:
    address, kept = begun(site, to)
    return back(site, issuer.login(address), kept)


def session(answer: Answer) -> str:
    assert answer.status == 303, answer.words
    return answer.cookies["logmedic_session"]


@pytest.mark.parametrize("algorithm", ["RS256", "ES256"])
def test_who_logs_in_has_a_name_a_role_and_a_session(site, issuer, algorithm):
    issuer.algorithm = algorithm
    assert "/login/oidc" in site.get("/login").text
    answer = logged_in(site, issuer, "/incidents/1")
    assert answer.headers["location"] == "/incidents/1"
    page = site.get("/", cookie=session(answer))
    assert "minji@example.com · operator" in page.words
    assert site.post("/incidents", {"do": "ack", "id": 1}, cookie=session(answer)).status == 303
    assert site.store.timeline(1)[-1].actor == "minji@example.com"
    assert site.post("/settings/test", {"channel": "none"}, cookie=session(answer)).status == 403


def test_the_session_cookie_is_for_the_server_only(site, issuer):
    line = next(one for one in logged_in(site, issuer).set_cookies if one.startswith("logmedic_session="))
    assert all(part in line for part in ("HttpOnly", "SameSite=lax", "Secure", "Max-Age=43200"))


NOW = int(time.time())
LIES: dict[str, tuple[dict[str, Any], str]] = {
    "nonce": ({"nonce": "another"}, "another login"),
    "no nonce": ({"nonce": None}, "another login"),
    "audience": ({"aud": "wiki"}, "another application"),
    "audiences": ({"aud": [CLIENT, "wiki"]}, "another application"),
    "azp": ({"azp": "wiki"}, "another application"),
    "issuer": ({"iss": "https://evil.example"}, "another issuer"),
    "expired": ({"exp": NOW - 3_600}, "has expired"),
    "no expiry": ({"exp": None}, "no time exp"),
    "early": ({"iat": NOW + 9_000}, "from the future"),
    "nobody": ({"sub": ""}, "names nobody"),
}


@pytest.mark.parametrize("lie", LIES)
def test_a_token_that_says_something_else_lets_nobody_in(site, issuer, lie):
    claims, why = LIES[lie]
    issuer.claims |= claims
    refused(logged_in(site, issuer), why)


def refused(answer: Answer, why: str) -> None:
    assert answer.status == 401
    assert "Not logged in: " in answer.words
    assert why in answer.words
    assert "logmedic_session" not in answer.cookies


@pytest.mark.parametrize("forgery", ["unsigned", "signed_with_the_public_key", "signed_by_a_stranger"])
def test_a_token_that_the_issuer_has_not_signed_lets_nobody_in(site, issuer, forgery):
    issuer.forge = getattr(issuer, forgery)
    refused(logged_in(site, issuer), "not signed by a key of the issuer")


@pytest.mark.parametrize("garbage", ["", "a.b.c", "x" * 5_000, "....", "{}"])
def test_garbage_for_a_token_lets_nobody_in(site, issuer, garbage):
    issuer.forge = lambda _: garbage
    refused(logged_in(site, issuer), "not signed by a key of the issuer")


def test_clocks_may_differ_by_a_minute(site, issuer):
    issuer.claims |= {"exp": int(time.time()) - 20, "iat": int(time.time()) + 20}
    assert logged_in(site, issuer).status == 303


def test_a_code_is_good_once(site, issuer):
    address, kept = begun(site)
    sent = issuer.login(address)
    assert back(site, sent, kept).status == 303
    refused(back(site, sent, kept), "refused the login (invalid_grant)")


def test_an_answer_to_somebody_elses_login_is_refused(site, issuer):
    theirs, _ = begun(site)
    _, mine = begun(site)
    refused(back(site, issuer.login(theirs), mine), "not begun in this browser")
    refused(back(site, issuer.login(theirs), ""), "not begun in this browser")
    refused(back(site, issuer.login(theirs), "logmedic_login=AAAA"), "not begun in this browser")


def test_the_cookie_of_a_login_is_no_session(site):
    _, kept = begun(site)
    assert site.get("/", cookie=kept.replace("logmedic_login", "logmedic_session")).status == 303


def test_what_the_issuer_says_no_to_is_told_as_text(site):
    _, kept = begun(site)
    address, kept = begun(site)
    state = address.partition("&state=")[2].partition("&")[0]
    answer = site.get(f"/login/oidc/callback?state={state}&error=%3Cscript%3Ex%1b%5b2J", cookie=kept)
    refused(answer, "the issuer refused: <script>x\\x1b[2J")
    assert "<script>x" not in answer.text


@pytest.fixture
def own_issuer() -> Iterator[Issuer]:
    """For a test that changes its keys."""
    with Issuer() as issuer:
        yield issuer


def test_new_keys_are_found_without_a_restart_and_made_up_ones_ask_seldom(own_issuer):
    issuer = own_issuer
    seconds = [int(time.time())]
    allow = (OidcAllowConfig(role="viewer", groups=("oncall",)),)
    config = OidcConfig(
        issuer=issuer.url, client_id=CLIENT, client_secret=Secret(env="X"), allow=allow, clock_skew_s=3_600
    )
    provider = Provider(config, SECRET, "https://x.example/login/oidc/callback", SystemHttp(), lambda: seconds[0])
    verifier = "v" * 43

    def login() -> User:
        sent = issuer.login(provider.address(state="s" * 43, nonce="n" * 43, verifier=verifier))
        code = parse_qs(urlsplit(sent).query)["code"][0]
        return provider.user(code, nonce="n" * 43, verifier=verifier)

    assert login().name == "minji@example.com"
    asked = issuer.asked_for_keys
    seconds[0] += 60
    issuer.rotate()
    assert login().name == "minji@example.com"
    assert issuer.asked_for_keys == asked + 1
    issuer.forge = issuer.signed_by_a_stranger
    for _ in range(3):
        with pytest.raises(RefusedError, match="not signed by a key"):
            login()
    assert issuer.asked_for_keys == asked + 1, "not within half a minute"


@pytest.mark.parametrize(
    ("claims", "role"),
    [
        ({"groups": ["sre", "oncall"]}, "administrator"),
        ({"groups": "oncall"}, "operator"),
        ({"groups": []}, "viewer"),
        ({"groups": ["SRE"], "email": "Jun@Example.com"}, "viewer"),
        ({"groups": [], "email_verified": False}, ""),
        ({"groups": [], "email_verified": "true"}, ""),
        ({"groups": [], "email": "jun@example.com.evil.example"}, ""),
        ({"groups": [], "email": "jun@evil.example@example.com"}, ""),
        ({"groups": {"sre": True}, "email": 7}, ""),
    ],
)
def test_groups_and_verified_addresses_give_the_highest_role(site, issuer, claims, role):
    issuer.claims |= claims
    answer = logged_in(site, issuer)
    if not role:
        refused(answer, "no entry of [[web.oidc.allow]]")
        return
    assert f"· {role}" in site.get("/", cookie=session(answer)).words


def test_groups_may_stand_deeper(project, issuer):
    configure(project, issuer.url, groups="realm_access.roles")
    issuer.claims = {"realm_access": {"roles": ["sre"]}}
    with project.served() as site:
        assert "u-1 · administrator" in site.get("/", cookie=session(logged_in(site, issuer))).words


@pytest.mark.parametrize(
    "to",
    ["//evil.example", "https://evil.example", "/\\evil.example", "/\t/evil.example", "javascript:1", "/\n//x", ""],
)
def test_a_login_ends_on_this_site(site, issuer, to):
    assert logged_in(site, issuer, to).headers["location"] == "/"


def test_logging_out_ends_the_session_of_this_browser(site, issuer):
    kept = session(logged_in(site, issuer))
    answer = site.post("/logout", {}, cookie=kept)
    assert (answer.status, answer.headers["location"]) == (303, "/login")
    assert 'logmedic_session=""' in answer.headers["set-cookie"]


def test_a_changed_list_of_who_may_come_in_ends_every_session(project, issuer):
    configure(project, issuer.url)
    with project.served() as site:
        kept = session(logged_in(site, issuer))
    config = project.folder / "logmedic.toml"
    config.write_text(config.read_text().replace('groups = ["oncall"]', 'groups = ["night"]'))
    with project.served() as site:
        assert site.get("/", cookie=kept).status == 303


def test_an_issuer_that_does_not_answer_is_told_in_one_line(project):
    configure(project, "http://127.0.0.1:9")
    with project.served() as site:
        refused(site.get("/login/oidc"), "the issuer does not answer")


def test_an_issuer_with_another_name_is_not_asked_further(project, issuer):
    configure(project, issuer.url + "/")
    with project.served() as site:
        refused(site.get("/login/oidc"), "write that as web.oidc.issuer")


@pytest.mark.parametrize(
    ("issuer_url", "public", "why"),
    [
        ("http://issuer.example", "https://logmedic.example.com", "is no https address"),
        ("https://issuer.example", "", "set it to the address"),
    ],
)
def test_a_setting_that_cannot_be_safe_is_refused_at_the_start(project, issuer_url, public, why):
    configure(project, issuer_url, public=public)
    with pytest.raises(ConfigError, match=why), project.served():
        pass


def test_without_an_issuer_there_is_no_way_to_one(shop):
    assert shop.get("/login/oidc").status == 404
    assert "/login/oidc" not in shop.get("/login").text
