"""The page of one appeal: standard, answer and photographs beside ground and proof; and what a visit's page says of appeals."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from sqlmodel import Session, col, select

from server.domain.access import ROLES, Permission, Role, Viewer
from server.domain.appeals import WAITING, AppealState, first_limit, lost
from server.domain.calendars import Calendars
from server.domain.visit import VisitDocument, VisitState
from server.queries import appeals
from server.queries.answers import Answered, Part, Translate, parts, untraced
from server.queries.appeals import Seen
from server.queries.rules import rules_on
from server.queries.visit_page import VisitPage, visit_page
from server.storage.appeals import Acknowledgement, Appeal
from server.storage.organisation import User
from server.storage.visits import Revision, Visit


@dataclass(frozen=True, slots=True)
class AppealPage:
    """An appeal with its visit as the viewer may see it: the item as it was answered, and as it is now.

    `now` is None where another correction has hidden the item. `province` says whether somebody is left who may answer in
    the last instance: `only-you` while the viewer's own first answer would leave nobody, `nobody` where there is none.
    """

    appeal: Seen
    visit: VisitPage
    section: Mapping[str, Any]
    was: Answered
    now: Answered | None
    province: Literal["", "only-you", "nobody"]


@dataclass(frozen=True, slots=True)
class OutletSays:
    """What the outlet has said to a visit, and may say now; `may_appeal` are the items that it may still appeal.

    `until` is the limit of appeals, None while no calendar tells it. `silent`: nothing was said in time, so that the
    result counts as accepted.
    """

    acknowledged_by: str | None
    acknowledged_at: datetime | None
    appeals: dict[str, Seen]
    until: datetime | None
    over: bool
    silent: bool
    may_acknowledge: bool
    may_appeal: frozenset[str]


def appeal_page(
    session: Session, viewer: Viewer, appeal_id: UUID, now: datetime, language: str, _: Translate = str
) -> AppealPage:
    """Everything that an appeal is judged by. Raises NotFound."""
    seen = appeals.one(session, viewer, appeal_id, now)
    row = session.get_one(Appeal, appeal_id)
    visit = session.get_one(Visit, row.visit_id)
    page = visit_page(session, viewer, UUID(seen.visit_id), now, language, _)
    revision = session.get_one(Revision, (visit.id, row.revision))
    document = VisitDocument.model_validate_json(revision.document)
    result = appeals.result_of(session, visit, number=row.revision)
    checklist = appeals.checklist_of(session, visit)
    asked = parts(checklist, document, result, language, _)
    section, was = next(_found(asked if page.known else untraced(asked, checklist, _), seen.item))
    # Whatever the viewer may not see of the visit is left out of its page already, photographs too.
    _section, current = next(_found(page.parts, seen.item), (section, None))
    return AppealPage(seen, page, section, was, current, _province(session, viewer, visit, row))


def _province(
    session: Session, viewer: Viewer, visit: Visit, appeal: Appeal
) -> Literal["", "only-you", "nobody"]:
    if appeal.state not in WAITING or not viewer.may(Permission.ANSWER_APPEALS):
        return ""
    roles = [role for role in Role if Permission.ANSWER_FINALLY in ROLES[role]]
    able = {
        str(user_id)
        for user_id in session.exec(
            select(User.id).where(col(User.role).in_(roles), col(User.disabled_at).is_(None))
        )
    } - appeals.involved(session, visit, appeal)
    if not able:
        return "nobody"
    return "only-you" if appeal.state is AppealState.ASKED and able == {viewer.user_id} else ""


def outlet_says(
    session: Session, viewer: Viewer, page: VisitPage, now: datetime, calendars: Calendars
) -> OutletSays | None:
    """What the page of a published visit says of acknowledgement and appeals; None where that is not for the viewer."""
    visit = session.get_one(Visit, UUID(page.document.id))
    if visit.published_at is None or not viewer.may(Permission.SEE_APPEALS):
        return None
    rules = rules_on(session.connection(), visit.visit_date).appeals
    until = first_limit(rules, calendars, visit.published_at)
    over = until is not None and now >= until
    known = session.get(Acknowledgement, visit.id)
    made = appeals.of_visit(session, viewer, visit, now)
    outlet = viewer.may(Permission.APPEAL) and str(visit.outlet_id) == viewer.outlet_id
    # Whoever made the visit has stated its answers himself: he is not asked what he says to them.
    outlet = outlet and str(visit.inspector_id) != viewer.user_id
    asks = outlet and visit.state is VisitState.PUBLISHED and known is None and not over
    lost_items: frozenset[str] = frozenset()
    if asks:
        result = appeals.result_of(session, visit)
        lost_items = frozenset(item for item in result.counted if lost(result, item) and item not in made)
    who = session.get_one(User, known.user_id) if known else None
    return OutletSays(
        acknowledged_by=who.name if who else None,
        acknowledged_at=known.at if known else None,
        appeals=made,
        until=until,
        over=over,
        silent=over and known is None and not made,
        may_acknowledge=outlet and known is None and not appeals.unanswered(session, visit.id),
        may_appeal=lost_items,
    )


def _found(seen: list[Part], item: str) -> Iterator[tuple[Mapping[str, Any], Answered]]:
    return ((part.section, one) for part in seen for one in part.items if one.item["id"] == item)
