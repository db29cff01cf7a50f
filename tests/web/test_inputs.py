"""Inputs over HTTP: who sees and takes in what, a dry run that stores nothing, faults at their cells, veto events."""

from __future__ import annotations

import html
import io
import re
from collections.abc import Callable

import openpyxl
import pytest
from sqlmodel import select

from server.domain.access import Role
from server.storage.inputs import InputImport, MonthCount, VetoEvent
from server.storage.organisation import Tier
from server.usecases.work import Office
from tests import make
from tests.make import Caller

Client = Callable[..., Caller]
IMPORTERS = (Role.HQ, Role.ADMIN)
GOOD = "网点编码,月份,客户类别,满意数,有效回复数\nTY001,2026-10,营业厅,96,100\n"


@pytest.fixture(autouse=True)
def shop(office: Office) -> None:
    make.outlet(office, tier=Tier.ORDINARY, code="TY001")


def attempt(caller: Caller, text: str = GOOD, sort: str = "satisfaction", **form: str) -> tuple[int, str]:
    sent = {"csrf_token": caller.csrf, "file": (io.BytesIO(text.encode()), "十月.csv"), **form}
    answer = caller.post(f"/inputs/{sort}", data=sent, content_type="multipart/form-data")
    return answer.status_code, answer.get_data(as_text=True)


def take_in(caller: Caller, page: str, sort: str = "satisfaction") -> int:
    form = dict(re.findall(r'name="(sha256|name|complete)" value="([^"]*)"', page))
    return caller.post(f"/inputs/{sort}/apply", data={"csrf_token": caller.csrf, **form}).status_code


def stored(office: Office) -> list[MonthCount]:
    with office.work(write=False) as work:
        return list(work.session.exec(select(MonthCount)))


def test_a_file_is_tried_and_then_taken_in(office: Office, client: Client) -> None:
    caller = client(Role.HQ)
    status, page = attempt(caller)
    assert (status, "TY001 2026-10 营业厅" in page, "96/100" in page) == (200, True, True)
    assert stored(office) == []
    assert take_in(caller, page) == 302
    [count] = stored(office)
    assert (count.part, count.whole) == (96, 100)
    listed = caller.get("/inputs").get_data(as_text=True)
    assert "十月.csv" in listed
    assert caller.user
    assert caller.user.name in listed
    assert not list((office.settings.data / "tried").iterdir())


def test_an_english_dry_run_has_neither_chinese_words_nor_counts_without_their_names(
    client: Client,
) -> None:
    caller, sort = client(Role.HQ), "satisfaction?lang=en"
    page = attempt(caller, "outlet,month,customer,satisfied,replies\nTY001,2026-10,foreign,96,100\n", sort)[1]
    assert "is not one of the allowed values: hall, terminal, data, premium" in html.unescape(page)
    page = attempt(caller, "网点编码,月份\nTY001,2026-10\n", sort)[1]
    assert "These columns are missing: customer, satisfied, replies" in page
    page = attempt(
        caller, "Satisfaction of October\noutlet,month,praises,ideas\nTY001,2026-10,2,1\n", "praise?lang=en"
    )[1]
    assert "The headings stand in row 2; the rows above it were not read." in page
    assert "Praise 2, Adopted ideas 1" in re.sub(r"\s+", " ", page)


@pytest.mark.parametrize(
    ("lang", "said"),
    [
        ("zh", "只读了第一个工作表，工作表“补报”里的 2 行没有读。"),
        ("en", "The first sheet alone was read; rows of the sheet “补报” that were not: 2."),
    ],
)
def test_the_dry_run_names_the_sheet_that_was_not_read(client: Client, lang: str, said: str) -> None:
    book = openpyxl.Workbook()
    for line in GOOD.split():
        book.active.append(line.split(","))
    more = book.create_sheet("补报")
    for line in GOOD.split():
        more.append(line.split(","))
    stream = io.BytesIO()
    book.save(stream)
    caller = client(Role.HQ)
    sent = {"csrf_token": caller.csrf, "file": (io.BytesIO(stream.getvalue()), "十月.xlsx")}
    answer = caller.post(f"/inputs/satisfaction?lang={lang}", data=sent, content_type="multipart/form-data")
    assert (answer.status_code, said in answer.get_data(as_text=True)) == (200, True)


def test_a_wrong_cell_is_named_and_leaves_nothing_to_take_in(office: Office, client: Client) -> None:
    caller = client(Role.HQ)
    status, page = attempt(caller, GOOD.replace("96", "101"))
    assert status == 422
    assert "<code>D2</code>" in page
    assert "101 大于 100" in page
    assert "/apply" not in page
    status, page = attempt(caller, "a,,b\n1,2,3\n")
    assert (status, "<code>B1</code>" in page) == (422, True)
    assert stored(office) == []


def test_a_file_that_changed_meanwhile_or_is_another_persons_is_not_taken_in(
    office: Office, client: Client
) -> None:
    caller, other = client(Role.HQ), client(Role.ADMIN)
    _, page = attempt(caller)
    assert take_in(other, page) == 410
    attempt(caller, GOOD.replace("96", "95"))
    assert take_in(caller, page) == 410
    assert stored(office) == []


