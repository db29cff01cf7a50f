"""Tables of visits: assignments, visits, revisions, their files, uploads, reviews, reports."""

from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from server.domain.visit import VisitKind, VisitState
from server.storage.database import one_of


class AssignmentState(StrEnum):
    """The life of an assignment (handbook 01)."""

    PLANNED = "planned"
    ASSIGNED = "assigned"
    TAKEN = "taken"
    DECLINED = "declined"
    WITHDRAWN = "withdrawn"
    DONE = "done"


class Assignment(SQLModel, table=True):
    """Who is to inspect which outlet when, with which checklist.

    `items` (JSON) are the ids of what a recheck asks again; None: the whole list.
    """

    __tablename__ = "assignment"
    id: UUID = Field(primary_key=True)
    outlet_id: UUID = Field(foreign_key="outlet.id", index=True)
    user_id: UUID | None = Field(default=None, foreign_key="user_account.id", index=True)
    kind: VisitKind = Field(sa_type=one_of(VisitKind))  # type: ignore[call-overload]
    part: str | None = Field(default=None, max_length=16)
    checklist_id: str = Field(max_length=64)
    checklist_version: int
    window_from: date
    window_to: date
    due_at: datetime
    state: AssignmentState = Field(sa_type=one_of(AssignmentState), index=True)  # type: ignore[call-overload]
    note: str = Field(default="", max_length=500)
    recheck_of: UUID | None = None
    items: str | None = Field(default=None, sa_type=sa.Text)
    answered_at: datetime | None = None
    answer: str = Field(default="", max_length=500)
    changed_at: datetime


class Visit(SQLModel, table=True):
    """A visit as it stands: its state, its newest save, and what the newest revision came to.

    Scores are hundredths of a point; `revision` counts submissions (0: none yet).
    """

    __tablename__ = "visit"
    id: UUID = Field(primary_key=True)
    outlet_id: UUID = Field(foreign_key="outlet.id", index=True)
    assignment_id: UUID | None = Field(default=None, foreign_key="assignment.id", index=True)
    inspector_id: UUID = Field(foreign_key="user_account.id", index=True)
    kind: VisitKind = Field(sa_type=one_of(VisitKind))  # type: ignore[call-overload]
    part: str | None = Field(default=None, max_length=16)
    recheck_of: UUID | None = Field(default=None, foreign_key="visit.id")
    checklist_id: str = Field(max_length=64)
    checklist_version: int
    state: VisitState = Field(sa_type=one_of(VisitState))  # type: ignore[call-overload]
    etag: str = Field(max_length=40)
    revision: int = 0
    accepted_revision: int | None = None
    document: str = Field(sa_type=sa.Text)
    document_sha256: str = Field(max_length=64)
    visit_date: date = Field(index=True)
    started_at: datetime
    score: int | None = None
    prohibition_score: int | None = None
    touchpoint_score: int | None = None
    grave: bool = False
    voided: bool = False
    flags: str = Field(default="[]", sa_type=sa.Text)
    returned: str | None = Field(default=None, sa_type=sa.Text)
    reason: str | None = Field(default=None, max_length=1000)
    claimed_by: UUID | None = Field(default=None, foreign_key="user_account.id")
    claimed_at: datetime | None = None
    created_at: datetime
    submitted_at: datetime | None = None
    whole_at: datetime | None = None
    decided_at: datetime | None = None
    published_at: datetime | None = None
    changed_at: datetime

    __table_args__ = (
        sa.Index("ix_visit_state_submitted", "state", "submitted_at"),
        sa.Index("ix_visit_kind_visit_date", "kind", "visit_date"),
    )


class Revision(SQLModel, table=True):
    """One submission or correction, kept for ever: the document, its score with explanation, its receipt."""

    __tablename__ = "revision"
    visit_id: UUID = Field(primary_key=True, foreign_key="visit.id")
    number: int = Field(primary_key=True)
    document: str = Field(sa_type=sa.Text)
    sha256: str = Field(max_length=64)
    result: str = Field(sa_type=sa.Text)
    author_id: UUID = Field(foreign_key="user_account.id")
    created_at: datetime
    whole_at: datetime | None = None
    receipt: str | None = Field(default=None, sa_type=sa.Text)


