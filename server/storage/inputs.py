"""Tables of what figures need besides visits, by outlet and month: counts, complaints, staff, veto events, and their imports."""

from datetime import date, datetime
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Field, SQLModel


class MonthCount(SQLModel, table=True):
    """One count of an outlet in a month: `part` of `whole`, and for on-time rates the stricter numerator beside it.

    Codes: the service-operation indicators (`domain/service_indicators.CODES`), `complaints` (proven of logged; a row with
    0 says that the month's import was complete), `audit` (errors), `certified` (of staff), `customers` (distinct), `praises`, `ideas`.
    `import_number` is that of the import (`InputImport`) that wrote it; None: it is counted here, or from before that was kept.
    """

    __tablename__ = "month_count"
    outlet_id: UUID = Field(primary_key=True, foreign_key="outlet.id")
    month: str = Field(primary_key=True, max_length=7)
    code: str = Field(primary_key=True, max_length=24)
    part: int
    whole: int | None = None
    strict: int | None = None
    import_number: int | None = None

    __table_args__ = (
        sa.Index("ix_month_count_month_code", "month", "code"),
        sa.Index("ix_month_count_import_number", "import_number"),
    )


class Complaint(SQLModel, table=True):
    """A complaint by the number of its ticket; `proven` is None while it is not settled whose fault it was."""

    __tablename__ = "complaint"
    number: str = Field(primary_key=True, max_length=60)
    outlet_id: UUID = Field(foreign_key="outlet.id")
    day: date
    proven: bool | None = None
    kind: str = Field(default="", max_length=80)
    import_number: int | None = None

    __table_args__ = (sa.Index("ix_complaint_outlet_id_day", "outlet_id", "day"),)


class StaffMonth(SQLModel, table=True):
    """Who worked at an outlet in a month, by the number on the badge, with the weight of the share in its commission."""

    __tablename__ = "staff_month"
    outlet_id: UUID = Field(primary_key=True, foreign_key="outlet.id")
    month: str = Field(primary_key=True, max_length=7)
    number: str = Field(primary_key=True, max_length=40)
    name: str = Field(max_length=80)
    certified: bool
    weight: int = 1
    import_number: int | None = None


class VetoEvent(SQLModel, table=True):
    """A proven veto item (V1 to V10) of an outlet on a day; one that was taken back keeps its row and its reason."""

    __tablename__ = "veto_event"
    id: UUID = Field(primary_key=True)
    outlet_id: UUID = Field(foreign_key="outlet.id")
    code: str = Field(max_length=8)
    day: date
    note: str = Field(default="", max_length=1000)
    by_id: UUID | None = Field(default=None, foreign_key="user_account.id")
    at: datetime
    withdrawn_at: datetime | None = None
    withdrawn_why: str = Field(default="", max_length=1000)
    import_number: int | None = None

    __table_args__ = (sa.Index("ix_veto_event_outlet_id_day", "outlet_id", "day"),)


class InputImport(SQLModel, table=True):
    """A file of inputs that was taken in: which sort, its hash, how many rows of which fate, by whom.

    `number` counts the imports from 1; explanations name an import by it.
    """

    __tablename__ = "input_import"
    id: UUID = Field(primary_key=True)
    number: int = Field(index=True, unique=True)
    sort: str = Field(max_length=24, index=True)
    name: str = Field(max_length=200)
    sha256: str = Field(max_length=64)
    months: str = Field(max_length=200)
    complete: bool = False
    added: int
    changed: int
    same: int
    by_id: UUID | None = Field(default=None, foreign_key="user_account.id")
    at: datetime
