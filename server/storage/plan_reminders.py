"""The table of meetings and trainings that were held: of which unit, which sort, for which period, when, and by whom it was noted."""

from datetime import date, datetime
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Field, SQLModel


class PlanReminder(SQLModel, table=True):
    """One meeting or training of a unit that was held for a period; noting it again corrects the day and the note.

    `code` is one of `domain/plan_reminders.SORTS`, `period` the code of a month, quarter, half-year or year.
    """

    __tablename__ = "plan_reminder"
    unit_id: UUID = Field(primary_key=True, foreign_key="unit.id")
    code: str = Field(primary_key=True, max_length=24)
    period: str = Field(primary_key=True, max_length=10)
    held_on: date
    note: str = Field(default="", sa_type=sa.Text)
    by_id: UUID = Field(foreign_key="user_account.id")
    at: datetime
