"""`xunting replay`: a stored period computed again, from the command line."""

from __future__ import annotations

from typing import Any

import pytest

from server.cli import run
from server.domain.access import Role
from server.domain.engine import ENGINE
from server.storage import migrations
from server.storage.organisation import Tier
from server.storage.periods import Figure, PeriodRow
from server.usecases import periods
from server.usecases.work import Office
from tests import make, submitted


def test_replay_compares_every_byte_and_its_exit_code_says_so(
    tmp_path: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    from server.config import Settings

    environment = {"XUNTING_DATA": str(tmp_path)}
    office = Office.of(Settings.from_env(environment))
    migrations.upgrade(office.database.engine)
    make.rules(office.database.engine)
    make.outlet(office, tier=Tier.VILLAGE)
    month = office.clock().strftime("%Y-%m")
    with office.work(submitted.viewer(make.user(office, role=Role.HQ))) as work:
        periods.draft_at_once(work, month)
    assert run(["replay", month], environment) == 0
    table = Figure.__table__  # type: ignore[attr-defined]
    with office.work() as work:
        work.connection.execute(table.update().where(table.c.code == "composite").values(rank=7))
    assert run(["replay", month], environment) == 1
    assert "composite" in capsys.readouterr().out
    assert run(["replay", "2001-01"], environment) == 1
    # Another engine tells figures otherwise: nothing is compared, and the command says so.
    with office.work() as work:
        work.connection.execute(table.update().where(table.c.code == "composite").values(rank=None))
        work.session.get_one(PeriodRow, month).engine = ENGINE - 1
    assert run(["replay", month], environment) == 3
    assert "不能逐字节重算" in capsys.readouterr().out
