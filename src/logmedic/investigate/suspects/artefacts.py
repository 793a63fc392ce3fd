"""Files and rights that a change takes away from where a service runs, and that the error says are not there. Pure.

A file can stay in the repository and yet be gone: no longer copied into the image, ignored by its build, or not
mounted. A right can be gone because the pattern that granted it became narrower.
"""

from __future__ import annotations

import fnmatch
import re
from collections.abc import Iterable, Iterator, Sequence

from logmedic.investigate.changes import hunks as h
from logmedic.investigate.changes.diffs import FileDiff
from logmedic.investigate.suspects.scene import Reason, Scene, View
from logmedic.model import Text

_FILE_KINDS = frozenset({"missing-file", "missing-module", "missing-setting"})
_REFUSED = frozenset({"permission", "credentials", "client-error"})
_COPIED = re.compile(r"^\s*(?:COPY|ADD)\s+((?:--\S+\s+)*)(.+)$", re.IGNORECASE)
_PACKED = re.compile(
    r"^\s*(?:(?:recursive-)?include|graft)\s+(.+)$|go:embed\s+(.+)$|package[-_]data.{0,40}?[\"']([^\"']+)"
)
_EVERYTHING = frozenset({".", "./", "*", "/"})
_MOUNTED = re.compile(
    r"(?:mountPath|subPath|secretName|configMap(?:Ref|KeyRef)?|secretRef|defaultMode|source|target|device|bind|volume|key|"
    r"path|name)[\"']?\s{0,4}[:=]\s{0,4}[\"']?([\w./${}-]{3,160})"
)
_BIND = re.compile(r"^\s*-\s{0,4}[\"']?([\w./${}-]{2,120}):([\w./-]{2,160})")
_GENERIC = frozenset((
    "app", "etc", "var", "run", "srv", "opt", "usr", "src", "lib", "home", "local", "data", "main", "name", "file",
    "path", "config", "secret", "secrets", "volume", "volumes", "default", "mount", "keys", "service", "prod", "json",
    "yaml", "yml", "conf", "html", "txt",
))  # fmt: skip
_GRANTS = re.compile(
    r"\bgrant|\bscopes?\b|polic(?:y|ies)|\broles?\b|permission|\bacl\b|principal|actions?\b|resources?\b|\bverbs?\b|allow|"
    r"privilege|capabilit|authoriz|\biam\b|rbac",
    re.IGNORECASE,
)
_QUOTED = re.compile(r"[\"']([^\"'\s]{2,160})[\"']|^\s*-\s{1,4}([\w.*:/-]{2,160})\s*$")
_LISTED = re.compile(r"\[([^\]\"']{2,300})\]")


def by_artefact(scene: Scene, view: View) -> Iterator[Reason]:
    """A file that the image, the package or the volume holds no more."""
    wanted = _wanted(scene) if scene.kind.id in _FILE_KINDS else ()
    if not wanted:
        return
    for file in view.change.files:
        lost = _not_packed(file, wanted) or _not_mounted(file, wanted)
        if lost:
            why = Text(
                f"{lost} no longer reaches where it is read ({file.path})",
                f"더 이상 제공되지 않는 파일: {lost} ({file.path})",
            )
            yield Reason(0.65, why)
            return


def _wanted(scene: Scene) -> tuple[str, ...]:
    """Paths that the error misses; where the missing thing is a bare name, also those that it was sought in."""
    clues = scene.clues
    missing = [name for name in clues.missing if "/" in name or "." in name]
    return tuple(dict.fromkeys((*missing, *(text for text in (*clues.literals, *clues.routes) if "/" in text))))


def _segments(paths: Iterable[str]) -> set[str]:
    return {part.lower() for path in paths for part in path.split("/") if len(part) >= 3}


