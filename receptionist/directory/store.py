"""Opening the database, short transactions, and failures told in words.

SQLite is used the way a kiosk needs it: write-ahead log, a fresh connection for each transaction (so that a
database that goes away is noticed and one that comes back is used again), write transactions that take the
lock at their beginning, and a short wait for other programs' locks. A file is created only when the
directory is opened, never by a later query.
"""

from __future__ import annotations

import logging
import sqlite3
import threading
import weakref
from collections.abc import Iterator, MutableMapping
from contextlib import AbstractContextManager, closing, contextmanager, nullcontext
from functools import cache
from itertools import chain, count
from pathlib import Path
from typing import Any
from urllib.parse import quote

from sqlalchemy import Dialect, Engine, create_engine, event, insert, inspect, select
from sqlalchemy.engine import Connection, make_url
from sqlalchemy.exc import ArgumentError, NoSuchModuleError, SQLAlchemyError
from sqlalchemy.orm import Session
from sqlalchemy.pool import NullPool, StaticPool

from receptionist.directory.errors import DirectoryError, Trouble
from receptionist.directory.models import SCHEMA_VERSION, Base, MetaRow

_LOG = logging.getLogger(__name__)
_SQLITE_TROUBLE = (
    ("SQLITE_BUSY", Trouble.LOCKED, "is in use by another program; try again in a moment."),
    ("SQLITE_LOCKED", Trouble.LOCKED, "is in use by another program; try again in a moment."),
    ("SQLITE_READONLY", Trouble.READ_ONLY, "cannot be written; check the rights of the file and its folder."),
    ("SQLITE_PERM", Trouble.READ_ONLY, "may not be opened; check the rights of the file and its folder."),
    ("SQLITE_CANTOPEN", Trouble.MISSING, "cannot be opened; is the file, or its folder, still there?"),
    ("SQLITE_NOTADB", Trouble.NOT_A_DATABASE, "is not a database; choose another file."),
    ("SQLITE_CORRUPT", Trouble.CORRUPT, "is damaged; restore a copy, or move it away to begin a new one."),
    ("SQLITE_FULL", Trouble.FULL, "cannot grow: the disk is full."),
    ("SQLITE_IOERR", Trouble.UNAVAILABLE, "cannot be read or written: the disk reports an error."),
)

_COMPILED: MutableMapping[Any, Any] = {}
"""Statements compiled once for all databases in memory: tests open hundreds."""


