"""The outlets that may be others in a period than its round has them: those that changed since it was computed, but for their stars."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import col

from server.storage.decisions import OutletChange
from server.storage.organisation import Outlet, OutletStatus
from server.storage.periods import PeriodOutlet, in_round

_OUTLETS: Any = Outlet.__table__  # type: ignore[attr-defined]
_STAR = "star"
_STAYS = ("unit_path", "tier", "class", "setting")


def touched(connection: sa.Connection, code: str, round_: int, since: datetime) -> set[UUID]:
    """Of the outlets that changed since an instant those that the round has otherwise than the list, or not at all, and those
    with another turn in their history than a star.

    A published rating gives stars to the whole province; nothing of them has to be looked at for it.
    """
    kept = PeriodOutlet.__table__.alias()  # type: ignore[attr-defined]
    mine = sa.and_(kept.c.period == code, in_round(kept.c, round_), kept.c.outlet_id == _OUTLETS.c.id)
    changed = _OUTLETS.c.changed_at > since
    differs = sa.or_(
        kept.c.outlet_id.is_(None),
        _OUTLETS.c.status.in_([OutletStatus.ONBOARDING, OutletStatus.EXITED]),
        _OUTLETS.c.cooperation_since.is_distinct_from(kept.c.since),
        *(sa.cast(_OUTLETS.c[name], sa.String) != kept.c[name] for name in _STAYS),
    )
    rows = connection.execute(
        sa.select(_OUTLETS.c.id).select_from(_OUTLETS.outerjoin(kept, mine)).where(changed, differs)
    )
    turned = connection.execute(
        sa.select(col(OutletChange.outlet_id)).where(
            col(OutletChange.at) > since, col(OutletChange.field) != _STAR
        )
    )
    return {*rows.scalars(), *turned.scalars()}
