"""What a pull request of ours and comments about fixes say: Markdown in which all foreign text is inert. Pure."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator

from logmedic.model import Incident, Text
from logmedic.respond import words
from logmedic.respond.fix import phrases
from logmedic.respond.fix.report import Attempt, Report
from logmedic.respond.github import inert, names
from logmedic.respond.github.body import permalink
from logmedic.respond.spoken import spoken

_LINE, _PARAGRAPH, _TRANSCRIPT = 300, 2_000, 12_000  # UTF-16 units
_FILES, _CLAIMS, _FINDINGS, _DENIED = 40, 10, 12, 8


def marker(key: str) -> str:
    """By which a comment of a fix is known again."""
    return f"<!-- logmedic-note-{hashlib.sha256(f'fix:{key}'.encode()).hexdigest()[:24]} -->"


def title(incident: Incident, language: str) -> str:
    """Our own words, and names so plain that they can mean nothing else."""
    what = " ".join(filter(None, [names.plain(incident.service), names.plain(incident.error_code)]))
    pattern = (phrases.TITLE_OF if what else phrases.TITLE).in_(language)
    return pattern.format(id=incident.id, what=what)


def pull_body(incident: Incident, report: Report, base: str, issue: int | None, *, language: str, web: str) -> str:
    """``web``: the repository's address, as in "https://github.com/acme/shop"."""
    said = spoken(incident, language)
    made = report.last
    assert made is not None
    parts = [phrases.INTRO.in_(language).format(base=f"[`{base[:12]}`]({web}/commit/{base})")]
    if issue is not None:
        parts.append(f"{phrases.ISSUE.in_(language)}: #{issue}")
    parts += [*_incident(said, language, web), *_change(made, language), *_cost(report, language)]
    limits = "\n".join(f"- {line.in_(language)}" for line in phrases.LIMIT_LINES)
    parts.append(f"## {phrases.LIMITS.in_(language)}\n\n{limits}")
    return "\n\n".join(filter(None, parts)) + "\n"


def _incident(said: Incident, language: str, web: str) -> Iterator[str]:
    yield f"## {words.INCIDENT.in_(language).format(id=said.id)}\n\n{inert.code(said.title, _LINE)}"
    diagnosis = said.diagnosis
    if diagnosis is None:
        return
    yield f"**{words.CAUSE.in_(language)}**: {inert.line(diagnosis.root_cause.in_(language), _PARAGRAPH)}"
    claims = [f"- {inert.line(claim.text.in_(language), _LINE)}" for claim in diagnosis.claims[:_CLAIMS]]
    yield "\n".join(claims)
    links = dict.fromkeys(filter(None, (permalink(item, web) for item in diagnosis.evidence)))
    yield "\n\n".join(f"<{link}>" for link in [*links][:3])


def _change(made: Attempt, language: str) -> Iterator[str]:
    files = "\n".join(f"- {inert.code(path, _LINE)}" for path in made.files[:_FILES])
    yield f"## {phrases.CHANGED.in_(language)}\n\n{files}"
    if made.said.strip():
        quoted = inert.line(made.said, _PARAGRAPH)
        yield f"**{phrases.SAID.in_(language)}**\n\n> {quoted}"
    if made.proof is not None:
        tests = "\n".join(f"- {inert.code(test, _LINE)}" for test in made.proof.tests[:_FILES])
        transcript = inert.fence(made.proof.transcript, _TRANSCRIPT)
        heading = f"## {phrases.PROOF.in_(language)}"
        yield "\n\n".join(filter(None, [heading, tests and f"{phrases.TESTS.in_(language)}:\n\n{tests}", transcript]))


def _cost(report: Report, language: str) -> Iterator[str]:
    cost = phrases.UNPRICED.in_(language) if report.cost_usd is None else f"${report.cost_usd:.2f}"
    spent = phrases.SPENT.in_(language).format(
        cost=cost,
        requests=sum(each.requests for each in report.attempts),
        model=inert.code(report.model, 80),
        attempts=len(report.attempts),
        prompt=inert.code(report.prompt, 40),
        sandbox=inert.code(report.sandbox, 40),
    )
    yield f"## {phrases.COST.in_(language)}\n\n{spent}"


def offered(key: str, url: str, language: str) -> str:
    return f"{phrases.OFFERED.in_(language).format(url=url)}\n\n{marker(key)}\n"


def not_offered(key: str, why: Text, report: Report, language: str) -> str:
    """The analysis, for the issue."""
    parts = [phrases.NO_FIX.in_(language).format(why=inert.line(why.in_(language), _LINE))]
    baseline = report.baseline
    if baseline is not None and baseline.failure is not None:
        parts.append(inert.fence(baseline.summary, 2_000))
    if report.attempts:
        lines = [line for made in report.attempts for line in _attempt(made, language)]
        parts.append(f"**{phrases.TRIED.in_(language)}**\n\n" + "\n".join(lines))
        parts += [f"**{phrases.COST.in_(language)}**: " + next(_cost(report, language)).partition("\n\n")[2]]
    return "\n\n".join(filter(None, parts)) + f"\n\n{marker(key)}\n"


def _attempt(made: Attempt, language: str) -> Iterator[str]:
    outcome = inert.line(made.outcome.in_(language), _LINE)
    yield f"- {phrases.ATTEMPT.in_(language).format(number=made.number, outcome=outcome)}"
    for finding in made.findings[:_FINDINGS]:
        place = f"{finding.path}:{finding.line}" if finding.line else finding.path
        why = inert.line(finding.why.in_(language), _LINE)
        yield f"  - {inert.code(place, _LINE)}: {why} ({inert.code(finding.rule, 60)})"


def followed(key: str, said: str) -> str:
    return f"{said}\n\n{marker(f'{key}:after')}\n"
