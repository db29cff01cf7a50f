"""What has happened before today: two quarters of accepted visits, and the last days with their open ends."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date, datetime, timedelta
from random import Random

from server.demo.ids import SEED
from server.demo.inspecting import Plan, assigned, at, inspect, returned, reviewed
from server.demo.organisation import SHOPPERS, Organisation
from server.demo.publishing import publish_batch, release_photos
from server.domain.access import SYSTEM, Role
from server.domain.visit import SHANGHAI, VisitKind
from server.storage import events
from server.storage.organisation import Outlet, OutletStatus, Tier, User
from server.storage.visits import Visit
from server.usecases.work import Work

Say = Callable[[str], None]

# Photographs of the past get their small sizes from the worker, after the start; their reports are not signed again.
PAST_JOBS = {"visit.whole": ("make_sizes",)}
STUBBORN = "sx/dt/"
"""The branch whose own halls do not learn: it misses the target for its weak item, while others reach theirs."""
WEAKER = (("P4", 0.65), ("P4", 0.25))
"""What they keep less well in either quarter."""
MORE = 2
"""So many more visits the province's first hall has each quarter: its county, and its area, have a weak item of their own."""


def past(work: Work, made: Organisation, today: date, say: Say, every: int) -> None:
    """Two whole quarters before today's: own halls three times a quarter, one of them oftener, ordinary agents and franchises once.

    Of the exclusive shops only every other one had its visit: more would only make the first start longer.
    """
    # The seed of all draws is fixed here, so that each demonstration draws the same second reviews.
    work.record("draw.seeded", "draw", "review", seed=SEED)
    plans = [
        plan for plan in sorted(_plans(made, today), key=lambda plan: plan.begun)[::every] if _there(plan)
    ]
    week: list[Visit] = []
    for number, plan in enumerate(plans, 1):
        if week and plan.begun.isocalendar()[:2] != week[0].started_at.isocalendar()[:2]:
            publish_batch(work, made, week)
            week = []
        week.append(reviewed(work, made, inspect(work, plan), published=False))
        if number % 100 == 0 or number == len(plans):
            say(f"检查 visits {number}/{len(plans)}")
    if week:
        publish_batch(work, made, week)
    work.session.flush()
    events.seal(work.session, PAST_JOBS, work.now, limit=1_000_000)


def recent(work: Work, made: Organisation, now: datetime, today: date) -> None:
    """The last days: some published, some in the review queue, one returned; and what is due now."""
    shopper1, shopper2, others = made.user("shopper1"), made.user("shopper2"), made.users[4:SHOPPERS]
    halls, agents = made.of_tier(Tier.OWN_HALL), made.of_tier(Tier.ORDINARY)
    franchises, exclusives = made.of_tier(Tier.FRANCHISE), made.of_tier(Tier.EXCLUSIVE)
    day = _days_before(today)
    last = [
        reviewed(
            work,
            made,
            inspect(work, _mystery(others[n], halls[4 + n], at(day(6), 9 + n, 20), 0.0, photos=5)),
            hours=10,
            published=False,
        )
        for n in range(4)
    ]
    for visit in last[:3]:
        release_photos(work, made, visit)
    publish_batch(work, made, last)
    # Accepted and not published yet: one for longer than the limit, the others since yesterday.
    for who, outlet, ago in (
        (others[13], halls[8], 8),
        (others[5], agents[7], 3),
        (others[11], halls[10], 3),
        (others[12], franchises[11], 2),
    ):
        reviewed(
            work,
            made,
            inspect(work, _mystery(who, outlet, at(day(ago), 14, 35), 0.03, photos=4)),
            hours=9,
            published=False,
        )
    for number, (who, outlet, ago, bonus) in enumerate(
        (
            (shopper2, halls[2], 1, 0.0),
            (others[6], halls[9], 1, -0.25),
            (others[7], agents[5], 1, 0.0),
            (shopper1, halls[12], 2, 0.05),
            (others[8], agents[40], 2, 0.0),
            (others[9], franchises[8], 1, 0.0),
            (others[10], exclusives[12], 2, -0.05),
        )
    ):
        inspect(work, _mystery(who, outlet, at(day(ago), 10 + number, 5), bonus, photos=5))
    visit = inspect(work, _mystery(shopper1, halls[7], at(day(2), 15, 10), -0.05, photos=5))
    returned(work, made, visit, now - timedelta(hours=2))
    manager, area = made.user("manager1"), _agents_of(made, made.user("manager1"))
    inspect(work, Plan(manager, area[0], VisitKind.AREA_VISIT, at(day(1), 10, 30), 0.85, photos=5))
    work.viewer, work.now = SYSTEM, now
    _due(work, made, today)
    hall = made.user("hall1")
    for ago in (1, 2, 3):
        for part, hour in (("opening", 8), ("round", 11), ("closing", 18)):
            _patrol(work, made, hall, part, at(day(ago), hour, 10))


