"""Tables of the standards: published checklists and rule sets, which nothing changes, and drafts of the next."""

from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from server.storage.database import one_of


class ChecklistVersion(SQLModel, table=True):
    """A published checklist: what phone and server interpret, and what people wrote; triggers refuse changes.

    `compiled` and `written` are canonical JSON, `sha256` is that of `compiled`. `written` is empty in rows that
    are older than the column, until the next start fills it from the folder of checklists.
    """

    __tablename__ = "checklist_version"
    id: str = Field(primary_key=True, max_length=64)
    version: int = Field(primary_key=True)
    sha256: str = Field(max_length=64)
    compiled: str = Field(sa_type=sa.Text)
    written: str = Field(default="", sa_column=sa.Column(sa.Text, nullable=False, server_default=""))
    published_at: datetime
    proposed_by: UUID | None = Field(default=None, foreign_key="user_account.id")
    confirmed_by: UUID | None = Field(default=None, foreign_key="user_account.id")
    retired_at: datetime | None = None
    retired_reason: str = Field(
        default="", sa_column=sa.Column(sa.String(2000), nullable=False, server_default="")
    )


class RuleSet(SQLModel, table=True):
    """A published rule set, valid from a date on (Asia/Shanghai); triggers refuse changes.

    `written` is the canonical JSON of the whole set, `sha256` its hash.
    """

    __tablename__ = "rule_set"
    version: int = Field(primary_key=True)
    valid_from: date = Field(index=True)
    sha256: str = Field(max_length=64)
    written: str = Field(sa_type=sa.Text)
    published_at: datetime
    proposed_by: UUID | None = Field(default=None, foreign_key="user_account.id")
    confirmed_by: UUID | None = Field(default=None, foreign_key="user_account.id")
    retired_at: datetime | None = None
    retired_reason: str = Field(
        default="", sa_column=sa.Column(sa.String(2000), nullable=False, server_default="")
    )


class DraftKind(StrEnum):
    """What a draft is to become."""

    CHECKLIST = "checklist"
    RULES = "rules"


class DraftState(StrEnum):
    """Where a draft stands: being written, waiting for the second person, or over."""

    OPEN = "open"
    PROPOSED = "proposed"
    PUBLISHED = "published"
    DISCARDED = "discarded"


_LIVES = sa.text("state IN ('open', 'proposed')")


class StandardDraft(SQLModel, table=True):
    """The next version of a checklist or of the rules while it is written; one at a time lives of each name.

    `written` is canonical JSON, `base` the version that it is compared with (None: the first), `revision` rises
    with each save and step; `author_id` saved last, `changed_by` did anything last. `name` is the checklist's id, or `rules`.
    """

    __tablename__ = "standard_draft"
    __table_args__ = (
        sa.Index(
            "uq_standard_draft_living",
            "kind",
            "name",
            unique=True,
            sqlite_where=_LIVES,
            postgresql_where=_LIVES,
        ),
    )
    id: UUID = Field(primary_key=True)
    kind: DraftKind = Field(sa_type=one_of(DraftKind))  # type: ignore[call-overload]
    name: str = Field(max_length=64)
    state: DraftState = Field(sa_type=one_of(DraftState))  # type: ignore[call-overload]
    written: str = Field(sa_type=sa.Text)
    base: int | None = None
    revision: int = 1
    author_id: UUID = Field(foreign_key="user_account.id")
    changed_by: UUID = Field(foreign_key="user_account.id")
    proposed_by: UUID | None = Field(default=None, foreign_key="user_account.id")
    reason: str = Field(default="", max_length=2000)
    created_at: datetime
    changed_at: datetime
