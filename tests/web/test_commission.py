"""The pages of the commission: who sees what, computing and closing, and the files for payment read back."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal
from uuid import uuid4

import pytest
from openpyxl import load_workbook
from sqlmodel import select

from server.domain.access import Role
from server.domain.periods import Period
from server.storage.commission import CommissionMonth, CommissionRun, CommissionShare
from server.storage.decisions import OutletChange
from server.storage.inputs import VetoEvent
from server.storage.organisation import Outlet, OutletStatus, Tier, User
from server.storage.periods import Figure, PeriodRow, PeriodState
from server.usecases import commission
from server.usecases.work import Office
from tests import make
from tests.commissioned import code_of, publish, staff_of
from tests.make import Caller

Client = Callable[..., Caller]
SEES = {Role.AREA_MANAGER, Role.OUTLET_OWNER, Role.BRANCH_MANAGER, Role.HQ, Role.AUDITOR}
MONTH = code_of(3)


@pytest.fixture
def outlets(office: Office) -> list[Outlet]:
    """An outlet in each of two branches, with four months computed by the system; the first earns back its first month."""
    made = [
        make.outlet(
            office,
            tier=Tier.EXCLUSIVE,
            class_="B",
            code=code,
            name=name,
            place=make.unit(office, "sx", branch, "xd"),
        )
        for code, name, branch in (("T1", "=1+1 手机店", "ty"), ("D1", "大同手机店", "dt"))
    ]
    for number, composite in enumerate(("55", "90", "91", "95")):
        publish(office, number, {each.id: composite for each in made}, made)
        staff_of(office, made[0], number, {"b": 1, "a": 2})
        with office.work() as work:
            commission.compute(work, code_of(number))
    return made


def owner(office: Office, outlet: Outlet) -> User:
    return make.user(office, role=Role.OUTLET_OWNER, outlet_id=outlet.id)


@pytest.mark.parametrize("role", list(Role))
def test_each_role_is_let_in_where_commission_is_its_business(
    role: Role, office: Office, outlets: list[Outlet], client: Client
) -> None:
    who = owner(office, outlets[0]) if role is Role.OUTLET_OWNER else make.user(office, role=role)
    caller = client(who)
    wanted = 200 if role in SEES else 403
    assert caller.get("/commission", follow_redirects=True).status_code == wanted
    for path in (f"/commission/{MONTH}.xlsx", f"/commission/{MONTH}.csv", f"/commission/{MONTH}/staff.csv"):
        assert caller.get(path).status_code == wanted
    assert caller.get(f"/commission/outlets/{outlets[0].id}").status_code == wanted
    assert caller.post(f"/commission/{MONTH}/compute").status_code == (302 if role is Role.HQ else 403)
    assert caller.post(f"/commission/{MONTH}/close", data={"digest": "0" * 64}).status_code == (
        409 if role is Role.HQ else 403
    )


def test_an_owner_sees_the_own_outlet_alone_and_what_can_still_be_earned_back(
    office: Office, outlets: list[Outlet], client: Client
) -> None:
    publish(office, 4, {each.id: "75" for each in outlets}, outlets)
    publish(office, 5, {each.id: "92" for each in outlets}, outlets)
    with office.work() as work:
        commission.compute(work, code_of(4))
        commission.compute(work, code_of(5))
    caller = client(owner(office, outlets[0]))
    page = caller.get("/commission", follow_redirects=True).get_data(as_text=True)
    assert "我的佣金" in page
    assert "大同手机店" not in page
    assert "=1+1 手机店" in page
    assert f"<b>660.00 元</b> {code_of(4)} 扣下。" in page
    assert "已有 1 个月，还要 2 个月。" in page
    assert f"/figures/{code_of(5)}/{outlets[0].id}/composite" in page
    english = caller.get(
        f"/commission/outlets/{outlets[0].id}?month={MONTH}", headers={"Accept-Language": "en"}
    ).get_data(as_text=True)
    assert f"+ Paid back: withheld in {code_of(0)}" in english
    assert "Composite 95.00" in english
    assert caller.get(f"/commission/outlets/{outlets[1].id}").status_code == 404
    rows = table(caller.get(f"/commission/{MONTH}.csv").data)
    assert [row["网点编码"] for row in rows] == ["T1"]


def test_who_has_left_is_promised_nothing_and_led_to_no_figure_that_is_not_there(
    office: Office, outlets: list[Outlet], client: Client
) -> None:
    publish(office, 4, {each.id: "75" for each in outlets}, outlets)
    publish(office, 5, {outlets[1].id: "92"}, outlets[1:])
    with office.work() as work:
        commission.compute(work, code_of(4))
        commission.compute(work, code_of(5))
        work.session.get_one(Outlet, outlets[0].id).status = OutletStatus.EXITED
    head = client(Role.HQ)
    page = head.get(f"/commission/outlets/{outlets[0].id}").get_data(as_text=True)
    assert "网点已退出渠道，扣下的金额不再返还。" in page
    assert f"{code_of(4)} 扣下。" not in page
    figure = f"/figures/{code_of(4)}/{outlets[0].id}/composite"
    assert f'href="{figure}"' in page
    with office.work() as work:
        # A month in which only differences of earlier ones are settled has no composite of who has left.
        work.session.delete(
            work.session.exec(
                select(Figure).where(Figure.period == code_of(4), Figure.subject == str(outlets[0].id))
            ).one()
        )
    page = head.get(f"/commission/outlets/{outlets[0].id}").get_data(as_text=True)
    assert f'href="{figure}"' not in page
    assert head.get(figure).status_code == 404


@pytest.mark.parametrize(("exit_day", "promised"), [(31, True), (1, False)])
def test_who_has_left_is_promised_what_its_last_month_may_still_pay_back(
    office: Office, outlets: list[Outlet], client: Client, exit_day: int, promised: bool
) -> None:
    outlet, last = outlets[1], Period.read(code_of(6))
    for number, composite in ((4, "75"), (5, "92")):
        publish(office, number, {outlet.id: composite}, [outlet])
        with office.work() as work:
            commission.compute(work, code_of(number))
    with office.work() as work:
        work.session.get_one(Outlet, outlet.id).status = OutletStatus.EXITED
        gone = last.first.replace(day=exit_day)
        work.session.add(left(outlet, gone))
    head = client(Role.HQ)
    page = head.get(f"/commission/outlets/{outlet.id}").get_data(as_text=True)
    # Two more good months are asked for, and one at most is still to come.
    assert f"{code_of(4)} 扣下。" not in page
    assert ("网点已退出渠道，扣下的金额不再返还。" in page) is not promised
    assert (
        f"网点已退出渠道，最后一个月 {last.code} 还没有计算；算过以后，扣下的金额不再返还。" in page
    ) is promised
    with office.work() as work:
        kept = work.session.exec(select(OutletChange)).one()
        kept.from_day = last.after.replace(day=2)
    # With two months to come the promise is kept up.
    assert f"{code_of(4)} 扣下。" in head.get(f"/commission/outlets/{outlet.id}").get_data(as_text=True)
    assert f"{code_of(4)} 扣下" in head.get(f"/outlets/{outlet.code}").get_data(as_text=True)
    english = head.get(f"/commission/outlets/{outlet.id}?lang=en").get_data(as_text=True)
    assert f"its last month {last.back(-1).code} is not computed yet" in english


def left(outlet: Outlet, on: date) -> OutletChange:
    """The history of an outlet that is gone from a day on."""
    return OutletChange(
        id=uuid4(),
        outlet_id=outlet.id,
        field="status",
        before="active",
        after="exited",
        from_day=on,
        at=datetime(2026, 8, 1, tzinfo=UTC),
    )


def test_a_refund_and_the_month_that_it_refunds_lead_to_each_other_and_the_outlets_page_shows_both(
    office: Office, outlets: list[Outlet], client: Client
) -> None:
    caller = client(owner(office, outlets[0]))
    place = f"/commission/outlets/{outlets[0].id}?month="
    refunding = caller.get(f"{place}{MONTH}").get_data(as_text=True)
    assert f'href="{place}{code_of(0)}">＋ 返还 {code_of(0)} 扣下的</a>' in refunding
    refunded = caller.get(f"{place}{code_of(0)}").get_data(as_text=True)
    assert f'href="{place}{MONTH}">随 {MONTH} 支付</a>' in refunded
    assert "随" not in caller.get(f"{place}{code_of(1)}").get_data(as_text=True).split("<table")[0]
    page = caller.get(f"/outlets/{outlets[0].code}").get_data(as_text=True)
    assert f'href="{place}{MONTH}">{MONTH}</a>' in page
    assert "其中返还" in page
    hall_manager = client(make.user(office, role=Role.HALL_MANAGER, outlet_id=outlets[0].id))
    assert "其中返还" not in hall_manager.get(f"/outlets/{outlets[0].code}").get_data(as_text=True)


def test_outside_of_head_office_a_month_is_seen_while_its_figures_stand_or_it_is_closed(
    office: Office, outlets: list[Outlet], client: Client
) -> None:
    caller, head = client(owner(office, outlets[0])), client(Role.HQ)
    path = f"/commission/outlets/{outlets[0].id}?month={MONTH}"
    with office.work() as work:
        work.session.get_one(PeriodRow, MONTH).state = PeriodState.OPEN
    assert caller.get(path).status_code == 404
    assert caller.get(f"/commission/{MONTH}.xlsx").status_code == 404
    assert head.get(path).status_code == 200
    with office.work() as work:
        work.session.get_one(PeriodRow, MONTH).state = PeriodState.PUBLISHED
    for number in range(4):
        with office.work() as work:
            run = work.session.get_one(CommissionRun, code_of(number))
            commission.close(work, run.month, run.digest)
    with office.work() as work:
        work.session.get_one(PeriodRow, MONTH).state = PeriodState.DRAFT
    assert caller.get(path).status_code == 200


def test_a_branch_sees_its_own_part(office: Office, outlets: list[Outlet], client: Client) -> None:
    caller = client(make.user(office, role=Role.BRANCH_MANAGER, unit_path="sx/dt/"))
    page = caller.get(f"/commission?month={MONTH}").get_data(as_text=True)
    assert "大同手机店" in page
    assert "手机店</a><small>T1" not in page
    assert caller.get(f"/commission/outlets/{outlets[0].id}").status_code == 404
    assert {row["网点编码"] for row in table(caller.get(f"/commission/{MONTH}.csv").data)} == {"D1"}
    assert table(caller.get(f"/commission/{MONTH}/staff.csv").data) == []


def test_one_computes_and_another_closes_what_was_looked_at(
    office: Office, outlets: list[Outlet], client: Client
) -> None:
    first, second = client(Role.HQ), client(Role.HQ)
    assert first.post(f"/commission/{code_of(0)}/compute").status_code == 302
    page = first.get(f"/commission?month={code_of(0)}").get_data(as_text=True)
    assert "不符合：" in page
    assert "已核对，关账" not in page
    page = second.get(f"/commission?month={code_of(0)}").get_data(as_text=True)
    digest = re.search(r'name="digest" value="([0-9a-f]{64})"', page)
    assert digest
    path = f"/commission/{code_of(0)}/close"
    assert first.post(path, data={"digest": digest[1]}).status_code == 409
    assert second.post(path, data={"digest": "short"}).status_code == 422
    assert second.post(f"/commission/{code_of(1)}/close", data={"digest": digest[1]}).status_code == 409
    assert second.post(path, data={"digest": digest[1]}).status_code == 302
    assert "佣金已关账" in second.get(f"/commission?month={code_of(0)}").get_data(as_text=True)
    assert first.post(f"/commission/{code_of(0)}/compute").status_code == 409
    assert first.post("/commission/2031-01/compute").status_code == 409
    assert first.post("/commission/nothing/compute").status_code == 404


def test_the_workbook_holds_real_numbers_to_the_fen_and_no_formula(
    office: Office, outlets: list[Outlet], client: Client
) -> None:
    answer = client(Role.HQ).get(f"/commission/{MONTH}.xlsx")
    assert f"commission-{MONTH}-preliminary.xlsx" in answer.headers["Content-Disposition"]
    book = load_workbook(io.BytesIO(answer.data))
    assert book.sheetnames == ["服务佣金", "营业员分享"]
    lines, staff = book.worksheets
    assert "还没有关账" in lines["A1"].value
    assert all(
        cell.data_type != "f" for sheet in book.worksheets for row in sheet.iter_rows() for cell in row
    )
    heads = [cell.value for cell in lines[2]]
    found = {
        row[0].value: dict(zip(heads, (cell.value for cell in row), strict=True))
        for row in lines.iter_rows(min_row=3)
    }
    assert found["T1"]["网点"] == "=1+1 手机店"
    assert all(isinstance(found["T1"][name], int | float) for name in ("合作年限系数", "考核系数"))
    with office.work(write=False) as work:
        for outlet in outlets:
            kept = work.session.get_one(CommissionMonth, (MONTH, outlet.id))
            row = found[outlet.code]
            for heading, fen in (
                ("佣金（元）", kept.amount_fen),
                ("返还（元）", kept.refunded_fen),
                ("实发合计（元）", kept.paid_fen),
                ("结转下月（元）", kept.carried_on_fen),
                ("付给网点（元）", kept.paid_fen - kept.staff_fen),
            ):
                assert isinstance(row[heading], int | float)
                assert Decimal(repr(row[heading])) * 100 == fen
        shares = work.session.exec(select(CommissionShare).where(CommissionShare.month == MONTH)).all()
    assert (found["T1"]["返还的是哪些月"], found["合计"]["返还的是哪些月"]) == (code_of(0), None)
    paid = [row[-1].value for row in staff.iter_rows(min_row=3)]
    assert sorted(Decimal(repr(each)) * 100 for each in paid[:-1]) == sorted(each.fen for each in shares)
    assert Decimal(repr(paid[-1])) * 100 == sum(each.fen for each in shares)
    assert found["合计"]["实发合计（元）"] == sum(found[code]["实发合计（元）"] for code in ("T1", "D1"))


def test_a_closed_month_is_no_preview_and_csv_text_is_never_run(
    office: Office, outlets: list[Outlet], client: Client
) -> None:
    with office.work() as work:
        run = work.session.get_one(CommissionRun, code_of(0))
        commission.close(work, run.month, run.digest)
    caller = client(Role.AUDITOR)
    answer = caller.get(f"/commission/{code_of(0)}.xlsx")
    assert f"commission-{code_of(0)}.xlsx" in answer.headers["Content-Disposition"]
    assert load_workbook(io.BytesIO(answer.data)).worksheets[0]["A1"].value == "网点编码"
    rows = table(caller.get(f"/commission/{code_of(0)}.csv").data)
    assert [(row["网点"], row["佣金（元）"], row["实发合计（元）"]) for row in rows] == [
        ("大同手机店", "-660.00", "0.00"),
        ("'=1+1 手机店", "-660.00", "0.00"),
    ]


def test_the_table_is_filtered_and_sorted_by_its_address(
    office: Office, outlets: list[Outlet], client: Client
) -> None:
    caller = client(Role.HQ)
    assert caller.get("/commission?month=2026&branch=x&tier=x&only=x&sort=x&page=x").status_code == 200
    refunded = caller.get(f"/commission?month={MONTH}&only=refunded&sort=-paid&tier=exclusive").get_data(
        as_text=True
    )
    assert refunded.count('class="what"') == 2
    assert 'aria-sort="descending"' in refunded
    none = caller.get(f"/commission?month={MONTH}&only=veto").get_data(as_text=True)
    assert "没有符合条件的网点" in none
    assert (
        caller.get(f"/commission?month={MONTH}&search=大同").get_data(as_text=True).count('class="what"') == 1
    )


def test_without_a_month_the_page_says_so(client: Client) -> None:
    assert "还没有佣金" in client(Role.AUDITOR).get("/commission").get_data(as_text=True)


def table(data: bytes) -> list[dict[str, str]]:
    assert data.startswith(b"\xef\xbb\xbf")
    return list(csv.DictReader(io.StringIO(data[3:].decode(), newline="")))


def test_a_filtered_file_does_not_pass_for_the_whole_month(
    office: Office, outlets: list[Outlet], client: Client
) -> None:
    caller = client(make.user(office, role=Role.HQ))
    for query, part in (
        ("", ""),
        ("?only=refunded", "-part"),
        ("?tier=village", "-part"),
        ("?search=T1", "-part"),
    ):
        for name in (f"{MONTH}.xlsx", f"{MONTH}.csv", f"{MONTH}/staff.csv"):
            said = caller.get(f"/commission/{name}{query}").headers["Content-Disposition"]
            assert f"commission-{MONTH}{part}-" in said
    book = load_workbook(io.BytesIO(caller.get(f"/commission/{MONTH}.xlsx?only=refunded").data))
    told = [str(cell.value) for sheet in book for row in sheet.iter_rows(max_row=2) for cell in row]
    assert sum("只含筛选出的网点" in each for each in told) == 2


def test_the_steps_of_an_outlets_month_add_up_to_what_is_paid_as_they_are_written(
    office: Office, outlets: list[Outlet], client: Client
) -> None:
    caller = client(owner(office, outlets[0]))
    for number in range(4):
        page = caller.get(f"/commission/outlets/{outlets[0].id}?month={code_of(number)}").get_data(
            as_text=True
        )
        table = page[page.index("came-about") :]
        steps = re.findall(
            r'<th scope="row">(?:<a[^>]*>)?([＝＋－])([^<]*)(?:</a>)?(?:<small>.*?</small>)?</th><td class="n">([−\d,.]+)</td>',
            table[: table.index("</table>")],
        )
        amounts = [(sign, Decimal(text.replace(",", "").replace("−", "-"))) for sign, _, text in steps]
        (_, first), *middle, (_, last) = amounts
        assert first + sum(-each if sign == "－" else each for sign, each in middle) == last
        assert len(middle) == (0 if number in (2,) else 1)


def test_what_was_owed_after_an_old_month_is_not_told_as_owed_now(
    office: Office, outlets: list[Outlet], client: Client
) -> None:
    caller = client(owner(office, outlets[0]))
    page = caller.get(f"/commission/outlets/{outlets[0].id}?month={code_of(0)}").get_data(as_text=True)
    assert f"当时还差 660.00 元，到 {MONTH} 还差 0.00 元。" in page
    assert "从以后的佣金里扣，不扣营业员的" not in page


def test_a_difference_of_a_closed_month_names_its_veto_and_the_refund_that_is_taken_back(
    office: Office, outlets: list[Outlet], client: Client
) -> None:
    with office.work() as work:
        for run in work.session.exec(select(CommissionRun).order_by(CommissionRun.month)).all():
            commission.close(work, run.month, run.digest)
        of = Period.read(code_of(0))
        entered = VetoEvent(id=uuid4(), outlet_id=outlets[0].id, code="V1", day=of.first, at=work.now)
        work.session.add(entered)
    publish(office, 2, {each.id: "89" for each in outlets}, outlets, round_=2)
    publish(office, 4, {each.id: "92" for each in outlets}, outlets)
    with office.work() as work:
        commission.compute(work, code_of(4))
    hq = client(make.user(office, role=Role.HQ))
    mine, other = (
        hq.get(f"/commission/outlets/{each.id}?month={code_of(4)}").get_data(as_text=True) for each in outlets
    )
    assert "查实当月有一类否决。" in mine
    assert "查实当月有一类否决。" not in other
    assert re.search(r"已返还 [\d,.]+ 改为 0\.00 元", mine)
    assert "不再连续达到，已返还的收回。" in other


def test_a_month_that_an_outlet_came_into_after_its_close_is_told_with_what_it_rests_on_and_leads_to_no_page_that_is_not_there(
    office: Office, outlets: list[Outlet], client: Client
) -> None:
    with office.work() as work:
        for run in work.session.exec(select(CommissionRun).order_by(CommissionRun.month)).all():
            commission.close(work, run.month, run.digest)
    late = make.outlet(office, tier=Tier.EXCLUSIVE, class_="B", code="T2", name="补登手机店")
    for number, composite in enumerate(("55", "90", "91", "95")):
        publish(office, number, {late.id: composite}, [late], round_=2)
    publish(office, 4, {late.id: "92"}, [late])
    with office.work() as work:
        commission.compute(work, code_of(4))
    hq = client(Role.HQ)
    page = hq.get(f"/commission/outlets/{late.id}")
    assert page.status_code == 200
    told = page.get_data(as_text=True)
    assert (
        "关账以后才列入该月，整月补结：综合评价 55，每月基数 1,200.00 元（指定专营店，B 类，城区），佣金 −660.00 元，另扣下 1,980.00 元"
        in told
    )
    assert "每月基数 0.00" not in told
    assert f"＋ 返还 {code_of(0)} 扣下的" in told
    assert f"?month={code_of(0)}" not in told
    english = hq.get(f"/commission/outlets/{late.id}?lang=en").get_data(as_text=True)
    assert "Came into the month after its close, so the whole month is settled: composite 55" in english
