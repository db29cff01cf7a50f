"""How long pictures are kept: what they may still have to prove, and from when on the time of keeping counts (handbook 03)."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from server.domain.periods import months_later
from server.domain.rules_visits import Retention
from server.domain.visit import SHANGHAI


def evidence_ends(matters: Iterable[datetime | None], rules: Retention) -> datetime | None:
    """When pictures and sound of a visit go: so many days after the last of its matters was over.

    `matters` are the ends of the time to appeal, of each appeal and of each corrective action; None is one that runs,
    or whose end no calendar tells: then the clock stands still and the answer is None (handbook 03, Law and conduct 5).
    """
    over = list(matters)
    ends = [each for each in over if each is not None]
    if not ends or len(ends) < len(over):
        return None
    return max(ends) + timedelta(days=rules.evidence_days)


def masked_ends(published: datetime, rules: Retention) -> datetime:
    """When the masked pictures of the outlet's edition go: so many months after publication, on the same day and hour."""
    local = published.astimezone(SHANGHAI)
    return datetime.combine(months_later(local.date(), rules.outlet_months), local.timetz())
