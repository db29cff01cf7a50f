"""The numbers of signed reports, one row of them for all kinds."""

from __future__ import annotations

from datetime import datetime

from sqlmodel import Session, col, select

from server.domain.visit import SHANGHAI
from server.storage.visits import Report


def next_number(session: Session, now: datetime) -> str:
    """The next number of the year, as people read it: XT-2026-000001."""
    prefix = f"XT-{now.astimezone(SHANGHAI).year}-"
    last = session.exec(
        select(Report.number).where(col(Report.number).startswith(prefix)).order_by(col(Report.number).desc())
    ).first()
    return f"{prefix}{int(last.removeprefix(prefix)) + 1 if last else 1:06d}"
