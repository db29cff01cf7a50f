"""The pages of trials: choose, wait, read, open, take away; only for head office and administrators."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from io import BytesIO
from uuid import UUID

import openpyxl
import pytest

from server.domain.access import SYSTEM, Role
from server.domain.exact import two_decimals
from server.domain.trials import Result
from server.queries.trial_runs import ASKED
from server.queries.trials import kept
from server.storage.organisation import Outlet, Tier
from server.storage.periods import PeriodRow, PeriodState
from server.usecases import periods
from server.usecases.work import Office
from server.worker import run_once
from tests import province
from tests.conftest import Clock
from tests.make import Caller

MONTH = "2026-11"
LINE = {"/decisions/warning/composite_below": "92"}


@pytest.fixture
def outlets(office: Office, clock: Clock) -> list[Outlet]:
    clock.now = datetime(2026, 12, 5, 3, tzinfo=UTC)
    made = province.filled(office, months=11, outlets=10)
    periods.draft(office, SYSTEM, MONTH)
    with office.work() as work:
        work.session.get_one(PeriodRow, MONTH).state = PeriodState.PUBLISHED
    return made


def asked(caller: Caller, period: str = MONTH, **values: str) -> str:
    answer = caller.post("/what-if", data={"base": "v1", "period": period, **values})
    assert answer.status_code == 302, answer.text
    return str(answer.location)


def _result(office: Office, place: str) -> Result:
    found = kept(office.files, UUID(place.rsplit("/", 1)[-1]))
    assert found
    return found


def test_with_one_version_the_page_says_so_and_lets_values_be_changed(
    client: Callable[[Role], Caller], outlets: list[Outlet]
) -> None:
    page = client(Role.HQ).get("/what-if").text
    assert "目前只有一版规则" in page
    assert 'name="/composite/weights/village/mystery"' in page
    assert f'<option value="{MONTH}"' in page
    assert "2026-H2" in page
    assert "2027-01" not in page


def test_a_trial_is_waited_for_and_then_read(
    client: Callable[[Role], Caller], office: Office, outlets: list[Outlet]
) -> None:
    hq = client(Role.HQ)
    place = asked(hq, **LINE)
    waiting = hq.get(place)
    assert waiting.headers["Refresh"] == "2"
    assert "正在试算" in waiting.text
    run_once(office)
    read = hq.get(place)
    assert "Refresh" not in read.headers
    assert "只是试算" in read.text
    assert "<ins>92</ins>" in read.text
    assert "警告" in read.text
    recent = hq.get("/what-if").text.split("最近的试算")[-1]
    assert place.rsplit("/", 1)[-1] in recent
    assert "1 处<small>" in recent


def test_no_difference_is_said_in_words(
    client: Callable[[Role], Caller], office: Office, outlets: list[Outlet]
) -> None:
    hq = client(Role.HQ)
    place = asked(hq)
    run_once(office)
    assert "影响结果的规则没有任何不同" in hq.get(place).text


def test_the_outlets_are_narrowed_and_taken_away_with_the_same_filters(
    client: Callable[[Role], Caller], office: Office, outlets: list[Outlet]
) -> None:
    hq = client(Role.HQ)
    place = asked(hq, **{"/commission/staff_percent": "40"})
    run_once(office)
    all_ = hq.get(f"{place}?show=commission").text
    village = hq.get(f"{place}?show=commission&tier=village").text
    assert 0 < village.count("/outlets/") < all_.count("/outlets/")
    assert "没有符合条件的网点" in hq.get(f"{place}?show=star").text
    file = hq.get(f"{place}?show=commission&tier=village&as=xlsx")
    rows = list(openpyxl.load_workbook(BytesIO(file.data)).active.values)  # type: ignore[union-attr]
    assert rows[0][:2] == ("网点编码", "网点")
    assert len(rows) - 1 == village.count("/outlets/")
    assert isinstance(rows[1][3], int | float)


def test_an_outlet_opens_with_both_sides(
    client: Callable[[Role], Caller], office: Office, outlets: list[Outlet]
) -> None:
    hq = client(Role.HQ)
    place = asked(hq, **{"/composite/complaints_zero_at": "9"})
    run_once(office)
    agent = next(each for each in outlets if each.tier == Tier.VILLAGE)
    page = hq.get(f"{place}/outlets/{agent.id}").text
    assert "现行" in page
    assert "试算后" in page
    assert "服务投诉" in page
    assert hq.get(f"{place}/outlets/00000000-0000-0000-0000-000000000001").status_code == 404


def test_an_outlets_commission_is_told_in_yuan_and_not_as_points(
    client: Callable[[Role], Caller], office: Office, outlets: list[Outlet]
) -> None:
    hq = client(Role.HQ)
    place = asked(hq, **{"/commission/staff_percent": "40"})
    run_once(office)
    row = next(each for each in _result(office, place).rows if each.after.commission)
    page = hq.get(f"{place}/outlets/{row.outlet}").text
    fen = row.after.commission or 0
    assert f"<b>{two_decimals(fen)}</b>" in page
    assert two_decimals(fen * 100) not in page


def test_what_is_not_published_or_has_not_begun_is_said(
    client: Callable[[Role], Caller], office: Office, clock: Clock, outlets: list[Outlet]
) -> None:
    clock.now = datetime(2026, 11, 28, 3, tzinfo=UTC)
    hq = client(Role.HQ)
    place = asked(hq, "2026-Q4")
    run_once(office)
    page = hq.get(place).text
    assert "还没有发布：2026-10，" in page
    assert "还没有开始，不在内：2026-12" in page
    assert "分公司季度有变化" in page


def test_the_latest_half_year_that_is_over_is_chosen_first(
    client: Callable[[Role], Caller], outlets: list[Outlet]
) -> None:
    assert '<option value="2026-H1" selected>' in client(Role.HQ).get("/what-if").text


def test_a_year_is_tried_too_and_another_rating_period_is_said(
    client: Callable[[Role], Caller], office: Office, outlets: list[Outlet]
) -> None:
    hq = client(Role.HQ)
    assert '<option value="2026">' in hq.get("/what-if").text
    place = asked(hq, "2026", **{"/stars/period": "year"})
    run_once(office)
    assert "评星的周期从半年改为年" in hq.get(place).text


def test_a_wrong_value_is_told_beside_its_field_and_nothing_is_asked_for(
    client: Callable[[Role], Caller], office: Office, outlets: list[Outlet]
) -> None:
    answer = client(Role.HQ).post(
        "/what-if",
        data={"base": "v1", "period": MONTH, "/composite/weights/village/mystery": "11"},
    )
    assert answer.status_code == 422
    assert "没有开始试算" in answer.text
    assert list(office.files.names(kind=ASKED)) == []


@pytest.mark.parametrize(
    ("pointer", "typed", "zh", "en"),
    [
        ("/composite/complaints_zero_at", "2000000", "要在 1 到 1000000 之间", "from 1 to 1000000"),
        ("/composite/complaints_zero_at", "9" * 40, "要在 1 到 1000000 之间", "from 1 to 1000000"),
        ("/composite/complaints_zero_at", "0", "要在 1 到 1000000 之间", "from 1 to 1000000"),
        ("/stars/gates/0/score", "101", "要在 0 到 100 之间", "from 0 to 100"),
        ("/decisions/warning/composite_below", "-0.5", "要在 0 到 100 之间", "from 0 to 100"),
        ("/commission/pay_factors/0/factor", "9" * 20 + ".5", "要在 -1 到 1.5 之间", "from -1 to 1.5"),
    ],
)
def test_a_number_beyond_its_limits_says_both_of_them(
    client: Callable[[Role], Caller], office: Office, clock: Clock, pointer: str, typed: str, zh: str, en: str
) -> None:
    hq, form = client(Role.HQ), {"base": "v1", "period": MONTH, pointer: typed}
    for language, words in (("zh", zh), ("en", en)):
        answer = hq.post("/what-if", data=form, headers={"Accept-Language": language})
        assert answer.status_code == 422
        assert answer.text.count(words) == 2
        assert "整数" not in answer.text
        assert f'value="{typed}"' in answer.text
    assert list(office.files.names(kind=ASKED)) == []


def test_what_is_no_number_still_says_that_one_is_wanted(client: Callable[[Role], Caller]) -> None:
    form = {"base": "v1", "period": MONTH, "/composite/complaints_zero_at": "三"}
    assert "这里要的是整数" in client(Role.HQ).post("/what-if", data=form).text


def test_a_draft_leads_to_its_trial_and_back(
    client: Callable[[Role], Caller], office: Office, outlets: list[Outlet]
) -> None:
    hq = client(Role.HQ)
    draft = str(hq.post("/rules/drafts").location)
    name = draft.rsplit("/", 1)[-1]
    assert f"/what-if?base=draft-{name}" in hq.get(draft).text
    place = str(hq.post("/what-if", data={"base": f"draft-{name}", "period": MONTH, **LINE}).location)
    run_once(office)
    assert f"/rules/drafts/{name}" in hq.get(place).text


@pytest.mark.parametrize("role", [each for each in Role if each not in (Role.HQ, Role.ADMIN)])
def test_others_are_let_in_nowhere(
    client: Callable[[Role], Caller], office: Office, outlets: list[Outlet], role: Role
) -> None:
    place = asked(client(Role.ADMIN))
    run_once(office)
    other = client(role)
    for path in ("/what-if", place, f"{place}/outlets/{outlets[1].id}", f"{place}?as=csv"):
        assert other.get(path).status_code == 403
    assert other.post("/what-if", data={"base": "v1", "period": MONTH}).status_code == 403
    assert other.post(f"{place}/again").status_code == 403
    assert other.post(f"{place}/cancel").status_code == 403
    assert "/what-if" not in other.get("/desk").text


def test_the_same_pages_are_there_in_english(
    client: Callable[[Role], Caller], office: Office, outlets: list[Outlet]
) -> None:
    hq = client(Role.HQ)
    place = asked(hq, **LINE)
    run_once(office)
    page = hq.get(place, headers={"Accept-Language": "en"}).text
    assert "A trial only" in page


def test_what_is_wrong_with_a_table_says_which_one(
    client: Callable[[Role], Caller], outlets: list[Outlet]
) -> None:
    form = {"base": "v1", "period": "2026-H2", "/composite/weights/franchise/perception": "40"}
    page = client(Role.HQ).post("/what-if", data=form).text
    assert page.count('aria-invalid="true"') == 6
    said = page[page.index('<ul class="flag-list">') :].split("</ul>")[0]
    assert "自建他营店" in said
    assert 'href="#part-composite"' in said


def test_one_that_waits_is_cancelled_and_that_is_told_in_words(
    client: Callable[[Role], Caller], office: Office, outlets: list[Outlet]
) -> None:
    hq = client(Role.HQ)
    place = asked(hq, **LINE)
    assert f'action="{place}/cancel"' in hq.get(place).text
    answer = hq.post(f"{place}/cancel")
    assert (answer.status_code, answer.location) == (302, place)
    told = hq.get(place)
    assert "试算已取消。" in told.text
    assert "取消了这次试算，没有结果" in told.text
    assert f'action="{place}/cancel"' not in told.text
    assert "Refresh" not in told.headers
    run_once(office)
    assert kept(office.files, UUID(place.rsplit("/", 1)[-1])) is None
    assert "已取消" in hq.get("/what-if").text.split("最近的试算")[-1]
    english = hq.get(place, headers={"Accept-Language": "en"}).text
    assert "cancelled this trial" in english
    hq.post(f"{place}/again")
    run_once(office)
    assert "只是试算" in hq.get(place).text
    assert "已取消" not in hq.get("/what-if").text.split("最近的试算")[-1]


def test_when_reckoning_again_is_cancelled_the_last_result_is_shown(
    client: Callable[[Role], Caller], office: Office, clock: Clock, outlets: list[Outlet]
) -> None:
    hq = client(Role.HQ)
    place = asked(hq, **LINE)
    run_once(office)
    clock.forward(minutes=5)
    hq.post(f"{place}/again")
    hq.post(f"{place}/cancel")
    page = hq.get(place).text
    assert "取消了重新试算，下面是上一次的结果" in page
    assert "只是试算" in page
    assert "11:00" in page.split("试算于")[1][:40]


def test_one_that_is_over_says_that_there_is_nothing_to_cancel(
    client: Callable[[Role], Caller], office: Office, outlets: list[Outlet]
) -> None:
    hq = client(Role.HQ)
    place = asked(hq)
    run_once(office)
    hq.post(f"{place}/cancel")
    page = hq.get(place).text
    assert "没有什么可以取消" in page
    assert "只是试算" in page
