"""The one file that turns a viewer into where-clauses: which records somebody may see at all (handbook 01)."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import col, select

from server.domain.access import SYSTEM, Permission, Role, Viewer
from server.domain.appeals import AppealState
from server.domain.deciding import DECIDED
from server.domain.publishing import PhotoState
from server.domain.visit import COUNTED, COVERT, VisitState
from server.storage.actions import Action
from server.storage.appeals import Appeal
from server.storage.commission import CommissionMonth, CommissionRun, CommissionState
from server.storage.decisions import Decision
from server.storage.organisation import Outlet, Unit, User
from server.storage.periods import Figure, OutletText, PeriodRow, PeriodState
from server.storage.publishing import PhotoRelease
from server.storage.record_files import RecordFile
from server.storage.visits import Report, Visit, VisitFile
from server.storage.weak_items import TrackedItem

SHOWN = (VisitState.PUBLISHED, VisitState.FINAL)


def visits(viewer: Viewer) -> sa.ColumnElement[bool]:
    """The visits that the viewer may see: the own ones, and those that the role opens to him.

    Of covert visits only reviewer, hq, admin and auditor see anything before publication.
    """
    if viewer is SYSTEM:
        return sa.true()
    own = col(Visit.inspector_id) == UUID(viewer.user_id)
    if not viewer.may(Permission.SEE_VISITS):
        return own
    here = _in_scope(viewer)
    if viewer.may(Permission.SEE_COVERT):
        return sa.or_(own, here)
    open_ = sa.and_(sa.not_(covert()), col(Visit.state).in_(COUNTED))
    shown = col(Visit.state).in_(SHOWN)
    if viewer.role is Role.OUTLET_OWNER:
        return sa.and_(here, shown)
    return sa.or_(own, sa.and_(here, sa.or_(open_, shown)))


def visits_listed(viewer: Viewer) -> sa.ColumnElement[bool]:
    """The visits that stand in the viewer's list: those in sight, and published ones that were voided since.

    Of the latter whoever does not see covert visits learns that they are void, and nothing else: no page opens them.
    """
    if viewer is SYSTEM or not viewer.may(Permission.SEE_VISITS) or viewer.may(Permission.SEE_COVERT):
        return visits(viewer)
    gone = sa.and_(col(Visit.state) == VisitState.VOID, col(Visit.published_at).is_not(None))
    return sa.or_(visits(viewer), sa.and_(_in_scope(viewer), gone))


def turn(viewer: Viewer) -> Any:
    """What orders visits of one day for the viewer. The phone makes a visit's id from the clock, so whoever may not know the
    hour of covert visits gets an order that says nothing."""
    inside = viewer is SYSTEM or viewer.may(Permission.SEE_COVERT) or not viewer.may(Permission.SEE_VISITS)
    return col(Visit.id) if inside else col(Visit.document_sha256)


def covert() -> sa.ColumnElement[bool]:
    """Whether a visit is covert: a mystery visit, or anything that a shopper did."""
    shoppers = select(col(User.id)).where(User.role == Role.SHOPPER)
    return sa.or_(col(Visit.kind).in_(COVERT), col(Visit.inspector_id).in_(shoppers))


def outlets(viewer: Viewer) -> sa.ColumnElement[bool]:
    """The outlets in the viewer's part of the organisation."""
    if viewer is SYSTEM:
        return sa.true()
    if viewer.role in (Role.OUTLET_OWNER, Role.HALL_MANAGER):
        return col(Outlet.id) == (UUID(viewer.outlet_id) if viewer.outlet_id else None)
    if not viewer.unit_path:
        # Who has no place in the organisation sees no part of it; an empty beginning would match every path.
        return sees_all(viewer)
    return col(Outlet.unit_path).startswith(viewer.unit_path, autoescape=True)


def paths_then(viewer: Viewer, path: Any) -> sa.ColumnElement[bool]:
    """What is kept with the path of a unit in the viewer's part: of outlets that were there then, wherever they are now."""
    if viewer is SYSTEM:
        return sa.true()
    if viewer.role in (Role.OUTLET_OWNER, Role.HALL_MANAGER) or not viewer.unit_path:
        return sees_all(viewer)
    found: sa.ColumnElement[bool] = path.startswith(viewer.unit_path, autoescape=True)
    return found


def units(viewer: Viewer) -> sa.ColumnElement[bool]:
    """The units that lie wholly in the viewer's part of the organisation: not those above it."""
    if viewer is SYSTEM:
        return sa.true()
    if viewer.role in (Role.OUTLET_OWNER, Role.HALL_MANAGER) or not viewer.unit_path:
        return sees_all(viewer)
    return col(Unit.path).startswith(viewer.unit_path, autoescape=True)


