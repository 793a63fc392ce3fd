"""Whatever a log says: nothing calls people, links or renders, and every message fits where it goes."""

from __future__ import annotations

import re

import msgspec
import pytest
from apprise import Apprise, NotifyFormat
from apprise.conversion import convert_between
from hypothesis import example, given, settings
from hypothesis import strategies as st
from respond_samples import HOSTILE, diagnosis, hostile_incident, incident, notice

from logmedic.model import Severity, Text
from logmedic.respond.apprise_channel import room_of
from logmedic.respond.apprise_text import LOOK_ALIKE, Room, bulletin_message, fenced, inert, message
from logmedic.respond.interface import Bulletin, Kind, Section
from logmedic.respond.text import units

# How each family of services calls people, or makes a link, a picture or a heading of a text.
LIVE = re.compile(
    r"@|<|>|\]\(|!\[|\[CQ:|&[#a-z]|\((?:met|rol)\)|://|(?<![a-z0-9])www\.|\w\.(?:com|example|io)(?![\w-])(?!\.\w)"
    r"|(?<![a-z0-9])(?:mailto|tg|javascript):|#\d|`|\*|~|\|",
    re.IGNORECASE,
)
DIALECTS = (
    "<!channel> <!here|x> <!subteam^S1> <@U024BE7LH> <#C1|x> <https://evil.example|click> &lt;!channel&gt;",  # Slack
    "@all @channel @here @everyone @room @**all** :bomb: ~channel~ [x](https://evil.example) ![x](http://e.co/x.png)",
    "<at>everyone</at> <at user_id=\"all\">x</at> <users/all> <@all> [CQ:at,qq=all] (met)all(met) (rol)1(rol)",
    "<a href='tg://user?id=1'>x</a> [x](tg://user?id=1) mailto:a@b.io JavaScript:alert(1) &#64;here &commat;here",
    "www.evil.org evil.com/x EVIL.IO evil.zip/x a.evil.example http://[::1] Closes #1, fixes o/r#2 __x__ _y_",
)  # fmt: skip
PIECES = ("www", ".", "com", "io", "_", "@", "mailto", "tg", ":", "//", "/", "evil", "<", ">", "(", "met", ")",
          "[", "]", "&", "#", "1", "`", "```", "-", "한", " ", "\n", "\u200b")  # fmt: skip
TEXT = st.one_of(
    st.text(max_size=400),
    st.lists(st.sampled_from(PIECES), max_size=14).map("".join),
    st.sampled_from(HOSTILE + DIALECTS),
    st.tuples(st.sampled_from(DIALECTS), st.text(max_size=40), st.sampled_from(DIALECTS)).map("".join),
)
ROOMS = st.builds(
    Room, body=st.sampled_from((60, 67, 80, 140, 160, 200, 400, 1000, 2000, 4000, 32768)),
    title=st.sampled_from((0, 60, 65, 250, 1024)), markdown=st.booleans(),
)  # fmt: skip


def without_ours(text: str) -> str:
    """The message less the markup that it has of us: labels in bold, and one fence (of which another test tells)."""
    text = re.sub(r"^\*\*(.{1,40}?):\*\* ", r"\1: ", text, flags=re.MULTILINE)
    return re.sub(r"^```\n.*\n```$", "", text, flags=re.MULTILINE | re.DOTALL)


@given(TEXT, st.integers(1, 600))
@example("a_ _b", 30)
@example("_www.evil.org _mailto:a evil.com_ a.com.", 60)
def test_inert_text_is_dead_in_every_dialect_and_fits(text, limit):
    said = inert(text, limit)
    assert units(said) <= limit
    assert not LIVE.search(said)
    assert not set(LOOK_ALIKE) & set(said)
    assert not re.search(r"(?<![^\W_])_|_(?![^\W_])", said)
    assert said.isprintable() or "\u200d" in said  # the joiner of emoji


@given(TEXT, st.integers(10, 600))
def test_a_fence_is_closed_and_calls_nobody(text, limit):
    said = fenced(text, limit)
    assert units(said) <= limit
    if said:
        assert said.startswith("```\n")
        assert said.endswith("\n```")
        assert said.count("```") == 2
        assert not re.search(r"[@<>&]|://|\]\(", said)


@settings(max_examples=150)
@given(TEXT, ROOMS, st.sampled_from(("en", "ko")), st.sampled_from(list(Severity)))
@example("0.COM.CN a.com.co/x", Room(body=160, title=0), "en", Severity.INFO)
def test_any_incident_becomes_a_message_that_fits_and_is_dead(text, room, language, severity):
    made = message(notice(hostile_incident(text, severity)), language, room)
    fits(made, room)


