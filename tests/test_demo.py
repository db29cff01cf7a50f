"""The demonstration: a whole province with work for everybody, the same whenever it is made."""

from __future__ import annotations

import json
import shutil
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from fractions import Fraction
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from sqlmodel import Session, col, select

from server import cli, demo
from server.config import Settings
from server.demo.history import quarter_after, quarter_before
from server.demo.places import BRANCHES
from server.domain.access import SYSTEM, Role
from server.domain.errors import WrongPassword
from server.domain.periods import Period
from server.domain.tracking import Step, TrackingState
from server.domain.visit import SHANGHAI, VisitDocument, VisitKind, VisitState
from server.queries import inputs as read_inputs
from server.queries import results, tracked_quarters, weak_quarters
from server.queries.scope import SHOWN
from server.storage.actions import Action, ActionStep
from server.storage.appeals import Appeal
from server.storage.events import Event, broken_link
from server.storage.organisation import Outlet, OutletStatus, Tier, Unit, UnitKind, User
from server.storage.visits import Assignment, AssignmentState, Review, Revision, Visit, VisitFile
from server.storage.weak_items import TrackedItem, TrackedStep
from server.usecases import decision_proposals, people
from server.usecases.work import Office
from tests.conftest import NOW, Clock

TODAY = NOW.astimezone(SHANGHAI).date()
ROLES = {
    "shopper1": Role.SHOPPER,
    "shopper2": Role.SHOPPER,
    "manager1": Role.AREA_MANAGER,
    "hall1": Role.HALL_MANAGER,
    "owner1": Role.OUTLET_OWNER,
    "reviewer1": Role.REVIEWER,
    "reviewer2": Role.REVIEWER,
    "branch1": Role.BRANCH_MANAGER,
    "hq1": Role.HQ,
    "hq2": Role.HQ,
    "admin1": Role.ADMIN,
    "auditor1": Role.AUDITOR,
}


def build(folder: Path, migrated: Path, *, every: int = 1) -> Office:
    settings = Settings.from_env({"XUNTING_DATA": str(folder), "XUNTING_SECRET": "s" * 32})
    shutil.copyfile(migrated, settings.data / "xunting.sqlite")
    office = Office.of(settings, Clock())
    demo.create(office, every=every)
    return office


@pytest.fixture(scope="module")
def province(tmp_path_factory: pytest.TempPathFactory, migrated: Path) -> Iterator[Office]:
    """The whole demonstration."""
    office = build(tmp_path_factory.mktemp("demo") / "data", migrated)
    yield office
    office.database.close()


@pytest.fixture(scope="module")
def session(province: Office) -> Iterator[Session]:
    with province.work(write=False) as work:
        yield work.session


def of(session: Session, username: str) -> User:
    return session.exec(select(User).where(User.username == username)).one()


def test_the_province_has_its_branches_counties_departments_and_areas(session: Session) -> None:
    units = session.exec(select(Unit)).all()
    kinds = Counter(unit.kind for unit in units)
    assert kinds[UnitKind.PROVINCE] == 1
    assert {unit.name for unit in units if unit.kind is UnitKind.BRANCH} == {
        f"{name}市分公司"
        for name in ["太原", "大同", "阳泉", "长治", "晋城", "朔州", "晋中", "运城", "忻州", "临汾", "吕梁"]
    }
    assert kinds[UnitKind.COUNTY] == sum(len(branch.counties) for branch in BRANCHES)
    by_id = {unit.id: unit for unit in units}
    for unit in units:
        if unit.parent_id:
            assert unit.path.startswith(by_id[unit.parent_id].path)


def test_there_are_240_outlets_of_all_five_tiers_with_two_own_halls_a_branch(session: Session) -> None:
    outlets = session.exec(select(Outlet)).all()
    assert len(outlets) == 240
    assert {outlet.tier for outlet in outlets} == set(Tier)
    halls = Counter(o.unit_path.split("/")[1] for o in outlets if o.tier is Tier.OWN_HALL)
    assert set(halls.values()) == {2}
    assert len(halls) == 11
    assert len({outlet.name for outlet in outlets}) == 240
    assert all(outlet.address and outlet.phone and outlet.pinyin.isascii() for outlet in outlets)
    assert {outlet.class_ for outlet in outlets} == {"A", "B", "C"}


