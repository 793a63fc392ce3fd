"""What a change installs: packages and versions in manifests and lock files, and the names that code knows them by."""

# ruff: noqa: E501  a pattern reads best on one line

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

import msgspec

from logmedic.investigate.changes.diffs import Change

MANIFESTS = ("requirements", "constraints", "pyproject.toml", "poetry.lock", "uv.lock", "setup.", "cargo.toml",
             "package.json", "package-lock", "yarn.lock", "pnpm-lock", "go.mod", "go.sum", "pom.xml", "build.gradle",
             "dockerfile", "pipfile", "gemfile", "cargo.lock", "composer.", "mix.exs", "mix.lock", "libs.versions.toml",
             "packages.config", "directory.packages.props")  # fmt: skip
_VERSION = r"[\^~<>=!v ]{0,4}(\d[\w.+-]{0,40})"
_LINES = tuple(
    re.compile(pattern)
    for pattern in (
        r"^\s{0,12}(?:-\s)?[\"']?([A-Za-z0-9][\w.-]{0,80})(?:\[[\w, -]{0,80}\])?\s{0,3}(?:===?|>=|~=|<=|!=|<|>)\s{0,3}(\d[\w.*+-]{0,40})",
        r"\"(@?[\w][\w./-]{0,100})\"\s{0,3}:\s{0,3}\"" + _VERSION,  # package.json, composer.json
        r"\"(?:node_modules/)?(@?[\w][\w./-]{0,100})@(?:npm:)?" + _VERSION,  # yarn.lock, pnpm-lock.yaml
        r"^\s{0,8}[\"']?([A-Za-z][\w.-]{0,80})[\"']?\s{0,12}=\s{0,12}[\"']"
        + _VERSION,  # Cargo.toml, Pipfile, gradle.properties
        r"^\s{0,8}([A-Za-z][\w-]{0,80})\s{0,12}=\s{0,3}\{.{0,120}?version\s{0,3}=\s{0,3}[\"']" + _VERSION,
        r"^\s{0,8}(?:require\s{1,3})?([\w.-]{2,60}\.[a-z]{2,10}/[\w./~-]{1,120})\s{1,3}v(\d\S{0,40})",  # go.mod
        r"[\"']([\w.-]{2,80}:[\w.-]{1,80}):(\d[\w.+-]{0,40})[\"']",  # Gradle
        r"<([\w.-]{2,80}?)(?:[.-]version)?>\s{0,3}(\d[\w.+-]{0,40})\s{0,3}</",  # pom.xml
        r"Include=\"([\w.-]{2,80})\"\s{1,3}Version=\"(\d[\w.+-]{0,40})",  # .csproj
        r"gem\s{1,3}[\"']([\w-]{1,80})[\"'],\s{0,3}[\"']" + _VERSION,
        r"^\s{2,8}([\w-]{1,80}) \((\d[\w.]{0,40})\)",  # Gemfile.lock
        r"\{:(\w{1,80}),\s{0,3}\"" + _VERSION,  # mix.exs
        r"^\s{0,4}FROM\s{1,3}([\w./-]{2,120})(?::([\w.-]{1,60}))?",
    )
)
_OWNER = re.compile(r"(?:<artifactId>|\bname\s{0,3}=\s{0,3}[\"'])([\w.@/-]{2,100})")
_ONLY_VERSION = re.compile(r"^\s{0,12}<?\"?version\"?\s{0,3}[>=:]\s{0,3}\"?(\d[\w.+-]{0,40})")
_MAJOR = re.compile(r"\d+")
_FRONT = ("python-", "py-", "py", "node-", "go-", "lib", "ruby-")
_BACK = ("-python", "-py", "-js", ".js", "-binary", "-rs", "-go", "-client", "-sdk", "-core")
# Distributions whose modules are called otherwise and follow no rule; the package index lists them.
_KNOWN_AS = {
    "beautifulsoup4": ("bs4",), "pillow": ("pil",), "scikit-learn": ("sklearn",), "opencv-python": ("cv2",),
    "protobuf": ("google.protobuf", "protobuf"), "attrs": ("attr",), "msgpack-python": ("msgpack",),
    "mysqlclient": ("mysqldb",), "python-jose": ("jose",), "setuptools": ("pkg_resources",), "grpcio": ("grpc",),
}  # fmt: skip
_SAYS_NOTHING = frozenset({"core", "common", "utils", "util", "api", "http", "json", "server", "base", "types", "node",
                           "test", "app", "sdk", "client", "service", "version", "name", "python", "java", "alpine",
                           "debian", "ubuntu", "golang", "openjdk", "go", "main", "org", "com", "library", "web"})  # fmt: skip


