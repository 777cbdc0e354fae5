"""Alembic's entry: runs the migrations on the connection that `upgrade` hands over."""

from alembic import context

from receptionist.directory.models import Base

context.configure(connection=context.config.attributes["connection"], target_metadata=Base.metadata)
context.run_migrations()
