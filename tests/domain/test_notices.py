"""Who is told what: a table over events, roles and what may be known; nothing covert reaches who may not know of it."""

from __future__ import annotations

import itertools

import pytest

from server.domain.access import ROLES, Permission, Role
from server.domain.notices import EVENTS, TABLE, Audience, Matter, Person, may_know, told

HERE = "sx/ty/xd/d1/a1/"
PEOPLE = {
    "shopper": Person("shopper", Role.SHOPPER, "sx/"),
    "area": Person("area", Role.AREA_MANAGER, HERE),
    "hall": Person("hall", Role.HALL_MANAGER, HERE, "outlet"),
    "owner": Person("owner", Role.OUTLET_OWNER, HERE, "outlet"),
    "reviewer": Person("reviewer", Role.REVIEWER, "sx/"),
    "second": Person("second", Role.REVIEWER, "sx/"),
    "branch": Person("branch", Role.BRANCH_MANAGER, "sx/ty/"),
    "hq": Person("hq", Role.HQ, "sx/"),
    "admin": Person("admin", Role.ADMIN, "sx/"),
    "auditor": Person("auditor", Role.AUDITOR, "sx/"),
    # The same roles somewhere else are never told.
    "other area": Person("other area", Role.AREA_MANAGER, "sx/dt/xd/d1/a1/"),
    "other owner": Person("other owner", Role.OUTLET_OWNER, HERE, "another"),
    "other branch": Person("other branch", Role.BRANCH_MANAGER, "sx/dt/"),
    "no place": Person("no place", Role.BRANCH_MANAGER, ""),
}
A = Audience
PARTS = {A.INSPECTOR: frozenset({"shopper"})}


def matter(**given: object) -> Matter:
    return Matter(**{"outlet_id": "outlet", "unit_path": HERE, "parts": PARTS, **given})  # type: ignore[arg-type]


OPEN = {"covert": False, "published": False}
SECRET = {"covert": True, "published": False}
SHOWN = {"covert": True, "published": True}
NEAR = {"area", "hall", "owner", "branch"}


@pytest.mark.parametrize(
    ("event", "about", "who", "code"),
    [
        ("visit.returned", SECRET, {"shopper"}, "visit-returned"),
        ("visit.voided", SECRET, {"shopper"}, "visit-voided"),
        ("visit.second-review-asked", {**SECRET, "barred": {"reviewer"}}, {"second"}, "second-review"),
        ("visit.disputed", SECRET, {"hq"}, "dispute"),
        ("visit.review-overdue", SECRET, {"reviewer", "second", "hq"}, "review-overdue"),
        ("visit.accepted", OPEN, set(), None),
        ("visit.accepted", {**OPEN, "grave": True}, {"hq", "branch", "area", "hall"}, "grave"),
        ("visit.accepted", {**SECRET, "grave": True}, {"hq"}, "grave-covert"),
        ("visit.published", SHOWN, NEAR, "published"),
        ("visit.published", {**SHOWN, "grave": True}, NEAR, "published-grave"),
        ("visit.published", {"routine": True}, set(), None),
        ("visit.published", {"routine": True, "grave": True}, NEAR, "published-grave"),
        ("assignment.made", {**SECRET, "parts": {A.ASSIGNEE: {"shopper"}}}, {"shopper"}, "task-given"),
        ("assignment.declined", {**SECRET, "parts": {A.ASSIGNEE: {"shopper"}}}, {"hq"}, "task-declined"),
        ("appeal.made", {**SHOWN, "barred": {"reviewer"}}, {"second", "hq"}, "appeal-made"),
        ("appeal.escalated", SHOWN, {"hq"}, "appeal-escalated"),
        ("appeal.upheld", SHOWN, NEAR, "appeal-upheld"),
        ("action.made", SHOWN, {"hall", "owner", "area"}, "action-made"),
        ("action.overdue", SHOWN, NEAR, "action-overdue"),
        ("action.escalated", SHOWN, {"branch"}, "action-escalated"),
        ("action.escalated", {**SHOWN, "top": True}, {"branch", "hq"}, "action-escalated"),
        ("action.answered", {**SHOWN, "parts": {A.ASKER: {"reviewer"}}}, {"reviewer", "area", "branch"}, "action-answered"),
        ("folder.ready", {"parts": {A.ASKER: {"hq"}}}, {"hq"}, "folder-ready"),
        ("folder.failed", {"parts": {A.ASKER: {"hq"}}}, {"hq"}, "folder-failed"),
        ("webhook.failed", {}, {"admin"}, "webhook-failed"),
    ],
)  # fmt: skip
def test_each_event_tells_its_audience_and_nobody_else(
    event: str, about: dict[str, object], who: set[str], code: str | None
) -> None:
    found = told(event, matter(**about), PEOPLE.values())
    assert set(found) == who
    assert set(found.values()) == ({code} if code else set())


@pytest.mark.parametrize("event", sorted(EVENTS))
@pytest.mark.parametrize("grave", [False, True])
def test_nobody_outside_head_office_hears_of_a_covert_visit_before_its_publication(
    event: str, grave: bool
) -> None:
    secret = matter(covert=True, published=False, grave=grave, parts={})
    for user_id in told(event, secret, PEOPLE.values()):
        assert Permission.SEE_COVERT in ROLES[PEOPLE[user_id].role]


@pytest.mark.parametrize("event", sorted(EVENTS))
def test_a_shopper_hears_of_the_own_visits_and_tasks_alone(event: str) -> None:
    for covert, published, grave in itertools.product((False, True), repeat=3):
        strange = matter(
            covert=covert, published=published, grave=grave, parts={A.ASKER: frozenset({"shopper"})}
        )
        assert "shopper" not in told(event, strange, PEOPLE.values())


def test_an_owner_hears_of_no_visit_before_its_publication() -> None:
    assert not may_know(PEOPLE["owner"], matter(covert=False, published=False))
    assert may_know(PEOPLE["hall"], matter(covert=False, published=False))


def test_whoever_did_it_is_not_told_of_it() -> None:
    assert told("visit.disputed", matter(), PEOPLE.values(), actor="hq") == {}


def test_of_two_sentences_about_one_event_each_person_gets_one() -> None:
    grave = told("visit.published", matter(published=True, grave=True), PEOPLE.values())
    assert set(grave.values()) == {"published-grave"}


def test_every_row_of_the_table_can_be_reached() -> None:
    """A row behind one that takes all its people would be dead."""
    alive = set()
    named = (A.INSPECTOR, A.ASSIGNEE, A.ASKER, A.ANSWERER, A.FORMER)
    parts = {a: frozenset({"hq", "hall"}) for a in named}
    for rule, covert, grave in itertools.product(TABLE, (False, True), (False, True)):
        found = told(rule.event, matter(covert=covert, grave=grave, parts=parts), PEOPLE.values())
        alive |= set(found.values())
    assert alive == {rule.code for rule in TABLE}
