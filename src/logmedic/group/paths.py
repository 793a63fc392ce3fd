"""What of a source path stays the same on every machine."""

from __future__ import annotations

import re
from functools import lru_cache

# Folders that hold a project rather than belong to it. What stands before the last of them is where it was installed.
_ROOTS = frozenset(
    {"src", "app", "apps", "lib", "code", "task", "workspace", "site-packages", "dist-packages", "source", "repo",
     "service", "build", "current", "project", "dist", "out"}
)  # fmt: skip
_GENERIC = frozenset({"__init__", "__main__", "mod", "lib", "index"})
_ENTRIES = frozenset({"main", "app", "manage", "wsgi", "asgi", "run", "server", "cli"})


# Of these the ones right below which packages stand, rather than a project that may be checked out elsewhere.
_OF_PACKAGES = frozenset({"src", "app", "apps", "site-packages", "dist-packages", "dist"})
_MOST = 4  # names below one of those; elsewhere it is not known where the project begins
_NUMBERED = re.compile(r"v\d{1,3}|[A-Za-z_]{2,60}\d{1,2}")  # of a package: v1, step2


@lru_cache(maxsize=1_024)
def module_of(path: str, *, in_project: bool = False) -> str:
    """The names of a path below its project root, no suffix: ``/srv/app/shop/orders.py``: ``shop.orders``.

    Below a root of packages the last four, else the last two. ``__init__``, ``mod`` and the like are named by their
    folder, and an entry point such as ``main.py`` that does not lie below such a root is only itself: its folder is
    where it was installed. So is a folder whose name is a release or a temporary one.
    ``in_project``: files may lie right in the project's folder, as those of JavaScript do; so the uppermost folder is
    that one, unless a known root stands above it.
    """
    names = [n for n in path[-400:].replace("\\", "/").split("/") if n not in {"", ".", ".."}]
    if not names:
        return ""
    stem = names.pop().rsplit(".", 1)[0]
    folders: list[str] = []
    absolute = path[:1] in {"/", "\\"} or path[1:2] == ":"
    rooted = False
    for name in reversed(names):
        if name in _ROOTS:
            in_project, rooted = False, name in _OF_PACKAGES
            break
        if any(c.isdigit() or c in ".:" for c in name) and _NUMBERED.fullmatch(name) is None:
            break
        folders.append(name)
    else:
        if absolute:
            folders = folders[:-1]  # the first folder of an absolute path: home, srv, opt, Users
    if in_project and absolute:
        folders = folders[:-1]
    folders = folders[: _MOST - 1 if rooted else 1]
    if stem in _ENTRIES and not rooted:
        return stem
    parts = [*reversed(folders), stem]
    return ".".join(parts[:-1] if stem in _GENERIC and folders else parts)