class Database:
    """Short transactions on one database; safe to use from several threads and processes.

    Attributes:
        name: How messages call it: the file's path, or the URL without its password.
    """

    def __init__(
        self, url: str, *, timeout_s: float = 2.0, create: bool = True, _like: Database | None = None
    ) -> None:
        """Open a database, creating the tables in an empty one and upgrading those of an older version.

        Before an upgrade, an SQLite file is copied to one beside it whose name ends in `.bak`.

        Args:
            url: A path of an SQLite file, or an SQLAlchemy URL. `sqlite://` alone is a database in memory.
            timeout_s: Longest wait for another program's lock.
            create: Whether a missing SQLite file may be created.

        Raises:
            DirectoryError: The database cannot be used; nothing was changed.
        """
        self._serial: AbstractContextManager[Any] = nullcontext()
        self._joined = threading.local()
        self._engine, self.name, self._file = self._connectable(url, timeout_s)
        weakref.finalize(self, self._engine.dispose)  # a database in memory keeps one connection open
        if self._file is not None and not self._file.exists():
            self._begin_file(self._file, create, timeout_s)
        with self._translated():
            if _like is not None:
                _like._copy_to(self._engine)
            self._ensure_schema()

    def copy(self) -> Database:
        """Another database in memory that begins with all that this one, in memory too, holds now.

        Raises:
            DirectoryError: The database failed.
        """
        return Database("sqlite://", _like=self)

    def _copy_to(self, other: Engine) -> None:
        source, target = self._engine.raw_connection(), other.raw_connection()
        with self._serial, closing(source), closing(target):
            assert isinstance(source.driver_connection, sqlite3.Connection)
            assert isinstance(target.driver_connection, sqlite3.Connection)
            source.driver_connection.backup(target.driver_connection)

    def _connectable(self, url: str, timeout_s: float) -> tuple[Engine, str, Path | None]:
        if "://" not in url:
            path = Path(url).expanduser().absolute()
            return _sqlite(path, "rw", timeout_s), str(path), path
        try:
            parsed = make_url(url)
            if parsed.get_backend_name() != "sqlite":
                name = parsed.render_as_string(hide_password=True)
                return create_engine(parsed, pool_pre_ping=True), name, None
        except (ArgumentError, NoSuchModuleError):
            raise DirectoryError(
                Trouble.UNAVAILABLE,
                f"{url!r} is no database URL; use a path, or a form like 'postgresql+psycopg://user@host/name'",
            ) from None
        except ImportError as error:
            raise DirectoryError(
                Trouble.UNAVAILABLE,
                f"the driver for {parsed.drivername!r} is not installed ({error}); for PostgreSQL:"
                " pip install 'miron[postgres]'",
            ) from None
        if parsed.database in (None, "", ":memory:"):
            self._serial = threading.RLock()
            return _memory(), "the database in memory", None
        mode = "ro" if parsed.query.get("mode") == "ro" else "rw"
        path = Path(str(parsed.database)).expanduser().absolute()
        return _sqlite(path, mode, timeout_s), str(path), path

    def _begin_file(self, path: Path, create: bool, timeout_s: float) -> None:
        if not create:
            raise DirectoryError(Trouble.MISSING, f"There is no database at {path}.")
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            connection = sqlite3.connect(path, timeout=timeout_s)
        except (OSError, sqlite3.OperationalError) as error:
            raise DirectoryError(
                Trouble.MISSING,
                f"The database {path} cannot be created ({error}); check the folder's rights.",
            ) from None
        try:
            with self._translated():
                connection.execute("PRAGMA journal_mode=WAL")
        finally:
            connection.close()

    def _ensure_schema(self) -> None:
        with self._serial, self._engine.connect() as connection:
            found = self._version(connection)
        self._refuse_newer(found)
        if found == SCHEMA_VERSION:
            return
        with self._serial, self._writing().begin() as connection:
            if connection.dialect.name == "postgresql" and found is not None:
                connection.exec_driver_sql("LOCK TABLE meta")
            found = self._version(connection)  # another kiosk may have been quicker
            self._refuse_newer(found)
            if found is None:
                Base.metadata.create_all(connection)
                connection.execute(insert(MetaRow).values(key="schema_version", value=str(SCHEMA_VERSION)))
            elif found < SCHEMA_VERSION:
                self._upgrade(connection, found)

    def _refuse_newer(self, found: int | None) -> None:
        if found is not None and found > SCHEMA_VERSION:
            raise DirectoryError(
                Trouble.FOREIGN,
                f"{self.name} was written by a newer version of Miron (tables {found}, this one reads"
                f" {SCHEMA_VERSION}); use that version, or choose another database.",
            )

    def _upgrade(self, connection: Connection, found: int) -> None:
        from receptionist.directory.migrations import upgrade

        kept = self._back_up(found) if self._file else None
        upgrade(connection, found)
        _LOG.warning(
            "%s: tables upgraded from version %d to %d%s",
            self.name,
            found,
            SCHEMA_VERSION,
            f"; as it was: {kept}" if kept else "",
        )

    def _back_up(self, version: int) -> Path:
        """A copy of the database as it was before an upgrade, beside it.

        Raises:
            DirectoryError: It cannot be written; nothing was changed.
        """
        assert self._file is not None
        name = f"{self._file.name}.version-{version}"
        names = chain((f"{name}.bak",), (f"{name}-{number}.bak" for number in count(2)))
        path = next(path for each in names if not (path := self._file.with_name(each)).exists())
        try:
            with closing(sqlite3.connect(self._file)) as old, closing(sqlite3.connect(path)) as new:
                old.backup(new)
        except (OSError, sqlite3.Error) as error:
            raise DirectoryError(
                Trouble.FULL,
                f"{self.name} must be upgraded, but a copy of it cannot be written to {path} ({error}).",
            ) from None
        return path

    def _version(self, connection: Connection) -> int | None:
        tables = set(inspect(connection).get_table_names())
        if not tables:
            return None
        if "meta" in tables and "visits" in tables:
            value = connection.scalar(select(MetaRow.value).where(MetaRow.key == "schema_version"))
            if value is not None and value.isdecimal():
                return int(value)
        raise DirectoryError(
            Trouble.FOREIGN,
            f"{self.name} holds the tables of another program; give Miron a database of its own.",
        )

    def _writing(self) -> Engine:
        return self._engine.execution_options(miron_write=True)

    @contextmanager
    def read(self) -> Iterator[Session]:
        """A transaction that only reads; within `write` of the same thread, a part of that.

        Raises:
            DirectoryError: The database failed; nothing was changed.
        """
        outer: Session | None = getattr(self._joined, "session", None)
        if outer is not None:
            yield outer
            return
        with self._serial, self._translated(), Session(self._engine, expire_on_commit=False) as session:
            yield session

    @contextmanager
    def write(self) -> Iterator[Session]:
        """A transaction that is committed at its end, alone with the lock, and undone by any exception.

        Within another `write` of the same thread it is a part of that.

        Raises:
            DirectoryError: The database failed; nothing was changed.
        """
        outer: Session | None = getattr(self._joined, "session", None)
        if outer is not None:
            yield outer
            outer.flush()
            return
        with (
            self._serial,
            self._translated(),
            Session(self._writing(), expire_on_commit=False) as session,
            session.begin(),
        ):
            self._joined.session = session
            try:
                yield session
            finally:
                self._joined.session = None

    def sound(self) -> str | None:
        """What SQLite's own check finds wrong, or None when all is well (or it is not SQLite)."""
        if self._engine.dialect.name != "sqlite":
            return None
        with self._serial, self._translated(), self._engine.connect() as connection:
            found = connection.exec_driver_sql("PRAGMA quick_check(1)").scalar()
        return None if found == "ok" else str(found)

    @contextmanager
    def _translated(self) -> Iterator[None]:
        try:
            yield
        except SQLAlchemyError as error:
            raise self._trouble(getattr(error, "orig", None) or error) from error
        except sqlite3.Error as error:
            raise self._trouble(error) from error

    def _trouble(self, error: BaseException) -> DirectoryError:
        code = getattr(error, "sqlite_errorname", "")
        for prefix, kind, words in _SQLITE_TROUBLE:
            if code.startswith(prefix):
                return DirectoryError(kind, f"The database {self.name} {words}")
        if isinstance(error, sqlite3.DatabaseError) and "no such table" in str(error):
            words = "lost its tables; restore a copy."
            return DirectoryError(Trouble.MISSING, f"The database {self.name} {words}")
        first_line = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
        return DirectoryError(
            Trouble.UNAVAILABLE, f"The database {self.name} does not answer as it should: {first_line}"
        )


