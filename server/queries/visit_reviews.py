"""The decisions on a visit so far, as far as the viewer may read them, its history, and what he may do now."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Literal
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Session, col, select

from server.domain.access import Permission, Viewer
from server.domain.visit import COUNTED, UNDER_REVIEW, VisitState
from server.storage.events import Event, Job, JobState
from server.storage.organisation import User
from server.storage.visits import Review, Visit

QUIET = frozenset({"visit.saved", "photo.arrived", "upload.begun", "upload.finished", "visit.flagged"})
"""Events that would drown the others in a visit's history."""


@dataclass(frozen=True, slots=True)
class Told:
    """One line of the visit's history."""

    at: datetime
    name: str
    who: str
    facts: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Judged:
    """One decision as far as the viewer may read it."""

    round: int
    who: str
    decision: str
    note: str
    reasons: list[dict[str, Any]]
    differing: list[str]
    at: datetime


@dataclass(frozen=True, slots=True)
class May:
    """What the viewer may do with the visit now, and why not where he might expect to."""

    open: bool = False
    decide: bool = False
    accept: bool = False
    void: bool = False
    void_accepted: bool = False
    publish: bool = False
    release: bool = False
    round: int = 1
    why_not: str = ""


def reviews_of(session: Session, visit: Visit) -> list[Review]:
    """The decisions on the visit's newest revision, in their order; of a corrected visit those that accepted it."""
    number = reviewed_revision(session, visit.id) if visit.state in COUNTED else visit.revision
    return list(
        session.exec(
            select(Review)
            .where(Review.visit_id == visit.id, Review.revision == number)
            .order_by(col(Review.round))
        )
    )


def reviewed_revision(session: Session, visit_id: UUID) -> int | None:
    """The newest revision that somebody reviewed; a later one is a correction, whose author decided about it."""
    return session.exec(select(sa.func.max(Review.revision)).where(Review.visit_id == visit_id)).one()


SLOW = timedelta(minutes=10)
"""After which the worker, which needs seconds, is said to be late with looking through a visit."""


def looked_through(
    session: Session, visit: Visit, now: datetime
) -> Literal["done", "running", "late", "failed"]:
    """Whether the flags of the visit's newest revision are computed; until then "nothing found" says nothing.

    Each submission that is whole makes its own job, which may find the same flags as those of an earlier revision.
    `late`: the worker should long have done it and is at work on nothing else; `failed`: it has tried five times and
    given up.
    """
    if visit.state not in UNDER_REVIEW:
        return "done"
    whole = session.execute(
        sa.select(col(Event.id), col(Event.at))
        .where(col(Event.name) == "visit.whole", col(Event.subject_id) == str(visit.id))
        .order_by(col(Event.id).desc())
        .limit(1)
    ).first()
    if whole is None:
        return "running"
    number, at = whole
    found = sa.exists().where(
        col(Event.name) == "visit.flagged", col(Event.subject_id) == str(visit.id), col(Event.id) > number
    )
    job = session.exec(
        select(Job.state).where(Job.event_id == number, Job.handler == "flag_evidence")
    ).first()
    if job is JobState.DONE or session.exec(select(found)).one():
        return "done"
    if job is JobState.FAILED:
        return "failed"
    # Behind much else (the first minute of a demonstration, a night's uploads) it takes its turn.
    busy = sa.exists().where(col(Job.state) == JobState.RUNNING, col(Job.not_before) > now)
    waits_long = now - at > SLOW and not session.exec(select(busy)).one()
    return "late" if waits_long else "running"


def returned_before(session: Session, visit: Visit) -> dict[str, list[str]]:
    """By item ("" for the whole visit): why the last revision that was returned had been returned."""
    last = session.exec(
        select(Review)
        .where(
            Review.visit_id == visit.id,
            col(Review.revision) < visit.revision,
            Review.decision == "return",
        )
        .order_by(col(Review.revision).desc(), col(Review.round).desc())
    ).first()
    found: dict[str, list[str]] = {}
    for reason in json.loads(last.reasons) if last else []:
        found.setdefault(reason.get("item") or "", []).append(reason["text"])
    return found


def allowed(
    viewer: Viewer, visit: Visit, reviews: list[Review], *, inside: bool, late: bool, covert: bool
) -> May:
    """What the viewer may do now; `late` visits are accepted first by hq alone, photos of `covert` ones are masked."""
    publish = viewer.may(Permission.PUBLISH) and visit.state is VisitState.ACCEPTED
    if not viewer.may(Permission.REVIEW) or visit.state not in UNDER_REVIEW or not inside:
        release = covert and visit.state in COUNTED and viewer.may(Permission.RELEASE_PHOTOS)
        hq = viewer.may(Permission.PUBLISH) and viewer.may(Permission.VOID)
        withdraw = hq and visit.state in (VisitState.ACCEPTED, VisitState.PUBLISHED)
        return May(publish=publish, release=release, void_accepted=withdraw)
    round_ = len(reviews) + 1
    if str(visit.inspector_id) == viewer.user_id:
        return May(round=round_, why_not="自己做的检查要由别人审核。")
    if any(str(review.reviewer_id) == viewer.user_id for review in reviews):
        return May(round=round_, why_not="您已经审核过，复审要由另一个人来做。")
    if round_ > 2 and not viewer.may(Permission.DECIDE_DISPUTE):
        return May(round=round_, why_not="两次审核意见不一致，等待省公司裁定。")
    hq = viewer.may(Permission.DECIDE_DISPUTE)
    return May(
        open=visit.state is VisitState.SUBMITTED,
        decide=True,
        accept=not visit.voided and (hq or not late),
        void=viewer.may(Permission.VOID),
        round=round_,
    )


def readable(session: Session, viewer: Viewer, visit: Visit, reviews: list[Review]) -> list[Judged]:
    """The decisions so far; the second reader does not see the first one's before he has decided himself."""
    if visit.state is VisitState.SECOND_REVIEW and len(reviews) == 1:
        reviews = [review for review in reviews if str(review.reviewer_id) == viewer.user_id]
    return [
        Judged(
            round=review.round,
            who=session.get_one(User, review.reviewer_id).name,
            decision=review.decision,
            note=review.note,
            reasons=json.loads(review.reasons),
            differing=[verdict["item"] for verdict in json.loads(review.verdicts) if not verdict["agree"]],
            at=review.at,
        )
        for review in reviews
    ]


def history(session: Session, visit: Visit, reviews: list[Review], may: May) -> list[Told]:
    """What happened to the visit; while a second reader decides, the first one stays unnamed."""
    rows = session.execute(
        sa.select(Event, User.name)
        .outerjoin(User, col(User.id) == col(Event.actor_id))
        .where(col(Event.subject_id) == str(visit.id), col(Event.name).not_in(QUIET))
        .order_by(col(Event.id))
    ).all()
    blind = may.decide and may.round == 2
    first = {review.reviewer_id for review in reviews} if blind else set()
    told = [
        _told(event, "" if event.actor_id in first else (who or ""), json.loads(event.facts))
        for event, who in rows
    ]
    return [_as_carried(session, each) if "carrier" in each.facts else each for each in told]


def _told(event: Event, who: str, facts: dict[str, Any]) -> Told:
    by_appeal = event.name == "visit.corrected" and facts.get("by") == "appeal"
    return Told(event.at, "visit.corrected-by-appeal" if by_appeal else event.name, who, facts)


def _as_carried(session: Session, told: Told) -> Told:
    """Who brought a rescue file, in the place of the visit's author, as whom it was saved."""
    carrier = session.get(User, UUID(told.facts["carrier"]))
    return replace(told, who=carrier.name if carrier else "")
