"""The overview in a browser: its charts are drawn, everything opens its evidence by hand and by key, and paper takes it whole."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from server.domain.access import SYSTEM, Role
from server.domain.periods import Period
from server.storage.inputs import MonthCount
from server.storage.organisation import Tier
from server.storage.periods import PeriodRow, PeriodState
from server.usecases import periods
from server.usecases.work import Office
from tests import make
from tests.e2e.desk import Desk
from tests.e2e.test_reach import TOO_WIDE, findings

Screens = Callable[[Page, str], None]
LAST = Period.of("month", datetime.now(UTC).date()).back()


@pytest.fixture
def province(office: Office) -> Office:
    """Two branches with a village outlet and a hall each, and two published months."""
    for branch, lat, satisfied in (("ty", 37.9, 93), ("dt", 40.1, 99)):
        place = make.unit(office, "sx", branch, "xd")
        outlet = make.outlet(office, tier=Tier.VILLAGE, place=place, lat=lat, lng=112.5)
        hall = make.outlet(office, tier=Tier.OWN_HALL, place=place, lat=lat, lng=112.5)
        with office.work() as work:
            for month in (LAST.back().code, LAST.code):
                work.session.add(
                    MonthCount(outlet_id=hall.id, month=month, code="csat_hall", part=satisfied, whole=100)
                )
                for code, part, whole in (("csat_hall", satisfied, 100), ("complaints", 0, None)):
                    row = MonthCount(outlet_id=outlet.id, month=month, code=code, part=part, whole=whole)
                    work.session.add(row)
    for month in (LAST.back().code, LAST.code):
        periods.draft(office, SYSTEM, month)
        with office.work() as work:
            work.session.get_one(PeriodRow, month).state = PeriodState.PUBLISHED
    return office


@pytest.mark.usefixtures("alone")
def test_the_overview_draws_its_charts_opens_everything_and_goes_on_paper(
    province: Office, desk: Callable[..., Desk], screens: Screens, tmp_path: Path
) -> None:
    said: list[str] = []
    head_office = make.user(province, role=Role.HQ)
    page = desk(head_office, reduced_motion="reduce").page
    page.on("console", lambda message: said.append(message.text))
    page.goto("/overview")
    charts = page.locator("figure[data-drawn] svg")
    expect(charts).to_have_count(3)
    expect(page.locator("figure[data-drawn=lines] svg path").first).to_be_attached()
    screens(page, "wide")

    page.pdf(path=tmp_path / "overview.pdf", prefer_css_page_size=True)
    words = subprocess.run(
        ["pdftotext", "-layout", tmp_path / "overview.pdf", "-"], capture_output=True, check=True
    )
    said_on_paper = words.stdout.decode()
    assert LAST.code in said_on_paper
    # The tables of the charts stand on paper though they are shut on the screen.
    assert said_on_paper.count("六项服务指标") == 2
    assert page.locator("details.numbers[open]").count() == 0
    pictures = subprocess.run(
        ["pdfimages", "-list", tmp_path / "overview.pdf"], capture_output=True, check=True
    )
    assert len(pictures.stdout.decode().splitlines()) <= 2, "charts are drawn, not photographed"

    # A bubble of the map opens its branch, and its name belongs to it.
    page.locator("figure[data-drawn=map] svg text").filter(has_text=re.compile(r"dt 100\.00")).click()
    expect(page).to_have_url(re.compile(r"unit=sx%2Fdt%2F"))
    page.get_by_role("link", name="单位sx", exact=True).click()
    page.locator("#league").get_by_role("link", name="单位sx-ty").press("Enter")
    expect(page.locator("h1")).to_have_text("单位sx-ty")
    page.locator(".gauge").first.press("Enter")
    expect(page).to_have_url(re.compile(rf"/figures/{LAST.code}/sx/ty/csat_hall"))

    for language, width, scheme in (
        ("zh", 1280, "light"),
        ("en", 1280, "dark"),
        ("zh", 320, "dark"),
        ("en", 320, "light"),
    ):
        page.set_viewport_size({"width": width, "height": 844})
        page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
        page.goto(f"/overview?lang={language}")
        expect(charts).to_have_count(3)
        screens(page, f"{language}-{width}")
        assert findings(page) == [], f"{language} at {width}"
        assert page.evaluate(TOO_WIDE) == [], f"too wide in {language} at {width}"
    assert [text for text in said if "Content Security Policy" in text] == []

    # Without a script every number of the charts stands in a table.
    plain = desk(head_office, java_script_enabled=False).page
    plain.goto("/overview")
    expect(plain.locator("figure.plot").first).to_be_hidden()
    expect(plain.locator("#indicators-table")).to_contain_text("96.00 %")
    expect(plain.locator("#league")).to_contain_text("100.00")


LOOK = "each => [getComputedStyle(each).color, getComputedStyle(each).backgroundColor]"
IN_SIGHT = """() => {
  const tab = document.querySelector('.tabs > [aria-current]').getBoundingClientRect();
  return tab.left >= 0 && tab.right <= innerWidth && scrollX === 0 && scrollY === 0;
}"""


@pytest.mark.usefixtures("alone")
def test_a_dark_screen_prints_a_periods_badge_as_paper_does_and_a_narrow_one_shows_the_chosen_tab(
    province: Office, desk: Callable[..., Desk], screens: Screens
) -> None:
    with province.work() as work:
        work.session.get_one(PeriodRow, LAST.code).state = PeriodState.CLOSED
    page = desk(make.user(province, role=Role.HQ)).page
    looks = []
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme, media="print")  # type: ignore[arg-type]
        page.goto("/overview")
        looks.append(page.locator(".period-state").first.evaluate(LOOK))
    assert looks[0] == looks[1]
    page.emulate_media(color_scheme="light", media="screen")
    page.set_viewport_size({"width": 320, "height": 640})
    for path in ("/inputs?sort=vetoes", "/inputs?sort=satisfaction", "/inputs"):
        page.goto(path)
        assert page.evaluate(IN_SIGHT), path
    page.goto("/inputs?sort=vetoes")
    screens(page, "tabs")
