"""Work: one transaction with its session, actor, instant, files and settings; the only place that commits."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Session

from server.config import Settings
from server.domain.access import SYSTEM, Permission, Viewer
from server.domain.errors import NotAllowed
from server.reports.press import Manuscript, printed
from server.storage import events
from server.storage.database import Database, Transaction
from server.storage.files import Files


@dataclass(slots=True)
class Work:
    """What one request or job works with. Everything added is committed together, or not at all."""

    _transaction: Transaction
    viewer: Viewer
    now: datetime
    files: Files
    settings: Settings
    _happened: list[events.Row] = field(default_factory=list, init=False)

    @property
    def session(self) -> Session:
        """The session; what was recorded is written before anything else is asked of it."""
        self.write_events()
        return self._transaction.session

    @property
    def connection(self) -> sa.Connection:
        """The connection under the session, for rows without the ORM."""
        return self._transaction.connection

    @property
    def actor_id(self) -> UUID | None:
        """Who acts; None for the system itself."""
        return UUID(self.viewer.user_id) if self.viewer.user_id else None

    def needs(self, permission: Permission) -> None:
        """Raises NotAllowed unless the actor holds the permission; the system may do everything."""
        if self.viewer is not SYSTEM and not self.viewer.may(permission):
            raise NotAllowed()

    def record(self, name: str, subject: str, subject_id: UUID | str, **facts: Any) -> None:
        """Write the event of a change into the same transaction; facts are ids and numbers, never names.

        Events that follow each other without a look at the session are written together.
        """
        self._happened.append(
            events.row(
                at=self.now,
                name=name,
                subject=subject,
                subject_id=str(subject_id),
                actor_id=self.actor_id,
                facts=facts,
            )
        )

    def write_events(self) -> None:
        """Write what was recorded and is not written yet."""
        if self._happened:
            happened, self._happened = self._happened, []
            events.add(self.connection, happened)


@dataclass(slots=True)
class Office:
    """Where work is opened: the database, the files, the settings, the clock and the press of one process."""

    database: Database
    files: Files
    settings: Settings
    clock: Callable[[], datetime]
    press: Callable[[Manuscript], bytes] = printed

    @classmethod
    def of(cls, settings: Settings, clock: Callable[[], datetime] | None = None) -> "Office":
        """The office that the settings describe; the clock is the machine's unless one is handed in."""
        return cls(
            Database(settings.database),
            Files(settings.files, settings.uploads),
            settings,
            clock or (lambda: datetime.now(UTC)),
        )

    @contextmanager
    def work(self, viewer: Viewer = SYSTEM, *, write: bool = True) -> Iterator[Work]:
        """Open a transaction; it is committed when the block ends and rolled back when it raises."""
        with self.database.transaction(write=write) as transaction:
            work = Work(transaction, viewer, self.clock(), self.files, self.settings)
            yield work
            work.write_events()
