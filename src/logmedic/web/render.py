"""Templates, and what they may call. Every text goes through ``inert`` and is escaped."""

from __future__ import annotations

import datetime
import hashlib
from functools import cache
from pathlib import Path
from typing import Any

import jinja2
from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import HTMLResponse

from logmedic import reasons
from logmedic.investigate import plain
from logmedic.model import NANOSECONDS, Text
from logmedic.respond import spoken
from logmedic.respond import words as told
from logmedic.web import charts
from logmedic.web.access import Role, User
from logmedic.web.words import WORDS

HERE = Path(__file__).parent
LANGUAGES = ("en", "ko")
THEMES = ("auto", "light", "dark")
_AGO = ((86_400, "time.d"), (3_600, "time.h"), (60, "time.min"), (10, "time.s"))


def language_of(request: Request, default: str) -> str:
    """The reader's: what they chose, else what their browser prefers, else the configured one."""
    chosen = request.cookies.get("logmedic_language")
    if chosen in LANGUAGES:
        return str(chosen)
    weights: list[tuple[float, str]] = []
    for part in request.headers.get("accept-language", "").split(",")[:20]:
        tag, _, quality = part.strip().partition(";q=")
        name = tag[:2].lower()
        if name in LANGUAGES:
            try:
                weights.append((float(quality or 1), name))
            except ValueError:
                continue
    return max(weights, key=lambda w: w[0])[1] if weights else default


class Words:
    """The texts of one language, for a template: ``t("nav.rules")``, ``t("list.select", id=3)``."""

    def __init__(self, language: str) -> None:
        self.language = language

    def __call__(self, key: str, **blanks: object) -> str:
        text = WORDS[key].in_(self.language)
        return text.format(**blanks) if blanks else text

    def of(self, text: Text) -> str:
        return text.in_(self.language)


@cache
def environment() -> jinja2.Environment:
    made = jinja2.Environment(
        loader=jinja2.FileSystemLoader(HERE / "templates"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters["inert"] = plain.inert
    made.filters["line"] = plain.line
    made.filters["number"] = lambda value: f"{value:,}"
    made.filters["iso"] = iso
    made.filters["clock"] = lambda time: f"{iso(time)[11:19]}.{time // 1_000_000 % 1_000:03d}"
    made.globals["asset"] = asset
    made.globals["bars"] = charts.bars
    made.globals["places"] = lambda marks: [(place, bool(mark.release)) for place, mark in marks]
    made.globals["svg"] = lambda *args, **options: Markup(charts.svg(*args, **options))  # noqa: S704  numbers only
    made.globals["ago"] = ago
    made.globals["severity_name"] = told.SEVERITY
    made.globals["state_name"] = told.STATE
    made.globals["substate_name"] = told.SUBSTATE
    made.globals["status_name"] = told.STATUS
    made.globals["title_of"] = spoken.title
    made.globals["outcome_of"] = spoken.outcome
    made.globals["result_of"] = spoken.result
    made.globals["reason_of"] = reasons.render
    made.globals["event_name"] = reasons.EVENTS
    return made


def page(request: Request, template: str, *, status: int = 200, **values: Any) -> HTMLResponse:
    """A rendered template. ``values`` beside what every template has: t, user, site, now, path."""
    site = request.app.state.site
    language = language_of(request, site.loaded.language)
    theme = request.cookies.get("logmedic_theme")
    body = (
        environment()
        .get_template(template)
        .render(
            t=Words(language),
            language=language,
            theme=theme if theme in THEMES else "auto",
            user=user_of(request),
            role=Role,
            open_access=site.access.open,
            has_oidc=site.oidc is not None,
            has_tokens=bool(site.loaded.config.web.tokens) or site.oidc is None,
            now=site.clock.now(),
            path=request.url.path,
            **values,
        )
    )
    return HTMLResponse(body, status)


def fragment(template: str, language: str, now: int, **values: Any) -> str:
    """A part of a page, for many readers of one language at once."""
    return environment().get_template(template).render(t=Words(language), language=language, now=now, **values)


def user_of(request: Request) -> User | None:
    user: User | None = request.scope.get("user")
    return user


def name_of(request: Request) -> str:
    """Who asks, for timelines and the log."""
    user = user_of(request)
    return "?" if user is None else user.name


def iso(time: int) -> str:
    """RFC 3339 in UTC to the second, from ns; times that no calendar has are shown as the nearest that it has."""
    seconds = min(max(time // NANOSECONDS, 0), 253_402_300_799)
    return datetime.datetime.fromtimestamp(seconds, datetime.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def ago(time: int, now: int, t: Words) -> str:
    """How long ago, in words; both in ns."""
    seconds = max(0, now - time) // NANOSECONDS
    for size, key in _AGO:
        if seconds >= size:
            return t(key, n=f"{seconds // size if size > 10 else seconds:,}")
    return t("time.now")


@cache
def asset(name: str) -> str:
    """The address of a file of ours; it changes with the file, so browsers may keep it for ever."""
    digest = hashlib.sha256((HERE / "static" / name).read_bytes()).hexdigest()[:12]
    return f"/static/{name}?v={digest}"
