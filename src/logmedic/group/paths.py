"""What of a source path stays the same on every machine."""

from __future__ import annotations

import re
from functools import lru_cache

# Folders that hold a project rather than belong to it. What stands before the last of them is where it was installed.
_ROOTS = frozenset({"src", "app", "apps", "lib", "site-packages", "dist-packages", "service", "dist", "out"})
# The same where the project may have a folder of its own below.
_OUTER_ROOTS = frozenset({"code", "task", "workspace", "source", "repo", "build", "current", "project"})
_GENERIC = frozenset({"__init__", "__main__", "mod", "lib", "index"})
_ENTRIES = frozenset({"main", "app", "manage", "wsgi", "asgi", "run", "server", "cli"})
# Folders that packages have each one of: they name a layer, and the folder above says of what.
_LAYERS = frozenset(
    {"adapters", "api", "apis", "application", "common", "controllers", "core", "domain", "handlers", "helpers",
     "infra", "infrastructure", "internal", "lib", "models", "pages", "repositories", "resources", "routers", "routes",
     "rest", "serializers", "server", "service", "services", "tasks", "usecases", "utils", "views", "web"}
)  # fmt: skip
_NUMBERED = re.compile(r"[A-Za-z_]+\d")
MOST_NAMES = 4  # of a path below a known root


@lru_cache(maxsize=1_024)
def module_of(path: str, *, in_project: bool = False) -> str:
    """The names of a path below its project's root, no suffix: ``/srv/app/shop/orders.py``: ``shop.orders``.

    Four at most, where a known root stands above. Elsewhere two, with those above a layer such as ``api``, because it
    is not known where the project begins: an entry point such as ``main.py`` is only itself there, and a folder whose
    name has digits or a dot (a release, a temporary one) is where it was installed. ``__init__``, ``mod`` and the like
    are named by their folder.
    ``in_project``: files may lie right in the project's folder, as those of JavaScript do; so the uppermost folder is
    that one, unless a known root stands above it.
    """
    names = [n for n in path[-400:].replace("\\", "/").split("/") if n not in {"", ".", ".."}]
    if not names:
        return ""
    stem = names.pop().rsplit(".", 1)[0]
    absolute = path[:1] in {"/", "\\"} or path[1:2] == ":"
    root = _root(names)
    folders = names[root + 1 :]
    rooted = root >= 0 and names[root] in _ROOTS and not any(map(_is_release, folders))
    if not rooted:
        outermost = root < 0 and absolute  # home, srv, opt, Users
        begin = next((i + 1 for i in range(len(folders) - 1, -1, -1) if _is_installed(folders[i])), int(outermost))
        folders = folders[begin + (in_project and outermost) :]
    generic = stem in _GENERIC
    if not folders:
        return stem
    if rooted:
        kept = folders[-MOST_NAMES + (not generic) :]
    elif stem in _ENTRIES:
        kept = []
    else:
        kept = _with_layers(folders, installed=outermost)
    return ".".join(kept if generic else [*kept, stem])


def _root(names: list[str]) -> int:
    """The place of a project's root: the last folder with a root's name; -1 where there is none.

    One that also names a layer is none, where another stands above it (``app/shop/orders/service/``).
    """
    for i in range(len(names) - 1, -1, -1):
        layer = names[i] in _LAYERS and not _ROOTS.isdisjoint(names[:i])
        if (names[i] in _ROOTS and not layer) or names[i] in _OUTER_ROOTS:
            return i
    return -1


def _is_installed(name: str) -> bool:
    """A release or a temporary folder."""
    return any(c.isdigit() or c in ".:" for c in name)


def _is_release(name: str) -> bool:
    """The same below a known root, where packages with one digit are likelier: ``v1``, ``orders2``."""
    return _is_installed(name) and _NUMBERED.fullmatch(name) is None


def _with_layers(folders: list[str], *, installed: bool) -> list[str]:
    """The last folder, and those above it as long as they name a layer.

    ``installed``: the uppermost may be no part of the project.
    """
    begin = len(folders) - 1
    while begin > installed and folders[begin] in _LAYERS and len(folders) - begin < MOST_NAMES - 1:
        begin -= 1
    return folders[begin:]