def test_two_counties_have_25_agents_and_in_each_a_department_of_8(session: Session) -> None:
    agents = [o for o in session.exec(select(Outlet)) if o.tier is not Tier.OWN_HALL]
    counties = Counter("/".join(o.unit_path.split("/")[:3]) for o in agents)
    crowded = [path for path, count in counties.items() if count == 25]
    assert len(crowded) == 2
    for path in crowded:
        departments = Counter(
            "/".join(o.unit_path.split("/")[:4]) for o in agents if o.unit_path.startswith(path)
        )
        assert max(departments.values()) == 8


def test_each_outlet_lies_in_its_county(session: Session) -> None:
    seats = {(b.code, c.code): c for b in BRANCHES for c in b.counties}
    for outlet in session.exec(select(Outlet)):
        _, branch, county, *_ = outlet.unit_path.split("/")
        seat = seats[branch, county]
        assert abs((outlet.lat or 0) - seat.lat) < 0.1
        assert abs((outlet.lng or 0) - seat.lng) < 0.1
        assert seat.name in outlet.address


def test_every_role_signs_in_with_the_demonstrations_password(province: Office) -> None:
    with province.work(write=False) as work:
        for username, role in ROLES.items():
            user = of(work.session, username)
            assert user.role is role
            assert people.matches(user.password_hash, "xunting-demo")


