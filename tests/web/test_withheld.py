"""An outlet that asks for a report which showed a withheld photograph gets the one that replaced it."""

from __future__ import annotations

from collections.abc import Callable

from server import worker
from server.domain.access import Role
from server.storage.organisation import Outlet
from server.storage.visits import Visit
from server.usecases.work import Office
from tests import make
from tests.conftest import Clock
from tests.make import Caller
from tests.usecases.test_withheld import hall, nothing_drawn, signed, visit, withhold

__all__ = ["hall", "nothing_drawn", "visit"]
Client = Callable[..., Caller]


def test_the_old_report_is_handed_to_head_office_alone(
    office: Office,
    clock: Clock,
    client: Client,
    visit: Visit,
    hall: Outlet,
) -> None:
    (older,) = signed(office, visit)
    old = office.files.get(older.sha256, kind="report")
    owner = client(make.user(office, role=Role.OUTLET_OWNER, outlet_id=hall.id))
    path = f"/reports/{older.id}.pdf"
    assert owner.get(path).data == old
    withhold(office, clock, visit)
    # Before the worker comes as well as afterwards.
    for _ in range(2):
        given = owner.get(path)
        assert given.status_code == 200
        assert given.data == office.files.get(signed(office, visit)[1].sha256, kind="report")
        assert given.data != old
        worker.run_once(office)
    assert owner.get(f"/visits/{older.id}").status_code == 200
    assert client(make.user(office, role=Role.HQ)).get(path).data == old