def _not_packed(file: FileDiff, wanted: Sequence[str]) -> str:
    """What the file copied or included before and does no more, where that held a wanted path."""
    name = file.path.rpartition("/")[2].lower()
    parts = _segments(wanted)
    added = [line for hunk in file.hunks for line in hunk.added if not h.is_comment(line)]
    if name.endswith("ignore"):
        patterns = (line.strip().strip("/").lower() for line in added if not line.startswith("!"))
        return next((p for p in patterns if any(fnmatch.fnmatchcase(part, p) for part in parts)), "")
    before, after = ([s for line in side for s in _sources(line)] for side in (_removed(file), added))
    lost = next((source for source in before if source not in after and _holds(source, parts)), "")
    return "" if any(_holds(source, parts) for source in after) else lost


def _removed(file: FileDiff) -> list[str]:
    return [line for hunk in file.hunks for line in hunk.removed if not h.is_comment(line)]


def _sources(line: str) -> list[str]:
    copied = _COPIED.match(line)
    if copied is not None:
        return copied[2].split()[:-1] if len(copied[2].split()) > 1 else []
    packed = _PACKED.search(line)
    return next(g for g in packed.groups() if g).split() if packed is not None else []


def _holds(source: str, parts: set[str]) -> bool:
    return source in _EVERYTHING or not _segments([source]).isdisjoint(parts)


def _not_mounted(file: FileDiff, wanted: Sequence[str]) -> str:
    """A mount, secret or key of a map that is gone from a manifest, and that led to a wanted path."""
    if not file.path.lower().endswith(h.SETTINGS):
        return ""
    before, after = _mounts(_removed(file)), _mounts(line for hunk in file.hunks for line in hunk.added)
    for mount in before:
        if mount not in after and any(_leads(mount, path) for path in wanted):
            return mount
    return ""


def _mounts(lines: Iterable[str]) -> list[str]:
    found: list[str] = []
    for line in lines:
        bound = _BIND.match(line)
        found += [bound[1], bound[2]] if bound is not None else []
        found += (match[1] for match in _MOUNTED.finditer(line))
    return found


def _leads(mount: str, path: str) -> bool:
    """Whether a path lies under a mount, or shares a telling word with its name."""
    if mount.startswith("/") and len(mount) > 4 and path.startswith(mount):
        return True
    own, other = ({p for p in h.parts_of(text) if len(p) >= 4 and p not in _GENERIC} for text in (mount, path))
    return bool(own) and own <= other


def by_grant(scene: Scene, view: View) -> Iterator[Reason]:
    """A right that the error lacks and that a pattern of the change granted before, but grants no more."""
    if scene.kind.id not in _REFUSED:
        return
    clues = scene.clues
    origins = (f"{scheme}{host}" for host in clues.hosts for scheme in ("", "https://", "http://"))
    named = (*clues.missing, *clues.schema, *clues.literals, *clues.words, *origins)
    needs = {need.lower() for need in named if len(need) >= 3}
    for file in view.change.files:
        lines = [line for hunk in file.hunks for line in (*hunk.removed, *hunk.added, *hunk.context)]
        if not any(_GRANTS.search(text) for text in (file.path, *lines)):
            continue
        kept = tokens(line for hunk in file.hunks for line in (*hunk.added, *hunk.context))
        lost = [token for token in tokens(_removed(file)) if token not in kept]
        found = next((t for t in lost if _grants(t, needs) - {n for k in kept for n in _grants(k, needs)}), "")
        if found:
            why = Text(
                f"it no longer grants {found!r} ({file.path}), which the error lacks",
                f"오류에 필요한 권한 제거: {found!r} ({file.path})",
            )
            yield Reason(0.7, why)
            return


def _grants(token: str, needs: set[str]) -> set[str]:
    """The needs that a token covers: itself, or what its wildcards match. A bare wildcard tells nothing."""
    if not any(c.isalnum() for c in token):
        return set()
    return {need for need in needs if fnmatch.fnmatchcase(need, token)} if "*" in token else needs & {token}


def tokens(lines: Iterable[str]) -> list[str]:
    """What a list of rights, scopes or origins holds, lower case."""
    found: list[str] = []
    for line in lines:
        found += [(m[1] or m[2]).lower() for m in _QUOTED.finditer(line)]
        found += [part.strip().lower() for m in _LISTED.finditer(line) for part in m[1].split(",") if part.strip()]
    return found
