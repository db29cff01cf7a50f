"""Orders for period reports: asked for in a moment, made by the worker, and never two because a button was pressed twice."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID, uuid4

from sqlmodel import col, select

from server.domain.errors import NotAllowed, Problem
from server.domain.period_reports import DRAFT_DAYS, Kind, PeriodWrong, over, period_of
from server.domain.visit import SHANGHAI
from server.queries import period_orders as shown
from server.queries import period_reports as reports_of
from server.queries.rules import NoRules
from server.storage.organisation import User
from server.storage.period_orders import OrderState, PeriodOrder
from server.usecases import period_reports
from server.usecases.people import viewer_of
from server.usecases.period_read import Wanted
from server.usecases.work import Office, Work


def ask(work: Work, wanted: Wanted, remarks: str = "", *, draft: bool) -> PeriodOrder:
    """Ask for a period report; the same again while it waits is the order that waits.

    Raises NotAllowed, NotFound, and PeriodRuns for one to be signed before its period is over.
    """
    period_reports.allowed(work, wanted)
    reports_of.subject(work.session, work.viewer, wanted.kind, wanted.subject_id)
    if not draft:
        over(wanted.period, work.now.astimezone(SHANGHAI).date())
    # Whoever presses twice waits here for his first order.
    asker = work.session.exec(
        select(User.id).where(User.id == UUID(work.viewer.user_id)).with_for_update()
    ).one()
    same = work.session.exec(
        select(PeriodOrder).where(
            PeriodOrder.asked_by == asker,
            PeriodOrder.state == OrderState.WAITING,
            PeriodOrder.kind == wanted.kind,
            PeriodOrder.subject == wanted.subject_id,
            PeriodOrder.period == wanted.period.code,
            PeriodOrder.edition == wanted.edition,
            PeriodOrder.language == wanted.language,
            PeriodOrder.remarks == remarks,
            PeriodOrder.draft == draft,
        )
    ).all()
    given_up = shown.given_up(work.session, [order.id for order in same])
    for order in same:
        if order.id not in given_up:
            return order
    made = PeriodOrder(
        id=uuid4(),
        asked_by=asker,
        asked_at=work.now,
        kind=wanted.kind,
        subject=wanted.subject_id,
        period=wanted.period.code,
        edition=wanted.edition,
        language=wanted.language,
        remarks=remarks,
        draft=draft,
        state=OrderState.WAITING,
    )
    work.session.add(made)
    work.session.flush()
    work.record("report.asked", "period_order", made.id, about=str(wanted.subject_id), draft=draft)
    return made


def make(office: Office, order_id: UUID) -> None:
    """Make what was asked for, with the rights that its asker has now; doing it again changes nothing.

    What stands against it is kept with the order; any other error is the worker's, who tries again.
    """
    try:
        with office.work(write=False) as work:
            order = work.session.get(PeriodOrder, order_id)
            if order is None or order.state is not OrderState.WAITING:
                return
            user = work.session.get_one(User, order.asked_by)
            viewer, gone = viewer_of(user), user.disabled_at is not None
            wanted, remarks, draft = _wanted(order), order.remarks, order.draft
        if gone:
            raise NotAllowed()
        report_id = None
        if draft:
            pages = period_reports.draft(office, viewer, wanted, remarks)
            office.files.put_named(name_of(order_id), pages)
        else:
            report_id = period_reports.issue(office, viewer, wanted, remarks).id
    except Problem as problem:
        _end(office, order_id, OrderState.REFUSED, refused=problem.code)
    except NoRules:
        _end(office, order_id, OrderState.REFUSED, refused=PeriodWrong.code)
    else:
        _end(office, order_id, OrderState.READY, report_id=report_id)


def draft(work: Work, order_id: UUID) -> bytes:
    """The PDF of a draft of the viewer's own. Raises NotFound, NotAllowed, DraftNotReady, DraftExpired."""
    order = shown.draft_of(work.session, work.viewer, order_id)
    period_reports.allowed(work, _wanted(order))
    return work.files.get_named(name_of(order_id)) or b""


def expire(office: Office) -> int:
    """Delete the drafts whose days are over; returns how many."""
    with office.work() as work:
        old = work.session.exec(
            select(PeriodOrder).where(
                PeriodOrder.state == OrderState.READY, col(PeriodOrder.expires_at) <= work.now
            )
        ).all()
        for order in old:
            order.state = OrderState.EXPIRED
            work.record("draft.expired", "period_order", order.id)
        gone = [order.id for order in old]
    for order_id in gone:
        office.files.delete_named(name_of(order_id))
    return len(gone)


def name_of(order_id: UUID) -> str:
    """Under which name the object store keeps a draft."""
    return f"draft/{order_id}.pdf"


def _end(
    office: Office, order_id: UUID, state: OrderState, *, report_id: UUID | None = None, refused: str = ""
) -> None:
    with office.work() as work:
        order = work.session.exec(
            select(PeriodOrder).where(PeriodOrder.id == order_id).with_for_update()
        ).one()
        if order.state is not OrderState.WAITING:
            return
        order.state, order.report_id, order.refused = state, report_id, refused
        if state is OrderState.REFUSED:
            work.record("report.refused", "period_order", order.id, why=refused)
        elif order.draft:
            order.expires_at = work.now + timedelta(days=DRAFT_DAYS)
            work.record("draft.ready", "period_order", order.id)


def _wanted(order: PeriodOrder) -> Wanted:
    kind = Kind(order.kind)
    return Wanted(
        kind,
        order.subject,
        period_of(kind, order.period),
        "inner" if order.edition == "inner" else "outlet",
        "en" if order.language == "en" else "zh",
    )
