"""A small made-up organisation: two halls, a village station, one user for each part to play, and what is due."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

from server.domain.access import Role
from server.domain.visit import SHANGHAI, VisitKind
from server.storage.organisation import Outlet, Tier, User
from server.storage.visits import Assignment
from server.usecases.work import Office
from tests import make, submitted

SECRET_NAME = "慕容听雪"
"""The shopper's name, which nobody else bears and most people must never read."""
PLACE = {"latitude": 37.8601, "longitude": 112.5602, "accuracy": 20}
"""In front of the hall."""


@dataclass(frozen=True)
class Organisation:
    """The records that the tests name."""

    hall: Outlet
    other_hall: Outlet
    shop: Outlet
    users: dict[str, User]
    mystery: Assignment
    area: Assignment
    patrol: Assignment
    short: Assignment

    def user(self, username: str) -> User:
        """A user by what the tests call it; everybody's password is `make.PASSWORD`."""
        return self.users[username]


def made_up(office: Office) -> Organisation:
    """Make an organisation of its own and give shopper, area and hall manager something to do.

    Several may stand beside each other in one province: user names and codes end in a mark that differs.

    `short` is a visit of eight items, for tests that look at something else than a long list; it is due first and farther away.
    """
    submitted.checklist(office)
    mark = uuid4().hex[:6]
    branch = make.unit(office, "sx", mark)
    area = make.unit(office, "sx", mark, "xd", "d1", "a1")
    hall = make.outlet(office, place=area, code=f"TY0001{mark}")
    other = make.outlet(
        office,
        place=area,
        code=f"TY0002{mark}",
        name="太原长风街营业厅",
        pinyin="tycfjyyt",
        lat=37.82,
        lng=112.57,
    )
    shop = make.outlet(
        office,
        tier=Tier.VILLAGE,
        place=area,
        code=f"TY0100{mark}",
        name="王家庄村级服务站",
        pinyin="wjzcjfwz",
        class_="C",
    )

    def user(username: str, role: Role, **given: Any) -> User:
        return make.user(office, role=role, username=f"{username}-{mark}", **given)

    users = [
        user("shopper1", Role.SHOPPER, name=SECRET_NAME),
        user("shopper2", Role.SHOPPER, name="司徒望月"),
        user("manager1", Role.AREA_MANAGER, unit_path=area.path, name="田守礼"),
        user("hall1", Role.HALL_MANAGER, outlet_id=hall.id, unit_path=area.path, name="郝雅琴"),
        user("owner1", Role.OUTLET_OWNER, outlet_id=shop.id, unit_path=area.path, name="王有福"),
        user("reviewer1", Role.REVIEWER, name="沈明察"),
        user("reviewer2", Role.REVIEWER, name="文静思"),
        user("branch1", Role.BRANCH_MANAGER, unit_path=branch.path, name="柏广厦"),
        user("hq1", Role.HQ, name="高瞻远"),
        user("admin1", Role.ADMIN, name="管清"),
        user("auditor1", Role.AUDITOR, name="纪严明"),
    ]
    by_name = {user.username.split("-")[0]: user for user in users}
    now = datetime.now(UTC)
    today = now.astimezone(SHANGHAI).date()
    due = {"window_from": today, "window_to": today + timedelta(days=7), "due_at": now + timedelta(days=7)}
    return Organisation(
        hall=hall,
        other_hall=other,
        shop=shop,
        users=by_name,
        mystery=make.assignment(office, by_name["shopper1"], hall, **due),
        area=make.assignment(
            office, by_name["manager1"], shop, kind=VisitKind.AREA_VISIT, checklist_id="area-check", **due
        ),
        patrol=make.assignment(
            office,
            by_name["hall1"],
            hall,
            kind=VisitKind.PATROL,
            part="opening",
            checklist_id="own-hall-patrol",
            **due,
        ),
        short=make.assignment(
            office,
            by_name["shopper1"],
            other,
            checklist_id="small-hall",
            **due | {"due_at": now + timedelta(days=6)},
        ),
    )
