"""Tables of the service commission: where each month stands, what each outlet gets, staff shares, refunds, differences settled."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from server.storage.database import one_of


class CommissionState(StrEnum):
    """A month is computed, as often as needed, and closed once."""

    COMPUTED = "computed"
    CLOSED = "closed"


class CommissionRun(SQLModel, table=True):
    """Where a month stands; `round` is the round of the period that it was computed from.

    `digest` is the SHA-256 over all its lines: a month is closed as it was looked at, or not at all. Who closes is
    somebody else than who computed, where both are people.
    """

    __tablename__ = "commission_run"
    month: str = Field(primary_key=True, max_length=7)
    state: CommissionState = Field(sa_type=one_of(CommissionState))  # type: ignore[call-overload]
    round: int
    rules_version: int
    digest: str = Field(max_length=64)
    computed_at: datetime
    computed_by: UUID | None = Field(default=None, foreign_key="user_account.id")
    closed_at: datetime | None = None
    closed_by: UUID | None = Field(default=None, foreign_key="user_account.id")


class CommissionMonth(SQLModel, table=True):
    """An outlet's commission of a month, all sums in fen, with the outlet as it was.

    `staff_fen` holds the shares of this month and those of differences; `paid_fen` holds it too. `explanation` is the
    canonical JSON of its tree, packed by zlib.
    """

    __tablename__ = "commission_month"
    month: str = Field(primary_key=True, max_length=7)
    outlet_id: UUID = Field(primary_key=True, foreign_key="outlet.id")
    unit_path: str = Field(max_length=200)
    tier: str = Field(max_length=24)
    class_: str = Field(sa_column=sa.Column("class", sa.String(1), nullable=False))
    setting: str = Field(max_length=24)
    base_fen: int = Field(sa_type=sa.BigInteger)
    years_factor: str = Field(max_length=24)
    pay_factor: str = Field(max_length=24)
    composite: int | None = None
    veto: bool
    amount_fen: int = Field(sa_type=sa.BigInteger)
    withheld_fen: int = Field(sa_type=sa.BigInteger)
    staff_fen: int = Field(sa_type=sa.BigInteger)
    refunded_fen: int = Field(sa_type=sa.BigInteger)
    settled_fen: int = Field(sa_type=sa.BigInteger)
    carried_in_fen: int = Field(sa_type=sa.BigInteger)
    paid_fen: int = Field(sa_type=sa.BigInteger)
    carried_on_fen: int = Field(sa_type=sa.BigInteger)
    explanation: bytes = Field(sa_type=sa.LargeBinary)

    __table_args__ = (
        sa.Index("ix_commission_month_outlet_id_month", "outlet_id", "month"),
        # The sums of a unit over a year are read from it alone, past the explanations.
        sa.Index("ix_commission_month_sums", "month", "unit_path", "outlet_id", "amount_fen", "paid_fen"),
    )


class CommissionShare(SQLModel, table=True):
    """What one of the staff named for `of_month` gets with `month`; the two differ where a difference is settled."""

    __tablename__ = "commission_share"
    month: str = Field(primary_key=True, max_length=7)
    outlet_id: UUID = Field(primary_key=True, foreign_key="outlet.id")
    of_month: str = Field(primary_key=True, max_length=7)
    number: str = Field(primary_key=True, max_length=40)
    name: str = Field(max_length=80)
    weight: int
    fen: int = Field(sa_type=sa.BigInteger)


class CommissionRefund(SQLModel, table=True):
    """A withheld month that is paid back: once, which its key holds."""

    __tablename__ = "commission_refund"
    outlet_id: UUID = Field(primary_key=True, foreign_key="outlet.id")
    withheld_month: str = Field(primary_key=True, max_length=7)
    paid_with: str = Field(max_length=7, index=True)
    fen: int = Field(sa_type=sa.BigInteger)


class CommissionSettlement(SQLModel, table=True):
    """What a closed month came to afterwards, by an appeal or a veto, and the difference that is settled with `month`.

    `staff_fen` is what the staff of that month has got in all, `refund_fen` what was paid back of it (None: nothing yet).
    """

    __tablename__ = "commission_settlement"
    outlet_id: UUID = Field(primary_key=True, foreign_key="outlet.id")
    month: str = Field(primary_key=True, max_length=7)
    of_month: str = Field(primary_key=True, max_length=7)
    composite: int | None = None
    veto: bool
    amount_fen: int = Field(sa_type=sa.BigInteger)
    withheld_fen: int = Field(sa_type=sa.BigInteger)
    staff_fen: int = Field(sa_type=sa.BigInteger)
    refund_fen: int | None = Field(default=None, sa_type=sa.BigInteger)
    fen: int = Field(sa_type=sa.BigInteger)
