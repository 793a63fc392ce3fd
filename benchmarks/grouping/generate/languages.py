"""One recorder per language: it runs each bug with every toolchain that the machine has."""

from __future__ import annotations

import json
import os
import random
import re
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from toolchains import PROGRAMS, RELEASES, Trace, build, lay_out, neutral, run

_PYTHONS = ("3.8.18", "3.9.18", "3.10.13", "3.11.7", "3.12.1", "3.13.0")
_NEEDS_311 = {"batch"}  # exception groups
_GOS = ("go1.20.14", "go1.22.12", "go1.26.8")


def _bugs(path: str, pattern: str) -> list[str]:
    return re.findall(pattern, (PROGRAMS / path).read_text("utf-8"))


def python(work: Path, chance: random.Random) -> Iterator[Trace]:
    versions = Path.home() / ".pyenv" / "versions"
    for release in RELEASES:
        place = lay_out("python", release, work)
        for version in (v for v in _PYTHONS if (versions / v).exists()):
            for bug in _bugs("python/main.py", r'\n    "([a-z-]+)": lambda'):
                if bug in _NEEDS_311 and version.split(".")[1] in {"8", "9", "10"}:
                    continue
                number = chance.randrange(100, 90_000)
                command = [str(versions / version / "bin" / "python"), str(place / "main.py"), bug, str(number)]
                out = neutral(
                    run(command, place, PYTHONDONTWRITEBYTECODE="1").stdout,
                    (str(place), "ROOT"),
                    (str(versions / version), "/usr/local"),
                )
                found = json.loads(out)
                more = {"chain": found["frames"]}
                yield Trace(bug, "python", f"python{version}", release, number, found["trace"], more=more)


def rust(work: Path, chance: random.Random) -> Iterator[Trace]:
    bugs = _bugs("rust/src/main.rs", r'\n        "([a-z-]+)" =>')
    chains = [bug for bug in bugs if bug.startswith("ledger-")]
    for release in RELEASES[:2]:
        place = lay_out("rust", release, work)
        for runtime, binary in _rust_binaries(place, work / "rust" / f"target{release}"):
            for bug in bugs:
                if bug in chains and "1.63" in runtime:
                    continue
                for mode in ("0", "1", "full"):
                    number = chance.randrange(100, 90_000)
                    cwd = place if chance.random() < 0.5 else Path("/")  # relative or absolute paths in short traces
                    done = run([str(binary), bug, str(number)], cwd, RUST_BACKTRACE=mode)
                    text = neutral(
                        done.stderr,
                        (str(place), "ROOT"),
                        (f"{Path.home()}/.cargo/registry/src/index.crates.io-", "/usr/local/cargo/registry/src/index-"),
                        (f"{Path.home()}/.rustup", "/usr/local/rustup"),
                    )
                    yield Trace(bug, "rust", runtime, release, number, text.strip("\n"), mode)


def _rust_binaries(place: Path, target: Path) -> Iterator[tuple[str, Path]]:
    for channel, profile in (("1.95.0", "debug"), ("1.95.0", "release"), ("nightly", "debug"), ("nightly", "release")):
        if run(["cargo", f"+{channel}", "--version"], place).returncode:
            continue
        folder = target / channel
        flags = ["--release"] if profile == "release" else []
        command = ["cargo", f"+{channel}", "build", "-q", "-j2", "--features", "chains", *flags]
        build(command, place, CARGO_TARGET_DIR=str(folder), CARGO_PROFILE_RELEASE_DEBUG="1")
        yield f"rustc-{channel}-{profile}", folder / profile / "shop"
    old = os.environ.get("RUSTC_1_63")  # the root of an unpacked Debian 12 package; its panics have the older layout
    if old is not None:
        for profile, flags in (("debug", ["-g"]), ("release", ["-O", "-g"])):
            binary = target / f"shop-1.63-{profile}"
            command = [f"{old}/usr/bin/rustc", "--edition", "2021", "--crate-name", "shop", "--sysroot", f"{old}/usr"]
            library = f"{old}/usr/lib/x86_64-linux-gnu"
            build([*command, *flags, "src/main.rs", "-o", str(binary)], place, LD_LIBRARY_PATH=library)
            yield f"rustc-1.63-{profile}", binary


