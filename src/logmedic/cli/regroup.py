"""``logmedic regroup``: what another way of grouping does to the incidents that are stored."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
import msgspec

from logmedic import build
from logmedic.cli import options, output
from logmedic.cli.incidents import who
from logmedic.model import Text

if TYPE_CHECKING:
    from logmedic.group.regroup import Plan

_NOTHING = Text(
    "No change: {incidents} incidents, {samples} samples.", "변경 없음: 인시던트 {incidents}개, 표본 {samples}건."
)
_MERGE = Text(
    "merge  {merged} into {kept}: both are {fingerprint} now", "병합  {merged} → {kept}: 이제 둘 다 {fingerprint}"
)
_ALIAS = Text(
    "keep   {incident}: {fingerprint} counts as it", "유지  {incident}: {fingerprint}을(를) 이 인시던트로 집계"
)
_SPLIT_NEW = Text(
    "split  {incident}: {samples} of {total} samples are {fingerprint} now, a new incident from its next occurrence on",
    "분리  {incident}: 표본 {total}건 중 {samples}건이 이제 {fingerprint}, 다음 발생부터 새 인시던트",
)
_SPLIT_TO = Text(
    "split  {incident}: {samples} of {total} samples are {fingerprint} now, which counts as incident {to}",
    "분리  {incident}: 표본 {total}건 중 {samples}건이 이제 {fingerprint}, 인시던트 {to}로 집계",
)
_UNCLEAR = Text(
    "{unclear} of {samples} samples cannot tell: what grouping looks at was redacted when they were stored",
    "표본 {samples}건 중 {unclear}건은 알 수 없음: 그룹화에 쓰이는 내용이 저장할 때 가려졌습니다",
)
_PREVIEW = Text(
    "Nothing was changed; `logmedic regroup --apply` does it.",
    "변경하지 않았습니다. `logmedic regroup --apply`로 적용합니다.",
)
_APPLIED = Text("Done.", "적용했습니다.")


@click.command()
@click.option(
    "--preview", "mode", flag_value="preview", default="preview", help="Show what would change (the default)."
)
@click.option("--apply", "mode", flag_value="apply", help="Do it: incidents, messages and issues stay attached.")
@options.config
@options.json
@options.language
def regroup(mode: str, config: str | None, as_json: bool, language: str | None) -> None:
    """Group the stored samples by the code and the configuration of now.

    Run it after an upgrade, or before a change of [group] (with --config and the changed file).
    """
    from logmedic.pipeline import regrouping  # noqa: PLC0415  imports SQLAlchemy, 0.35 s

    loaded = build.load_config(config, Path.cwd())
    with build.open_store(loaded) as store:
        planned = regrouping.preview(store, build.grouper(loaded.config))
        if mode == "apply":
            regrouping.carry_out(store, planned, now=build.system_clock().now(), actor=who())
    if as_json:
        output.print_json({"applied": mode == "apply", "changes": planned.changes, **_json(planned)})
        return
    for line in _lines(planned, language or loaded.language):
        click.echo(line)
    if planned.changes:
        click.echo((_APPLIED if mode == "apply" else _PREVIEW).in_(language or loaded.language), err=True)


def _json(planned: Plan) -> dict[str, Any]:
    plain: dict[str, Any] = msgspec.to_builtins(planned)
    return plain


def _lines(planned: Plan, language: str) -> list[str]:
    figures = _json(planned)
    said = [_MERGE.in_(language).format(**m) for m in figures["merges"]]
    said += [_ALIAS.in_(language).format(**a) for a in figures["aliases"]]
    said += [(_SPLIT_NEW if s["to"] is None else _SPLIT_TO).in_(language).format(**s) for s in figures["splits"]]
    if not said:
        said.append(_NOTHING.in_(language).format(**figures))
    if planned.unclear:
        said.append(_UNCLEAR.in_(language).format(**figures))
    return said
