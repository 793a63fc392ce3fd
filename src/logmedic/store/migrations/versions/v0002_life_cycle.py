"""Aliases of fingerprints, releases, reasons as codes, snoozing by count.

Columns are added one by one: the batch mode of SQLite makes tables anew, and dropping the old one would cascade.
"""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

ADDED: tuple[tuple[str, sa.Column[Any]], ...] = (
    ("incidents", sa.Column("reason_code", sa.Text(), nullable=False, server_default="")),
    ("incidents", sa.Column("reason_params", sa.Text(), nullable=False, server_default="{}")),
    ("incidents", sa.Column("held", sa.Text(), nullable=True)),
    ("incidents", sa.Column("snooze_count", sa.BigInteger(), nullable=True)),
    ("incidents", sa.Column("resolved_in", sa.Text(), nullable=True)),
    ("incidents", sa.Column("resolved_next", sa.Boolean(), nullable=False, server_default=sa.false())),
    ("samples", sa.Column("fingerprint", sa.Text(), nullable=False, server_default="")),
    ("timeline", sa.Column("code", sa.Text(), nullable=False, server_default="")),
    ("timeline", sa.Column("params", sa.Text(), nullable=False, server_default="{}")),
    ("timeline", sa.Column("origin", sa.Text(), nullable=True)),
    ("effects", sa.Column("origin", sa.Text(), nullable=True)),
)


def upgrade() -> None:
    for table, column in ADDED:
        op.add_column(table, column)
    op.create_index(
        "ix_incidents_escalating",
        "incidents",
        ["last_seen"],
        unique=False,
        sqlite_where=sa.text("substate = 'escalating'"),
        postgresql_where=sa.text("substate = 'escalating'"),
    )
    op.create_table(
        "aliases",
        sa.Column("fingerprint", sa.Text(), nullable=False),
        sa.Column("incident_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["incident_id"], ["incidents.id"], name=op.f("fk_aliases_incident_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("fingerprint", name=op.f("pk_aliases")),
    )
    op.create_index(op.f("ix_aliases_incident_id"), "aliases", ["incident_id"], unique=False)
    op.create_table(
        "releases",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("service", sa.Text(), nullable=False),
        sa.Column("release", sa.Text(), nullable=False),
        sa.Column("first_seen", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_releases")),
        sa.UniqueConstraint("service", "release", name=op.f("uq_releases_service_release")),
    )
    carried = sa.table("carried", sa.column("name", sa.Text()), sa.column("value", sa.LargeBinary()))
    op.bulk_insert(carried, [{"name": "grouping-lock", "value": b""}])  # what writers of aliases lock


def downgrade() -> None:
    op.execute("DELETE FROM carried WHERE name = 'grouping-lock'")
    op.drop_table("releases")
    op.drop_table("aliases")
    op.drop_index("ix_incidents_escalating", table_name="incidents")
    for table, column in reversed(ADDED):
        op.drop_column(table, column.name)