def test_tickets_are_shown_with_the_limits_that_judge_them(client: Client) -> None:
    caller = client(Role.HQ)
    page = caller.get("/inputs/tickets").get_data(as_text=True)
    assert "购机、入网、phone、joining" in page
    rows = "网点编码,票号,业务,取号时间,受理时间,办结时间\nTY001,A1,开户,2026-10-08 09:00,2026-10-08 09:01,2026-10-08 09:05\n"
    status, page = attempt(caller, rows, "tickets")
    assert (status, "<td>开户</td>" in page) == (200, True)


def test_months_of_more_than_a_year_ago_are_doubted(client: Client) -> None:
    caller = client(Role.HQ)
    assert "请核对年份" not in attempt(caller)[1]
    status, page = attempt(caller, GOOD.replace("2026-10", "2020-10"))
    assert (status, "请核对年份：2020-10" in page) == (200, True)


def test_the_complete_list_of_a_month_is_said_with_the_file(office: Office, client: Client) -> None:
    caller = client(Role.ADMIN)
    _, page = attempt(caller, "工单号,网点编码,日期,属实\n", "complaints", complete="2026-10")
    assert take_in(caller, page, "complaints") == 302
    [count] = stored(office)
    assert (count.code, count.part, count.whole) == ("complaints", 0, 0)


@pytest.mark.parametrize("role", [role for role in Role if role not in IMPORTERS])
def test_others_take_nothing_in_and_only_the_auditor_reads_the_list(
    role: Role, office: Office, client: Client
) -> None:
    hq = client(Role.HQ)
    _, page = attempt(hq)
    take_in(hq, page)
    caller = client(role)
    reads = 200 if role is Role.AUDITOR else 403
    for path in ("/inputs", "/inputs/vetoes/events"):
        answer = caller.get(path)
        assert answer.status_code == reads
        assert '<form method="post" action="/inputs' not in answer.get_data(as_text=True)
    assert caller.get("/inputs/satisfaction").status_code == 403
    assert caller.get("/inputs/satisfaction/template.xlsx").status_code == 403
    assert attempt(caller, GOOD.replace("96", "90"))[0] == 403
    assert take_in(caller, page) == 403
    assert veto(caller) == 403
    with office.work(write=False) as work:
        assert len(list(work.session.exec(select(InputImport)))) == 1
    assert ("/inputs" in caller.get("/desk" if role is not Role.SHOPPER else "/").get_data(as_text=True)) is (
        role is Role.AUDITOR
    )


def veto(caller: Caller, **given: str) -> int:
    form = {
        "csrf_token": caller.csrf,
        "outlet": "TY001",
        "code": "V1",
        "day": "2026-10-08",
        "note": "查实",
        **given,
    }
    return caller.post("/inputs/vetoes/events", data=form).status_code


def test_a_veto_event_is_entered_by_hand_and_taken_back_with_a_reason(office: Office, client: Client) -> None:
    caller = client(Role.HQ)
    assert [
        veto(caller, **wrong) for wrong in ({"outlet": "NONE"}, {"code": "V11"}, {"day": "x"}, {"note": ""})
    ] == [422] * 4
    assert veto(caller) == 302
    assert veto(caller) == 422
    with office.work(write=False) as work:
        [event] = work.session.exec(select(VetoEvent))
    path = f"/inputs/vetoes/events/{event.id}/take-back"
    assert caller.post(path, data={"csrf_token": caller.csrf, "why": ""}).status_code == 422
    assert caller.post(path, data={"csrf_token": caller.csrf, "why": "复核后不成立"}).status_code == 302
    page = caller.get("/inputs/vetoes/events?outlet=TY001&code=V1").get_data(as_text=True)
    assert "复核后不成立" in page
    assert "泄露、倒卖客户信息" in page
    assert "没有否决事件" in caller.get("/inputs/vetoes/events?code=V2").get_data(as_text=True)


@pytest.mark.parametrize("language", ["zh", "en"])
def test_every_sort_has_its_page_and_template_and_no_other_name_is_one(client: Client, language: str) -> None:
    caller = client(Role.HQ)
    sorts = re.findall(r'href="/inputs/(\w+)"', caller.get("/inputs").get_data(as_text=True))
    assert len(set(sorts)) == 9
    for sort in sorts:
        assert caller.get(f"/inputs/{sort}?lang={language}").status_code == 200
        book = caller.get(f"/inputs/{sort}/template.xlsx?lang={language}")
        assert book.data.startswith(b"PK")
    assert caller.get("/inputs/nothing").status_code == 404
    assert caller.get("/inputs/nothing/template.xlsx").status_code == 404


def test_the_list_of_imports_can_be_narrowed_to_a_sort(client: Client) -> None:
    caller = client(Role.HQ)
    _, page = attempt(caller)
    take_in(caller, page)
    assert "十月.csv" in caller.get("/inputs?sort=satisfaction").get_data(as_text=True)
    assert "十月.csv" not in caller.get("/inputs?sort=audit").get_data(as_text=True)
