"""The import of outlets in the console: who may, a dry run with each row's fate in words, and the same file taken in."""

from __future__ import annotations

import html
import io
import json
import re
from collections.abc import Callable

import openpyxl
import pytest
from sqlmodel import select

from server.domain.access import Role
from server.gateways.workbook_file import MAX_BYTES
from server.storage.events import Event
from server.storage.organisation import Outlet, OutletStatus, Tier
from server.usecases.work import Office
from tests import make
from tests.make import Caller

Client = Callable[..., Caller]
HEADER = "编码,名称,层级,类别,地域,单位,状态\n"
CHANGED = HEADER + "TY001,,,A,,,退出\n"
PAGE = "/outlets/import/file"


@pytest.fixture(autouse=True)
def shop(office: Office) -> None:
    make.outlet(
        office,
        tier=Tier.ORDINARY,
        code="TY001",
        name="小店通讯",
        class_="C",
        status=OutletStatus.PROBATION,
    )


def attempt(caller: Caller, text: str = CHANGED, language: str = "zh") -> tuple[int, str]:
    sent = {"csrf_token": caller.csrf, "file": (io.BytesIO(text.encode()), "网点.csv")}
    answer = caller.post(f"{PAGE}?lang={language}", data=sent, content_type="multipart/form-data")
    return answer.status_code, re.sub(r"\s+", " ", html.unescape(answer.get_data(as_text=True)))


def take_in(caller: Caller, page: str) -> int:
    form = dict(re.findall(r'name="(sha256|name)" value="([^"]*)"', page))
    return caller.post("/outlets/import/apply", data={"csrf_token": caller.csrf, **form}).status_code


def stored(office: Office) -> dict[str, tuple[str, str]]:
    with office.work(write=False) as work:
        return {each.code: (each.class_, each.status) for each in work.session.exec(select(Outlet))}


def test_a_list_is_tried_and_then_the_same_file_is_taken_in(office: Office, client: Client) -> None:
    caller = client(Role.ADMIN)
    assert "/outlets/import/file" in caller.get("/outlets").get_data(as_text=True)
    status, page = attempt(caller)
    assert status == 200
    assert re.search(r"<li>网点类别 C → A（自 \d{4}-\d\d-01 起）</li><li>状态 观察 → 已退出</li>", page)
    assert "状态由名单直接改变，不经过升降级决定，请核对。" in page
    assert "此前仍按原来的算" in page
    assert stored(office) == {"TY001": ("C", "probation")}
    assert take_in(caller, page) == 302
    assert stored(office) == {"TY001": ("A", "exited")}
    with office.work(write=False) as work:
        [event] = work.session.exec(select(Event).where(Event.name == "outlet.changed"))
        assert (str(event.actor_id), json.loads(event.facts)["fields"]) == (
            str(caller.user.id if caller.user else ""),
            ["class", "status"],
        )
    assert not list((office.settings.data / "tried").iterdir())
    assert "已写入：新增 0，更新 1。" in caller.get("/outlets").get_data(as_text=True)


def test_empty_cells_leave_nothing_to_take_in(client: Client) -> None:
    status, page = attempt(client(Role.ADMIN), HEADER + "TY001,,,,,,\n")
    assert (status, "没有变化，不用写入" in page, "/apply" in page) == (200, True, False)


def test_one_wrong_row_is_named_by_its_cell_and_nothing_can_be_taken_in(
    office: Office, client: Client
) -> None:
    caller = client(Role.ADMIN)
    status, page = attempt(caller, CHANGED + "TY002,新店,旗舰店,,城市,sx-ty-xd-d1-a1,\n")
    assert (status, "<code>C3</code>" in page, "/apply" in page) == (422, True, False)
    assert "1 行有误，什么都不会写入" in page
    status, page = attempt(caller, "a,,b\n1,2,3\n")
    assert (status, "<code>B1</code>" in page) == (422, True)
    assert stored(office) == {"TY001": ("C", "probation")}


def test_what_became_wrong_since_it_was_tried_is_told_and_not_stored(office: Office, client: Client) -> None:
    caller = client(Role.ADMIN)
    _, page = attempt(caller, HEADER + "TY001,,,,,,正常\n")
    with office.work() as work:
        work.session.exec(select(Outlet)).one().status = OutletStatus.EXITED
    assert take_in(caller, page) == 422
    assert stored(office) == {"TY001": ("C", "exited")}


def test_the_fates_of_an_english_page_are_english(office: Office, client: Client) -> None:
    caller = client(Role.ADMIN)
    with office.work() as work:
        work.session.exec(select(Outlet)).one().name = "Xiaodian Telecom"
    _, page = attempt(caller, language="en")
    assert re.search(r"Class C → A \(from \d{4}-\d\d-01\)</li><li>State On probation → Left", page)
    told = page[page.index('<div class="card table fates"') :]
    told = told[: told.index("</div>")]
    assert not re.search("[一-鿿]", told)
    _, page = attempt(caller, HEADER + "TY001,,,,,,准入中\n", "en")
    assert "There is no decision that brings a state from “probation” to “onboarding”." in page


def test_a_file_that_another_person_tried_is_not_taken_in(office: Office, client: Client) -> None:
    _, page = attempt(client(Role.ADMIN))
    assert take_in(client(Role.ADMIN), page) == 410
    assert stored(office) == {"TY001": ("C", "probation")}


def test_a_file_that_is_too_large_is_refused(client: Client) -> None:
    caller, line = client(Role.ADMIN), b"a,b"
    head = b'--b\r\nContent-Disposition: form-data; name="file"; filename="x.csv"\r\n\r\n'
    data = head + line * (MAX_BYTES // len(line) + 50_000) + b"\r\n--b--\r\n"
    answer = caller.post(PAGE, data=data, content_type="multipart/form-data; boundary=b")
    assert answer.status_code == 413


@pytest.mark.parametrize("role", [role for role in Role if role is not Role.ADMIN])
def test_only_the_administrator_imports_outlets(role: Role, office: Office, client: Client) -> None:
    _, page = attempt(client(Role.ADMIN))
    caller = client(role)
    assert caller.get(PAGE).status_code == 403
    assert caller.get("/outlets/import/template.xlsx").status_code == 403
    assert attempt(caller)[0] == 403
    assert take_in(caller, page) == 403
    assert "/outlets/import" not in caller.get("/outlets").get_data(as_text=True)
    assert stored(office) == {"TY001": ("C", "probation")}


@pytest.mark.parametrize(("language", "heading"), [("zh", "编码"), ("en", "code")])
def test_the_template_is_a_list_that_can_be_tried(client: Client, language: str, heading: str) -> None:
    caller = client(Role.ADMIN)
    assert caller.get(f"{PAGE}?lang={language}").status_code == 200
    data = caller.get(f"/outlets/import/template.xlsx?lang={language}").data
    assert openpyxl.load_workbook(io.BytesIO(data)).active["A1"].value == heading
    sent = {"csrf_token": caller.csrf, "file": (io.BytesIO(data), "网点.xlsx")}
    answer = caller.post(PAGE, data=sent, content_type="multipart/form-data")
    page = html.unescape(answer.get_data(as_text=True))
    # Its example names a unit that this organisation lacks; everything else of it is right.
    assert re.findall(r"<li><code>(\w+)</code>", page) == ["F2"]
