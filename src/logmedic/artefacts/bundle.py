"""The zip of a Lambda function: logmedic, and of the installed packages those that it needs there.

What is installed was checked against hashes and is what the tests have run with, so it is packed as it is; nothing is
downloaded. The same packages give the same bytes.
"""

from __future__ import annotations

import os
import platform
import re
import sys
import zipfile
from collections.abc import Iterable, Iterator
from importlib import metadata
from pathlib import Path, PurePosixPath

import msgspec

import logmedic
from logmedic.artefacts import container
from logmedic.build import Loaded
from logmedic.config import CONFIG_NAME
from logmedic.errors import ConfigError, UsageError
from logmedic.respond.apprise_channel import AppriseConfig

# https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtimes.html: the glibc of Amazon Linux 2 and 2023
GLIBC = {(3, 11): (2, 26), (3, 12): (2, 34), (3, 13): (2, 34), (3, 14): (2, 34)}
ARCHITECTURES = {"x86_64": "x86_64", "aarch64": "arm64"}
# https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
MOST_ZIPPED = 50 * 1024**2
MOST_UNPACKED = 250 * 1024**2
_EPOCH = (1980, 1, 1, 0, 0, 0)  # the first time that a zip can hold
_LEFT_OUT = frozenset({"RECORD", "INSTALLER", "REQUESTED", "direct_url.json"})  # say how it came onto this machine
_MANYLINUX = re.compile(r"manylinux_(\d+)_(\d+)_(\w+)")
_OLD_NAMES = {"manylinux1": "manylinux_2_5", "manylinux2010": "manylinux_2_12", "manylinux2014": "manylinux_2_17"}


class Bundled(msgspec.Struct, frozen=True):
    """Sizes in bytes."""

    packages: int
    zipped: int
    unpacked: int


def runtime() -> tuple[str, str]:
    """Lambda's names for this Python and this machine. Raises :class:`ConfigError`: it has none."""
    here = sys.version_info[:2]
    if sys.platform != "linux" or platform.machine() not in ARCHITECTURES or here not in GLIBC:
        raise ConfigError(
            f"Lambda runs Linux on {' or '.join(ARCHITECTURES)} with Python 3.11 to 3.14; this is {sys.platform} on "
            f"{platform.machine()} with Python {here[0]}.{here[1]}; generate it there"
        )
    return f"python{here[0]}.{here[1]}", ARCHITECTURES[platform.machine()]


def extras(loaded: Loaded) -> set[str]:
    """Of our package those that the config needs in a function."""
    found = {"aws"}
    if loaded.config.diagnose.engine == "claude":
        found.add("claude")
    if any(isinstance(channel, AppriseConfig) for channel in loaded.config.channels):
        found.add("channels")
    return found


