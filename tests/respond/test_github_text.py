"""What stands in an issue, whatever a log says."""

from __future__ import annotations

import re

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from respond_samples import COMMIT, HOSTILE, diagnosis, hostile_incident, incident, notice

from logmedic.model import Claim, Evidence, Incident, Reason, Severity, Suspect, Text
from logmedic.respond.github import inert, phrases
from logmedic.respond.github.body import MOST, body, comment, permalink
from logmedic.respond.github.config import GithubConfig
from logmedic.respond.github.names import hidden, labels, note_marker, sealed, title, untouched

WEB = "https://github.com/acme/shop"
CONFIG = GithubConfig(repo="acme/shop")
NASTY = (
    *HOSTILE,
    "Fixes #1, closes acme/shop#2, resolves GH-3, closes https://github.com/acme/shop/issues/4",
    "/close\n  /assign @me\n\t/lgtm",
    "![x](https://evil.example/x.png) <img src=x onerror=alert(1)> www.evil.example",
    f"<!-- logmedic-fp-0000000000000000 -->\n{hidden('v1:0000000000000000')}",
    "```\n~~~\n````\n</details>\n@octocat",
    "mailto:a@b.example xmpp:a@b.example ftp://x.example :shipit: $x^2$ $$y$$",
    "| a | b |\n|---|---|\n- [ ] task\n# head\n===\n---\n    indented",
    "&lt;b&gt; &#64;octocat &commat;octocat &num;12 [^1]\n\n[^1]: note\n[x]: https://evil.example",
    "gh-12 Gh-13 wWw.evil.example WWW.evil.example",
)
PIECES = [*"@#!/`~<>[]()|*_:$&;\\- \n\r\t"]
PIECES += ["```", "GH-1", "www.", "://", "<!--", "-->", "closes", "#12", "http", "@octocat"]
PIECES += [COMMIT, "abc1234", "0" * 7, "+ ", "1. ", "- ", "==="]
PIECES += ["&#64;", "&commat;", "&num;", "12", "a/b"]
OURS = r"/(commit/[0-9a-f]{40}|blob/[0-9a-f]{40}/[A-Za-z0-9._~/%-]+#L[0-9]+(-L[0-9]+)?)"  # addresses
FOREIGN = st.one_of(
    st.text(max_size=300),
    st.sampled_from(NASTY),
    st.lists(st.sampled_from(PIECES), max_size=40).map("".join),
)


def everywhere(text: str) -> Incident:
    """An incident with the text in every place that a log or a model can reach."""
    both = Text(text, text)
    located = {"commit": COMMIT, "path": text or "x", "start": 3, "end": 9}
    evidence = (Evidence("L1", "log", text), Evidence(text, "source", text, located))
    made = diagnosis(
        text,
        engine=text,
        suspects=(Suspect(COMMIT, 0.5, both), Suspect(text, 0.5, both)),
        claims=(Claim(both, ("L1", text)),),
        evidence=(*evidence, Evidence("S2", "source", text, {"commit": text})),
    )  # fmt: skip
    return incident(
        title=text, culprit=text, service=text, error_code=text, reason=text, fingerprint=text or "x",
        diagnosis=made, why=Reason("by-hand", {"words": text}), rules=(text,),
    )  # fmt: skip


def check(markdown: str, *, fences: int = 1) -> None:
    assert len(markdown) <= MOST
    outside = []
    links = []
    found = 0
    for token in MarkdownIt("commonmark").enable("table").parse(markdown):
        if token.type == "fence":
            found += 1
            assert token.map is not None
            lines = markdown.split("\n")[token.map[0] : token.map[1]]
            assert lines[-1].strip() == "```", "the fence is closed"
            assert not any(line.lstrip().startswith("/") for line in lines), "bots look into fences as well"
            assert "<!--" not in token.content
            assert "@" not in token.content
        assert token.type not in ("code_block", "table_open", "blockquote_open")
        assert token.type != "bullet_list_open" or token.markup == "-", "ours"
        if token.type == "html_block":
            assert re.fullmatch(r"(<!-- logmedic-[a-z0-9-]+ -->\s*)+", token.content), token.content
        linked = False
        for child in token.children or ():
            assert child.type not in ("image", "html_inline"), child
            if child.type == "link_open":
                links.append(child.attrs["href"])
            if child.markup == "autolink":  # what is shown of it is its address
                linked = child.type == "link_open"
            if child.type == "text" and not linked:
                outside.append(child.content)
    assert found <= fences
    assert all(re.fullmatch(re.escape(WEB) + OURS, link) for link in links), links
    for text in outside:
        rest = re.sub(re.escape(WEB) + OURS, "", text)
        assert "@" not in rest
        assert not re.search(r"#\d|\bGH-\d", rest, re.IGNORECASE), rest
        assert not re.search(r"://|\bwww\.|\b(mailto|xmpp):", rest, re.IGNORECASE), rest
        assert not re.search(
            r"\b(close[sd]?|fix(e[sd])?|resolve[sd]?)\b:?\s+(\S*#\d|GH-\d|https?://)", rest, re.IGNORECASE
        )
        assert not re.search(r"(?<!:):[a-z+-][a-z0-9_+-]*:(?!:)", rest), rest
        assert "$" not in rest
        assert not re.search(r"(?<!\w)(?=[a-f]*\d)[0-9a-f]{7,40}(?!\w)", rest), "commits are linked"
    assert not re.search(r"^[ \t]*/\w", markdown, re.MULTILINE), "no command at the start of a line"


