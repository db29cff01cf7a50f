"""The page of an outlet says what holds today, and from which day on what was imported will."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path

from server.domain.access import Role
from server.storage.organisation import Outlet, Tier
from server.usecases import outlets
from server.usecases.work import Office
from tests import make
from tests.conftest import Clock
from tests.make import Caller

Client = Callable[..., Caller]


def imported(office: Office, folder: Path, code: str, tier: str, class_: str) -> None:
    path = folder / "outlets.csv"
    path.write_text(
        f"编码,名称,层级,类别,地域,单位\n{code},小店通讯,{tier},{class_},城市,sx-ty-xd\n", encoding="utf-8"
    )
    with office.work() as work:
        assert outlets.apply_import(work, path).clean


def facts(office: Office, client: Client, code: str, language: str = "zh") -> dict[str, str]:
    """The facts at the head of the page as they are read."""
    page = client(make.user(office, role=Role.HQ)).get(f"/outlets/{code}?lang={language}")
    head = page.get_data(as_text=True).partition('class="facts')[2].partition("</dl>")[0]
    return {
        name: re.sub(r"<[^>]+>", "|", text).strip("|")
        for name, text in re.findall(r"<dt>(.*?)</dt><dd>(.*?)</dd>", head, re.DOTALL)
    }


def test_what_an_import_changed_stands_beside_what_holds_until_the_first(
    office: Office, client: Client, clock: Clock, tmp_path: Path
) -> None:
    place = make.unit(office, "sx", "ty", "xd")
    outlet: Outlet = make.outlet(office, place=place, tier=Tier.ORDINARY, class_="C", name="小店通讯")
    assert facts(office, client, outlet.code)["网点类别"] == "C 类"
    # Of two imports of one day the last one counts.
    for class_ in ("B", "A"):
        imported(office, tmp_path, outlet.code, "普通代理店", class_)
        clock.forward(minutes=1)
    told = facts(office, client, outlet.code)
    assert told["网点类别"] == "C 类|2026年12月1日 起：A 类"
    assert (told["层级"], told["地域"]) == ("普通代理店", "城区")
    assert facts(office, client, outlet.code, "en")["Class"] == "Class C|from 2026-12-01: Class A"
    clock.now += timedelta(days=(date(2026, 12, 1) - clock.now.date()).days)
    assert facts(office, client, outlet.code)["网点类别"] == "A 类"


def test_the_history_says_when_an_outlet_was_entered(office: Office, client: Client, tmp_path: Path) -> None:
    make.unit(office, "sx", "ty", "xd")
    imported(office, tmp_path, "N1", "普通代理店", "B")
    page = client(make.user(office, role=Role.HQ)).get("/outlets/N1").get_data(as_text=True)
    assert re.search(r"2026年11月21日</span>\s*状态：录入网点 → <b>正常</b>", page)
