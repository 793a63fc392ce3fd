"""An index from which lists of incidents are read without touching the rows, which hold whole diagnoses."""

from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # PostgreSQL keeps large values out of the rows by itself (TOAST), and an entry of its indexes may not be so long.
    if op.get_bind().dialect.name == "sqlite":
        op.create_index(
            "ix_incidents_browse",
            "incidents",
            [
                "last_seen",
                "first_seen",
                "count",
                "severity",
                "state",
                "service",
                "title",
                "culprit",
                "error_code",
                "fingerprint",
            ],
        )