@settings(max_examples=100)
@given(TEXT, ROOMS, st.sampled_from(("en", "ko")), st.integers(0, 30))
def test_any_bulletin_becomes_a_message_that_fits_and_is_dead(text, room, language, lines):
    section = Section(Text("New", "신규"), (Text(text, text),) * lines)
    told = Bulletin(key="k", kind=Kind.DIGEST, severity=Severity.WARNING, title=Text(text or "x", text or "x"),
                    language=language, sections=(section,))  # fmt: skip
    fits(bulletin_message(told, language, room), room)


@given(st.sampled_from((60, 67, 160, 1000)), st.text("@al", min_size=1, max_size=100))
def test_words_that_call_people_are_left_out_where_they_would_leave_no_room(size, words):
    room = Room(size, 0)
    made = message(notice(hostile_incident("x" * 300)), "en", room, words)
    assert units(made.title) + 2 + units(made.body) <= size
    assert "31" in made.body
    assert made.body.startswith(words) is (units(words) < size - units(made.title) - 30)


def fits(made, room):
    together = units(made.body) + (0 if room.title else units(made.title) + 2)
    assert together <= room.body
    assert units(made.title) <= (room.title or room.body)
    assert made.body.strip()
    assert "\n" not in made.title
    assert made.body.count("```") in ({0, 2} if room.markdown else {0})
    assert not LIVE.search(without_ours(made.body) if room.markdown else made.body)
    assert not LIVE.search(made.title)


@pytest.mark.parametrize("markdown", [True, False])
def test_a_message_of_the_size_of_a_text_message_has_title_count_and_marker(markdown):
    told = notice(incident(title="x" * 500, diagnosis=diagnosis()))
    made = message(told, "en", Room(body=160, title=0, markdown=markdown))
    assert made.title.startswith("Critical (new): xxx")
    assert "31" in made.body.splitlines()[0]
    assert made.body.endswith("v1:0123456789abcdef · 1")


def test_names_of_code_stay_as_one_can_search_for_them():
    for name in ("payments.db.checkout", "DB_POOL_TIMEOUT", "src/app/main.py:42", "java.io.IOException", "a::b::c",
                 "GET /api/v1/users?id=4", "10.0.0.7:5432"):  # fmt: skip
        assert inert(name, 100) == name


# The same after apprise has turned it into what a service takes


@pytest.mark.filterwarnings("ignore:'imghdr' is deprecated:DeprecationWarning")
@pytest.mark.parametrize(
    "url",
    ["slack://T1JJ3T3L2/A1BRTD4JD/TIiajkdnlazkcOXrIdevi7FQ/#ops", "gchat://workspace/key/token",
     "tgram://123456789:ABCdefghijklmnopqrstuvwxyz123456789/12315544", "workflows://host/workflow/signature",
     "mailtos://me:secret@example.com", "mmost://host/token", "rockets://u:p@host/#ops", "matrixs://u:p@host/#ops",
     "zulip://bot@org/a1b2c3d4e5f6a1b2c3d4e5f6a1b2c3d4/ops", "ntfy://topic", "wxteams://" + "a" * 80],
)  # fmt: skip
def test_no_mention_comes_alive_in_the_dialect_of_a_service(url):
    plugin = Apprise.instantiate(url)
    room = room_of(plugin)
    source = NotifyFormat.MARKDOWN if room.markdown else NotifyFormat.TEXT
    target = plugin.resolve_format(source)
    for text in HOSTILE + DIALECTS:
        made = message(notice(hostile_incident(text)), "en", room)
        for part in (made.title, made.body):
            sent = plugin.dialect_convert(convert_between(source, target, part), target)
            words = re.sub(r"</?(?:br|b|i|p|pre|code|strong)\s*/?>|&nbsp;", " ", sent)
            assert not re.search(r"@|<|://|\]\(", words), words


def test_a_link_of_ours_stays_one():
    told = msgspec.structs.replace(notice(), url="https://logs.example/incidents/12?a=1&b=_2_")
    assert "\n<https://logs.example/incidents/12?a=1&b=_2_>\n" in message(told, "en", Room(4000, 0, True)).body
    assert "\nhttps://logs.example/incidents/12?a=1&b=_2_\n" in message(told, "en", Room(4000, 0, False)).body
    odd = msgspec.structs.replace(notice(), url="javascript://x")
    assert "javascript" not in message(odd, "en", Room(4000, 0, False)).body
