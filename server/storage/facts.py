"""The table of facts: what aggregates need of each accepted revision of a visit, so that they read no document."""

from datetime import date
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Field, SQLModel


class VisitFacts(SQLModel, table=True):
    """One accepted revision of a visit that is no recheck.

    `counts` says that it counts now: it is the accepted one of a visit that is not void (`usecases/facts.py` keeps it so).

    `unit_path`, `tier`, `class_`, `setting` are those of then. `earned` and `full` are points times thousandths after the
    prohibitions' effects and the cap, so that sums of them are exact; the prohibitions' own are without the cap. `cap` is
    that cap in points where a grave fail set it; `score` and `prohibition_score` are hundredths as shown. `packed` holds earned and full of each indicator, before the effects,
    in the order of the checklist's catalogue (`domain/indicators.pack`). `counts_on` is the day on which the visit
    counts, `rules_version` the rule set of its day.
    """

    __tablename__ = "visit_facts"
    visit_id: UUID = Field(primary_key=True, foreign_key="visit.id")
    revision: int = Field(primary_key=True)
    outlet_id: UUID = Field(foreign_key="outlet.id")
    unit_path: str = Field(max_length=200)
    tier: str = Field(max_length=24)
    class_: str = Field(sa_column=sa.Column("class", sa.String(1), nullable=False))
    setting: str = Field(max_length=24)
    kind: str = Field(max_length=24)
    part: str | None = Field(default=None, max_length=16)
    visit_date: date
    counts_on: date
    checklist_id: str = Field(max_length=64)
    checklist_version: int
    rules_version: int
    earned: int
    full: int
    prohibition_earned: int
    prohibition_full: int
    cap: int | None = None
    score: int | None = None
    prohibition_score: int | None = None
    touchpoints_met: int
    touchpoints: int
    packed: bytes = Field(sa_type=sa.LargeBinary)
    counts: bool

    __table_args__ = (
        # With what rankings add, so that they read nothing else.
        sa.Index("ix_visit_facts_counts", "counts", "kind", "counts_on", "outlet_id", "full", "earned"),
        sa.Index("ix_visit_facts_outlet_id_counts_on", "outlet_id", "counts_on"),
    )
