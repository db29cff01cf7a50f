"""The demonstration's organisation: units, 240 outlets of all tiers, and users of every role."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from itertools import cycle, islice
from random import Random

from server.demo.ids import SEED, named
from server.demo.names import people
from server.demo.places import BRANCHES, CROWDED, DEALERS, STREETS, TOWNSHIPS, VILLAGES, Branch, County
from server.domain.access import Role
from server.storage.organisation import Outlet, OutletStatus, Setting, Tier, Unit, UnitKind, User
from server.usecases.outlets import initials

OUTLETS = 240
SHOPPERS = 24

# Agent outlets of the crowded counties by business department: 8 + 6 + 6 + 5 = 25.
_DEPARTMENTS = (8, 6, 6, 5)
# What each county has first; the crowded ones and the last ones go round again.
_TIERS = (
    Tier.ORDINARY,
    Tier.EXCLUSIVE,
    Tier.ORDINARY,
    Tier.VILLAGE,
    Tier.FRANCHISE,
    Tier.ORDINARY,
    Tier.VILLAGE,
)
_CITY_TIERS = (Tier.ORDINARY, Tier.FRANCHISE, Tier.EXCLUSIVE, Tier.ORDINARY, Tier.EXCLUSIVE)


@dataclass(slots=True)
class Organisation:
    """Everything that was made, for the visits to refer to."""

    units: list[Unit] = field(default_factory=list)
    outlets: list[Outlet] = field(default_factory=list)
    users: list[User] = field(default_factory=list)

    def user(self, username: str) -> User:
        """A user by name."""
        return next(user for user in self.users if user.username == username)

    def of_tier(self, tier: Tier) -> list[Outlet]:
        """The outlets of a tier."""
        return [outlet for outlet in self.outlets if outlet.tier is tier]

    def managers(self) -> dict[str, User]:
        """The area managers by the path of their area."""
        return {user.unit_path: user for user in self.users if user.role is Role.AREA_MANAGER}


def organisation(now: datetime, password_hash: str) -> Organisation:
    """Make all units, outlets and users, unsaved; the same each time but for the password's hash."""
    made = Organisation()
    chance = Random(f"{SEED}:places")
    province = _unit(made, None, UnitKind.PROVINCE, "sx", "山西省公司")
    counties: list[tuple[Branch, County, Unit]] = []
    for branch in BRANCHES:
        city = _unit(made, province, UnitKind.BRANCH, branch.code, f"{branch.name}市分公司")
        for county in branch.counties:
            place = _unit(made, city, UnitKind.COUNTY, county.code, f"{county.name}公司")
            counties.append((branch, county, place))
    crowded = len(CROWDED) * sum(_DEPARTMENTS)
    plain = [each for each in counties if (each[0].code, each[1].code) not in CROWDED]
    spread, more = divmod(OUTLETS - 2 * len(BRANCHES) - crowded, len(plain))
    left = iter([1] * more + [0] * len(plain))
    for turn, (branch, county, place) in enumerate(counties):
        if (branch.code, county.code) in CROWDED:
            numbers: tuple[int, ...] = _DEPARTMENTS
        else:
            numbers = (spread + next(left),)
        tiers = islice(cycle(_TIERS if county.town else _CITY_TIERS + _TIERS), turn * 3, None)
        for number, count in enumerate(numbers, 1):
            ordinal = f"第{'一二三四'[number - 1]}" if len(numbers) > 1 else ""
            title = f"{_short(branch, county)}{ordinal}营业部"
            department = _unit(made, place, UnitKind.DEPARTMENT, f"d{number}", title)
            area = _unit(made, department, UnitKind.AREA, "a1", f"{title.removesuffix('营业部')}片区")
            if number == 1 and county in branch.counties[:2]:
                _own_hall(made, chance, now, branch, county, area)
            for _ in range(count):
                _agent(made, chance, now, branch, county, area, next(tiers))
    _joining(made)
    _users(made, now, password_hash)
    return made


def _unit(made: Organisation, parent: Unit | None, kind: UnitKind, code: str, name: str) -> Unit:
    full = f"{parent.code}-{code}" if parent else code
    unit = Unit(
        id=named("unit", full),
        parent_id=parent.id if parent else None,
        kind=kind,
        code=full,
        name=name,
        path=f"{parent.path if parent else ''}{code}/",
    )
    made.units.append(unit)
    return unit


def _own_hall(
    made: Organisation, chance: Random, now: datetime, branch: Branch, county: County, area: Unit
) -> None:
    street = branch.streets[0 if county is branch.counties[0] else 1]
    _outlet(made, chance, now, branch, county, area, Tier.OWN_HALL, street, f"{branch.name}{street}营业厅")


def _agent(
    made: Organisation,
    chance: Random,
    now: datetime,
    branch: Branch,
    county: County,
    area: Unit,
    tier: Tier,
) -> None:
    taken = {outlet.name for outlet in made.outlets}
    while True:
        place, name = _agent_name(chance, branch, county, tier)
        if name not in taken:
            break
    _outlet(made, chance, now, branch, county, area, tier, place, name)


