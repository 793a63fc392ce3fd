"""Every role at every route: what is not in the table does not exist, and what is in it asks for exactly that role."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import ExitStack

import pytest
from issuer import CLIENT, SECRET, Issuer
from starlette.routing import BaseRoute
from web_client import Client

from logmedic import build
from logmedic.web.opening import dashboard

ROLES = ("nobody", "viewer", "operator", "admin")
TOKEN = {role: role[0] * 24 for role in ROLES[1:]}
# (method, route) → (who may, an address of it, a form)
ROUTES: dict[tuple[str, str], tuple[str, str, dict[str, str]]] = {
    ("GET", "/"): ("viewer", "/", {}),
    ("GET", "/incidents/{number}"): ("viewer", "/incidents/1", {}),
    ("GET", "/incidents.csv"): ("viewer", "/incidents.csv", {}),
    ("GET", "/requests/{name:path}"): ("viewer", "/requests/r-1", {}),
    ("GET", "/sources"): ("viewer", "/sources", {}),
    ("GET", "/sources/lines"): ("viewer", "/sources/lines?source=shop", {}),
    ("GET", "/rules"): ("viewer", "/rules", {}),
    ("POST", "/rules"): ("operator", "/rules", {"lines": "{}"}),
    ("GET", "/fixes"): ("viewer", "/fixes", {}),
    ("GET", "/fixes/{key}"): ("viewer", "/fixes/none", {}),
    ("GET", "/usage"): ("viewer", "/usage", {}),
    ("GET", "/trail"): ("viewer", "/trail", {}),
    ("GET", "/settings"): ("viewer", "/settings", {}),
    ("GET", "/metrics"): ("viewer", "/metrics", {}),
    ("GET", "/events"): ("viewer", "", {}),  # never ends; see test_web_stream.py
    ("GET", "/api/openapi.json"): ("viewer", "/api/openapi.json", {}),
    ("GET", "/api/v1/incidents"): ("viewer", "/api/v1/incidents", {}),
    ("GET", "/api/v1/incidents/{number}"): ("viewer", "/api/v1/incidents/1", {}),
    ("GET", "/api/v1/requests/{name}"): ("viewer", "/api/v1/requests/r-1", {}),
    ("GET", "/api/v1/sources"): ("viewer", "/api/v1/sources", {}),
    ("POST", "/incidents"): ("operator", "/incidents", {"do": "ack", "id": "1"}),
    ("POST", "/incidents/{number}/diagnosis"): ("operator", "/incidents/1/diagnosis", {}),
    ("POST", "/incidents/{number}/fix"): ("operator", "/incidents/1/fix", {}),
    ("POST", "/api/v1/incidents/{number}/fix"): ("operator", "/api/v1/incidents/1/fix", {}),
    ("POST", "/api/v1/incidents/changes"): ("operator", "/api/v1/incidents/changes", {}),
    ("POST", "/settings/test"): ("admin", "/settings/test", {"channel": "none"}),
    ("POST", "/-/reload"): ("admin", "/-/reload", {}),
    ("PUT", "/-/reload"): ("admin", "/-/reload", {}),
    ("POST", "/logout"): ("viewer", "/logout", {}),
    ("POST", "/preferences"): ("viewer", "/preferences", {"language": "ko"}),
    ("GET", "/login"): ("nobody", "/login", {}),
    ("POST", "/login"): ("nobody", "/login", {"token": "wrong" * 5}),
    ("GET", "/login/oidc"): ("nobody", "/login/oidc", {}),
    ("GET", "/login/oidc/callback"): ("nobody", "", {}),  # refuses by 401; see test_web_oidc.py
    ("GET", "/healthz"): ("nobody", "/healthz", {}),
    ("GET", "/readyz"): ("nobody", "/readyz", {}),
    ("GET", "/static/{name}"): ("nobody", "/static/app.css", {}),
}
ALLOW = "".join(f'[[web.oidc.allow]]\nrole = "{role}"\ngroups = ["{role}"]\n' for role in ROLES[1:])
OIDC = f"""
[web.oidc]
issuer = "ISSUER"
client_id = "{CLIENT}"
client_secret = {{ file = "client-secret" }}
{ALLOW}"""
OWN = {"/mcp"}  # asks for itself; see test_web_mcp.py


@pytest.fixture(scope="module")
def issuer() -> Iterator[Issuer]:
    with Issuer() as running:
        yield running


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory, issuer: Issuer) -> Iterator[tuple[Client, list[BaseRoute]]]:
    folder = tmp_path_factory.mktemp("matrix")
    tokens = "".join(
        f'[[web.tokens]]\nname = "{role}"\nrole = "{role}"\nsecret = {{ file = "{role}" }}\n' for role in ROLES[1:]
    )
    for role, token in TOKEN.items():
        (folder / role).write_text(token)
    (folder / "shop.log").write_text('{"level": "ERROR", "message": "stock is negative", "request_id": "r-1"}\n')
    config = folder / "logmedic.toml"
    config.write_text(
        '[[sources]]\nkind = "file"\nname = "shop"\npaths = ["shop.log"]\n[web]\nlisten = "127.0.0.1:0"\n'
        + 'public_url = "http://127.0.0.1"\n' + tokens + OIDC.replace("ISSUER", issuer.url)
    )  # fmt: skip
    (folder / "client-secret").write_text(SECRET)
    loaded = build.load_config(str(config), folder)
    with ExitStack() as stack:
        runtime = stack.enter_context(build.runtime(loaded))
        runtime.scan(deadline=60.0)
        server = stack.enter_context(
            dashboard(loaded, runtime.store, again=runtime.diagnose_again, reload=lambda: None)
        )
        assert server is not None
        client = stack.enter_context(Client(server.port, runtime.store))
        yield client, server._server.config.app.routes


def each(routes: Iterable[BaseRoute]) -> Iterator[BaseRoute]:
    """FastAPI keeps the routers that it includes whole."""
    for route in routes:
        router = getattr(route, "original_router", None)
        if router is None:
            yield route
        else:
            yield from each(router.routes)


def test_the_table_names_every_route(site):
    found = {
        (method, route.path)
        for route in each(site[1])
        for method in getattr(route, "methods", None) or ()
        if method != "HEAD" and route.path not in OWN
    }
    assert found == set(ROUTES)


@pytest.fixture(scope="module")
def shown(site, issuer) -> dict[tuple[str, str], dict[str, str]]:
    """What somebody of a role shows: a token, or the session of an account at the issuer."""
    client, _ = site
    found: dict[tuple[str, str], dict[str, str]] = {("nobody", how): {} for how in ("token", "account")}
    for role, token in TOKEN.items():
        found[role, "token"] = {"authorization": f"Bearer {token}"}
        issuer.claims = {"groups": [role]}
        begun = client.get("/login/oidc")
        back = issuer.login(begun.headers["location"]).removeprefix("http://127.0.0.1")
        found[role, "account"] = {
            "cookie": client.get(back, cookie=begun.cookies["logmedic_login"]).cookies["logmedic_session"]
        }
    return found


@pytest.mark.parametrize("how", ["token", "account"])
@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize(("method", "route"), [key for key, (_, path, _) in ROUTES.items() if path])
def test_a_route_asks_for_its_role_and_for_no_more(site, shown, method, route, role, how):
    client, _ = site
    least, path, form = ROUTES[method, route]
    asked = {"accept": "application/json", **shown[role, how]}
    answer = client.get(path, **asked) if method == "GET" else client.post(path, form, **asked)
    if role == "nobody" and least != "nobody":
        assert answer.status == 401
    elif ROLES.index(role) < ROLES.index(least):
        assert answer.status == 403
    elif path == "/login" and method == "POST":
        assert answer.status == 401, "by its own words: the token is wrong"
    else:
        assert answer.status not in {401, 403}