def _due(work: Work, made: Organisation, today: date) -> None:
    """What the demonstration's people find on their phones today."""
    halls, agents = made.of_tier(Tier.OWN_HALL), made.of_tier(Tier.ORDINARY)
    others = [made.of_tier(tier) for tier in (Tier.FRANCHISE, Tier.EXCLUSIVE, Tier.VILLAGE)]
    fortnight = (today - timedelta(days=2), today + timedelta(days=11))
    for name, outlets in (
        ("shopper1", (halls[0], halls[3], agents[1], *(of_tier[0] for of_tier in others))),
        ("shopper2", (halls[1], halls[5], agents[3], *(of_tier[1] for of_tier in others))),
    ):
        user = made.user(name)
        for outlet in outlets:
            assigned(work, user, outlet, VisitKind.MYSTERY, fortnight, key=f"due:{name}:{outlet.code}")
    manager = made.user("manager1")
    monday = today - timedelta(days=today.weekday())
    for outlet in _agents_of(made, manager)[1:5]:
        key = f"due:{manager.username}:{outlet.code}"
        assigned(work, manager, outlet, VisitKind.AREA_VISIT, (monday, monday + timedelta(days=6)), key=key)
    branch = made.user("branch1")
    joining = next(outlet for outlet in made.outlets if outlet.status is OutletStatus.ONBOARDING)
    assigned(
        work, branch, joining, VisitKind.ONBOARDING, fortnight, key=f"due:{branch.username}:{joining.code}"
    )
    hall = made.user("hall1")
    place = next(outlet for outlet in halls if outlet.id == hall.outlet_id)
    for part, due in (("opening", at(today, 9)), ("round", at(today, 16)), ("closing", at(today, 20))):
        key = f"due:{hall.username}:{today}:{part}"
        assigned(work, hall, place, VisitKind.PATROL, (today, today), key=key, part=part, due=due)