def _memory() -> Engine:
    engine = create_engine(
        "sqlite://",
        poolclass=StaticPool,
        connect_args={"check_same_thread": False},
        execution_options={"compiled_cache": _COMPILED},
    )
    engine.dialect = _memory_dialect()  # compiled statements are found again by it
    _take_over_transactions(engine)
    return engine


@cache
def _memory_dialect() -> Dialect:
    """The dialect of all databases in memory, as a first connection sets it up."""
    engine = create_engine("sqlite://")
    with closing(engine.connect()):
        return engine.dialect


def _sqlite(path: Path, mode: str, timeout_s: float) -> Engine:
    uri = f"file:{quote(str(path))}?mode={mode}"
    engine = create_engine(
        "sqlite+pysqlite://",
        creator=lambda: sqlite3.connect(uri, uri=True, timeout=timeout_s),
        poolclass=NullPool,
    )
    _take_over_transactions(engine)
    return engine


def _take_over_transactions(engine: Engine) -> None:
    """Begin transactions ourselves: the driver would only at the first change, too late to be alone."""

    def connected(connection: sqlite3.Connection, _record: object) -> None:
        connection.isolation_level = None
        connection.execute("PRAGMA foreign_keys=ON")

    def begun(connection: Connection) -> None:
        write = connection.get_execution_options().get("miron_write", False)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if write else "BEGIN")

    event.listen(engine, "connect", connected)
    event.listen(engine, "begin", begun)