class Package(msgspec.Struct, frozen=True):
    """``old`` or ``new`` is "" where it came or went."""

    name: str
    old: str
    new: str
    path: str

    @property
    def major(self) -> bool:
        """Whether versions may differ in behaviour by their own rules: the first number, or the second behind a 0."""
        old, new = _MAJOR.findall(self.old)[:2], _MAJOR.findall(self.new)[:2]
        if not old or not new:
            return True
        return old[0] != new[0] or (old[0] == "0" and old != new)

    @property
    def patch(self) -> bool:
        """Whether only the last number differs: such a release promises to change nothing, https://semver.org."""
        old, new = _MAJOR.findall(self.old)[:2], _MAJOR.findall(self.new)[:2]
        return len(old) == 2 and old == new


def is_manifest(path: str) -> bool:
    name = path.lower().rpartition("/")[2]
    return name.startswith(MANIFESTS) or name.endswith((".csproj", ".gemspec", ".gradle.kts"))


def changed(change: Change) -> Iterator[Package]:
    """Packages that a change adds, removes or gives another version, each once."""
    seen: set[str] = set()
    for file in change.files:
        if not is_manifest(file.path):
            continue
        for hunk in file.hunks:
            before, after = _versions(hunk.removed, hunk.context), _versions(hunk.added, hunk.context)
            for name in {**before, **after}:
                old, new = before.get(name, ""), after.get(name, "")
                if old != new and name.lower() not in seen:
                    seen.add(name.lower())
                    yield Package(name, old, new, file.path)


def _versions(lines: Iterable[str], context: Sequence[str]) -> dict[str, str]:
    found: dict[str, str] = {}
    owner = next((m[1] for line in reversed(context) if (m := _OWNER.search(line))), "")
    for line in lines:
        named = _OWNER.search(line)
        owner = named[1] if named is not None else owner
        only = _ONLY_VERSION.search(line)
        if only is not None:
            if owner:
                found.setdefault(owner, only[1])
            continue
        match = next((m for pattern in _LINES if (m := pattern.search(line))), None)
        if match is not None:
            found.setdefault(match[1], match[2] or "latest")
    return found


def known_as(name: str) -> tuple[str, ...]:
    """Names by which stacks, imports and messages may speak of a package, the most exact first."""
    lower = name.lower()
    group, _, artifact = lower.rpartition(":")
    names = [*_KNOWN_AS.get(lower, ()), artifact]
    if group.count(".") >= 1:
        names.append(".".join(group.split(".")[:3]))
    segments = [s for s in re.split(r"[/@]", artifact) if s and not re.fullmatch(r"v\d+", s)]
    names += segments[-1:]
    if artifact.startswith("@"):
        names += segments[:1]
    for stem in tuple(names):
        names += [stem.removeprefix(front) for front in _FRONT if stem.startswith(front)]
        names += [stem.removesuffix(back) for back in _BACK if stem.endswith(back)]
    kept = (n.replace("_", "-") for n in names if len(n) >= 3 and n not in _SAYS_NOTHING)
    return tuple(dict.fromkeys(kept))
