"""What two sides agreed on and one of them changed: the schema of a database, routes, the form of answers. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator

from logmedic.investigate.changes import hunks as h
from logmedic.investigate.changes.diffs import FileDiff, Hunk
from logmedic.investigate.faults.cascade import core_name
from logmedic.investigate.suspects import locality
from logmedic.investigate.suspects.scene import Reason, Scene, View
from logmedic.model import Text

_MIGRATION = ("migrat", "alembic", "liquibase", "flyway", "db/", "schema", "ddl", "changelog")
_DDL = re.compile(
    r"\b(?:alter|create|drop|rename|truncate|modify)\b|change_column|add_column|remove_column|rename_column|add_index|"
    r"drop_column|alter_column|create_table|drop_table|AlterField|AddField|RemoveField|RenameField|AddConstraint|"
    r"addColumn|dropColumn|renameColumn|addUnique|addNotNull|setNull|not\s?null|nullable|\bunique\b|\bcheck\b|"
    r"references|foreign|varchar|\benum\b|\bconstraint\b|\brevoke\b|\bgrant\b|@@unique|@unique",
    re.IGNORECASE,
)
_GONE_STATUS = frozenset({"404", "405", "410", "501"})
_ROUTE_IN_CODE = re.compile(r"(/[A-Za-z{:<][\w{}:<>.*?-]{0,60}(?:/[\w{}:<>.*?-]{1,60}){0,6})")
_PLACEHOLDER = re.compile(r"[{:<*]|^\d+$|^[0-9a-f-]{12,}$")
_FORM = re.compile(
    r"[\"']\w{2,60}[\"']\s?(?::|=>|\]\s?=)|json:\"|@Json|@Serialized|serde\(|\bto_?json|seriali[sz]|marshal|"
    r"\.dumps?\(|\bencode|\.json\(|http\.Error\(|\bStatus[A-Z]\w{2,30}|\bHttpStatus\b|ResponseEntity|HTTPException|abort\(|"
    r"isoformat|strftime|content-type|charset|gzip|\bfield\(|=\s?\d{1,3};|protobuf|avro|schema",
    re.IGNORECASE,
)
_READS_ANSWERS = frozenset({"bad-data", "wrong-type", "failed-assumption", "missing-key", "missing-attribute",
                            "empty-value", "unknown", "out-of-range"})  # fmt: skip


def by_schema(scene: Scene, view: View) -> Iterator[Reason]:
    """A migration of the table, column or constraint that the database names, or code that writes them."""
    names = scene.clues.schema
    if not names:
        return
    for file, hunk in view.hunks:
        lines = [line for line in (*hunk.added, *hunk.removed) if not h.is_comment(line)]
        named = [name for name in names if any(_stands(name, line) for line in (*lines, *hunk.context))]
        if not named or not any(_stands(name, line) for name in named for line in lines):
            continue
        shown = ", ".join(repr(name) for name in named[:3])
        if _is_migration(file) and any(_DDL.search(line) for line in lines):
            weight = 0.7 if len(named) > 1 else 0.6 if named[0] == names[0] else 0.45
            why = Text(f"it changed the schema of {shown} ({file.path})", f"{shown} 스키마 변경 ({file.path})")
            yield Reason(weight, why)
            return
        if scene.kind.id == "constraint" and not h.only_renames(hunk, file.path):
            weight = 0.52 if {*named} - {*scene.clues.subjects} else 0.35  # more than the table
            why = Text(f"it changed what deals with {shown} ({file.path})", f"{shown} 처리 코드 변경 ({file.path})")
            yield Reason(weight, why)
            return


def _is_migration(file: FileDiff) -> bool:
    path = file.path.lower()
    return path.endswith((".sql", ".prisma", ".hcl")) or any(word in path for word in _MIGRATION)


def _stands(name: str, line: str) -> bool:
    return name.lower() in "".join(line.lower().split('"')) and h.speaks_of(line, (name,))


def by_route(scene: Scene, view: View) -> Iterator[Reason]:
    """A route that the error says is not there, and that a change took away or moved."""
    lost = not _GONE_STATUS.isdisjoint(scene.clues.numbers) or {"not", "found"} <= scene.clues.words
    for route in scene.clues.routes if lost else ():
        for file, hunk in view.hunks:
            path = _route_gone(hunk, _segments(route))
            if path:
                why = Text(f"it took the route {path} away ({file.path})", f"경로 {path} 제거 ({file.path})")
                yield Reason(0.65, why)
                return


def _segments(route: str) -> list[str]:
    return [part for part in route.lower().split("?")[0].split("/") if part and not _PLACEHOLDER.search(part)]


def _route_gone(hunk: Hunk, wanted: list[str]) -> str:
    """A path of the removed lines that is a run of the wanted one and of no added line."""
    kept = [_segments(found) for line in hunk.added for found in _ROUTE_IN_CODE.findall(line)]
    for line in hunk.removed:
        for found in _ROUTE_IN_CODE.findall(line) if not h.is_comment(line) else ():
            own = _segments(found)
            telling = [part for part in own if len(part) >= 3 or part.startswith("v")]
            if telling and telling != ["api"] and _runs(own, wanted) and own not in kept:
                return str(found)
    return ""


def _runs(part: list[str], whole: list[str]) -> bool:
    return any(whole[at : at + len(part)] == part for at in range(len(whole) - len(part) + 1))


def by_answer(scene: Scene, view: View) -> Iterator[Reason]:
    """The form of what a called service of ours answers, where the caller could not read it."""
    if scene.kind.id not in _READS_ANSWERS:
        return
    own = locality.belongs_to(view.change, scene.services, scene.sent) - {*scene.hit[:1]}
    callee = next((name for name in scene.called if name in own), "")
    read = callee or next((name for name in own if _reads_from(scene, name)), "")
    if not read:
        return
    for file, hunk in view.hunks:
        line = next((t.strip() for t in (*hunk.added, *hunk.removed) if _FORM.search(t) and not h.is_comment(t)), "")
        if line and not h.only_renames(hunk, file.path) and not h.only_logs(hunk):
            shown = f"{line[:80]} ({file.path})"
            why = Text(f"it changed what {read} answers: {shown}", f"{read} 응답 형식 변경: {shown}")
            yield Reason(0.52 if callee else 0.45, why)
            return


def _reads_from(scene: Scene, service: str) -> bool:
    """Whether the failing line uses something that is called as a service of ours: ``profile["email"]``."""
    stem = "_".join(h.parts_of(core_name(service))).removesuffix("s")
    lines = [place.code for place in scene.places[:1] if place.code] or scene.clues.codes[:1]
    return len(stem) >= 4 and any(
        f"_{stem}_" in f"_{'_'.join(part.removesuffix('s') for part in h.parts_of(line))}_" for line in lines
    )
