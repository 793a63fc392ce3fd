"""What cannot be a log file is refused in one line."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from logmedic import build
from logmedic.cli import main
from logmedic.errors import ConfigError, UsageError


def test_a_folder_a_pipe_a_device_and_a_link_to_nowhere_are_no_log_files(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "loop").symlink_to("loop")
    for name in ("folder", "pipe", "loop", "/dev/zero", "a\0b"):
        with pytest.raises(UsageError):
            build.load_config(None, tmp_path, paths=[name])


def test_a_glob_may_find_folders_beside_files(tmp_path: Path) -> None:
    (tmp_path / "folder.log").mkdir()
    (tmp_path / "a.log").touch()
    assert build.load_config(None, tmp_path, paths=["*.log"]).config.sources


@pytest.mark.parametrize("name", ["", "a\\u0000b"])
def test_a_path_that_names_nothing_is_a_config_error(tmp_path: Path, name: str) -> None:
    config = tmp_path / "logmedic.toml"
    config.write_text(f'[[sources]]\nkind = "file"\nname = "app"\npaths = ["{name}"]\n')
    with pytest.raises(ConfigError, match=r"app: paths: .* cannot be the name of a file"):
        build.load_config(str(config), tmp_path)


def test_a_name_in_an_error_cannot_drive_the_terminal(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.argv", ["logmedic", "scan", "/nonexistent/\x1b[31mred"])
    with pytest.raises(SystemExit) as ended:
        main.main()
    assert ended.value.code == 2
    told = capsys.readouterr().err
    assert "\x1b" not in told
    assert "\\x1b[31mred" in told


def test_a_diagnosis_of_nothing_is_refused(shell):
    (shell.folder / "empty.log").write_bytes(b"\n \n")
    assert b"empty.log: empty" in shell.run("diagnose", "empty.log", code=2).stderr
    assert b"not a regular file" in shell.run("diagnose", "./", code=2).stderr


def test_a_named_repository_must_be_one(shell, record):
    shell.write("app.log", record())
    (shell.folder / "bare").mkdir()
    assert b"git finds no repository there" in shell.run("diagnose", "app.log", "--repo", "bare", code=2).stderr
