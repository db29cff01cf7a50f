"""Tables of folders of reports: what was asked for, how far it is, and the zip that came of it."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from server.storage.database import one_of


class FolderState(StrEnum):
    """The life of a folder: each missing report is signed, then all are zipped; the zip is kept some days."""

    SIGNING = "signing"
    ZIPPING = "zipping"
    READY = "ready"
    FAILED = "failed"
    EXPIRED = "expired"


class ReportFolder(SQLModel, table=True):
    """One asked-for folder. `asked` (JSON) is the filter; `lease` is held by the worker that is at a step of it."""

    __tablename__ = "report_folder"
    id: UUID = Field(primary_key=True)
    asked_by: UUID = Field(foreign_key="user_account.id", index=True)
    asked_at: datetime
    edition: str = Field(max_length=8)
    asked: str = Field(sa_type=sa.Text)
    state: FolderState = Field(sa_type=one_of(FolderState), index=True)  # type: ignore[call-overload]
    total: int
    done: int = 0
    skipped: int = 0
    bytes: int | None = Field(default=None, sa_type=sa.BigInteger)
    error: str | None = Field(default=None, max_length=500)
    failures: int = 0
    lease: str | None = Field(default=None, max_length=32)
    leased_until: datetime | None = None
    ready_at: datetime | None = None
    expires_at: datetime | None = Field(default=None, index=True)


class FolderItem(SQLModel, table=True):
    """A visit, or a subject of period reports, and its report once it is signed; `skipped`: there was none any more."""

    __tablename__ = "report_folder_item"
    folder_id: UUID = Field(primary_key=True, foreign_key="report_folder.id")
    position: int = Field(primary_key=True)
    visit_id: UUID | None = Field(default=None, foreign_key="visit.id")
    subject: UUID | None = None
    report_id: UUID | None = Field(default=None, foreign_key="report.id")
    skipped: bool = False
