from __future__ import annotations

import json
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from importlib.util import find_spec
from pathlib import Path

import pytest
from fix_scenes import KEY, SHOP, Script, Shop, config, diagnosis, git, line, repository

from logmedic.store.database import open_database
from logmedic.store.store import Store
from logmedic.testing.claude import FakeClaude
from logmedic.testing.github import TOKEN, FakeGitHub


def _needed(missing: str | None) -> None:
    if missing:
        assert not os.environ.get("LOGMEDIC_CI"), missing
        pytest.skip(missing)


@pytest.fixture(scope="session")
def cli() -> Path:
    """The real Claude Code."""
    spec = find_spec("claude_agent_sdk")
    path = Path(spec.origin).parent / "_bundled" / "claude" if spec is not None and spec.origin else None
    _needed(None if path is not None and path.is_file() else "no claude_agent_sdk, whose wheel holds Claude Code")
    assert path is not None
    return path


@pytest.fixture(scope="session")
def bwrap() -> str:
    _needed(None if shutil.which("bwrap") else "no bubblewrap")
    return "bwrap"


@pytest.fixture
def github(github_schema: Path, gh: str, tmp_path: Path) -> Iterator[FakeGitHub]:
    """GitHub, whose branches are those of the repository that the shop pushes to."""
    with tempfile.TemporaryDirectory(prefix="gh") as folder, FakeGitHub(github_schema, Path(folder)) as fake:
        fake.repository.branches = lambda: Shop.branches_of(tmp_path)
        yield fake


def channel(github: FakeGitHub, gh: str) -> str:
    """What the channel's table needs to reach it."""
    return f"program = {json.dumps(gh)}\nconfig_dir = {json.dumps(str(github.config_dir))}\nmost_per_hour = 0\n"


@pytest.fixture
def offering(github: FakeGitHub, gh: str, shop: Callable[..., Shop]) -> Callable[..., Shop]:
    """As ``shop``, with a GitHub that takes issues and pull requests."""

    def make(*script: list, **more) -> Shop:
        return shop(*script, channel=channel(github, gh), **more)

    return make


@pytest.fixture
def shop(tmp_path: Path, cli: Path, bwrap: str) -> Iterator[Callable[..., Shop]]:
    """Makes a shop with one diagnosed incident. ``script``: what the model does, by attempt."""
    with tempfile.TemporaryDirectory(prefix="fx") as short:
        made: list[FakeClaude] = []

        def make(
            *script: list,
            fix: str = "",
            channel: str = "",
            files: dict[str, str] | None = None,
            exception: str = "",
            tests: str | None = None,
            scan: bool = True,
            web: str = "enabled = false",
            **about,
        ) -> Shop:
            commit = repository(tmp_path / "src", SHOP if files is None else files)
            git(tmp_path, "clone", "--quiet", "--bare", "src", "far.git")
            told = Script(list(script))
            model = FakeClaude(told).__enter__()
            made.append(model)
            (tmp_path / "key").write_text(KEY)
            (tmp_path / "token").write_text(TOKEN)
            (tmp_path / "app.log").write_text(line(commit, exception))
            written = config(tmp_path, cli, model, fix=fix, channel=channel, tests=tests, web=web)
            (tmp_path / "logmedic.toml").write_text(written)
            shop = Shop(tmp_path, commit, model, told, {"TMPDIR": short})
            if not scan:
                return shop
            shop.run("scan", code=None)
            store = Store(open_database(f"sqlite:///{tmp_path}/.logmedic/state.db"))
            store.save_diagnosis(1, diagnosis(commit, **about), 1)
            store.close()
            return shop

        yield make
        for model in made:
            model.close()
