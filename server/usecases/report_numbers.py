"""The numbers of signed reports, one row of them for all kinds."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from server.domain.visit import SHANGHAI
from server.storage.visits import ReportNumber
from server.usecases.work import Office


def reserve(office: Office) -> str:
    """Take the next number of the year, as people read it: XT-2026-000001; nobody else gets it.

    It is taken in a transaction of its own before the pages are laid out. A number whose report was not made in the
    end stays unused: gaps are no sign of a report that is missing.
    """
    with office.work() as work:
        dialect = work.connection.dialect.name
        insert = postgresql.insert if dialect == "postgresql" else sqlite.insert
        year = work.now.astimezone(SHANGHAI).year
        taken = insert(ReportNumber).values(year=year, last=1)
        taken = taken.on_conflict_do_update(
            index_elements=["year"], set_={"last": sa.literal_column("report_number.last") + 1}
        )
        last = work.session.execute(taken.returning(sa.literal_column("last"))).scalar_one()
    return f"XT-{year}-{last:06d}"
