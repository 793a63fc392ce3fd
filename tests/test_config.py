"""A wrong config is one line that names the place and the remedy."""

from __future__ import annotations

from pathlib import Path

import pytest

from logmedic import build, config
from logmedic.cli.setup import TEMPLATE
from logmedic.errors import ConfigError


def written(folder: Path, text: str) -> Path:
    path = folder / "logmedic.toml"
    path.write_text(text, encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ('[[sources]]\nkind = "file"\npath = "x"\n', "sources[0]: unknown key `path`; did you mean `paths`?"),
        ("[store]\nurl = 5\n", "store.url: expected `str`, got `int`"),
        ("langage = 'ko'\n", "unknown key `langage`; did you mean `language`?"),
        ("[store\n", "not valid TOML: "),
        ('[[sources]]\nkind = "pulsar"\n', "sources[0].kind: invalid value 'pulsar'"),
        ("[[rules]]\nname = 'slow'\nkind = 'duration'\nover_ms = 'x'\n", "rules[0].over_ms: expected `float`"),
    ],
)
def test_a_mistake_is_named_with_its_place(tmp_path: Path, text: str, complaint: str) -> None:
    path = written(tmp_path, text)
    with pytest.raises(ConfigError) as caught:
        config.load(path, build.Config)
    assert str(caught.value).startswith(f"{path}: {complaint}"), str(caught.value)
    assert "\n" not in str(caught.value)


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