class VisitFile(SQLModel, table=True):
    """A file that has arrived for a visit; the bytes lie in the object store under their SHA-256.

    `expired_at`: its time has come and its bytes are gone, as they should be; the row and the hash stay.
    """

    __tablename__ = "visit_file"
    visit_id: UUID = Field(primary_key=True)
    sha256: str = Field(primary_key=True, max_length=64, index=True)
    kind: str = Field(max_length=16)
    item_id: str | None = Field(default=None, max_length=64)
    type: str = Field(max_length=40)
    bytes: int
    width: int | None = None
    height: int | None = None
    dhash: str | None = Field(default=None, max_length=16)
    taken_at: datetime | None = None
    uploader_id: UUID = Field(foreign_key="user_account.id")
    arrived_at: datetime
    expired_at: datetime | None = None

    __table_args__ = (sa.Index("ix_visit_file_dhash_arrived", "dhash", "arrived_at", "sha256", "visit_id"),)


class Upload(SQLModel, table=True):
    """An unfinished upload; its bytes so far lie in the uploads folder.

    `subject` is whose file it becomes: a visit's, or that of an action or appeal, whose id then stands in `visit_id`.
    """

    __tablename__ = "upload"
    id: UUID = Field(primary_key=True)
    user_id: UUID = Field(foreign_key="user_account.id")
    visit_id: UUID = Field(index=True)
    subject: str = Field(default="visit", max_length=16)
    sha256: str = Field(max_length=64)
    item_id: str | None = Field(default=None, max_length=64)
    kind: str = Field(max_length=16)
    type: str = Field(max_length=40)
    length: int
    offset: int = Field(default=0, sa_column=sa.Column("received", sa.BigInteger, nullable=False))
    created_at: datetime
    expires_at: datetime = Field(index=True)
    finished_at: datetime | None = None


class Review(SQLModel, table=True):
    """One reviewer's decision on one revision; `round` 1 or 2 (3: hq decides a dispute)."""

    __tablename__ = "review"
    id: UUID = Field(primary_key=True)
    visit_id: UUID = Field(foreign_key="visit.id", index=True)
    revision: int
    round: int
    reviewer_id: UUID = Field(foreign_key="user_account.id")
    decision: str = Field(max_length=16)
    reasons: str = Field(default="[]", sa_type=sa.Text)
    verdicts: str = Field(default="[]", sa_type=sa.Text)
    note: str = Field(default="", max_length=4000)
    at: datetime

    __table_args__ = (sa.UniqueConstraint("visit_id", "revision", "round"),)


class Report(SQLModel, table=True):
    """A signed PDF: what it is about, which edition, where its bytes lie, and what replaced it.

    `kind`: visit, outlet_month, branch_quarter, province_quarter or decision_letter. `subject` is the outlet,
    or the unit of a quarter; `period` as 2026-11 or 2026-Q4, of a letter the day on which it takes effect,
    empty for a visit. `revision` is the visit's, else how often the report was made. `basis` (JSON) maps each
    visit that a period report counts to its revision; `facts_sha256` is of everything that it shows.
    """

    __tablename__ = "report"
    id: UUID = Field(primary_key=True)
    kind: str = Field(default="visit", max_length=16)
    subject: UUID | None = Field(default=None, index=True)
    period: str = Field(default="", max_length=10)
    language: str = Field(default="zh", max_length=2)
    visit_id: UUID | None = Field(default=None, foreign_key="visit.id", index=True)
    revision: int
    edition: str = Field(max_length=8)
    number: str = Field(unique=True, max_length=40)
    sha256: str = Field(max_length=64)
    bytes: int
    signed_at: datetime
    superseded_by: UUID | None = Field(default=None, foreign_key="report.id")
    facts_sha256: str = Field(default="", max_length=64)
    basis: str = Field(default="{}", sa_type=sa.Text)

    __table_args__ = (
        sa.Index(
            "ix_report_visit_id_revision_edition_language", "visit_id", "revision", "edition", "language"
        ),
        sa.Index("ix_report_kind_period", "kind", "period"),
    )


class ReportNumber(SQLModel, table=True):
    """The last number of reports that was reserved in a year; a report that was not made after all leaves a gap."""

    __tablename__ = "report_number"
    year: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False})
    last: int
