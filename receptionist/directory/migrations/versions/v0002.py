"""Imports, hosts' answers by link, kiosks and orders of the front desk, remembered visitors."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Columns are added and empty; no row changes."""
    op.add_column("hosts", sa.Column("locale", sa.String()))
    op.add_column("hosts", sa.Column("external_id", sa.String()))
    op.create_index("ix_hosts_external_id", "hosts", ["external_id"], unique=True)
    op.add_column("visits", sa.Column("until", sa.Time()))
    op.add_column("visits", sa.Column("external_id", sa.String()))
    op.create_index("ix_visits_external_id", "visits", ["external_id"], unique=True)
    op.add_column("consents", sa.Column("expires_at", sa.DateTime()))
    op.add_column("messages", sa.Column("locale", sa.String()))
    op.add_column("messages", sa.Column("words", sa.String()))
    op.add_column("messages", sa.Column("done_at", sa.DateTime()))
    op.create_table(
        "visitors",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("key", sa.String(), nullable=False, index=True),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("company", sa.String()),
        sa.Column("locale", sa.String()),
        sa.Column("last_host", sa.String()),
        sa.Column("last_seen", sa.DateTime(), nullable=False),
        sa.Column("expires_at", sa.DateTime(), index=True),
    )
    op.create_table(
        "answer_links",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column(
            "message_id",
            sa.Integer(),
            sa.ForeignKey("messages.id", ondelete="CASCADE"),
            nullable=False,
            index=True,
        ),
        sa.Column("digest", sa.String(64), nullable=False, unique=True),
        sa.Column("locale", sa.String(), nullable=False),
        sa.Column("expires_at", sa.DateTime(), nullable=False),
        sa.Column("used_at", sa.DateTime()),
    )
    op.create_table(
        "kiosks",
        sa.Column("name", sa.String(80), primary_key=True),
        sa.Column("visit_since", sa.DateTime()),
        sa.Column("seen_at", sa.DateTime(), nullable=False),
    )
    op.create_table(
        "orders",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("kiosk", sa.String(80), nullable=False, index=True),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("at", sa.DateTime(), nullable=False),
        sa.Column("taken_at", sa.DateTime()),
    )
