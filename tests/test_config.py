"""A wrong config is one line that names the place and the remedy."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from logmedic import build, config
from logmedic.cli.setup import TEMPLATE
from logmedic.config import misfit
from logmedic.errors import ConfigError


def written(folder: Path, text: str) -> Path:
    path = folder / "logmedic.toml"
    path.write_text(text, encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ('[[sources]]\nkind = "file"\npath = "x"\n', "sources[0]: unknown key `path`; did you mean `paths`?"),
        ("[store]\nurl = 5\n", "store.url: expected text in quotes, got a whole number"),
        ("[[sources]]\nkind = 'file'\npaths = 'x'\n", 'sources[0].paths: expected a list, as in ["…"], got text'),
        (
            "[[sources]]\nkind = 'file'\npaths = [1]\n",
            "sources[0].paths[0]: expected text in quotes, got a whole number",
        ),
        ("[sources]\nkind = 'file'\n", "sources: expected tables, each with a header in [[…]], got a table"),
        ("[[sources]]\npaths = ['x']\n", 'sources[0]: `kind` is missing; give "file", "loki", '),
        (
            "[[channels]]\nkind = 'discord'\nwebhook = 'https://x'\n",
            'channels[0].webhook: expected { env = "NAME" } or ',
        ),
        ("language = 'fr'\n", 'language: invalid value \'fr\'; give "en" or "ko"'),
        ("[redact]\nfoo = {}\n", "redact: unknown key `foo`; "),
        ("[redact]\nfields = { a = [1] }\n", "redact"),
        ("langage = 'ko'\n", "unknown key `langage`; did you mean `language`?"),
        ("[store\n", "not valid TOML: "),
        ('[[sources]]\nkind = "pulsar"\n', "sources[0].kind: invalid value 'pulsar'; give \"file\", "),
        (
            "[[rules]]\nname = 'slow'\nkind = 'duration'\nover_ms = 'x'\n",
            "rules[0].over_ms: expected a number, got text",
        ),
    ],
)
def test_a_mistake_is_named_with_its_place(tmp_path: Path, text: str, complaint: str) -> None:
    path = written(tmp_path, text)
    with pytest.raises(ConfigError) as caught:
        config.load(path, build.Config)
    assert str(caught.value).startswith(f"{path}: {complaint}"), str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("[[rules]]\nname = 'a'\nkind = 'duration'\nover_ms = -5\n", "rule `a`: over_ms must be"),
        ("[[sources]]\nkind = 'file'\ndialect = 'log5j'\n", "unknown dialect `log5j`; known: rust-tracing, "),
    ],
)
def test_what_a_part_cannot_work_with_is_told_with_the_file(tmp_path: Path, text: str, complaint: str) -> None:
    path = written(tmp_path, text)
    with pytest.raises(ConfigError) as caught:
        build.load_config(str(path), tmp_path)
    assert str(caught.value).startswith(f"{path}: {complaint}")


def test_a_config_that_is_not_text_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "logmedic.toml"
    path.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(ConfigError, match="not UTF-8 text"):
        config.load(path, build.Config)


def test_two_sources_of_one_name_are_refused(tmp_path: Path) -> None:
    path = written(tmp_path, '[[sources]]\nkind="file"\nname="a"\n[[sources]]\nkind="file"\nname="a"\n')
    with pytest.raises(ConfigError, match="the name 'a' is used twice"):
        build.load_config(str(path), tmp_path)


def test_the_template_of_init_is_a_valid_config(tmp_path: Path) -> None:
    path = written(tmp_path, TEMPLATE.format(paths='"logs/*.log"', language=""))
    loaded = build.load_config(str(path), tmp_path)
    assert [s.name for s in loaded.config.sources] == ["app"]


def test_relative_paths_start_at_the_config_file(tmp_path: Path) -> None:
    path = written(tmp_path, "")
    assert build.load_config(str(path), Path("/")).store_url == f"sqlite:///{tmp_path}/.logmedic/state.db"


def test_a_secret_comes_from_the_environment_or_a_file_and_its_absence_is_named(tmp_path: Path) -> None:
    (tmp_path / "hook").write_text(" s3cret\n")
    assert config.read_secret(config.Secret(file="hook"), "channel x", base=tmp_path) == "s3cret"
    assert config.read_secret(config.Secret(env="HOOK"), "channel x", base=tmp_path, environ={"HOOK": "a"}) == "a"
    with pytest.raises(ConfigError, match="channel x: the environment variable HOOK is not set"):
        config.read_secret(config.Secret(env="HOOK"), "channel x", base=tmp_path, environ={})
    with pytest.raises(ConfigError, match="channel x: give either"):
        config.read_secret(config.Secret(), "channel x", base=tmp_path, environ={})


def test_a_password_in_the_store_url_is_not_shown(tmp_path: Path) -> None:
    path = written(tmp_path, '[store]\nurl = "postgresql://me:hunter2@db/logmedic"\n')
    shown = build.load_config(str(path), tmp_path).shown_store_url
    assert "hunter2" not in shown
    assert shown.startswith("postgresql://me:")


def test_the_language_follows_the_environment_unless_the_config_says_otherwise() -> None:
    assert config.Settings.from_environment({"LANG": "ko_KR.UTF-8"}).language == "ko"
    assert config.Settings.from_environment({"LANG": "C", "LC_ALL": "de_DE"}).language == "en"


def places(info: Any) -> Iterator[Callable[[Any], Any]]:
    """For every key of a class, however deep: what makes of a value the data in which that key alone is set to it."""
    for one in getattr(info, "types", (info,)):
        if isinstance(one, msgspec.inspect.StructType):
            tag = {one.tag_field: one.tag} if one.tag_field else {}
            for field in one.fields:
                for inside in (lambda value: value, *places(field.type)):
                    yield lambda value, n=field.encode_name, t=tag, i=inside: {**t, n: i(value)}
        elif isinstance(one, msgspec.inspect.ListType | msgspec.inspect.VarTupleType):
            yield from ((lambda value, i=inside: [i(value)]) for inside in places(one.item_type))


WRONG = [5, -1.5, True, "x", [], [3], ["x"], {}, {"x": 1}, {"x": ["y"]}]


def test_whatever_stands_at_whatever_key_the_complaint_is_one_line_of_words():
    found = list(places(msgspec.inspect.type_info(build.Config)))
    assert len(found) > 150
    told = 0
    for place, value in itertools.product(found, WRONG):
        data = place(value)
        try:
            msgspec.convert(data, build.Config)
        except msgspec.ValidationError as error:
            complaint = misfit.explain(str(error), data, build.Config)
            assert "\n" not in complaint
            assert "expected `" not in complaint.lower(), complaint
            told += 1
    assert told > 1000
