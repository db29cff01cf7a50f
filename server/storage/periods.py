"""Tables of periods: where each stands, what it was computed from, and its figures, each with its explanation."""

from datetime import date, datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.compiler import compiles
from sqlmodel import Field, SQLModel

from server.storage.database import one_of

LATEST = 2**31 - 1
"""Until which round a row is of, as long as no later round has something else in its place."""


class PeriodState(StrEnum):
    """The life of a period: drafted, open to objections, published, closed."""

    DRAFT = "draft"
    OPEN = "open"
    PUBLISHED = "published"
    CLOSED = "closed"


class PeriodRow(SQLModel, table=True):
    """A month, quarter or half-year by its code (2026-11, 2026-Q4, 2026-H2).

    `round` counts how often it was computed for good: it rises when a closed period is opened again, and figures of
    earlier rounds stay. `engine` is the number of the engine that computed its figures (`domain/engine.py`). `digest` is the SHA-256 over all its figures in their order. Who asks to open it again and who
    agrees are two people.
    `imports` is the number of the latest import when they were computed, `parts` what they took of other periods
    (`queries/period_grounds.py`).
    """

    __tablename__ = "period"
    code: str = Field(primary_key=True, max_length=7)
    kind: str = Field(max_length=12)
    state: PeriodState = Field(sa_type=one_of(PeriodState))  # type: ignore[call-overload]
    round: int = 1
    rules_version: int
    engine: int = Field(default=1, sa_column_kwargs={"server_default": "1"})
    digest: str = Field(default="", max_length=64)
    imports: int = Field(default=0, sa_column_kwargs={"server_default": "0"})
    parts: str = Field(default="", sa_type=sa.Text, sa_column_kwargs={"server_default": ""})
    drafted_at: datetime
    open_until: datetime | None = None
    published_at: datetime | None = None
    closed_at: datetime | None = None
    closed_by: UUID | None = Field(default=None, foreign_key="user_account.id")
    reopen_asked_by: UUID | None = Field(default=None, foreign_key="user_account.id")
    reopen_why: str = Field(default="", max_length=1000)
    changed_at: datetime


class PeriodReopening(SQLModel, table=True):
    """One request to open a closed period again: who asked why, and who agreed or refused (None: nobody yet), with what words.

    Where the asker answered, the request was withdrawn.
    """

    __tablename__ = "period_reopening"
    period: str = Field(primary_key=True, max_length=7)
    number: int = Field(primary_key=True)
    asked_by: UUID | None = Field(default=None, foreign_key="user_account.id")
    asked_at: datetime
    why: str = Field(max_length=1000)
    agreed: bool | None = None
    answered_by: UUID | None = Field(default=None, foreign_key="user_account.id")
    answered_at: datetime | None = None
    answer: str = Field(default="", max_length=1000, sa_column_kwargs={"server_default": ""})


class PeriodOutlet(SQLModel, table=True):
    """An outlet as it was when a round of a period was computed: later decisions never change earlier periods.

    As with visits and figures, the row is of the rounds from `round` to `until` (`in_round`), so that a round which begins as
    another was, but for one visit, keeps only what is new in it. What is laid down under a negative number is of that alone.
    """

    __tablename__ = "period_outlet"
    period: str = Field(primary_key=True, max_length=7)
    outlet_id: UUID = Field(primary_key=True, foreign_key="outlet.id")
    round: int = Field(primary_key=True)
    until: int = Field(default=LATEST, sa_column_kwargs={"server_default": str(LATEST)})
    unit_path: str = Field(max_length=200)
    tier: str = Field(max_length=24)
    class_: str = Field(sa_column=sa.Column("class", sa.String(1), nullable=False))
    setting: str = Field(max_length=24)
    since: date | None = None
    star: int | None = None


class PeriodVisit(SQLModel, table=True):
    """Which revision of which visit a round of a period was computed from."""

    __tablename__ = "period_visit"
    period: str = Field(primary_key=True, max_length=7)
    visit_id: UUID = Field(primary_key=True, foreign_key="visit.id")
    round: int = Field(primary_key=True)
    until: int = Field(default=LATEST, sa_column_kwargs={"server_default": str(LATEST)})
    revision: int


class Figure(SQLModel, table=True):
    """One figure of a round: `subject` is an outlet's id or a unit's path, `code` which figure it is.

    `value` is exact, as explanations write it; `hundredths` is the same as a number, where it is one, for sorting.
    `explanation` is the canonical JSON of its tree, packed by zlib; `sha256` the hash of all that, so that the digest of a round
    is made without unpacking (`usecases/round_portions.hash_of`; a replay unpacks all the same). `parts` of composites and stars is
    what other rules weigh anew (`domain/figure_parts.py`).
    """

    __tablename__ = "figure"
    period: str = Field(primary_key=True, max_length=7)
    subject: str = Field(primary_key=True, max_length=200)
    code: str = Field(primary_key=True, max_length=40)
    round: int = Field(primary_key=True)
    until: int = Field(default=LATEST, sa_column_kwargs={"server_default": str(LATEST)})
    value: str | None = Field(default=None, sa_type=sa.Text)
    hundredths: int | None = Field(default=None, sa_type=sa.BigInteger)
    rank: int | None = None
    of: int | None = None
    explanation: bytes = Field(sa_type=sa.LargeBinary)
    sha256: bytes = Field(default=b"", sa_type=sa.LargeBinary)
    parts: str | None = Field(default=None, sa_type=sa.Text)

    __table_args__ = (
        sa.Index("ix_figure_subject_code", "subject", "code"),
        sa.Index("ix_figure_period_code", "period", "code", "rank"),
    )


def in_round(table: Any, number: Any) -> sa.ColumnElement[bool]:
    """The rows that a round has, of outlets, visits or figures: of their model, or of the columns of a table or an alias."""
    return sa.and_(table.round <= number, table.until >= number)


class OutletText(sa.sql.functions.FunctionElement[str]):
    """An outlet's id as figures write their subject, whatever a database stores it as."""

    type = sa.String()
    inherit_cache = True


@compiles(OutletText)
def _as_stored(element: OutletText, compiler: Any, **given: Any) -> str:
    return f"CAST({compiler.process(element.clauses, **given)} AS VARCHAR)"


@compiles(OutletText, "sqlite")
def _with_dashes(element: OutletText, compiler: Any, **given: Any) -> str:
    hexadecimal = compiler.process(element.clauses, **given)
    places = ((1, 8), (9, 4), (13, 4), (17, 4), (21, 12))
    return " || '-' || ".join(f"substr({hexadecimal}, {first}, {many})" for first, many in places)
