"""Words are checked too: what the documents tell people to type, and where they point."""

from __future__ import annotations

import importlib.util
import re
import shlex
import subprocess
import sys
import tomllib
from pathlib import Path

import click
import msgspec
import pytest

from logmedic import build, config
from logmedic.cli.main import Commands

ROOT = Path(__file__).parents[1]
PAGES = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), *ROOT.glob("examples/**/*.md")])
_COMMAND = re.compile(r"(?:^|[`/ ])logmedic ([a-z]+\b[^`\n|&#<]*)", re.MULTILINE)
_LINK = re.compile(r"\]\((?!https?:)([^)#\s]+)[^)]*\)")


def read(page: Path) -> str:
    return page.read_text(encoding="utf-8")


def blocks(page: Path, language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", read(page), re.DOTALL)


@pytest.mark.parametrize("page", PAGES, ids=lambda p: str(p.relative_to(ROOT)))
def test_every_command_that_a_page_names_exists_with_its_options(page: Path) -> None:
    commands = [line for block in blocks(page, "sh") for line in _COMMAND.findall(re.sub("#.*", "", block))]
    commands += [line for span in re.findall(r"`([^`\n]+)`", read(page)) for line in _COMMAND.findall(span)]
    for line in commands:
        words = shlex.split(line.replace("\\", " ").rstrip(".,;:) "))
        command: click.Command | None = Commands("logmedic").get_command(click.Context(Commands("logmedic")), words[0])
        if isinstance(command, click.Group) and len(words) > 1:
            command = command.get_command(click.Context(command), words[1])
        assert command is not None, line
        known = {option for parameter in command.params for option in parameter.opts} | {"--help"}
        assert {word.partition("=")[0] for word in words if word.startswith("--")} <= known, line


@pytest.mark.parametrize("page", PAGES, ids=lambda p: str(p.relative_to(ROOT)))
def test_every_link_leads_somewhere(page: Path) -> None:
    for target in _LINK.findall(read(page)):
        assert (page.parent / target).exists(), target


def test_the_reference_of_the_configuration_is_what_the_code_says() -> None:
    spec = importlib.util.spec_from_file_location("generate_docs", ROOT / "docs" / "generate.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    assert read(module.PAGE) == module.page(), "run: python docs/generate.py"


def test_the_reference_has_the_keys_that_the_command_lists() -> None:
    documented = re.findall(r"^\| `(\w+)` \|", read(ROOT / "docs/en/configuration.md"), re.MULTILINE)
    listed = [line.partition(" = ")[0].rpartition(".")[2] for line in config.reference(build.Config)]
    assert sorted(documented) == sorted(listed)


def test_the_walk_of_the_readme_runs_as_written(tmp_path: Path) -> None:
    command = tmp_path / "bin" / "logmedic"
    command.parent.mkdir()
    command.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m logmedic.cli.main "$@"\n', encoding="utf-8")
    command.chmod(0o755)
    walks = [block for block in blocks(ROOT / "README.md", "sh") if not block.startswith("make ")]
    assert walks
    environment = {"PATH": f"{command.parent}:/usr/bin:/bin", "HOME": str(tmp_path), "PYTHONPATH": str(ROOT / "src")}
    for walk in walks:
        done = subprocess.run(
            ["bash", "-e", "-c", walk], cwd=tmp_path, env=environment, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr
        assert "0 rejected; nothing matched a rule" in done.stderr, "the second scan finds nothing new"
        for shown in ("DB_POOL_EXHAUSTED: Payment failed for order <num>", "Slow: shop::http"):
            assert shown in done.stdout
            assert shown in read(ROOT / "README.md")


def test_examples_of_the_configuration_are_valid() -> None:
    examples = [block for page in PAGES for block in blocks(page, "toml") if "[[" in block]
    assert len(examples) >= 2
    for example in examples:
        msgspec.convert(tomllib.loads(example), build.Config)


def test_both_languages_of_the_readme_show_the_same_commands() -> None:
    english, korean = ROOT / "README.md", ROOT / "README.ko.md"
    assert blocks(english, "sh") == blocks(korean, "sh") != []
    assert blocks(english, "text") == blocks(korean, "text") != []


def test_every_english_page_has_a_korean_one() -> None:
    assert {p.name for p in (ROOT / "docs/en").glob("*.md")} == {p.name for p in (ROOT / "docs/ko").glob("*.md")}
