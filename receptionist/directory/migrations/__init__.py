"""From the tables of an older version of Miron to those of this one, by Alembic.

A new version of the tables is a new number in `models.SCHEMA_VERSION` and a step in `versions/`.
"""

from __future__ import annotations

import threading
from pathlib import Path

from sqlalchemy import inspect, update
from sqlalchemy.engine import Connection

from receptionist.directory.models import SCHEMA_VERSION, MetaRow

_one_at_a_time = threading.Lock()


def upgrade(connection: Connection, found: int) -> None:
    """Bring the tables up to date, within the transaction of the connection.

    Args:
        connection: Alone with the database.
        found: Version of the tables that are there.
    """
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent).replace("%", "%%"))
    config.attributes["connection"] = connection
    with _one_at_a_time:  # Alembic keeps its context in a module
        if not inspect(connection).has_table("alembic_version"):
            command.stamp(config, _revision(found))
        command.upgrade(config, _revision(SCHEMA_VERSION))
    version = update(MetaRow).where(MetaRow.key == "schema_version")
    connection.execute(version.values(value=str(SCHEMA_VERSION)))


def _revision(version: int) -> str:
    return f"{version:04d}"
