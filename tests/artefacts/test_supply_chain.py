"""What comes in is pinned, what goes out is listed, and a slim install does the core of the work."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from held import ROOT, ran, tool

from logmedic.artefacts import bundle

WORKFLOWS = sorted((ROOT / ".github/workflows").glob("*.yml"))
REQUIREMENTS = sorted((ROOT / "requirements").glob("*.txt"))
EXTRAS = ("boto3", "fastapi", "uvicorn", "apprise", "pydantic_ai", "mcp", "websockets", "hyperscan", "tree_sitter")
# As an install without extras: nothing to import but logmedic and what it requires.
SLIM = """
import sys
from importlib.util import find_spec
sys.path[:0] = [sys.argv.pop(1)]
missing = sys.argv.pop(1).split(",")
assert not [name for name in missing if find_spec(name)], "not slim"
from logmedic.cli.main import main
sys.argv[0] = "logmedic"
main()
"""


# -- what comes in -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", REQUIREMENTS, ids=lambda path: path.name)
def test_every_requirement_is_pinned_with_hashes(path):
    whole = re.sub(r"\\\n", " ", path.read_text(encoding="utf-8"))
    lines = [line for line in whole.splitlines() if line.strip() and not line.startswith("#")]
    assert lines
    for line in lines:
        assert re.match(r"[A-Za-z0-9_.\[\]-]+==\S+", line), line
        assert "--hash=sha256:" in line, line
        assert "://" not in line, line


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_actions_are_pinned_by_commit_and_say_which_release_that_is(path):
    used = re.findall(r"uses: (\S+)(.*)", path.read_text(encoding="utf-8"))
    assert used
    for action, comment in used:
        assert re.fullmatch(r"[\w.-]+/[\w.-]+@[0-9a-f]{40}", action), action
        assert re.fullmatch(r" # v\d+\.\d+\.\d+", comment), action


def test_workflows_are_what_github_reads_and_zizmor_finds_nothing():
    schema = ["--builtin-schema", "vendor.github-workflows"]
    ran(tool("check-jsonschema"), *schema, *map(str, WORKFLOWS))
    told = ran(tool("zizmor"), "--offline", "--pedantic", "--no-progress", "--color=never", *map(str, WORKFLOWS))
    assert "No findings to report" in told


def test_only_the_job_that_publishes_can_show_who_it_is_and_it_runs_none_of_our_code():
    jobs = yaml.safe_load((ROOT / ".github/workflows/release.yml").read_text())["jobs"]
    assert [name for name, job in jobs.items() if "id-token" in job["permissions"]] == ["publish"]
    assert jobs["publish"]["environment"] == "release"
    assert not any("checkout" in step.get("uses", "") for step in jobs["publish"]["steps"])
    assert "secrets." not in json.dumps(jobs)


# -- what goes out -----------------------------------------------------------------------------------------------------


def test_the_bill_of_materials_lists_every_pin_with_its_hash(tmp_path):
    out = tmp_path / "logmedic.cdx.json"
    ran(
        tool("cyclonedx-py"), "requirements", str(ROOT / "requirements/runtime.txt"),
        "--pyproject", str(ROOT / "pyproject.toml"), "--output-reproducible", "--output-file", str(out),
    )  # fmt: skip
    made = json.loads(out.read_text())
    assert (made["bomFormat"], made["metadata"]["component"]["name"]) == ("CycloneDX", "logmedic")
    pinned = re.findall(r"^([A-Za-z0-9_.-]+)==([^\s;]+)", (ROOT / "requirements/runtime.txt").read_text(), re.MULTILINE)
    listed = {(one["name"].lower(), one["version"]) for one in made["components"]}
    assert listed == {(name.lower(), version) for name, version in pinned}
    assert all(one["externalReferences"][0]["hashes"] for one in made["components"])


# -- a slim install ----------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def slim(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("slim")
    for name, file in bundle.files(bundle.closure("logmedic")):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).symlink_to(file)
    return folder


def run(slim: Path, folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-I", "-S", "-c", SLIM, str(slim), ",".join(EXTRAS), *arguments],
        cwd=folder, env={"PATH": "/usr/bin:/bin", "HOME": str(folder), "LANG": "C.UTF-8"},
        capture_output=True, text=True, check=False, timeout=150,
    )  # fmt: skip


def test_without_extras_logs_are_scanned_and_incidents_listed(slim, tmp_path):
    (tmp_path / "app.log").write_text('{"level":"ERROR","service":"shop","message":"stock is negative"}\n')
    (tmp_path / "logmedic.toml").write_text('[[sources]]\nkind = "file"\npaths = ["app.log"]\n')
    for arguments in (["--help"], ["check"], ["scan"], ["incidents", "list"], ["generate", "docker"]):
        done = run(slim, tmp_path, *arguments)
        assert done.returncode == 0, done.stdout + done.stderr
        assert "Traceback" not in done.stderr
    assert "stock is negative" in run(slim, tmp_path, "incidents", "show", "1").stdout


@pytest.mark.parametrize(
    ("arguments", "extra"), [(["scan"], "logmedic[aws]"), (["generate", "lambda-zip", "out.zip"], "logmedic[aws]")]
)
def test_what_needs_an_extra_says_which(slim, tmp_path, arguments, extra):
    (tmp_path / "logmedic.toml").write_text('[[sources]]\nkind = "cloudwatch"\ngroup = "/ecs/shop"\n')
    done = run(slim, tmp_path, *arguments)
    assert done.returncode != 0
    assert extra in done.stderr
    assert "Traceback" not in done.stderr
