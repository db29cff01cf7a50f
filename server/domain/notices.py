"""Who is told what when something happened: a table from event to audience to sentence, and who may know of it at all."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum

from server.domain.access import ROLES, Permission, Role

FRESH = timedelta(days=14)
"""Nobody is told of what is older: after a long outage, or at the first start, old news would bury what matters."""
KEPT = timedelta(days=180)
"""So long a notice stays in the list."""


class Audience(StrEnum):
    """Who may be told: people by their part in the matter, and people by role and place."""

    INSPECTOR = "inspector"
    ASSIGNEE = "assignee"
    ASKER = "asker"
    ANSWERER = "answerer"
    FORMER = "former"
    DESK = "desk"
    HEAD_OFFICE = "head_office"
    ADMIN = "admin"
    OUTLET = "outlet"
    AREA = "area"
    BRANCH = "branch"


A = Audience
_OF_ROLE: dict[Audience, frozenset[Role]] = {
    A.DESK: frozenset({Role.REVIEWER}),
    A.HEAD_OFFICE: frozenset({Role.HQ}),
    A.ADMIN: frozenset({Role.ADMIN}),
    A.OUTLET: frozenset({Role.OUTLET_OWNER, Role.HALL_MANAGER}),
    A.AREA: frozenset({Role.AREA_MANAGER}),
    A.BRANCH: frozenset({Role.BRANCH_MANAGER}),
}


@dataclass(frozen=True, slots=True)
class Rule:
    """One row of the table: at this event this audience gets this sentence.

    `grave`, `covert`, `top`, `routine` and `published`: only when the matter is so, or is not; None: in any case.
    """

    event: str
    audience: tuple[Audience, ...]
    code: str
    grave: bool | None = None
    covert: bool | None = None
    top: bool | None = None
    routine: bool | None = None
    published: bool | None = None


# Of the rows of one event the first that fits a person is the only one for that person.
TABLE: tuple[Rule, ...] = (
    Rule("assignment.made", (A.ASSIGNEE,), "task-given"),
    Rule("assignment.withdrawn", (A.ASSIGNEE,), "task-withdrawn"),
    Rule("assignment.declined", (A.HEAD_OFFICE,), "task-declined"),
    Rule("visit.returned", (A.INSPECTOR,), "visit-returned"),
    Rule("visit.voided", (A.INSPECTOR,), "visit-voided"),
    Rule("visit.voided", (A.OUTLET, A.AREA, A.BRANCH), "result-voided", routine=False, published=True),
    Rule("visit.second-review-asked", (A.DESK,), "second-review"),
    Rule("visit.disputed", (A.HEAD_OFFICE,), "dispute"),
    Rule("visit.review-overdue", (A.DESK, A.HEAD_OFFICE), "review-overdue"),
    # Handbook 2.2: those responsible are told of a confirmed grave fail within the hour. Of a covert visit nobody
    # outside head office may know before its publication, so head office is told at once, that it is for them to
    # publish it, and outlet, area and branch with the publication.
    Rule("visit.accepted", (A.HEAD_OFFICE,), "grave-covert", grave=True, covert=True),
    Rule("visit.accepted", (A.HEAD_OFFICE, A.BRANCH, A.AREA, A.OUTLET), "grave", grave=True),
    Rule("visit.published", (A.OUTLET, A.AREA, A.BRANCH), "published-grave", grave=True),
    # A hall's own rounds of each day are no news to anybody.
    Rule("visit.published", (A.OUTLET, A.AREA, A.BRANCH), "published", routine=False),
    Rule("appeal.made", (A.DESK, A.HEAD_OFFICE), "appeal-made"),
    Rule("appeal.asked-again", (A.HEAD_OFFICE,), "appeal-again"),
    Rule("appeal.escalated", (A.HEAD_OFFICE,), "appeal-escalated"),
    Rule("appeal.upheld", (A.ASKER, A.OUTLET, A.AREA, A.BRANCH), "appeal-upheld"),
    Rule("appeal.rejected", (A.ASKER, A.OUTLET, A.AREA, A.BRANCH), "appeal-rejected"),
    Rule("action.made", (A.ANSWERER, A.OUTLET, A.AREA), "action-made"),
    Rule("action.answered", (A.ASKER, A.AREA, A.BRANCH), "action-answered"),
    Rule("action.accepted", (A.ANSWERER, A.OUTLET), "action-accepted"),
    Rule("action.reopened", (A.ANSWERER, A.OUTLET, A.AREA), "action-reopened"),
    Rule("action.escalated", (A.BRANCH, A.HEAD_OFFICE), "action-escalated", top=True),
    Rule("action.escalated", (A.BRANCH,), "action-escalated"),
    # Head office finds what is overdue counted on its desk; a notice for each would bury all others.
    Rule("action.overdue", (A.ANSWERER, A.OUTLET, A.AREA, A.BRANCH), "action-overdue"),
    Rule("action.recheck-unassigned", (A.BRANCH, A.HEAD_OFFICE), "recheck-unassigned"),
    Rule("action.recheck-overdue", (A.AREA, A.BRANCH), "recheck-overdue"),
    Rule("action.withdrawn", (A.ANSWERER, A.OUTLET), "action-withdrawn"),
    Rule("weak-item.opened", (A.BRANCH,), "weak-item-opened"),
    Rule("weak-item.taken-up", (A.BRANCH,), "weak-item-opened"),
    Rule("weak-item.given", (A.ANSWERER,), "weak-item-given"),
    Rule("weak-item.released", (A.FORMER,), "weak-item-released"),
    # What takes points off a branch is told to head office too, as what is overdue is.
    Rule("weak-item.missed", (A.ANSWERER, A.BRANCH, A.HEAD_OFFICE), "weak-item-missed"),
    Rule("weak-item.miss-corrected", (A.ANSWERER, A.BRANCH, A.HEAD_OFFICE), "weak-item-miss-corrected"),
    Rule("weak-item.reopened", (A.ANSWERER, A.BRANCH), "weak-item-reopened"),
    Rule("weak-item.closed", (A.ANSWERER, A.BRANCH), "weak-item-closed"),
    Rule("weak-item.overdue", (A.ANSWERER, A.BRANCH, A.HEAD_OFFICE), "weak-item-overdue"),
    # What the rules propose comes by the dozen with a period, and is told once for all of them.
    Rule("decision.sought", (A.HEAD_OFFICE,), "decisions-waiting"),
    Rule("decision.proposed", (A.HEAD_OFFICE,), "decision-proposed"),
    Rule("decision.approved", (A.ASKER, A.OUTLET, A.AREA, A.BRANCH), "decision-approved"),
    Rule("decision.effective", (A.ASKER, A.OUTLET, A.AREA, A.BRANCH), "decision-effective"),
    Rule("decision.given", (A.ASKER, A.OUTLET, A.AREA, A.BRANCH), "decision-given"),
    # An approved one that is held or refused after all was told to its outlet, as one that is withdrawn.
    Rule("decision.held", (A.ASKER, A.OUTLET, A.AREA, A.BRANCH), "decision-held", published=True),
    Rule("decision.held", (A.ASKER,), "decision-held"),
    Rule("decision.rejected", (A.ASKER, A.OUTLET, A.AREA, A.BRANCH), "decision-rejected", published=True),
    Rule("decision.rejected", (A.ASKER,), "decision-rejected"),
    Rule("decision.withdrawn", (A.ASKER, A.OUTLET, A.AREA, A.BRANCH), "decision-withdrawn", published=True),
    Rule("decision.withdrawn", (A.ASKER,), "decision-withdrawn"),
    Rule("period.opened", (A.AREA, A.BRANCH), "period-opened"),
    Rule("period.published", (A.OUTLET, A.AREA, A.BRANCH), "period-published"),
    Rule("period.reopen-asked", (A.HEAD_OFFICE,), "period-reopen-asked"),
    Rule("period.reopened", (A.HEAD_OFFICE, A.BRANCH), "period-reopened"),
    Rule("commission.closed", (A.OUTLET, A.BRANCH), "commission-closed"),
    Rule("folder.ready", (A.ASKER,), "folder-ready"),
    Rule("folder.failed", (A.ASKER,), "folder-failed"),
    Rule("webhook.failed", (A.ADMIN,), "webhook-failed"),
)
EVENTS = frozenset(rule.event for rule in TABLE)


@dataclass(frozen=True, slots=True)
class Person:
    """A user as far as the rules ask: id as text, role, place in the organisation."""

    user_id: str
    role: Role
    unit_path: str = ""
    outlet_id: str | None = None


@dataclass(frozen=True, slots=True)
class Matter:
    """What an event is about: where, whether covert, published and grave, and who has which part in it.

    `routine`: one of the rounds that a hall makes of itself. `top`: it has become the province's business. `barred`: who must not answer, because he judged before; a message that asks him to would be wrong.
    `everywhere`: it is about the whole of `unit_path`, and about those outlets' people that have one of the roles `outlets`.
    """

    outlet_id: str | None = None
    unit_path: str = ""
    covert: bool = False
    published: bool = True
    grave: bool = False
    top: bool = False
    routine: bool = False
    parts: Mapping[Audience, frozenset[str]] = field(default_factory=dict)
    barred: frozenset[str] = frozenset()
    everywhere: bool = False
    outlets: frozenset[Role] = frozenset()


def told(event: str, matter: Matter, people: Iterable[Person], actor: str | None = None) -> dict[str, str]:
    """The code of the sentence by the id of each person who is told; whoever did it himself is not."""
    rules = [rule for rule in TABLE if rule.event == event and _holds(rule, matter)]
    found: dict[str, str] = {}
    for person in people:
        if person.user_id == actor or not may_know(person, matter):
            continue
        code = next((rule.code for rule in rules if _reached(rule, person, matter)), None)
        if code:
            found[person.user_id] = code
    return found


def code_of(event: str, matter: Matter) -> str | None:
    """The code of the sentence about an event, whoever reads it; None where the table has none."""
    rules = [rule for rule in TABLE if rule.event == event and _holds(rule, matter)]
    return rules[0].code if rules else None


def may_know(person: Person, matter: Matter) -> bool:
    """Whether the person may hear of the matter at all (handbook 01, "Who sees what, when").

    Whoever has the task or made the visit knows of it. Else shoppers hear of nothing; of what is covert only head
    office hears before the publication, and an outlet's owner hears of no visit before that.
    """
    own = (*matter.parts.get(A.INSPECTOR, ()), *matter.parts.get(A.ASSIGNEE, ()))
    if person.user_id in own:
        return True
    if person.role is Role.SHOPPER:
        return False
    if Permission.SEE_COVERT in ROLES[person.role]:
        return True
    return matter.published or not (matter.covert or person.role is Role.OUTLET_OWNER)


def _holds(rule: Rule, matter: Matter) -> bool:
    wanted = (
        (rule.grave, matter.grave),
        (rule.covert, matter.covert),
        (rule.top, matter.top),
        (rule.routine, matter.routine),
        (rule.published, matter.published),
    )
    return all(asked in (None, is_so) for asked, is_so in wanted)


def _reached(rule: Rule, person: Person, matter: Matter) -> bool:
    return any(_belongs(audience, person, matter) for audience in rule.audience)


def _belongs(audience: Audience, person: Person, matter: Matter) -> bool:
    roles = _OF_ROLE.get(audience)
    if roles is None:
        return person.user_id in matter.parts.get(audience, ())
    if person.role not in roles:
        return False
    if audience is A.ADMIN:
        return True
    if audience in (A.DESK, A.HEAD_OFFICE):
        return person.user_id not in matter.barred and matter.unit_path.startswith(person.unit_path)
    if audience is A.OUTLET and matter.everywhere:
        return person.outlet_id is not None and person.role in matter.outlets
    if matter.everywhere:
        return bool(person.unit_path) and person.unit_path.startswith(matter.unit_path)
    if audience is A.OUTLET:
        return matter.outlet_id is not None and person.outlet_id == matter.outlet_id
    return bool(person.unit_path) and matter.unit_path.startswith(person.unit_path)
