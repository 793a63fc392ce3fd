"""What of a source path stays the same on every machine."""

from __future__ import annotations

from functools import lru_cache

# Folders that hold a project rather than belong to it. What stands before the last of them is where it was installed.
_ROOTS = frozenset(
    {"src", "app", "apps", "lib", "code", "task", "workspace", "site-packages", "dist-packages", "source", "repo",
     "service", "build", "current", "project", "dist", "out"}
)  # fmt: skip
_GENERIC = frozenset({"__init__", "__main__", "mod", "lib", "index"})
_ENTRIES = frozenset({"main", "app", "manage", "wsgi", "asgi", "run", "server", "cli"})


@lru_cache(maxsize=1_024)
def module_of(path: str, *, in_project: bool = False) -> str:
    """The last two names of a path below its project root, no suffix: ``/srv/app/shop/orders.py``: ``shop.orders``.

    ``__init__``, ``mod`` and the like are named by their folder, and an entry point such as ``main.py`` is only itself:
    its folder is where it was installed. So is a folder whose name has digits or a dot (a release, a temporary one).
    ``in_project``: files may lie right in the project's folder, as those of JavaScript do; so the uppermost folder is
    that one, unless a known root stands above it.
    """
    names = [n for n in path[-400:].replace("\\", "/").split("/") if n not in {"", ".", ".."}]
    if not names:
        return ""
    stem = names.pop().rsplit(".", 1)[0]
    folders: list[str] = []
    absolute = path[:1] in {"/", "\\"} or path[1:2] == ":"
    for name in reversed(names):
        if name in _ROOTS:
            in_project = False
            break
        if any(c.isdigit() or c in ".:" for c in name):
            break
        folders.append(name)
    else:
        if absolute:
            folders = folders[:-1]  # the first folder of an absolute path: home, srv, opt, Users
    if in_project and absolute:
        folders = folders[:-1]
    if stem in _GENERIC:
        return folders[0] if folders else stem
    return f"{folders[0]}.{stem}" if folders and stem not in _ENTRIES else stem
