"""``logmedic rules``: what the rules look for, in the words of each place where logs are."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from logmedic import build
from logmedic.build.compiling import surfaces
from logmedic.cli import options, output
from logmedic.collect import dialects
from logmedic.detect import build_rules, settings
from logmedic.detect.compile import COMPILERS, Compiled
from logmedic.detect.interface import Rule
from logmedic.errors import UsageError
from logmedic.model import Text

_EXACT = Text("exactly what the rule matches", "규칙과 정확히 일치")
_WIDENED = Text("more than the rule matches ({ways})", "규칙보다 넓음 ({ways})")
_ALL = "all rules together"
_RULE = Text("{name}: {kind}, {compared} → {severity} or worse", "{name}: {kind}, {compared} → {severity} 이상")
_SERVICES = Text("; only of {services}", "; 서비스 {services}만")
_NOTE = Text(
    "What is selected is judged again here, so a wider form costs time and never an answer.",
    "선택된 것은 여기서 다시 판정하므로, 더 넓은 형식은 시간만 들 뿐 결과를 바꾸지 않습니다.",
)


@click.group()
def rules() -> None:
    """What the rules look for."""


@rules.command("list")
@options.config
@options.json
def list_(config: str | None, as_json: bool) -> None:
    """What each rule looks for, a line each."""
    loaded = build.load_config(config, Path.cwd())
    active = build_rules(loaded.config.rules)
    if as_json:
        output.print_json([_as_json(rule) for rule in active])
        return
    for rule in active:
        click.echo(_plain(rule, loaded.language))


def _as_json(rule: Rule) -> dict[str, Any]:
    return {
        "name": rule.name, "kind": rule.kind, "severity": rule.severity.value, "services": rule.services,
        "settings": settings(rule),
    }  # fmt: skip


def _plain(rule: Rule, language: str) -> str:
    compared = "; ".join(f"{name} {value}" for name, value in settings(rule).items())
    told = _RULE.in_(language).format(name=rule.name, kind=rule.kind, compared=compared, severity=rule.severity.value)
    if rule.services:
        told += _SERVICES.in_(language).format(services=", ".join(rule.services))
    return output.printable(told)


@rules.command()
@click.argument("name", required=False)
@click.option("--backend", type=click.Choice([compiler.name for compiler in COMPILERS]), help="Only this form.")
@click.option("--dialect", default="auto", help="Of lines of this layout (default: of any).")
@options.config
@options.json
def show(name: str | None, backend: str | None, dialect: str, config: str | None, as_json: bool) -> None:
    """Each rule as the byte prefilter of files, as LogQL …; with all of them together as sources are asked."""
    loaded = build.load_config(config, Path.cwd())
    if dialect != "auto" and dialect not in dialects.names():
        raise UsageError(f"--dialect: {dialect!r} is none of: {', '.join(dialects.names())}")
    active = build_rules(loaded.config.rules)
    groups = {rule.name: (rule,) for rule in active}
    if name is not None and name not in groups:
        raise UsageError(f"there is no rule {name!r}; there are: {', '.join(groups)}")
    chosen = {name: groups[name]} if name is not None else {**groups, _ALL: active}
    compilers = [compiler for compiler in COMPILERS if backend in {None, compiler.name}]
    found = surfaces(dialect)
    compiled = {
        named: {compiler.name: compiler.compile(some, found) for compiler in compilers}
        for named, some in chosen.items()
    }
    if as_json:
        output.print_json(
            {named: {one: _json(form) for one, form in forms.items()} for named, forms in compiled.items()}
        )
        return
    for named, forms in compiled.items():
        if named != _ALL:
            click.echo(f"## {_plain(groups[named][0], loaded.language)}")
        for one, form in forms.items():
            said = _EXACT if form.exact else _WIDENED
            ways = "; ".join(form.widened)
            text = "\n".join(map(output.printable, form.text.split("\n")))
            click.echo(f"# {named} · {one}: {said.in_(loaded.language).format(ways=ways)}\n{text}\n")
    click.echo(_NOTE.in_(loaded.language), err=True)


def _json(form: Compiled) -> dict[str, Any]:
    return {"text": form.text, "exact": form.exact, "widened": form.widened}