def _plans(made: Organisation, today: date) -> Iterator[Plan]:
    chance = Random(f"{SEED}:history")
    shoppers = [user for user in made.users if user.role is Role.SHOPPER]
    managers = made.managers()
    first = quarter_before(quarter_before(today))
    for turn, begin in enumerate((first, quarter_before(today))):
        days = (quarter_after(begin) - begin).days
        for number, outlet in enumerate(made.of_tier(Tier.OWN_HALL)):
            for visit in range(3):
                # 3 * 2 different shoppers at one hall in two quarters, and never shopper1 or shopper2 where
                # they are to go now: nobody comes back within 180 days.
                who = shoppers[2 + (number * 6 + turn * 3 + visit) % (SHOPPERS - 2)]
                day = begin + timedelta(days=days * visit // 3 + chance.randrange(days // 3))
                begun = at(day, chance.randrange(9, 17), chance.randrange(60))
                weaker = WEAKER[turn] if outlet.unit_path.startswith(STUBBORN) else None
                yield replace(_mystery(who, outlet, begun, 0.02 * turn), weaker=weaker)
        yield from _more(made, shoppers, begin, days, turn)
        for number, outlet in enumerate(made.of_tier(Tier.ORDINARY)):
            if number % 2 == turn:
                day = begin + timedelta(days=chance.randrange(days))
                who = shoppers[2 + (number * 5) % (SHOPPERS - 2)]
                yield _mystery(who, outlet, at(day, chance.randrange(9, 18), chance.randrange(60)), 0.0)
        yield from _shops(made, shoppers, begin, days, turn)
        home = made.user("manager1").unit_path
        for number, outlet in enumerate(made.outlets):
            # Ordinary agents have their mystery visit; only in one area is every outlet seen by its manager too.
            if outlet.status is OutletStatus.ONBOARDING:
                continue
            if outlet.tier is Tier.OWN_HALL or (outlet.tier is Tier.ORDINARY and outlet.unit_path != home):
                continue
            if number % 2 != turn:
                day = begin + timedelta(days=chance.randrange(days))
                begun = at(day, chance.randrange(9, 18), chance.randrange(60))
                level = quality(outlet, begun)
                yield Plan(managers[outlet.unit_path], outlet, VisitKind.AREA_VISIT, begun, level)


def _there(plan: Plan) -> bool:
    """Whether the outlet worked with the operator already on the day of the inspection."""
    since = plan.outlet.cooperation_since
    return since is None or since <= plan.begun.date()


def _more(made: Organisation, shoppers: list[User], begin: date, days: int, turn: int) -> Iterator[Plan]:
    """More mystery visits to the first hall in one of the two quarters, by shoppers who were not there yet."""
    chance = Random(f"{SEED}:more:{turn}")
    hall = made.of_tier(Tier.OWN_HALL)[0]
    for visit in range(MORE):
        day = begin + timedelta(days=chance.randrange(days))
        begun = at(day, chance.randrange(9, 17), chance.randrange(60))
        yield _mystery(shoppers[2 + 6 + turn * MORE + visit], hall, begun, 0.02 * turn)


def _shops(made: Organisation, shoppers: list[User], begin: date, days: int, turn: int) -> Iterator[Plan]:
    """Mystery visits of one of the two quarters: half of the franchises, a quarter of the exclusive shops."""
    chance = Random(f"{SEED}:shops:{turn}")
    for tier, every in ((Tier.FRANCHISE, 2), (Tier.EXCLUSIVE, 4)):
        for number, outlet in enumerate(made.of_tier(tier)):
            if number % every == turn and outlet.status is not OutletStatus.ONBOARDING:
                day = begin + timedelta(days=chance.randrange(days))
                who = shoppers[2 + (number * 7) % (SHOPPERS - 2)]
                yield _mystery(who, outlet, at(day, chance.randrange(9, 18), chance.randrange(60)), 0.0)


def quality(outlet: Outlet, when: datetime) -> float:
    """How likely an item is right there (0..1): each outlet has its own level, and better and worse days."""
    level = 0.72 + 0.27 * Random(f"{SEED}:{outlet.code}").betavariate(4, 1.6)
    if outlet.status is OutletStatus.PROBATION:
        level -= 0.15
    return level + Random(f"{SEED}:{outlet.code}:{when.date()}").uniform(-0.04, 0.04)


def quarter_before(day: date) -> date:
    """The first day of the quarter before the one of `day`."""
    begin = date(day.year, day.month - (day.month - 1) % 3, 1) - timedelta(days=1)
    return date(begin.year, begin.month - 2, 1)


def quarter_after(begin: date) -> date:
    """The first day of the quarter after the one that begins on `begin`."""
    later = begin + timedelta(days=95)
    return date(later.year, later.month, 1)


def _mystery(user: User, outlet: Outlet, begun: datetime, bonus: float, photos: int = 2) -> Plan:
    return Plan(user, outlet, VisitKind.MYSTERY, begun, quality(outlet, begun) + bonus, photos=photos)


def _patrol(work: Work, made: Organisation, hall: User, part: str, begun: datetime) -> None:
    place = next(outlet for outlet in made.outlets if outlet.id == hall.outlet_id)
    reviewed(work, made, inspect(work, Plan(hall, place, VisitKind.PATROL, begun, 0.93, part)), hours=2)


def _agents_of(made: Organisation, manager: User) -> list[Outlet]:
    """The agent outlets of a manager's area."""
    return [o for o in made.outlets if o.unit_path == manager.unit_path and o.tier is not Tier.OWN_HALL]


def _days_before(today: date) -> Callable[[int], date]:
    return lambda days: today - timedelta(days=days)


def today_in_shanxi(now: datetime) -> date:
    """The date there."""
    return now.astimezone(SHANGHAI).date()
