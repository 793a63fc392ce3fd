"""How large a change is, and what kinds of files it has."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator

from logmedic.model import Text
from logmedic.respond.fix.change import ABSENT, REGULAR, SUBMODULE, SYMLINK, Change, FileChange
from logmedic.respond.fix.gate.policy import Policy
from logmedic.respond.fix.report import Finding

LONGEST_LINE = 400  # characters: longer ones hide what they do
_MODES = {
    SYMLINK: Text("a symbolic link", "심볼릭 링크"),
    SUBMODULE: Text("a submodule", "서브모듈"),
}
_HIDES = Text("a character that does not show, or turns the text around", "보이지 않거나 글의 방향을 바꾸는 문자")
_HIDDEN = frozenset("\u115f\u1160\u2800\u3164\uffa0\u034f\ufeff")  # draw nothing although Unicode calls them printable


def check(change: Change, policy: Policy) -> Iterator[Finding]:
    if not change.files:
        yield Finding(rule="empty", path="", why=Text("nothing was changed", "변경된 것이 없음"))
        return
    if len(change.files) > policy.most_files:
        why = Text(
            f"{len(change.files)} files; at most {policy.most_files}",
            f"파일 {len(change.files)}개, 최대 {policy.most_files}개",
        )
        yield Finding(rule="size", path="", why=why)
    for tests, most in ((False, policy.most_lines), (True, policy.most_test_lines)):
        lines = sum(len(f.added) + len(f.removed) for f in change.files if f.is_test is tests)
        if lines > most:
            yield Finding(
                rule="size",
                path="",
                why=Text(f"{lines} changed lines; at most {most}", f"변경된 줄 {lines}개, 최대 {most}개"),
            )
    for file in change.files:
        yield from _kind(file)
        yield from _lines(file)


def _many(en: str, ko: str, count: int, most: int) -> Text:
    return Text(f"{count} {en}; at most {most}", f"{ko} {count}개, 최대 {most}개")


def _kind(file: FileChange) -> Iterator[Finding]:
    for mode in (file.old_mode, file.new_mode):
        if mode in _MODES:
            yield Finding(rule="file-kind", path=file.path, why=_MODES[mode])
            return
    if file.new_mode not in {REGULAR, ABSENT, file.old_mode}:
        why = Text(f"its mode is {file.new_mode}", f"파일 모드가 {file.new_mode}")
        yield Finding(rule="file-mode", path=file.path, why=why)
    if file.opaque:
        why = Text(f"it cannot be looked into: {file.opaque}", f"내용을 확인할 수 없음: {file.opaque}")
        yield Finding(rule="opaque", path=file.path, why=why)
    elif not file.language and file.status != "D" and not file.is_test:
        why = Text("no source code of a language that is known here", "알려진 언어의 소스 코드가 아님")
        yield Finding(rule="language", path=file.path, why=why)


def _lines(file: FileChange) -> Iterator[Finding]:
    for line in file.added:
        if len(line.text) > LONGEST_LINE:
            why = Text(f"a line of {len(line.text)} characters", f"{len(line.text)}자인 줄")
            yield Finding(rule="long-line", path=file.path, line=line.number, why=why)
        if not line.text.isascii() or not line.text.isprintable():
            strange = next((c for c in line.text.removesuffix("\r") if not _plain(c)), None)
            if strange is not None:
                name = f"U+{ord(strange):04X}"
                why = Text(
                    f"a character that does not show, or turns the text around ({name})",
                    f"보이지 않거나 글의 방향을 바꾸는 문자 ({name})",
                )
                yield Finding(rule="hidden-character", path=file.path, line=line.number, why=why)


def _plain(c: str) -> bool:
    return c == "\t" or (c not in _HIDDEN and unicodedata.category(c) not in {"Cc", "Cf", "Co", "Cn", "Cs", "Zl", "Zp"})