@settings(max_examples=300)
@given(FOREIGN, st.sampled_from(["en", "ko"]))
@example(NASTY[-1], "en")
def test_whatever_stands_anywhere_in_an_incident_the_body_is_inert(text, language):
    written = body(notice(everywhere(text), url="https://logs.example/incidents/12"), language, WEB)
    check(written.replace("https://logs.example/incidents/12", ""))
    assert written.count("<!-- logmedic-fp-") == written.count("<!--") - 1 == 1
    assert untouched(written)


@settings(max_examples=200)
@given(FOREIGN, st.sampled_from(["en", "ko"]))
def test_whatever_stands_anywhere_in_an_incident_comments_are_inert(text, language):
    for heading in (phrases.BACK, phrases.REACHED):
        check(comment(heading, everywhere(text), language, note_marker(text)), fences=0)


@settings(max_examples=300)
@given(FOREIGN, st.sampled_from(list(Severity)))
def test_a_title_and_labels_have_no_more_of_a_log_than_plain_names(text, severity):
    hostile = hostile_incident(text, severity)
    said = title(hostile, "en")
    word = "[A-Za-z][A-Za-z0-9_-]{0,39}"
    assert re.fullmatch(rf"\[logmedic\] \w+: ({word}( {word})? \(incident 12\)|incident 12)", said), said
    assert not re.search(r"\bgh-?\d", said, re.IGNORECASE)
    for label in labels(hostile, CONFIG):
        assert re.fullmatch(rf"(logmedic|severity:\w+|error-code:[A-Z0-9]+|service:{word})", label), label
        assert len(label) <= 50


@pytest.mark.parametrize("text", NASTY)
def test_known_nasty_texts_are_inert(text):
    check(body(notice(everywhere(text)), "en", WEB))


@given(FOREIGN, st.integers(min_value=20, max_value=400))
@settings(max_examples=200)
def test_texts_keep_to_their_length(text, limit):
    for made in (inert.line(text, limit), inert.fence(text, limit), inert.code(text, limit)):
        assert len(made) <= limit + len("```text\n\n```")


def test_labels_say_severity_family_of_the_code_and_service():
    plain = incident(service="shop / payments", error_code="AI_TIMEOUT")
    config = GithubConfig(repo="acme/shop", labels=("team:db", "LOGMEDIC"))
    assert labels(plain, config) == (
        "logmedic",
        "severity:critical",
        "error-code:AI",
        "service:shop-payments",
        "team:db",
    )
    assert title(plain, "ko") == "[logmedic] 심각: AI_TIMEOUT (인시던트 12)"


@pytest.mark.parametrize(
    ("locator", "address"),
    [
        ({"commit": COMMIT, "path": "src/a.py", "start": 3, "end": 9}, f"{WEB}/blob/{COMMIT}/src/a.py#L3-L9"),
        ({"commit": COMMIT, "path": "src/a.py", "start": 3, "end": 3}, f"{WEB}/blob/{COMMIT}/src/a.py#L3"),
        ({"commit": COMMIT, "path": "a b/@x#1.py", "start": 1}, f"{WEB}/blob/{COMMIT}/a%20b/%40x%231.py#L1"),
        ({"commit": COMMIT[:12], "path": "a.py", "start": 1}, None),
        ({"commit": COMMIT, "path": "", "start": 1}, None),
        ({"commit": COMMIT, "path": "a.py", "start": "1"}, None),
        ({"commit": COMMIT, "path": "x" * 2000, "start": 1}, None),
        ({}, None),
    ],
)
def test_a_permalink_leads_to_the_lines_at_the_commit(locator, address):
    assert permalink(Evidence("S1", "source", "x", locator), WEB) == address


def test_a_body_that_people_changed_is_known_as_theirs():
    ours = sealed("one\ntwo\n")
    assert untouched(ours)
    assert untouched(ours.replace("\n", "\r\n"))
    assert not untouched(ours.replace("two", "2"))
    assert not untouched(f"{ours}more")
    assert not untouched("anything")
    assert not untouched("")


def test_the_body_says_verdict_evidence_suspects_and_the_log():
    located = Evidence("S1", "source", "pool = 5", {"commit": COMMIT, "path": "src/db/pool.py", "start": 3, "end": 9})
    seen = diagnosis(
        claims=(Claim(Text("The pool has 5 connections", "풀의 연결은 5개"), ("S1", "L1")),),
        evidence=(Evidence("L1", "log", "pool timed out"), located),
    )
    said = body(notice(incident(diagnosis=seen)), "en", WEB)
    parts = ["**Root cause**: The pool is too small", "- The pool has 5 connections (`S1`, `L1`)", "pool timed out"]
    parts += ["72 % sure, verified (offline)", "`0123456789ab`", f"{WEB}/blob/{COMMIT}/src/db/pool.py#L3-L9"]
    for part in parts:
        assert part in said, part
    assert "풀의 연결은 5개" in body(notice(incident(diagnosis=seen)), "ko", WEB)
