"""Foreign text for GitHub: nothing in it mentions, refers, commands, links, draws or ends a block.

GitHub looks for mentions and references in the text *after* Markdown, so a backslash does not stop them: the character
that makes one is swapped for its look-alike of full width. Bots read the raw text, code blocks included, for commands
at the start of a line. Sources: GitHub documentation, "Autolinked references and URLs", "Basic writing and formatting
syntax", "Linking a pull request to an issue using a keyword", "Writing mathematical expressions"; GitHub Flavored
Markdown spec 0.29, "Autolinks (extension)".
"""

from __future__ import annotations

import re

from logmedic.respond.text import cut, one_line, visible

# "&" too: an entity is read before GitHub looks for mentions.
_ESCAPES = str.maketrans({c: "\\" + c for c in "\\`*_~|<>[]()#&"})
#: A character that makes something happen, and what stands for it; inside code as well, for those who read the source.
_SWAPS = (
    (re.compile("@"), "＠"),
    (re.compile("#(?=[0-9])"), "＃"),
    (re.compile(r"\b([Gg][Hh])-(?=[0-9])"), "\\1\u2011"),  # GH-12 refers as #12 does; the hyphen is U+2011
    (re.compile(r":(?=//)"), "："),
    (re.compile(r"\b([Ww]{3})\."), r"\1．"),
    (re.compile(r"\b([Mm][Aa][Ii][Ll][Tt][Oo]|[Xx][Mm][Pp][Pp]):"), r"\1："),
    (re.compile(r"^([ \t]*)/", re.MULTILINE), r"\1／"),
    (re.compile(r"<!(?=-)"), "<！"),
    (re.compile(r"!(?=\[)"), "！"),
    (re.compile(r"(?<!:):(?=[A-Za-z+-][A-Za-z0-9_+-]*:(?!:))"), "："),  # :emoji:, some of which are images
    (re.compile(r"\$"), "＄"),
)
_BACKTICK = "ˋ"
# What may be the name of a commit is linked, unless it is code.
_COMMIT = re.compile(r"(?<!\w)(?=[a-f]*[0-9])[0-9a-f]{7,40}(?!\w)")
_ITEM = re.compile(r"^(?:[0-9]{1,9}(?=[.)])|(?=[-+=]))")  # before what makes a line an item of a list, or a heading


def line(text: str, limit: int) -> str:
    """One line of plain text in at most ``limit`` UTF-16 units; nothing of it is Markdown."""
    plain = _swapped(one_line(text, limit))
    marks = len("``") * len(_COMMIT.findall(plain)) + len("\\")
    shown = _COMMIT.sub(r"`\g<0>`", cut(plain, max(limit - marks, 1), _ESCAPES))
    return _ITEM.sub(r"\g<0>\\", shown)


def code(text: str, limit: int) -> str:
    """One line as a code span; ``""`` for blank text."""
    shown = cut(_swapped(one_line(text, limit)), limit).replace("`", _BACKTICK).strip()
    return f"`{shown}`" if shown else ""


def fence(text: str, limit: int) -> str:
    """Several lines in a code block that they cannot end; ``""`` for blank text."""
    body = visible(text.strip()[: 2 * limit]).strip()
    body = cut(_swapped(body), limit).replace("`", _BACKTICK)
    return f"```text\n{body}\n```" if body.strip() else ""


def _swapped(text: str) -> str:
    for pattern, replacement in _SWAPS:
        text = pattern.sub(replacement, text)
    return text
