"""Digests, silences, and messages about no single incident."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def _id() -> sa.types.TypeEngine[int]:
    return sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "bulletins",
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("result", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("receipt", sa.Text(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("updated_at", sa.BigInteger(), nullable=False),
        sa.Column("due_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_bulletins")),
    )
    op.create_index(op.f("ix_bulletins_result_due_at"), "bulletins", ["result", "due_at"])
    op.create_table(
        "digest_items",
        sa.Column("cadence", sa.Text(), nullable=False),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("incident_id", _id(), nullable=False),
        sa.Column("news", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("waiting", sa.Boolean(), nullable=False),
        sa.Column("told", sa.BigInteger(), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("bulletin", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(
            ["incident_id"], ["incidents.id"], name=op.f("fk_digest_items_incident_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("cadence", "channel", "incident_id", name=op.f("pk_digest_items")),
    )
    op.create_index(op.f("ix_digest_items_incident_id"), "digest_items", ["incident_id"])
    op.create_table(
        "digest_windows",
        sa.Column("cadence", sa.Text(), nullable=False),
        sa.Column("until", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("cadence", name=op.f("pk_digest_windows")),
    )
    op.create_table(
        "silences",
        sa.Column("id", _id(), autoincrement=True, nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("until", sa.BigInteger(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("comment", sa.Text(), nullable=False),
        sa.Column("match", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_silences")),
    )
    op.create_index(op.f("ix_silences_until"), "silences", ["until"])
    op.create_table(
        "self_alerts",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("since", sa.BigInteger(), nullable=False),
        sa.Column("cleared_at", sa.BigInteger(), nullable=True),
        sa.Column("text", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_self_alerts")),
    )
    op.create_index(op.f("ix_effects_channel_result_updated_at"), "effects", ["channel", "result", "updated_at"])


def downgrade() -> None:
    op.drop_index(op.f("ix_effects_channel_result_updated_at"), table_name="effects")
    for name in ("self_alerts", "silences", "digest_windows", "digest_items", "bulletins"):
        op.drop_table(name)
