"""Makers of corrective actions: a visit with a failed item, accepted or published, and what came of it."""

from __future__ import annotations

from typing import Any

from sqlmodel import col, select

from server.domain.access import Role
from server.domain.visit import VisitState
from server.storage.actions import Action
from server.storage.organisation import Outlet, User
from server.storage.visits import Visit
from server.usecases import review
from server.usecases.work import Office
from tests import make, submitted

FAILED = {"A-01": {"value": "fail", "note": "灯箱不亮"}}


def visit(office: Office, inspector: User, where: Outlet, **given: Any) -> Visit:
    """A visit in which A-01 failed, with a photo of it."""
    answers = {**submitted.GOOD, **FAILED, **given.pop("answers", {})}
    photo = given.pop("photo", make.picture(1))
    return submitted.visit(office, inspector, where, photos=[photo], answers=answers, **given)


def accepted(office: Office, inspector: User, where: Outlet, **given: Any) -> Visit:
    """The same, accepted by as many reviewers as the rules ask for."""
    made = visit(office, inspector, where, **given)
    for _ in range(2):
        with office.work(submitted.reviewer(office)) as work:
            found = work.session.get_one(Visit, made.id)
            if found.state not in (VisitState.ACCEPTED, VisitState.PUBLISHED):
                review.decide(work, made.id, found.revision, "accept")
    return made


def published(office: Office, inspector: User, where: Outlet, **given: Any) -> Visit:
    """The same, published."""
    made = accepted(office, inspector, where, **given)
    with office.work(submitted.reviewer(office, Role.HQ)) as work:
        review.publish(work, made.id)
    return made


def of(office: Office, where: Outlet) -> list[Action]:
    """The actions of an outlet, the oldest first."""
    with office.work(write=False) as work:
        return list(
            work.session.exec(
                select(Action)
                .where(Action.outlet_id == where.id)
                .order_by(col(Action.made_at), col(Action.item), col(Action.what))
            )
        )


def only(office: Office, where: Outlet) -> Action:
    """The one action of an outlet."""
    (found,) = of(office, where)
    return found