def java(work: Path, chance: random.Random) -> Iterator[Trace]:
    homes = sorted(Path("/usr/lib/jvm").glob("*/bin/javac"))
    runtimes = {path.parent.parent.resolve().name: path.parent / "java" for path in homes}
    for release in RELEASES:
        place = lay_out("java", release, work)
        sources = [str(path) for path in place.rglob("*.java")]
        build(["javac", "--release", "17", "-d", str(place / "classes"), *sources], place)
        for runtime, binary in runtimes.items():
            for bug in _bugs("java/com/acme/shop/Main.java", r'case "([a-z-]+)"'):
                for _ in range(2):
                    number = chance.randrange(100, 90_000)
                    command = [
                        str(binary),
                        "-Xshare:auto",
                        "-Xss400k",
                        "-cp",
                        "classes",
                        "com.acme.shop.Main",
                        bug,
                        str(number),
                    ]
                    yield Trace(bug, "java", runtime, release, number, run(command, place).stdout.rstrip("\n"))


def node(work: Path, chance: random.Random) -> Iterator[Trace]:
    for release in RELEASES:
        place = lay_out("node", release, work)
        for name in ("node", "NODE_18", "NODE_22", "NODE_26"):
            binary = shutil.which("node") if name == "node" else os.environ.get(name)
            if binary is None:
                continue
            version = run([binary, "--version"], place).stdout.strip()
            bugs = _bugs("node/main.js", r'\n  "([a-z-]+)": \(n\)')
            yield from _node_traces(place / "main.js", binary, version, release, bugs, chance, "")
            if os.environ.get("ESBUILD"):
                bundle = _bundle(place, os.environ["ESBUILD"])
                yield from _node_traces(bundle, binary, version, release, bugs[:5], chance, "bundled-")


def _bundle(place: Path, esbuild: str) -> Path:
    """One file with a hash in its name, as a front-end or Lambda build makes."""
    out = place / "dist"
    if not out.exists():
        names = "--entry-names=[name]-[hash]"
        build([esbuild, "main.js", "--bundle", "--platform=node", names, f"--outdir={out}", "--log-level=error"], place)
    return next(out.glob("main-*.js"))


def _node_traces(
    main: Path, binary: str, version: str, release: int, bugs: list[str], chance: random.Random, prefix: str
) -> Iterator[Trace]:
    place = main.parent
    for bug in bugs:
        number = chance.randrange(100, 90_000)
        done = run([binary, str(main), bug, str(number)], place)
        found: dict[str, Any] = json.loads(neutral(done.stdout, (str(place), "ROOT")))
        more = {"type": found["type"], "message": found["message"], "inspected": found["inspected"]}
        yield Trace(prefix + bug, "node", version, release, number, found["joined"], more=more)


def go(work: Path, chance: random.Random) -> Iterator[Trace]:
    for release in RELEASES:
        place = lay_out("go", release, work)
        for version in _GOS:
            environment = {"GOTOOLCHAIN": version, "GOFLAGS": "-mod=mod", "CGO_ENABLED": "0"}
            for trimmed in (False, True):
                binary = place / f"shop-{version}-{trimmed}"
                trim = ["-trimpath"] if trimmed else []
                build(["go", "build", "-p", "2", *trim, "-o", str(binary), "."], place, **environment)
                for bug in _bugs("go/main.go", r'case "([a-z-]+)"'):
                    number = chance.randrange(100, 90_000)
                    text = neutral(
                        run([str(binary), bug, str(number)], place).stderr.rstrip("\n"),
                        (str(place), "ROOT"),
                        (f"{Path.home()}/go/", "/home/dev/go/"),
                    )
                    yield Trace(bug, "go", version, release, number, text, "trimmed" if trimmed else "")


RECORDERS: dict[str, Callable[[Path, random.Random], Iterator[Trace]]] = {
    "python": python,
    "rust": rust,
    "java": java,
    "node": node,
    "go": go,
}
