"""The tables of Miron 0.1.0, which it made itself."""

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Nothing to do: a database without tables is made anew, not migrated."""