def period_reports(viewer: Viewer) -> sa.ColumnElement[bool]:
    """The signed reports of periods and the decision letters (`Report`) about outlets and units in sight.

    Their inner edition is for those who see covert visits.
    """
    if viewer is not SYSTEM and not viewer.may(Permission.SEE_PERIODS):
        return sa.false()
    about = sa.or_(
        col(Report.subject).in_(select(col(Outlet.id)).where(outlets(viewer))),
        col(Report.subject).in_(select(col(Unit.id)).where(units(viewer))),
    )
    edition = sa.or_(sees_all(viewer), col(Report.edition) == "outlet")
    return sa.and_(col(Report.visit_id).is_(None), about, edition)


def periods(viewer: Viewer) -> sa.ColumnElement[bool]:
    """The periods (`PeriodRow`) of which the viewer may see figures: those of the latest round, or else, of a period that
    was opened again, those of the round of before (`round_seen`)."""
    if not viewer.may(Permission.SEE_FIGURES) and viewer is not SYSTEM:
        return sa.false()
    return sa.or_(latest_round(viewer), col(PeriodRow.round) > 1)


def round_seen(viewer: Viewer) -> sa.ColumnElement[int]:
    """The round of a period (`PeriodRow`) in sight that the viewer reads: a round is given out before there is another."""
    return sa.case((latest_round(viewer), col(PeriodRow.round)), else_=col(PeriodRow.round) - 1)


def latest_round(viewer: Viewer) -> sa.ColumnElement[bool]:
    """The periods (`PeriodRow`) whose latest round the viewer may see.

    Head office sees drafts. Branches and areas see a period from the day on which it stands open, when all its visits
    are published; outlets see what is published.
    """
    if viewer is SYSTEM or (viewer.may(Permission.SEE_FIGURES) and viewer.may(Permission.SEE_COVERT)):
        return sa.true()
    if not viewer.may(Permission.SEE_FIGURES):
        return sa.false()
    if viewer.role in (Role.OUTLET_OWNER, Role.HALL_MANAGER):
        return col(PeriodRow.state).in_((PeriodState.PUBLISHED, PeriodState.CLOSED))
    return col(PeriodRow.state) != PeriodState.DRAFT


def figures(viewer: Viewer) -> sa.ColumnElement[bool]:
    """The figures (`Figure`) of outlets and units in sight; of which periods, `periods` says."""
    if viewer is SYSTEM or (viewer.may(Permission.SEE_COVERT) and not viewer.unit_path):
        return sa.true()
    about = col(Figure.subject)
    here = about.in_(select(OutletText(col(Outlet.id))).where(outlets(viewer)))
    return sa.or_(here, about.in_(select(col(Unit.path)).where(units(viewer))))


def sees_all(viewer: Viewer) -> sa.ColumnElement[bool]:
    """Whether the viewer belongs to those at head office who see covert visits too."""
    return sa.true() if viewer is SYSTEM or viewer.may(Permission.SEE_COVERT) else sa.false()


def photos(viewer: Viewer) -> sa.ColumnElement[bool]:
    """The files (`VisitFile`) that the viewer may look at: the own ones and those of visits in sight.

    Photos of a covert visit stay inside, also after it was published: only released, masked ones may leave.
    """
    if viewer is SYSTEM:
        return sa.true()
    shown = select(col(Visit.id)).where(visits(viewer), as_taken(viewer))
    return sa.or_(col(VisitFile.uploader_id) == UUID(viewer.user_id), col(VisitFile.visit_id).in_(shown))


def as_taken(viewer: Viewer) -> sa.ColumnElement[bool]:
    """The visits whose photos the viewer may have unmasked: those that are not covert, and the own ones."""
    if viewer is SYSTEM:
        return sa.true()
    return sa.or_(sees_all(viewer), sa.not_(covert()), col(Visit.inspector_id) == UUID(viewer.user_id))


def released(viewer: Viewer) -> sa.ColumnElement[bool]:
    """The released photographs (`PhotoRelease`) of covert visits in sight: of them anybody there gets the masked picture."""
    here = col(PhotoRelease.visit_id).in_(select(col(Visit.id)).where(visits(viewer)))
    return sa.and_(col(PhotoRelease.state) == PhotoState.RELEASED, here)


def actions(viewer: Viewer) -> sa.ColumnElement[bool]:
    """The corrective actions (`Action`) of the outlets in sight; of a covert visit nobody else has one before publication."""
    if viewer is SYSTEM:
        return sa.true()
    if not viewer.may(Permission.SEE_ACTIONS):
        return sa.false()
    here = col(Action.outlet_id).in_(select(col(Outlet.id)).where(outlets(viewer)))
    hidden = sa.exists().where(
        col(Visit.id) == col(Action.visit_id), covert(), col(Visit.published_at).is_(None)
    )
    return here if viewer.may(Permission.SEE_COVERT) else sa.and_(here, sa.not_(hidden))


