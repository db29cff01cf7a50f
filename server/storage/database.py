"""The engine, its pragmas, and the transaction; a constraint that is violated becomes a Problem in one function."""

import fcntl
import os
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from enum import StrEnum
from pathlib import Path
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.exc import IntegrityError, OperationalError
from sqlmodel import Session, SQLModel

from server.config import owner_only
from server.domain.errors import NameTaken, StorageBusy

SQLModel.metadata.naming_convention = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}


def one_of(kind: type[StrEnum]) -> sa.Enum:
    """A column type that holds the values of an enumeration as text and refuses others."""
    return sa.Enum(
        kind,
        native_enum=False,
        create_constraint=True,
        length=24,
        name=kind.__name__.lower(),
        values_callable=lambda members: [member.value for member in members],
    )


# How long a writer waits for another one.
PATIENCE_SECONDS = 30


class Database:
    """The database of one server process, SQLite or PostgreSQL."""

    def __init__(self, url: str) -> None:
        self.url = sa.make_url(url)
        self.sqlite = self.url.get_backend_name() == "sqlite"
        arguments: dict[str, Any] = (
            {"connect_args": {"timeout": PATIENCE_SECONDS, "check_same_thread": False}}
            if self.sqlite
            else {"pool_size": 20, "max_overflow": 20}
        )
        if self.sqlite:
            # Last in, first out: writers take turns, so they keep to one connection whose cache stays warm.
            arguments |= {
                "poolclass": sa.QueuePool,
                "pool_size": 20,
                "max_overflow": 20,
                "pool_use_lifo": True,
            }
        self._turn = _Turn(self.url.database) if self.url.database and self.sqlite else None
        if self._turn and self.url.database != ":memory:":
            _keep_to_owner(str(self.url.database))
        self.engine = sa.create_engine(self.url, **arguments)
        if self.sqlite:
            # Readers have connections of their own, which the database itself keeps from writing.
            self._reader = sa.create_engine(self.url, **arguments)
            event.listen(self.engine, "connect", _prepare_sqlite)
            event.listen(self.engine, "begin", _begin_writing)
            event.listen(self._reader, "connect", _prepare_sqlite)
            event.listen(self._reader, "connect", _refuse_writing)
            event.listen(self._reader, "begin", lambda connection: _begin(connection, "BEGIN"))
        else:
            self._reader = self.engine.execution_options(postgresql_readonly=True)

    @contextmanager
    def transaction(self, *, write: bool) -> Iterator["Transaction"]:
        """One transaction: committed when the block ends, rolled back when it raises.

        Raises StorageBusy when another writer held the database too long.
        """
        opened = Transaction(self.engine, self._turn) if write else Transaction(self._reader)
        try:
            yield opened
            opened.end(commit=write)
        except (IntegrityError, OperationalError) as error:
            raise _problem(error) from error
        finally:
            opened.close()

    @contextmanager
    def desk(self) -> Iterator[None]:
        """Let no other thread of this process write until the block ends, from before the first statement on.

        Threads that work out what to write at the same time only take the interpreter from each other, and from the one that
        holds the file. Not for what waits for a client or a child. Where many write at once (PostgreSQL) nobody waits.
        Raises StorageBusy.
        """
        if not self._turn:
            yield
            return
        with self._turn.desk():
            yield

    def row(self, statement: sa.Select[Any], given: Mapping[str, Any]) -> sa.Row[Any] | None:
        """The first row of one question, asked outside any transaction of a `Work`."""
        with self._reader.connect() as connection:
            return connection.execute(statement, given).first()

    def close(self) -> None:
        """Give all connections back."""
        self.engine.dispose()
        self._reader.dispose()


class Transaction:
    """A transaction that begins with its first statement, so that what is done before keeps no other writer waiting.

    `connection` is for rows without the ORM, `session` for everything else; both are the same transaction.
    """

    def __init__(self, engine: sa.Engine, turn: "_Turn | None" = None) -> None:
        self._engine = engine
        self._turn = turn
        self._taken: int | None = None
        self._connection: sa.Connection | None = None
        self._session: Session | None = None

    @property
    def connection(self) -> sa.Connection:
        if self._connection is None:
            self._connection = self._engine.connect()
            if self._turn:
                self._connection.execution_options(transaction=self)
        return self._connection

    @property
    def session(self) -> Session:
        if self._session is None:
            self._session = Session(self.connection, expire_on_commit=False)
        return self._session

    def take_turn(self) -> None:
        """Wait until others have written. Raises StorageBusy."""
        if self._turn and self._taken is None:
            self._taken = self._turn.take()

    def end(self, *, commit: bool) -> None:
        """Write what is still open; what was read stays readable afterwards."""
        if self._session is not None:
            if commit:
                self._session.commit()
            else:
                self._session.expunge_all()
        if commit and self._connection is not None:
            self._connection.commit()

    def close(self) -> None:
        """Roll back what was not committed, give the connection back, and let the next one write."""
        try:
            if self._session is not None:
                self._session.close()
            if self._connection is not None:
                self._connection.close()
        finally:
            if self._turn and self._taken is not None:
                self._turn.over(self._taken)


