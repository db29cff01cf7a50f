"""Tables of corrective actions: each as it stands now, and everything that happened to it."""

from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from server.domain.actions import ActionSort, ActionState, Step
from server.storage.database import one_of


class Action(SQLModel, table=True):
    """What an outlet must put right, by when.

    `visit_id` and `item` say what failed; both are empty for an action made by hand about something else, which may
    still name an item of a checklist. `files` (JSON) are the proofs that its answer names; `pending` (JSON) is an
    answer that waits for some of them. `repeats` is the earlier action about the same item, `overdue_at` when it
    went up last because the present date passed unanswered, `recheck_id` the assignment that looks again, `recheck_passed` what that found.
    """

    __tablename__ = "corrective_action"
    id: UUID = Field(primary_key=True)
    outlet_id: UUID = Field(foreign_key="outlet.id", index=True)
    visit_id: UUID | None = Field(default=None, foreign_key="visit.id", index=True)
    checklist_id: str | None = Field(default=None, max_length=64)
    checklist_version: int | None = None
    item: str | None = Field(default=None, max_length=64)
    sort: ActionSort = Field(sa_type=one_of(ActionSort))  # type: ignore[call-overload]
    what: str = Field(sa_type=sa.Text)
    who: str = Field(default="", max_length=80)
    due_at: datetime
    state: ActionState = Field(sa_type=one_of(ActionState))  # type: ignore[call-overload]
    level: int = 0
    repeats: UUID | None = Field(default=None, foreign_key="corrective_action.id")
    made_by: UUID | None = Field(default=None, foreign_key="user_account.id")
    made_at: datetime
    answer: str = Field(default="", sa_type=sa.Text)
    files: str = Field(default="[]", sa_type=sa.Text)
    pending: str | None = Field(default=None, sa_type=sa.Text)
    answered_by: UUID | None = Field(default=None, foreign_key="user_account.id")
    answered_at: datetime | None = None
    decided_by: UUID | None = Field(default=None, foreign_key="user_account.id")
    decided_at: datetime | None = None
    note: str = Field(default="", sa_type=sa.Text)
    overdue_at: datetime | None = None
    recheck_id: UUID | None = Field(default=None, foreign_key="assignment.id", index=True)
    recheck_passed: bool | None = None
    etag: str = Field(max_length=40)
    changed_at: datetime

    __table_args__ = (
        sa.Index("ix_corrective_action_state_due", "state", "due_at"),
        sa.Index("ix_corrective_action_outlet_item", "outlet_id", "item"),
    )


class ActionStep(SQLModel, table=True):
    """One thing that happened to an action; none is ever changed.

    `files` (JSON) are the proofs of an answer, `sent_sha256` is of the answer as it was sent, so that it is known again.
    """

    __tablename__ = "action_step"
    action_id: UUID = Field(primary_key=True, foreign_key="corrective_action.id")
    number: int = Field(primary_key=True)
    step: Step = Field(sa_type=one_of(Step))  # type: ignore[call-overload]
    actor_id: UUID | None = Field(default=None, foreign_key="user_account.id")
    at: datetime
    text: str = Field(default="", sa_type=sa.Text)
    files: str = Field(default="[]", sa_type=sa.Text)
    sent_sha256: str = Field(default="", max_length=64)
    due_at: datetime | None = None
    level: int = 0