def appeals(viewer: Viewer) -> sa.ColumnElement[bool]:
    """The appeals (`Appeal`) about visits in sight; while a proof is on its way, for the outlet and whoever answers."""
    if viewer is SYSTEM:
        return sa.true()
    if not viewer.may(Permission.SEE_APPEALS):
        return sa.false()
    here = col(Appeal.visit_id).in_(select(col(Visit.id)).where(visits(viewer), _in_scope(viewer)))
    if viewer.may(Permission.APPEAL) or viewer.may(Permission.ANSWER_APPEALS):
        return here
    return sa.and_(here, col(Appeal.state) != AppealState.RECEIVING)


def answered_appeals(viewer: Viewer) -> sa.ColumnElement[bool]:
    """The same of answered appeals where their `Visit` and `Outlet` are joined, for sums over a year: whoever sees no covert visits
    before their publication sees those of published ones. The state is no way in: of most visits it is the same."""
    if viewer is not SYSTEM and not viewer.may(Permission.SEE_APPEALS):
        return sa.false()
    if viewer is SYSTEM or (viewer.may(Permission.SEE_COVERT) and not viewer.unit_path):
        return sa.true()
    shown = sa.func.coalesce(col(Visit.state), VisitState.DRAFT).in_(SHOWN)
    return sa.and_(outlets(viewer), sa.or_(sees_all(viewer), shown))


def decisions(viewer: Viewer) -> sa.ColumnElement[bool]:
    """The decisions (`Decision`) about outlets in sight; outlets and areas see what was decided, not what is proposed."""
    if viewer is SYSTEM:
        return sa.true()
    if not viewer.may(Permission.SEE_DECISIONS):
        return sa.false()
    here = col(Decision.outlet_id).in_(select(col(Outlet.id)).where(outlets(viewer)))
    if viewer.may(Permission.PROPOSE_DECISIONS) or viewer.may(Permission.SEE_COVERT):
        return here
    told = sa.or_(col(Decision.state).in_(DECIDED), col(Decision.letter_id).is_not(None))
    return sa.and_(here, told)


def commission(viewer: Viewer) -> sa.ColumnElement[bool]:
    """The months of commission (`CommissionMonth`) of outlets in sight.

    Outside of head office those that are closed, or rest on figures that are published.
    """
    if viewer is SYSTEM:
        return sa.true()
    if not viewer.may(Permission.SEE_COMMISSION):
        return sa.false()
    if viewer.may(Permission.SEE_COVERT) and not viewer.unit_path:
        return sa.true()
    here = col(CommissionMonth.outlet_id).in_(select(col(Outlet.id)).where(outlets(viewer)))
    if viewer.may(Permission.SEE_COVERT):
        return here
    closed = select(col(CommissionRun.month)).where(CommissionRun.state == CommissionState.CLOSED)
    standing = (PeriodState.PUBLISHED, PeriodState.CLOSED)
    # A month that was opened again stays as it was until it is computed anew.
    given_out = sa.or_(col(PeriodRow.state).in_(standing), col(PeriodRow.round) > 1)
    published = select(col(PeriodRow.code)).where(given_out)
    month = col(CommissionMonth.month)
    return sa.and_(here, sa.or_(month.in_(closed), month.in_(published)))


def weak_items(viewer: Viewer) -> sa.ColumnElement[bool]:
    """The tracked weak items (`TrackedItem`) of branches in sight, and those that the viewer owns.

    There are none before the quarter that they come from is published.
    """
    if viewer is SYSTEM:
        return sa.true()
    if not viewer.may(Permission.SEE_FIGURES):
        return sa.false()
    own = col(TrackedItem.owner_id) == UUID(viewer.user_id)
    if viewer.role in (Role.OUTLET_OWNER, Role.HALL_MANAGER):
        return own
    if not viewer.unit_path:
        return sa.or_(own, sees_all(viewer))
    return sa.or_(own, col(TrackedItem.unit_path).startswith(viewer.unit_path, autoescape=True))


def record_files(viewer: Viewer) -> sa.ColumnElement[bool]:
    """The files (`RecordFile`) that the viewer may look at: the own ones and those of records in sight."""
    if viewer is SYSTEM:
        return sa.true()
    own = col(RecordFile.uploader_id) == UUID(viewer.user_id)
    of_actions = sa.and_(
        col(RecordFile.subject) == "action",
        col(RecordFile.record_id).in_(select(col(Action.id)).where(actions(viewer))),
    )
    of_appeals = sa.and_(
        col(RecordFile.subject) == "appeal",
        col(RecordFile.record_id).in_(select(col(Appeal.id)).where(appeals(viewer))),
    )
    of_weak_items = sa.and_(
        col(RecordFile.subject) == "weak-item",
        col(RecordFile.record_id).in_(select(col(TrackedItem.id)).where(weak_items(viewer))),
    )
    return sa.or_(own, of_actions, of_appeals, of_weak_items)


def _in_scope(viewer: Viewer) -> sa.ColumnElement[bool]:
    return col(Visit.outlet_id).in_(select(col(Outlet.id)).where(outlets(viewer)))
