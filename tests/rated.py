"""Makers for rules that rate by quarter or year: a rule set that two people publish, and a period brought to its publication."""

from __future__ import annotations

from datetime import UTC, datetime

from server.domain.access import Role, Viewer
from server.domain.periods import Period
from server.usecases import drafts, periods, rules
from server.usecases.work import Office
from tests import make, submitted
from tests.conftest import Clock


def rules_by(office: Office, clock: Clock, kind: str, year: int = 2025, **values: object) -> Viewer:
    """Let rules that rate stars over a kind of period hold from the first day of a year; returns who is at head office."""
    clock.now = datetime(year - 1, 12, 20, 3, tzinfo=UTC)
    one, two = (submitted.viewer(make.user(office, role=Role.HQ)) for _ in range(2))
    with office.work(one) as work:
        draft = rules.begin(work)
        changed = {"/stars/period": kind, "/note": "按新的周期评星"} | values
        draft = rules.change(work, draft.id, draft.revision, changed)
        draft = drafts.propose(work, rules.RULES, draft.id, draft.revision)
    with office.work(two) as work:
        drafts.publish(work, rules.RULES, draft.id, draft.revision)
    return two


def published(office: Office, clock: Clock, hq: Viewer, *codes: str, closed: bool = True) -> None:
    """The periods in their order, each computed soon after its end, opened, published and closed."""
    for code in codes:
        after = Period.read(code).after
        clock.now = max(clock.now, datetime(after.year, after.month, after.day, 3, tzinfo=UTC))
        periods.draft(office, hq, code)
        with office.work(hq) as work:
            periods.open_draft(work, code)
        clock.forward(days=14)
        with office.work(hq) as work:
            periods.publish(work, code)
        if closed:
            with office.work(hq) as work:
                periods.close(work, code)
