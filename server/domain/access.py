"""Who may do what, and what each role may never see: the one place that decides it (handbook 01, 08)."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Role(StrEnum):
    """The roles of handbook 01."""

    SHOPPER = "shopper"
    AREA_MANAGER = "area_manager"
    HALL_MANAGER = "hall_manager"
    OUTLET_OWNER = "outlet_owner"
    REVIEWER = "reviewer"
    BRANCH_MANAGER = "branch_manager"
    HQ = "hq"
    ADMIN = "admin"
    AUDITOR = "auditor"


class Permission(StrEnum):
    """What a route may ask for. Which records it then touches is decided by `queries/scope.py`."""

    INSPECT = "inspect"
    SEND_FILES = "send_files"
    CARRY = "carry"
    OPEN_CARRIED = "open_carried"
    SEE_OWN_SCORE = "see_own_score"
    SEE_HISTORY = "see_history"
    SEE_VISITS = "see_visits"
    SEE_COVERT = "see_covert"
    REVIEW = "review"
    DECIDE_DISPUTE = "decide_dispute"
    SEE_REPORTS = "see_reports"
    VOID = "void"
    PUBLISH = "publish"
    ADMINISTER = "administer"
    SEE_AUDIT = "see_audit"
    SEE_STANDARDS = "see_standards"
    SEE_DRAFTS = "see_drafts"
    EDIT_STANDARDS = "edit_standards"
    SEE_ACTIONS = "see_actions"
    MAKE_ACTIONS = "make_actions"
    ANSWER_ACTIONS = "answer_actions"
    ACCEPT_ACTIONS = "accept_actions"
    SEE_APPEALS = "see_appeals"
    APPEAL = "appeal"
    ANSWER_APPEALS = "answer_appeals"
    ANSWER_FINALLY = "answer_finally"
    RELEASE_PHOTOS = "release_photos"
    SEE_PUBLISHING = "see_publishing"
    PACK_REPORTS = "pack_reports"
    SEE_PERIODS = "see_periods"
    REPORT_PERIODS = "report_periods"
    SEE_AGREEMENT = "see_agreement"
    SET_WEBHOOKS = "set_webhooks"
    SEE_FIGURES = "see_figures"
    SEE_CLOSING = "see_closing"
    CLOSE_PERIODS = "close_periods"
    SEE_COMMISSION = "see_commission"
    CLOSE_COMMISSION = "close_commission"
    IMPORT = "import"
    SEE_INPUTS = "see_inputs"
    SEE_DECISIONS = "see_decisions"
    PROPOSE_DECISIONS = "propose_decisions"
    DECIDE = "decide"
    TRY_RULES = "try_rules"
    SEE_OVERVIEW = "see_overview"
    READ_FEEDS = "read_feeds"
    TRACK_WEAK_ITEMS = "track_weak_items"
    PLAN_WEEK = "plan_week"
    SEE_PLANS = "see_plans"
    NOTE_MEETINGS = "note_meetings"


P = Permission

ROLES: dict[Role, frozenset[Permission]] = {
    Role.SHOPPER: frozenset({P.INSPECT, P.SEND_FILES, P.CARRY}),
    Role.AREA_MANAGER: frozenset(
        {
            P.SEE_OVERVIEW,
            P.INSPECT,
            P.SEND_FILES,
            P.CARRY,
            P.SEE_OWN_SCORE,
            P.SEE_HISTORY,
            P.SEE_VISITS,
            P.SEE_REPORTS,
            P.SEE_ACTIONS,
            P.MAKE_ACTIONS,
            P.ANSWER_ACTIONS,
            P.ACCEPT_ACTIONS,
            P.SEE_APPEALS,
            P.SEE_PERIODS,
            P.SEE_FIGURES,
            P.SEE_COMMISSION,
            P.SEE_DECISIONS,
            P.PACK_REPORTS,
            P.PLAN_WEEK,
            P.SEE_PLANS,
            P.NOTE_MEETINGS,
        }
    ),
    Role.HALL_MANAGER: frozenset(
        {
            P.INSPECT,
            P.SEND_FILES,
            P.CARRY,
            P.SEE_OWN_SCORE,
            P.SEE_HISTORY,
            P.SEE_VISITS,
            P.SEE_REPORTS,
            P.SEE_ACTIONS,
            P.ANSWER_ACTIONS,
            P.SEE_APPEALS,
            P.APPEAL,
            P.SEE_PERIODS,
            P.SEE_FIGURES,
            P.PACK_REPORTS,
        }
    ),
    Role.OUTLET_OWNER: frozenset(
        {
            P.SEND_FILES,
            P.SEE_HISTORY,
            P.SEE_VISITS,
            P.SEE_REPORTS,
            P.SEE_ACTIONS,
            P.ANSWER_ACTIONS,
            P.SEE_APPEALS,
            P.APPEAL,
            P.SEE_PERIODS,
            P.SEE_FIGURES,
            P.SEE_COMMISSION,
            P.SEE_DECISIONS,
            P.PACK_REPORTS,
        }
    ),
    Role.REVIEWER: frozenset(
        {
            P.SEE_OVERVIEW,
            P.INSPECT,
            P.SEND_FILES,
            P.CARRY,
            P.SEE_OWN_SCORE,
            P.SEE_HISTORY,
            P.SEE_VISITS,
            P.SEE_COVERT,
            P.REVIEW,
            P.VOID,
            P.SEE_REPORTS,
            P.SEE_STANDARDS,
            P.SEE_ACTIONS,
            P.MAKE_ACTIONS,
            P.ACCEPT_ACTIONS,
            P.SEE_APPEALS,
            P.ANSWER_APPEALS,
            P.RELEASE_PHOTOS,
            P.SEE_PERIODS,
            P.SEE_FIGURES,
            P.SEE_DECISIONS,
            P.SEE_PUBLISHING,
            P.PACK_REPORTS,
        }
    ),
    Role.BRANCH_MANAGER: frozenset(
        {
            P.READ_FEEDS,
            P.SEE_OVERVIEW,
            P.INSPECT,
            P.SEND_FILES,
            P.CARRY,
            P.SEE_OWN_SCORE,
            P.SEE_HISTORY,
            P.SEE_VISITS,
            P.SEE_REPORTS,
            P.SEE_STANDARDS,
            P.SEE_ACTIONS,
            P.MAKE_ACTIONS,
            P.ANSWER_ACTIONS,
            P.ACCEPT_ACTIONS,
            P.SEE_APPEALS,
            P.SEE_PERIODS,
            P.SEE_FIGURES,
            P.SEE_COMMISSION,
            P.REPORT_PERIODS,
            P.SEE_DECISIONS,
            P.PROPOSE_DECISIONS,
            P.TRACK_WEAK_ITEMS,
            P.PACK_REPORTS,
            P.SEE_PLANS,
            P.NOTE_MEETINGS,
        }
    ),
    Role.HQ: frozenset(
        {
            P.READ_FEEDS,
            P.SEE_OVERVIEW,
            P.CARRY,
            P.OPEN_CARRIED,
            P.SEE_HISTORY,
            P.SEE_VISITS,
            P.SEE_COVERT,
            P.REVIEW,
            P.DECIDE_DISPUTE,
            P.VOID,
            P.PUBLISH,
            P.SEE_REPORTS,
            P.SEE_STANDARDS,
            P.SEE_ACTIONS,
            P.MAKE_ACTIONS,
            P.ACCEPT_ACTIONS,
            P.SEE_APPEALS,
            P.ANSWER_APPEALS,
            P.ANSWER_FINALLY,
            P.RELEASE_PHOTOS,
            P.SEE_PERIODS,
            P.SEE_FIGURES,
            P.SEE_COMMISSION,
            P.CLOSE_COMMISSION,
            P.REPORT_PERIODS,
            P.SEE_CLOSING,
            P.CLOSE_PERIODS,
            P.SEE_AGREEMENT,
            P.SEE_DRAFTS,
            P.EDIT_STANDARDS,
            P.IMPORT,
            P.SEE_INPUTS,
            P.SEE_DECISIONS,
            P.PROPOSE_DECISIONS,
            P.DECIDE,
            P.TRACK_WEAK_ITEMS,
            P.SEE_PUBLISHING,
            P.PACK_REPORTS,
            P.SEE_PLANS,
            P.TRY_RULES,
        }
    ),
    Role.ADMIN: frozenset(
        {
            P.READ_FEEDS,
            P.CARRY,
            P.OPEN_CARRIED,
            P.SEE_COVERT,
            P.SEE_VISITS,
            P.ADMINISTER,
            P.SEE_STANDARDS,
            P.SET_WEBHOOKS,
            P.SEE_FIGURES,
            P.SEE_DRAFTS,
            P.EDIT_STANDARDS,
            P.IMPORT,
            P.SEE_INPUTS,
            P.SEE_DECISIONS,
            P.TRY_RULES,
        }
    ),
    Role.AUDITOR: frozenset(
        {
            P.READ_FEEDS,
            P.SEE_OVERVIEW,
            P.SEE_HISTORY,
            P.SEE_VISITS,
            P.SEE_COVERT,
            P.SEE_REPORTS,
            P.SEE_AUDIT,
            P.SEE_STANDARDS,
            P.SEE_ACTIONS,
            P.SEE_APPEALS,
            P.SEE_PERIODS,
            P.SEE_FIGURES,
            P.SEE_CLOSING,
            P.SEE_COMMISSION,
            P.SEE_AGREEMENT,
            P.SEE_DRAFTS,
            P.SEE_INPUTS,
            P.SEE_DECISIONS,
            P.SEE_PUBLISHING,
            P.SEE_PLANS,
        }
    ),
}

# Which visit kinds a role fills on the phone (handbook 01, "What is inspected, and how").
FILLS: dict[Role, frozenset[str]] = {
    Role.SHOPPER: frozenset({"mystery", "recheck"}),
    Role.AREA_MANAGER: frozenset({"area_visit", "recheck"}),
    Role.HALL_MANAGER: frozenset({"patrol"}),
    Role.REVIEWER: frozenset({"announced", "recheck"}),
    Role.BRANCH_MANAGER: frozenset({"announced", "onboarding", "recheck"}),
}


@dataclass(frozen=True, slots=True)
class Viewer:
    """Whoever looks or acts: user id (UUID as text), role, the place in the organisation, the language."""

    user_id: str
    username: str
    name: str
    role: Role
    unit_path: str = ""
    outlet_id: str | None = None
    language: str = "zh"
    must_change: bool = False

    def may(self, permission: Permission) -> bool:
        """Whether the role holds the permission."""
        return permission in ROLES[self.role]

    def fills(self, kind: str) -> bool:
        """Whether the role inspects visits of this kind."""
        return kind in FILLS.get(self.role, frozenset())


SYSTEM = Viewer(user_id="", username="system", name="系统", role=Role.AUDITOR)


def sees_inspector(viewer: Viewer, *, covert: bool, own: bool) -> bool:
    """Whether the viewer may learn who made the visit; of covert ones only reviewer, hq, admin, auditor may."""
    return own or not covert or viewer.may(Permission.SEE_COVERT)


def sees_score(viewer: Viewer, *, own: bool, published: bool, covert: bool) -> bool:
    """Whether the viewer may see a visit's score (handbook 01, "Who sees what, when").

    Shoppers never see one; outlets and branches see a covert visit's score from its publication on.
    """
    if viewer.role is Role.SHOPPER:
        return False
    if viewer.may(Permission.SEE_COVERT):
        return True
    return published if covert else (own or viewer.may(Permission.SEE_HISTORY))


PLACED = frozenset({Role.HALL_MANAGER, Role.AREA_MANAGER, Role.BRANCH_MANAGER})
"""Who inspects on the own ground alone, also where somebody assigns it."""


def own_ground(viewer: Viewer, outlet_id: str, unit_path: str) -> bool:
    """Whether an outlet is where this person inspects unasked: the own hall, or below the own unit; reviewers everywhere (handbook 01)."""
    if viewer.role is Role.HALL_MANAGER:
        return outlet_id == viewer.outlet_id
    if viewer.role is Role.REVIEWER:
        return True
    return bool(viewer.unit_path) and unit_path.startswith(viewer.unit_path)
