"""Options and types that several commands share."""

from __future__ import annotations

import re
from typing import Any

import click

from logmedic.pipeline.roles import Role

config = click.option("--config", "-c", metavar="FILE", help="Config file (default: ./logmedic.toml).")
json = click.option("--json", "as_json", is_flag=True, help="Print JSON on stdout.")
role = click.option(
    "--role",
    type=click.Choice([role.value for role in Role]),
    default=Role.ALL.value,
    help="What to do of it all, where several processes share a PostgreSQL.",
)
language = click.option("--language", type=click.Choice(["en", "ko"]), help="Language of the report.")

_LENGTH = re.compile(r"(\d{1,6})([smhd])")
_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400}


class Duration(click.ParamType[int]):
    """ "90s", "30m", "8h", "2d" → seconds."""

    name = "time"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        if isinstance(value, int):
            return value
        match = _LENGTH.fullmatch(value)
        if match is None:
            self.fail(f"{value!r} is not a length of time; write a number and s, m, h or d, for example 8h", param, ctx)
        return int(match[1]) * _UNITS[match[2]]


DURATION = Duration()
