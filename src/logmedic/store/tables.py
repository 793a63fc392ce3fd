"""The tables. Times are ns since the epoch in BIGINT, JSON is TEXT encoded by msgspec; nothing PostgreSQL lacks."""

from __future__ import annotations

import sqlalchemy as sa

metadata = sa.MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)

# BIGINT primary keys do not auto-increment on SQLite; INTEGER ones are 64 bits wide there.
_Id = sa.BigInteger().with_variant(sa.Integer, "sqlite")


_UNHANDLED = sa.text("handled_generation < generation")
_ESCALATING = sa.text("substate = 'escalating'")


def _incident_id() -> sa.Column[int]:
    return sa.Column("incident_id", _Id, sa.ForeignKey("incidents.id", ondelete="CASCADE"), nullable=False)


positions = sa.Table(
    "positions",
    metadata,
    sa.Column("source", sa.Text, primary_key=True),
    sa.Column("stream", sa.Text, primary_key=True),
    sa.Column("offset", sa.BigInteger, nullable=False),
    sa.Column("token", sa.Text, nullable=False),
    sa.Column("done", sa.Boolean, nullable=False),
    sa.Column("lines", sa.BigInteger, nullable=False),
    sa.Column("rejects", sa.BigInteger, nullable=False),
    sa.Column("updated_at", sa.BigInteger, nullable=False),
)

incidents = sa.Table(
    "incidents",
    metadata,
    sa.Column("id", _Id, primary_key=True, autoincrement=True),
    sa.Column("fingerprint", sa.Text, nullable=False, unique=True),
    sa.Column("title", sa.Text, nullable=False),
    sa.Column("culprit", sa.Text, nullable=False),
    sa.Column("service", sa.Text, nullable=False),
    sa.Column("error_code", sa.Text),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("substate", sa.Text, nullable=False),
    sa.Column("severity", sa.Text, nullable=False),
    sa.Column("floor", sa.Text, nullable=False),
    sa.Column("first_seen", sa.BigInteger, nullable=False),
    sa.Column("last_seen", sa.BigInteger, nullable=False),
    sa.Column("last_raised", sa.BigInteger, nullable=False),
    sa.Column("count", sa.BigInteger, nullable=False),
    sa.Column("generation", sa.Integer, nullable=False),
    sa.Column("handled_generation", sa.Integer, nullable=False),
    sa.Column("reason", sa.Text, nullable=False),
    sa.Column("rules", sa.Text, nullable=False),
    sa.Column("snoozed_until", sa.BigInteger),
    sa.Column("diagnosis", sa.Text),
    sa.Column("created_at", sa.BigInteger, nullable=False),
    sa.Column("reason_code", sa.Text, nullable=False, server_default=""),
    sa.Column("reason_params", sa.Text, nullable=False, server_default="{}"),
    sa.Column("held", sa.Text),  # a model.Reason: why the latest occurrences were only counted
    sa.Column("snooze_count", sa.BigInteger),
    sa.Column("resolved_in", sa.Text),
    sa.Column("resolved_next", sa.Boolean, nullable=False, server_default=sa.false()),
    sa.Index(None, "last_seen"),
    sa.Index(None, "created_at"),
    sa.Index(None, "service", "culprit"),
    sa.Index("ix_incidents_unhandled", "id", sqlite_where=_UNHANDLED, postgresql_where=_UNHANDLED),
    sa.Index("ix_incidents_escalating", "last_seen", sqlite_where=_ESCALATING, postgresql_where=_ESCALATING),
)

# Lists of incidents are read from it alone, without the rows, which hold whole diagnoses (see migration 0005).
_i = incidents.c
sa.Index(
    "ix_incidents_browse", _i.last_seen, _i.first_seen, _i["count"], _i.severity, _i.state, _i.service, _i.title,
    _i.culprit, _i.error_code, _i.fingerprint,
).ddl_if(dialect="sqlite")  # fmt: skip

# Fingerprints that count as another incident than their own. An entry leads straight to the incident, never to
# another entry, so there are no chains and no cycles; an incident whose own fingerprint stands here is merged.
aliases = sa.Table(
    "aliases",
    metadata,
    sa.Column("fingerprint", sa.Text, primary_key=True),
    _incident_id(),
    sa.Column("at", sa.BigInteger, nullable=False),
    sa.Column("actor", sa.Text, nullable=False),
    sa.Index(None, "incident_id"),
)

# The order of ``id`` is the order in which we first saw the releases of a service.
releases = sa.Table(
    "releases",
    metadata,
    sa.Column("id", _Id, primary_key=True, autoincrement=True),
    sa.Column("service", sa.Text, nullable=False),
    sa.Column("release", sa.Text, nullable=False),
    sa.Column("first_seen", sa.BigInteger, nullable=False),
    sa.UniqueConstraint("service", "release"),
)