def _agent_name(chance: Random, branch: Branch, county: County, tier: Tier) -> tuple[str, str]:
    short = _short(branch, county)
    if tier is Tier.VILLAGE:
        township, village = chance.choice(TOWNSHIPS), chance.choice(VILLAGES)
        return f"{township}镇{village}村", f"{short}{township}{village}村服务站"
    street = chance.choice(STREETS if county.town else branch.streets + STREETS[:6])
    dealer = chance.choice(DEALERS)
    end = {
        Tier.FRANCHISE: f"{street}合作营业厅",
        Tier.EXCLUSIVE: f"{dealer}通信专营店",
        Tier.ORDINARY: chance.choice((f"{dealer}手机店", f"{dealer}通讯", f"{street}{dealer}便利店")),
    }[tier]
    return street, short + end


def _short(branch: Branch, county: County) -> str:
    return county.name.rstrip("市县区") if len(county.name) > 2 else branch.name + county.name


def _outlet(
    made: Organisation,
    chance: Random,
    now: datetime,
    branch: Branch,
    county: County,
    area: Unit,
    tier: Tier,
    place: str,
    name: str,
) -> None:
    here = f"sx/{branch.code}/{county.code}/"
    number = sum(outlet.unit_path.startswith(here) for outlet in made.outlets) + 1
    code = f"{branch.code}{county.code}{number:03d}".upper()
    setting = Setting.CITY
    if tier is Tier.VILLAGE:
        setting = Setting.TOWNSHIP
    elif county.town:
        setting = Setting.COUNTY_TOWN
    # A hundredth of a degree is about one kilometre here: in town near the seat, villages farther out.
    reach = 0.06 if tier is Tier.VILLAGE else 0.02
    house = f"{chance.randrange(1, 260)}号"
    made.outlets.append(
        Outlet(
            id=named("outlet", code),
            code=code,
            name=name,
            pinyin=initials(name),
            unit_id=area.id,
            unit_path=area.path,
            tier=tier,
            class_="A" if tier is Tier.OWN_HALL else chance.choices("ABC", (20, 40, 40))[0],
            setting=setting,
            status=OutletStatus.PROBATION
            if tier is not Tier.OWN_HALL and chance.random() < 0.04
            else OutletStatus.ACTIVE,
            address=f"山西省{branch.name}市{county.name}{place}{'' if tier is Tier.VILLAGE else house}",
            phone=f"{branch.telephone}-{chance.randrange(2_000_000, 8_999_999)}",
            lat=round(county.lat + chance.uniform(-reach, reach), 5),
            lng=round(county.lng + chance.uniform(-reach, reach), 5),
            cooperation_since=None if tier is Tier.OWN_HALL else _since(chance, now),
            changed_at=now,
        )
    )


def _joining(made: Organisation) -> None:
    """The first branch's last exclusive shop has not opened yet: its entry check is still to come."""
    home = f"sx/{BRANCHES[0].code}/"
    outlet = [one for one in made.of_tier(Tier.EXCLUSIVE) if one.unit_path.startswith(home)][-1]
    outlet.status, outlet.class_, outlet.cooperation_since = OutletStatus.ONBOARDING, "C", None


def _since(chance: Random, now: datetime) -> date:
    """A day between half a year and nine years ago, so that every step of the years factor has outlets."""
    return (now - timedelta(days=chance.randrange(180, 9 * 365))).date()


def _users(made: Organisation, now: datetime, password_hash: str) -> None:
    called = people(f"{SEED}:people")
    halls = made.of_tier(Tier.OWN_HALL)
    areas = [unit for unit in made.units if unit.kind is UnitKind.AREA]
    branches = [unit for unit in made.units if unit.kind is UnitKind.BRANCH]
    province = made.units[0]

    def add(username: str, role: Role, unit: Unit, outlet: Outlet | None = None) -> None:
        made.users.append(
            User(
                id=named("user", username),
                username=username,
                name=next(called),
                role=role,
                unit_id=unit.id,
                unit_path=unit.path,
                outlet_id=outlet.id if outlet else None,
                password_hash=password_hash,
                created_at=now,
            )
        )

    by_id = {unit.id: unit for unit in made.units}
    for number in range(1, SHOPPERS + 1):
        add(f"shopper{number}", Role.SHOPPER, province)
    for number, area in _numbered(areas):
        add(f"manager{number}", Role.AREA_MANAGER, area)
    for number, hall in enumerate(halls, 1):
        add(f"hall{number}", Role.HALL_MANAGER, by_id[hall.unit_id], hall)
    add("owner1", Role.OUTLET_OWNER, areas[0], next(o for o in made.outlets if o.tier is Tier.FRANCHISE))
    for number in (1, 2, 3):
        add(f"reviewer{number}", Role.REVIEWER, province)
    for number, branch in _numbered(branches):
        add(f"branch{number}", Role.BRANCH_MANAGER, branch)
    for username, role in (
        ("hq1", Role.HQ),
        ("hq2", Role.HQ),
        ("admin1", Role.ADMIN),
        ("auditor1", Role.AUDITOR),
    ):
        add(username, role, province)


def _numbered(units: list[Unit]) -> Iterator[tuple[int, Unit]]:
    return iter(enumerate(units, 1))