class _Turn:
    """Whose turn it is to write to an SQLite file, among the threads and processes that have it open.

    SQLite has one writer; its own way of waiting sleeps for longer and longer and starves some. Here threads wake each
    other at once, and processes look every half millisecond. Migrations and other programs, which know nothing of
    turns, wait as SQLite does.
    """

    def __init__(self, database: str) -> None:
        self._path = Path(f"{database}-turn")
        self._threads = threading.RLock()

    @contextmanager
    def desk(self) -> Iterator[None]:
        """The turn among the threads alone. Raises StorageBusy."""
        if not self._threads.acquire(timeout=PATIENCE_SECONDS):
            raise StorageBusy()
        try:
            yield
        finally:
            self._threads.release()

    def take(self) -> int:
        """Wait for the turn; returns what `over` gives back. Raises StorageBusy."""
        if not self._threads.acquire(timeout=PATIENCE_SECONDS):
            raise StorageBusy()
        try:
            # Opened anew each time: a file that was open at a fork would be one lock for both processes.
            taken = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except BaseException:
            self._threads.release()
            raise
        try:
            _lock(taken, time.monotonic() + PATIENCE_SECONDS)
        except BaseException:
            self.over(taken)
            raise
        return taken

    def over(self, taken: int) -> None:
        """Let the next one write."""
        os.close(taken)
        self._threads.release()


def _keep_to_owner(database: str) -> None:
    """No other user of the machine reads an SQLite file or what lies beside it: it opens every phone.

    SQLite makes the files beside it with the mode of the file itself, so that one is made first. One that is there is
    never opened here: closing it would let go of the locks that other connections of this process hold on it.
    """
    with suppress(FileExistsError, FileNotFoundError):
        os.close(os.open(database, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600))
    for beside in ("", "-wal", "-shm", "-turn"):
        owner_only(Path(f"{database}{beside}"))


def _lock(file: int, until: float) -> None:
    """Lock the file; the system knows no lock with a limit, so this asks again and again. Raises StorageBusy."""
    while True:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return
        except BlockingIOError:
            if time.monotonic() >= until:
                raise StorageBusy() from None
            time.sleep(0.0005)


def hold(connection: sa.Connection, record: UUID) -> None:
    """Let nobody else write about this record, which need not exist yet, until the transaction ends.

    On SQLite the transaction itself already keeps every other writer out.
    """
    if connection.dialect.name == "postgresql":
        number = int.from_bytes(record.bytes[:8], signed=True) ^ int.from_bytes(record.bytes[8:], signed=True)
        connection.execute(sa.text("SELECT pg_advisory_xact_lock(:number)"), {"number": number})


def hold_file(connection: sa.Connection, sha256: str) -> None:
    """Let nobody else decide about the bytes of this name until the transaction ends, whichever visit needs them."""
    hold(connection, UUID(sha256[:32]))


def _prepare_sqlite(connection: Any, _record: Any) -> None:
    # The driver must not begin transactions by itself: its late BEGIN loses updates between read and write.
    connection.isolation_level = None
    cursor = connection.cursor()
    for pragma in (
        "journal_mode=WAL",
        "synchronous=FULL",
        "foreign_keys=ON",
        "busy_timeout=30000",
        # 16 MB: pages that every save touches are copied back once, not once for each few saves.
        "wal_autocheckpoint=4000",
    ):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _refuse_writing(connection: Any, _record: Any) -> None:
    connection.execute("PRAGMA query_only = 1").close()


def _begin_writing(connection: sa.Connection) -> None:
    opened = connection.get_execution_options().get("transaction")
    if opened:
        opened.take_turn()
    _begin(connection, "BEGIN IMMEDIATE")


def _begin(connection: sa.Connection, statement: str) -> None:
    # Straight to the driver: this is done for every transaction.
    connection.connection.dbapi_connection.execute(statement).close()  # type: ignore[union-attr]


def _problem(error: Exception) -> Exception:
    """The Problem behind a database error, or the error itself where there is none."""
    text = str(getattr(error, "orig", error)).lower()
    if "database is locked" in text or "deadlock" in text or "lock timeout" in text:
        return StorageBusy()
    if "unique" in text and ("username" in text or "code" in text):
        return NameTaken()
    return error