def write(loaded: Loaded, path: Path) -> Bundled:
    """Write the zip, with the config beside the code.

    Raises:
        ConfigError: the config, this Python or a package cannot work in a function, or the zip is too large.
        UsageError: the file cannot be written.
    """
    runtime()
    config = container.config_text(loaded)
    packages = closure("logmedic", extras(loaded))
    for package in packages:
        _check(package)
    content = {CONFIG_NAME: config.encode(), **{name: file.read_bytes() for name, file in files(packages)}}
    part = path.with_name(path.name + ".part")
    try:
        with zipfile.ZipFile(part, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as made:
            for name in sorted(content):
                entry = zipfile.ZipInfo(name, _EPOCH)
                entry.external_attr = (0o755 if name.endswith(".so") else 0o644) << 16
                entry.compress_type = zipfile.ZIP_DEFLATED
                made.writestr(entry, content[name])
        bundled = Bundled(len(packages), part.stat().st_size, sum(map(len, content.values())))
        _check_size(bundled)
        part.replace(path)
    except OSError as error:
        raise UsageError(f"{path}: cannot be written: {error.strerror or error}") from None
    finally:
        part.unlink(missing_ok=True)
    return bundled


def closure(name: str, wanted: Iterable[str] = ()) -> list[metadata.Distribution]:
    """The installed distribution with what it requires here, and what those require.

    Raises:
        ConfigError: one is not installed.
    """
    try:
        from packaging.requirements import Requirement  # noqa: PLC0415  of the extra `aws`
        from packaging.utils import canonicalize_name  # noqa: PLC0415  as above
    except ImportError:
        raise ConfigError("a zip for Lambda needs the packages of `aws`; pip install 'logmedic[aws]'") from None

    found: dict[str, metadata.Distribution] = {}
    seen: set[tuple[str, str]] = set()
    waiting = [(canonicalize_name(name), extra) for extra in ("", *wanted)]
    while waiting:
        one, extra = waiting.pop()
        if (one, extra) in seen:
            continue
        seen.add((one, extra))
        found[one] = _installed(one)
        for text in found[one].requires or ():
            requirement = Requirement(text)
            if requirement.marker is None or requirement.marker.evaluate({"extra": extra}):
                waiting += [(canonicalize_name(requirement.name), more) for more in ("", *requirement.extras)]
    return [found[one] for one in sorted(found)]


def files(packages: Iterable[metadata.Distribution]) -> Iterator[tuple[str, Path]]:
    """What their modules need, with the name that each has below a folder of ``sys.path``."""
    for package in packages:
        for file in package.files or ():
            if ".." not in file.parts and _belongs(file) and file.suffix != ".pth":
                yield file.as_posix(), Path(os.fspath(file.locate()))
    # Installed in place, it has no files of its own in the record.
    home = Path(logmedic.__file__).parent
    for path in home.rglob("*"):
        if path.is_file() and _belongs(PurePosixPath(path.relative_to(home))):
            yield (PurePosixPath(home.name) / path.relative_to(home)).as_posix(), path


def _belongs(file: PurePosixPath) -> bool:
    known = file.parts[0].endswith(".dist-info") and file.name in _LEFT_OUT
    return not known and "__pycache__" not in file.parts


def _installed(name: str) -> metadata.Distribution:
    try:
        return metadata.distribution(name)
    except metadata.PackageNotFoundError:
        raise ConfigError(
            f"the package {name} is not installed; pip install 'logmedic[aws]' (or more extras)"
        ) from None


def _check(package: metadata.Distribution) -> None:
    """Raises :class:`ConfigError`: its compiled modules ask for a newer C library than the function has."""
    tags = [line.partition(":")[2].strip() for line in (package.read_text("WHEEL") or "").splitlines()
            if line.startswith("Tag:")]  # fmt: skip
    platforms = [one for tag in tags for one in tag.rpartition("-")[2].split(".")]
    if not platforms or "any" in platforms:
        return
    most = GLIBC[sys.version_info[:2]]
    for one in platforms:
        for old, new in _OLD_NAMES.items():
            one = one.replace(old + "_", new + "_")  # noqa: PLW2901  the same name, as PEP 600 spells it
        found = _MANYLINUX.fullmatch(one)
        if found and (int(found[1]), int(found[2])) <= most:
            return
    raise ConfigError(
        f"the package {package.name} is built for {', '.join(platforms)}, and Lambda's Python "
        f"{sys.version_info[0]}.{sys.version_info[1]} has glibc {most[0]}.{most[1]}; "
        "generate it with a newer Python, or install a wheel of that package"
    )


def _check_size(bundled: Bundled) -> None:
    """Raises :class:`ConfigError`."""
    for what, size, most in (("zipped", bundled.zipped, MOST_ZIPPED), ("unpacked", bundled.unpacked, MOST_UNPACKED)):
        if size > most:
            raise ConfigError(
                f"{size / 1024**2:.0f} MiB {what}, and Lambda takes {most // 1024**2}; use a container image"
            )