histogram = sa.Table(
    "histogram",
    metadata,
    sa.Column("incident_id", _Id, sa.ForeignKey("incidents.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("minute", sa.BigInteger, primary_key=True),  # minutes since the epoch
    sa.Column("count", sa.BigInteger, nullable=False),
)

samples = sa.Table(
    "samples",
    metadata,
    sa.Column("id", _Id, primary_key=True, autoincrement=True),
    _incident_id(),
    sa.Column("source", sa.Text, nullable=False),
    sa.Column("stream", sa.Text, nullable=False),
    sa.Column("offset", sa.BigInteger, nullable=False),
    sa.Column("time", sa.BigInteger, nullable=False),
    sa.Column("body", sa.Text, nullable=False),
    sa.Column("fingerprint", sa.Text, nullable=False, server_default=""),
    sa.UniqueConstraint("incident_id", "source", "stream", "offset"),
    sa.Index(None, "incident_id", "time"),
)

timeline = sa.Table(
    "timeline",
    metadata,
    sa.Column("id", _Id, primary_key=True, autoincrement=True),
    _incident_id(),
    sa.Column("at", sa.BigInteger, nullable=False),
    sa.Column("event", sa.Text, nullable=False),
    sa.Column("reason", sa.Text, nullable=False),
    sa.Column("actor", sa.Text, nullable=False),
    sa.Column("code", sa.Text, nullable=False, server_default=""),
    sa.Column("params", sa.Text, nullable=False, server_default="{}"),
    sa.Column("origin", sa.Text),  # the fingerprint that it was about, when that has been merged into this incident
    sa.Index(None, "incident_id"),
)

effects = sa.Table(
    "effects",
    metadata,
    sa.Column("key", sa.Text, primary_key=True),  # <fingerprint>:<generation>:<channel>
    _incident_id(),
    sa.Column("generation", sa.Integer, nullable=False),
    sa.Column("channel", sa.Text, nullable=False),
    sa.Column("result", sa.Text, nullable=False),  # "pending" until an outcome is known
    sa.Column("reason", sa.Text, nullable=False),
    sa.Column("receipt", sa.Text, nullable=False),
    sa.Column("updated_at", sa.BigInteger, nullable=False),
    sa.Column("origin", sa.Text),  # as in the timeline
    sa.Index(None, "incident_id", "channel"),
    sa.Index(None, "channel", "result", "updated_at"),
)

rule_counts = sa.Table(
    "rule_counts",
    metadata,
    sa.Column("rule", sa.Text, primary_key=True),
    sa.Column("service", sa.Text, primary_key=True),
    sa.Column("minute", sa.BigInteger, primary_key=True),
    sa.Column("count", sa.BigInteger, nullable=False),
)

rejects = sa.Table(
    "rejects",
    metadata,
    sa.Column("source", sa.Text, primary_key=True),
    sa.Column("stream", sa.Text, primary_key=True),
    sa.Column("offset", sa.BigInteger, primary_key=True),
    sa.Column("reason", sa.Text, nullable=False),
    sa.Column("sample", sa.Text, nullable=False),
    sa.Column("at", sa.BigInteger, nullable=False),
)

# Where several processes share one database: which of them does what, and until when.
leases = sa.Table(
    "leases",
    metadata,
    sa.Column("name", sa.Text, primary_key=True),
    sa.Column("holder", sa.Text, nullable=False),
    sa.Column("epoch", sa.BigInteger, nullable=False),  # rises whenever it is taken
    sa.Column("until", sa.BigInteger, nullable=False),  # 0: given back
)

# State that the pure steps carry from one run to the next: surge windows, the cap on new incidents.
carried = sa.Table(
    "carried",
    metadata,
    sa.Column("name", sa.Text, primary_key=True),
    sa.Column("value", sa.LargeBinary, nullable=False),
)

# Requests to models. Money in billionths of a US dollar; NULL is a price that is not known.
spending = sa.Table(
    "spending",
    metadata,
    sa.Column("id", _Id, primary_key=True, autoincrement=True),
    sa.Column("at", sa.BigInteger, nullable=False),
    sa.Column("fingerprint", sa.Text, nullable=False),
    sa.Column("generation", sa.Integer, nullable=False),
    sa.Column("model", sa.Text, nullable=False),
    sa.Column("purpose", sa.Text, nullable=False),
    sa.Column("state", sa.Text, nullable=False),  # "reserved", "settled", "failed", "unclear"
    sa.Column("reserved", sa.BigInteger),
    sa.Column("cost", sa.BigInteger),
    sa.Column("input_tokens", sa.BigInteger, nullable=False),
    sa.Column("output_tokens", sa.BigInteger, nullable=False),
    sa.Column("reason", sa.Text, nullable=False),
    sa.Index(None, "at"),
    sa.Index(None, "fingerprint", "at"),
)

# One row, which every reservation updates first: it makes them wait for each other on every database.
spending_turn = sa.Table(
    "spending_turn",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("turn", sa.BigInteger, nullable=False),
)

# The latest report of a model on each fingerprint, and what it was made of.
model_reports = sa.Table(
    "model_reports",
    metadata,
    sa.Column("fingerprint", sa.Text, primary_key=True),
    sa.Column("at", sa.BigInteger, nullable=False),
    sa.Column("basis", sa.Text, nullable=False),
    sa.Column("rate", sa.BigInteger, nullable=False),
    sa.Column("diagnosis", sa.Text, nullable=False),
)

# Messages about no single incident (digests, storms, reminders, our own troubles), written before they are sent.
bulletins = sa.Table(
    "bulletins",
    metadata,
    sa.Column("key", sa.Text, primary_key=True),  # <kind>:<what>:<channel>
    sa.Column("channel", sa.Text, nullable=False),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("body", sa.Text, nullable=False),  # a respond.interface.Bulletin
    sa.Column("result", sa.Text, nullable=False),  # "pending" until an outcome is known
    sa.Column("reason", sa.Text, nullable=False),
    sa.Column("receipt", sa.Text, nullable=False),
    sa.Column("created_at", sa.BigInteger, nullable=False),
    sa.Column("updated_at", sa.BigInteger, nullable=False),
    sa.Column("due_at", sa.BigInteger, nullable=False),  # no try before
    sa.Index(None, "result", "due_at"),
)

# What a channel is told of in its digests (or in the one alert of a storm) rather than at once.
digest_items = sa.Table(
    "digest_items",
    metadata,
    sa.Column("cadence", sa.Text, primary_key=True),  # "hourly", "daily", "storm"
    sa.Column("channel", sa.Text, primary_key=True),
    sa.Column("incident_id", _Id, sa.ForeignKey("incidents.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("news", sa.Text, nullable=False),  # a model.Substate
    sa.Column("reason", sa.Text, nullable=False),
    sa.Column("at", sa.BigInteger, nullable=False),
    sa.Column("waiting", sa.Boolean, nullable=False),  # not in a digest yet
    sa.Column("told", sa.BigInteger, nullable=False),  # occurrences that digests have counted
    sa.Column("active", sa.Boolean, nullable=False),  # it occurred in the last digest
    sa.Column("bulletin", sa.Text),  # the key of the last one that it was in
    sa.Index(None, "incident_id"),
)

# Up to when the digests of each cadence have been written.
digest_windows = sa.Table(
    "digest_windows",
    metadata,
    sa.Column("cadence", sa.Text, primary_key=True),
    sa.Column("until", sa.BigInteger, nullable=False),
)

silences = sa.Table(
    "silences",
    metadata,
    sa.Column("id", _Id, primary_key=True, autoincrement=True),
    sa.Column("created_at", sa.BigInteger, nullable=False),
    sa.Column("until", sa.BigInteger, nullable=False),
    sa.Column("actor", sa.Text, nullable=False),
    sa.Column("comment", sa.Text, nullable=False),
    sa.Column("match", sa.Text, nullable=False),  # a respond.rules.Match
    sa.Index(None, "until"),
)

# What is or was wrong with logmedic itself.
self_alerts = sa.Table(
    "self_alerts",
    metadata,
    sa.Column("name", sa.Text, primary_key=True),  # <code>:<subject>
    sa.Column("since", sa.BigInteger, nullable=False),
    sa.Column("cleared_at", sa.BigInteger),
    sa.Column("text", sa.Text, nullable=False),  # a model.Text
)

# Fixes that were tried. ``report`` is JSON that the store does not look into.
fixes = sa.Table(
    "fixes",
    metadata,
    sa.Column("key", sa.Text, primary_key=True),  # also in the name of the branch
    _incident_id(),
    sa.Column("fingerprint", sa.Text, nullable=False),
    sa.Column("generation", sa.Integer, nullable=False),
    sa.Column("state", sa.Text, nullable=False),  # "running", "proved", "offered", "failed"
    sa.Column("dry", sa.Boolean, nullable=False),  # nothing is to leave this machine
    sa.Column("actor", sa.Text, nullable=False),
    sa.Column("began_at", sa.BigInteger, nullable=False),
    sa.Column("ended_at", sa.BigInteger),
    sa.Column("reason", sa.Text, nullable=False),  # a model.Text
    sa.Column("base", sa.Text, nullable=False),
    sa.Column("commit", sa.Text, nullable=False),
    sa.Column("report", sa.Text, nullable=False),
    sa.Column("pull", sa.BigInteger),
    sa.Column("url", sa.Text, nullable=False),
    sa.Column("fate", sa.Text, nullable=False),  # of the pull request: "", "open", "merged", "closed"
    sa.Column("fate_at", sa.BigInteger),
    sa.Column("changed", sa.Boolean, nullable=False),  # a person has added to the branch
    sa.Column("watch_until", sa.BigInteger),
    sa.Column("before", sa.Double),  # occurrences an hour, before the merge and after it
    sa.Column("after", sa.Double),
    sa.Index(None, "incident_id"),
    sa.Index(None, "fingerprint", "began_at"),
    sa.Index(None, "fate"),
)