def test_made_by_its_command_its_accounts_follow_the_demonstrations_password(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    environment = {"XUNTING_DATA": str(tmp_path / "data"), "XUNTING_SECRET": "s" * 32}
    monkeypatch.setattr(demo, "create", partial(demo.create, every=1000))
    assert cli.run(("demo",), environment) == 0
    office = Office.of(Settings.from_env(environment))
    people.change_password(office, people.viewer_of(_user(office, "hq1")), "xunting-demo", "my very own")
    changed = replace(office, settings=replace(office.settings, demo_password="beyond loopback"))
    for _ in range(2):
        demo.keep_password(changed)
    with pytest.raises(WrongPassword):
        people.sign_in(changed, "shopper1", "xunting-demo", "", "")
    assert people.sign_in(changed, "shopper1", "beyond loopback", "", "")
    assert people.sign_in(changed, "hq1", "my very own", "", "")
    office.database.close()


def test_two_whole_quarters_of_visits_are_published(session: Session) -> None:
    begin = quarter_before(quarter_before(TODAY))
    middle = quarter_before(TODAY)
    end = quarter_after(middle)
    halls = {o.id for o in session.exec(select(Outlet).where(Outlet.tier == Tier.OWN_HALL))}
    visits = session.exec(select(Visit).where(col(Visit.state).in_(SHOWN))).all()
    for first, last in ((begin, middle), (middle, end)):
        here = [visit for visit in visits if first <= visit.visit_date < last]
        mystery = Counter(v.outlet_id for v in here if v.kind is VisitKind.MYSTERY and v.outlet_id in halls)
        assert set(mystery) == halls
        assert Counter(mystery.values()) == {3: len(halls) - 1, 5: 1}
        assert {visit.kind for visit in here} == {VisitKind.MYSTERY, VisitKind.AREA_VISIT}
    seen = {visit.outlet_id for visit in visits}
    assert len(seen) > 230
    scores = [visit.score for visit in visits if visit.score is not None]
    assert min(scores) <= 6500
    assert max(scores) == 10000
    assert len(set(scores)) > 60


def test_every_tier_but_the_village_stations_has_mystery_visits_with_its_own_list(session: Session) -> None:
    tiers = {o.id: o.tier.value for o in session.exec(select(Outlet))}
    visits = session.exec(select(Visit).where(Visit.kind == VisitKind.MYSTERY)).all()
    lists = {(tiers[visit.outlet_id], visit.checklist_id) for visit in visits}
    assert lists == {("own_hall", "own-hall-mystery")} | {
        (tier, tier) for tier in ("franchise", "exclusive", "ordinary")
    }
    waiting = {v.checklist_id for v in visits if v.state is VisitState.SUBMITTED}
    assert {"franchise", "exclusive"} <= waiting


def test_an_outlet_that_has_not_opened_yet_has_no_past(session: Session) -> None:
    [joining] = session.exec(select(Outlet).where(Outlet.status == OutletStatus.ONBOARDING)).all()
    assert joining.unit_path.startswith("sx/ty/")
    assert not session.exec(select(Visit).where(Visit.outlet_id == joining.id)).all()


def test_no_shopper_comes_back_within_180_days(session: Session) -> None:
    visits = session.exec(
        select(Visit).where(Visit.kind == VisitKind.MYSTERY).order_by(Visit.visit_date)
    ).all()
    last: dict[tuple[object, object], date] = {}
    for visit in visits:
        key = (visit.inspector_id, visit.outlet_id)
        assert key not in last or visit.visit_date - last[key] >= timedelta(days=180)
        last[key] = visit.visit_date
    for task in session.exec(select(Assignment).where(Assignment.state == AssignmentState.ASSIGNED)):
        if task.kind is VisitKind.MYSTERY:
            before = last.get((task.user_id, task.outlet_id))
            assert before is None or task.window_from - before >= timedelta(days=180)


def test_there_is_an_appeal_in_each_state_in_which_somebody_waits_or_has_decided(session: Session) -> None:
    states = set(session.exec(select(Appeal.state)))
    assert states >= {"asked", "asked_again", "rejected", "upheld", "dismissed"}
    corrected = session.exec(select(Appeal).where(Appeal.state == "upheld")).first()
    assert corrected
    assert session.get_one(Visit, corrected.visit_id).score == corrected.score_after


def test_the_last_whole_quarter_has_targets_of_weak_items_that_were_reached_and_one_that_was_missed(
    session: Session,
) -> None:
    code = Period.of("quarter", TODAY).back().code
    row = results.period(session.connection(), SYSTEM, code)
    assert row is not None
    lines = weak_quarters.stored(session.connection(), SYSTEM, row)
    outcomes = {path: line.became.outcome for path, line in lines.items() if line.became and line.rank}
    missed = [path for path, outcome in outcomes.items() if outcome == "missed"]
    assert missed == ["sx/dt/"]
    assert Counter(outcomes.values())["met"] >= 5
    [line] = [lines[path] for path in missed]
    assert line.window is not None
    assert line.after == line.window - 5
    item = session.exec(
        select(TrackedItem).where(
            TrackedItem.unit_path == "sx/dt/",
            TrackedItem.indicator == line.became.indicator,  # type: ignore[union-attr]
        )
    ).one()
    assert item.state is TrackingState.OPEN
    steps = session.exec(select(TrackedStep.step, TrackedStep.period).where(TrackedStep.item_id == item.id))
    assert (Step.MISSED, code) in steps.all()


def test_the_worker_finds_no_more_to_decide_than_the_board_has(province: Office) -> None:
    assert decision_proposals.seek(province) == 0


def test_a_county_and_an_area_have_a_weak_item_that_nobody_took_up_yet(session: Session) -> None:
    paths = {"sx/ty/xd/", "sx/ty/xd/d1/a1/"}
    quarters = tracked_quarters.lower_quarters(session.connection(), paths)
    assert {path for path, lines in quarters.items() if lines[-1].weak} == paths
    assert not session.exec(select(TrackedItem).where(col(TrackedItem.unit_path).in_(paths))).all()


def test_what_is_kept_are_documents_as_a_phone_would_send_them(session: Session) -> None:
    sent = select(Revision).join(Visit).where(Revision.author_id == Visit.inspector_id)
    for revision in session.exec(sent):
        document = VisitDocument.model_validate_json(revision.document)
        assert document.intent == "submit"
        assert document.phone_score == json.loads(revision.result)["score"]
        assert json.loads(revision.receipt or "{}")["visit"] == document.id
    assert not session.exec(select(Event).where(Event.name == "score.drift")).all()


def test_each_visit_has_photographs_in_the_store_that_are_like_no_other(
    province: Office, session: Session
) -> None:
    files = session.exec(select(VisitFile)).all()
    assert set(province.files.names()) >= {file.sha256 for file in files}
    assert len({file.sha256 for file in files}) == len(files)
    with_photos = {file.visit_id for file in files}
    kinds = {v.id: v.kind for v in session.exec(select(Visit))}
    assert not [
        kind for visit, kind in kinds.items() if visit not in with_photos and kind is not VisitKind.PATROL
    ]
    total = sum(path.stat().st_size for path in province.settings.data.rglob("*") if path.is_file())
    assert total < 85_000_000


def test_everybody_finds_something_to_do_today(session: Session) -> None:
    def due(username: str) -> list[Assignment]:
        user = of(session, username)
        return list(
            session.exec(
                select(Assignment).where(
                    Assignment.user_id == user.id,
                    Assignment.state == AssignmentState.ASSIGNED,
                    Assignment.window_from <= TODAY,
                    Assignment.window_to >= TODAY,
                )
            )
        )

    tiers = {o.id: o.tier for o in session.exec(select(Outlet))}
    for shopper in ("shopper1", "shopper2"):
        found = Counter(tiers[task.outlet_id] for task in due(shopper))
        assert found == {
            Tier.OWN_HALL: 2,
            Tier.ORDINARY: 1,
            Tier.FRANCHISE: 1,
            Tier.EXCLUSIVE: 1,
            Tier.VILLAGE: 1,
        }
        for task in due(shopper):
            tier = tiers[task.outlet_id].value
            assert task.checklist_id == {"own_hall": "own-hall-mystery"}.get(tier, tier)
    [entry] = due("branch1")
    assert (entry.kind, entry.checklist_id) == (VisitKind.ONBOARDING, "onboarding")
    assert session.get_one(Outlet, entry.outlet_id).status is OutletStatus.ONBOARDING
    assert {task.kind for task in due("manager1")} == {VisitKind.AREA_VISIT}
    assert len(due("manager1")) == 4
    assert [task.part for task in sorted(due("hall1"), key=lambda task: task.due_at)] == [
        "opening",
        "round",
        "closing",
    ]


def test_one_visit_came_back_with_a_reviewers_words_and_others_wait(session: Session) -> None:
    [back] = session.exec(select(Visit).where(Visit.state == VisitState.RETURNED)).all()
    assert back.inspector_id == of(session, "shopper1").id
    words = json.loads(back.returned or "{}")
    items = set(json.loads(back.document)["answers"])
    assert len(words["reasons"]) == 2
    assert {reason["item"] for reason in words["reasons"]} <= items
    waiting = session.exec(select(Visit).where(Visit.state == VisitState.SUBMITTED)).all()
    assert len(waiting) >= 5
    assert len({visit.inspector_id for visit in waiting}) > 2
    assert session.exec(select(Review).where(Review.round == 2)).first()


def test_nothing_of_the_past_lies_in_the_future(session: Session) -> None:
    for visit in session.exec(select(Visit)):
        assert visit.changed_at <= NOW
        assert visit.started_at < NOW
    assert session.exec(select(ActionStep).where(col(ActionStep.at) > NOW)).all() == []
    assert session.exec(select(Action).where(col(Action.changed_at) > NOW)).all() == []
    assert session.exec(select(Event.name).where(col(Event.at) > NOW)).all() == []


def test_the_chain_of_events_is_whole(session: Session) -> None:
    assert broken_link(session) is None


def test_the_same_day_gives_the_same_demonstration(tmp_path: Path, migrated: Path) -> None:
    first, second = (_told(tmp_path / name, migrated) for name in ("one", "two"))
    assert first == second


@pytest.mark.parametrize(
    ("day", "before", "after"),
    [
        (date(2026, 1, 1), date(2025, 10, 1), date(2026, 1, 1)),
        (date(2026, 3, 31), date(2025, 10, 1), date(2026, 1, 1)),
        (date(2026, 11, 21), date(2026, 7, 1), date(2026, 10, 1)),
    ],
)
def test_quarters_follow_the_calendar(day: date, before: date, after: date) -> None:
    assert quarter_before(day) == before
    assert quarter_after(before) == after


def _user(office: Office, username: str) -> User:
    with office.work(write=False) as work:
        return of(work.session, username)


def _unsigned(receipt: str | None) -> dict[str, Any]:
    """A receipt without its signature; each demonstration has a key of its own."""
    told: dict[str, Any] = json.loads(receipt or "{}")
    return {name: value for name, value in told.items() if name not in ("key", "signature")}


def _told(folder: Path, migrated: Path) -> dict[str, object]:
    """All that is the same in each: everything but etags, the password's salt, the ids of reviews and the key."""
    office = build(folder, migrated, every=12)
    try:
        with office.work(write=False) as work:
            rows = work.session
            return {
                "units": [unit.model_dump() for unit in rows.exec(select(Unit).order_by(Unit.code))],
                "outlets": [
                    outlet.model_dump() for outlet in rows.exec(select(Outlet).order_by(Outlet.code))
                ],
                "users": [
                    user.model_dump(exclude={"password_hash"})
                    for user in rows.exec(select(User).order_by(User.username))
                ],
                "assignments": [
                    task.model_dump() for task in rows.exec(select(Assignment).order_by(Assignment.id))
                ],
                "visits": [
                    visit.model_dump(exclude={"etag"})
                    for visit in rows.exec(select(Visit).order_by(Visit.id))
                ],
                "revisions": [
                    revision.model_dump() | {"receipt": _unsigned(revision.receipt)}
                    for revision in rows.exec(select(Revision).order_by(Revision.visit_id, Revision.number))
                ],
                "files": [
                    file.model_dump()
                    for file in rows.exec(select(VisitFile).order_by(VisitFile.visit_id, VisitFile.sha256))
                ],
                "events": rows.exec(select(Event.name, Event.at).order_by(Event.id)).all(),
            }
    finally:
        office.database.close()


def test_eight_months_of_inputs_are_there_from_good_and_bad_outlets(session: Session) -> None:
    months = [Period.of("month", TODAY).back(turn).code for turn in range(1, 9)]
    outlets = {o.id: o for o in session.exec(select(Outlet)) if o.status is not OutletStatus.ONBOARDING}
    found = read_inputs.counts(session.connection(), SYSTEM, months)
    for code in ("csat_hall", "complaints", "audit", "certified", "customers"):
        for outlet in outlets.values():
            since = outlet.cooperation_since
            mine = {month for month in months if since is None or since <= Period.read(month).last}
            assert set(found[outlet.id].get(code, ())) == mine, (outlet.code, code)
    halls = {o.id for o in outlets.values() if o.tier is Tier.OWN_HALL}
    assert {o for o, counted in found.items() if "handling_on_time" in counted} == halls
    rates = [
        Fraction(one.part, one.whole) for counted in found.values() for one in counted["csat_hall"].values()
    ]
    assert min(rates) < Fraction(88, 100)
    assert max(rates) > Fraction(98, 100)
    assert all(
        one.part <= one.whole for counted in found.values() for by in counted.values() for one in by.values()
    )
    standing = read_inputs.vetoes(session.connection(), SYSTEM, TODAY - timedelta(days=300), TODAY)
    assert sorted(each.code for of in standing.values() for each in of) == ["V2", "V7"]
    staff = read_inputs.staff(session.connection(), SYSTEM, months[0])
    assert set(staff) == set(outlets)
