"""How often which item is overturned by appeals, and whose first judgements."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import date, datetime, time
from fractions import Fraction
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Session, col, select

from server.domain.access import Viewer
from server.domain.appeals import AppealState, items_of
from server.domain.exact import hundredths, thousandths
from server.domain.visit import SHANGHAI
from server.queries import checklists, scope
from server.storage.appeals import Appeal, AppealTurn
from server.storage.organisation import User
from server.storage.visits import Review, Visit

_REJECTED = frozenset({AppealState.REJECTED, AppealState.DISMISSED})


@dataclass(frozen=True, slots=True)
class Overturned:
    """Of what was appealed: how often, how it ended, and the share that was upheld of what is decided, as `33.3`."""

    appealed: int
    upheld: int
    rejected: int
    share: str | None

    @property
    def percent(self) -> int | None:
        """The same share in hundredths of a percent."""
        return hundredths_of_part(self.upheld, self.upheld + self.rejected)

    @property
    def open(self) -> int:
        """How many are not decided yet."""
        return self.appealed - self.upheld - self.rejected


@dataclass(frozen=True, slots=True)
class ItemFigures:
    """One item of a checklist, in the newest version in which it was appealed."""

    checklist: dict[str, str]
    item: str
    text: dict[str, str]
    figures: Overturned


@dataclass(frozen=True, slots=True)
class ReviewerFigures:
    """Whoever accepted first what was appealed; None for what was accepted by rule."""

    name: str | None
    visits: int
    figures: Overturned


@dataclass(frozen=True, slots=True)
class DeciderFigures:
    """Whoever answered appeals: how many answers he gave, how many of them overturned, and the share, as `33.3`."""

    name: str
    answered: int
    upheld: int
    share: str

    @property
    def percent(self) -> int | None:
        """The same share in hundredths of a percent."""
        return hundredths_of_part(self.upheld, self.answered)


@dataclass(frozen=True, slots=True)
class Figures:
    """Of the appeals that were made in a period: in all, by item, by first reviewer and by who answered.

    The most overturned stand first.
    """

    total: Overturned
    items: tuple[ItemFigures, ...]
    reviewers: tuple[ReviewerFigures, ...]
    deciders: tuple[DeciderFigures, ...]


def figures(session: Session, viewer: Viewer, period: tuple[date, date] | None) -> Figures:
    """The figures of the appeals in sight that were made from the first day to before the second (Asia/Shanghai)."""
    where = [scope.appeals(viewer), col(Appeal.state) != AppealState.RECEIVING]
    if period:
        first, after = (datetime.combine(day, time(), SHANGHAI) for day in period)
        where += [col(Appeal.made_at) >= first, col(Appeal.made_at) < after]
    rows = session.execute(
        sa.select(Appeal, Visit).join(Visit, col(Visit.id) == col(Appeal.visit_id)).where(*where)
    ).all()
    by_item: dict[tuple[str, str], list[tuple[Appeal, Visit]]] = {}
    by_reviewer: dict[UUID | None, list[tuple[Appeal, Visit]]] = {}
    first_of = _first_reviewers(session, {visit.id for _, visit in rows})
    for appeal, visit in rows:
        by_item.setdefault((visit.checklist_id, appeal.item_id), []).append((appeal, visit))
        by_reviewer.setdefault(first_of.get(visit.id), []).append((appeal, visit))
    names = dict(session.exec(select(User.id, User.name).where(col(User.id).in_(by_reviewer))).all())
    items = [_item(session, item, found) for (_, item), found in by_item.items()]
    reviewers = [
        ReviewerFigures(
            names.get(who) if who else None, len({visit.id for _, visit in found}), _overturned(found)
        )
        for who, found in by_reviewer.items()
    ]
    return Figures(
        total=_overturned([(appeal, visit) for appeal, visit in rows]),
        items=tuple(sorted(items, key=lambda each: (*_most(each.figures), each.item))),
        reviewers=tuple(sorted(reviewers, key=lambda each: (*_most(each.figures), each.name or ""))),
        deciders=_deciders(session, {appeal.id for appeal, _ in rows}),
    )


def _deciders(session: Session, appeal_ids: set[UUID]) -> tuple[DeciderFigures, ...]:
    """Each answer counts for who gave it: of an appeal that was asked twice both."""
    answers: Counter[str] = Counter()
    upheld: Counter[str] = Counter()
    rows = session.execute(
        sa.select(col(User.name), col(User.id), col(AppealTurn.upheld), sa.func.count())
        .join(User, col(User.id) == col(AppealTurn.answered_by))
        .where(col(AppealTurn.appeal_id).in_(appeal_ids))
        .group_by(col(User.name), col(User.id), col(AppealTurn.upheld))
    ).all()
    names = {str(who): name for name, who, *_ in rows}
    for _, who, overturned, number in rows:
        answers[str(who)] += number
        upheld[str(who)] += number if overturned else 0
    found = [
        DeciderFigures(name, answers[who], upheld[who], _percent(upheld[who], answers[who]))
        for who, name in names.items()
    ]
    return tuple(sorted(found, key=lambda each: (-each.upheld, -each.answered, each.name)))


def _first_reviewers(session: Session, visit_ids: set[UUID]) -> dict[UUID, UUID]:
    """By visit, who accepted it in the first round of the last revision that was reviewed."""
    rows = session.exec(
        select(Review)
        .where(col(Review.visit_id).in_(visit_ids), Review.round == 1, Review.decision == "accept")
        .order_by(col(Review.revision))
    )
    return {review.visit_id: review.reviewer_id for review in rows}


def _item(session: Session, item: str, found: list[tuple[Appeal, Visit]]) -> ItemFigures:
    newest = max((visit for _, visit in found), key=lambda visit: visit.checklist_version)
    checklist = checklists.compiled(session.connection(), newest.checklist_id, newest.checklist_version)
    return ItemFigures(checklist["title"], item, items_of(checklist)[item]["text"], _overturned(found))


def _overturned(found: list[tuple[Appeal, Visit]]) -> Overturned:
    states: Counter[Any] = Counter(appeal.state for appeal, _ in found)
    upheld = states[AppealState.UPHELD]
    rejected = sum(states[state] for state in _REJECTED)
    decided = upheld + rejected
    return Overturned(len(found), upheld, rejected, _percent(upheld, decided) if decided else None)


def hundredths_of_part(part: int, whole: int) -> int | None:
    """A part in hundredths of a percent of the whole; None of nothing."""
    return hundredths(Fraction(100 * part, whole)) if whole else None


def _percent(part: int, whole: int) -> str:
    share = thousandths(part, whole)
    return f"{share // 10}.{share % 10}"


def _most(figures: Overturned) -> tuple[int, int]:
    return (-figures.upheld, -figures.appealed)
