"""The pages of checklists: who sees them, a file tried and stored, what changed said, confirmed by another."""

from __future__ import annotations

import io
import json
import re
from collections.abc import Callable
from copy import deepcopy
from typing import Any

import openpyxl
import pytest
from python_calamine import CalamineWorkbook

from server.domain.access import Permission, Role, Viewer
from server.domain.draft_errors import WrongStandard
from server.domain.findings import sentence
from server.gateways.checklist_workbook import workbook
from server.gateways.checklist_yaml import read_yaml_checklist, yaml_text
from server.usecases import checklist_files
from server.usecases.work import Office
from tests import make, submitted

Client = Callable[..., make.Caller]
ONE = "/checklists/small-hall/1"
SEE = {role for role in Role if Viewer("", "", "", role).may(Permission.SEE_STANDARDS)}
DRAFTS = {role for role in Role if Viewer("", "", "", role).may(Permission.SEE_DRAFTS)}
EDIT = {role for role in Role if Viewer("", "", "", role).may(Permission.EDIT_STANDARDS)}
FIRST = submitted.WRITTEN["sections"][0]["items"][0]["id"]


@pytest.fixture(autouse=True)
def small(office: Office) -> None:
    submitted.checklist(office)


def reworded(**more: Any) -> dict[str, Any]:
    written = deepcopy(dict(submitted.WRITTEN))
    written["sections"][0]["items"][0]["text"] = {"zh": "别的说法", "en": "Other words"}
    return written | more


def tried(caller: make.Caller, data: bytes, name: str, path: str = "/checklists/import") -> Any:
    return caller.post(
        path,
        data={"csrf_token": caller.csrf, "file": (io.BytesIO(data), name)},
        content_type="multipart/form-data",
    )


def content_of(page: str) -> str:
    found = re.search(r'name="content" value="([^"]+)"', page)
    assert found, page
    return found[1]


def form(caller: make.Caller, path: str, **fields: Any) -> Any:
    return caller.post(path, data={"csrf_token": caller.csrf, **fields})


def draft_of(caller: make.Caller, written: dict[str, Any] | None = None) -> str:
    """The address of a draft that was stored through the pages."""
    page = tried(caller, yaml_text(written or reworded()).encode(), "list.yaml").get_data(as_text=True)
    stored = form(caller, "/checklists/drafts", content=content_of(page))
    assert stored.status_code == 302, stored.get_data(as_text=True)
    return str(stored.headers["Location"])


@pytest.fixture
def hq(office: Office, client: Client) -> make.Caller:
    return client(make.user(office, role=Role.HQ, username="hq-author", name="田雨"))


@pytest.fixture
def second(office: Office, client: Client) -> make.Caller:
    return client(make.user(office, role=Role.ADMIN, username="admin-second", name="韩松"))


@pytest.mark.parametrize("role", list(Role))
def test_each_role_sees_what_it_may(office: Office, client: Client, hq: make.Caller, role: Role) -> None:
    where = make.outlet(office)
    caller = client(make.user(office, role=role, outlet_id=where.id, unit_path="sx/"))
    draft = draft_of(hq)
    for path, allowed in (
        ("/checklists", SEE),
        (ONE, SEE),
        (f"{ONE}/preview", SEE),
        (f"{ONE}/file/workbook", SEE),
        ("/checklists/small-hall/compare", SEE),
        (draft, DRAFTS),
        (f"{draft}/preview", DRAFTS),
        (f"{draft}/file/yaml", DRAFTS),
        ("/checklists/import", EDIT),
    ):
        assert caller.get(path).status_code == (200 if role in allowed else 403), path
    for path in (
        "/checklists/drafts",
        f"{draft}/meanings",
        f"{draft}/propose",
        f"{draft}/discard",
        f"{ONE}/retire",
    ):
        assert (form(caller, path).status_code == 403) == (role not in EDIT), path
    shown = caller.get("/checklists").get_data(as_text=True)
    assert ("正在修改" in shown) == (role in DRAFTS)


def test_a_version_is_shown_in_words(hq: make.Caller) -> None:
    page = hq.get(ONE).get_data(as_text=True)
    for section in submitted.WRITTEN["sections"]:
        for item in section["items"]:
            assert item["text"]["zh"] in page
    assert "pass_fail" not in page
    english = hq.get(f"{ONE}?lang=en").get_data(as_text=True)
    assert submitted.WRITTEN["title"]["en"] in english
    assert hq.get("/checklists/small-hall/9").status_code == 404
    assert hq.get("/checklists/unknown/1").status_code == 404
    assert hq.get(f"{ONE}/file/docx").status_code == 404


def test_a_version_leaves_as_workbook_xlsform_and_yaml(hq: make.Caller) -> None:
    sheets = CalamineWorkbook.from_filelike(io.BytesIO(hq.get(f"{ONE}/file/workbook").data)).sheet_names
    assert "检查项" in sheets
    assert CalamineWorkbook.from_filelike(io.BytesIO(hq.get(f"{ONE}/file/xlsform").data)).sheet_names == [
        "survey",
        "choices",
        "settings",
    ]
    answer = hq.get(f"{ONE}/file/yaml")
    assert answer.headers["Content-Disposition"] == 'attachment; filename="small-hall-v1.yaml"'
    written, reading = read_yaml_checklist(answer.get_data(as_text=True), "v1.yaml")
    assert reading.findings == []
    assert written["id"] == "small-hall"


def test_a_wrong_workbook_is_told_by_cell_and_nothing_is_stored(hq: make.Caller) -> None:
    wrong = reworded()
    wrong["sections"][0]["items"][0]["points"] += 100
    page = tried(hq, workbook(wrong), "表.xlsx").get_data(as_text=True)
    assert "什么都没有保存" in page
    assert re.search(r"<code>[^<]+![A-Z]+\d+</code>", page), page
    assert 'name="content"' not in page
    assert "正在修改" not in hq.get("/checklists").get_data(as_text=True)
    for data, name in (
        (b"", "x.xlsx"),
        (b"PK nonsense", "x.xlsx"),
        (b"\xff\xfe", "x.yaml"),
        (b"a: [", "x.yaml"),
    ):
        assert tried(hq, data, name).status_code in (200, 302)


def test_what_could_not_be_published_is_told_in_the_dry_run(hq: make.Caller) -> None:
    kind = reworded()
    kind["sections"][0]["items"][0] |= {"kind": "text", "points": 0}
    kind["sections"][0]["points"] -= submitted.WRITTEN["sections"][0]["items"][0]["points"]
    kind["points"] -= submitted.WRITTEN["sections"][0]["items"][0]["points"]
    for key in ("prohibition", "critical", "photo"):
        kind["sections"][0]["items"][0].pop(key, None)
    indicator = reworded()
    indicator["sections"][0]["items"][0]["indicator"] = "X-1"
    for wrong in (kind, indicator):
        page = tried(hq, workbook(wrong), "表.xlsx").get_data(as_text=True)
        assert f"{FIRST} 的类型或指标变了，须用新编号" in page, page
        assert re.search(r"<code>检查项![A-Z]+2</code>", page)
        assert 'name="content"' not in page


def test_what_the_workbook_says_of_its_changes_is_shown_in_the_dry_run(hq: make.Caller) -> None:
    book = openpyxl.load_workbook(io.BytesIO(workbook(reworded())))
    headings = {cell.value: cell.column for cell in book["检查项"][1]}
    book["检查项"].cell(2, headings["与上一版"]).value = "变"
    edited = io.BytesIO()
    book.save(edited)
    page = tried(hq, edited.getvalue(), "表.xlsx").get_data(as_text=True)
    assert f"{FIRST} → {FIRST}-2" in page
    assert "含义变了，指标从新编号重新算起" in page


def test_a_text_longer_than_a_cell_is_refused_in_words() -> None:
    long = reworded(title={"zh": "长" * 33_000, "en": "Long"})
    with pytest.raises(WrongStandard) as caught:
        checklist_files.write_file("workbook", long, "zh")
    assert all(sentence(each, "zh") for each in caught.value.findings)


def test_a_version_goes_from_a_workbook_to_publication_by_two_people(
    hq: make.Caller, second: make.Caller
) -> None:
    page = tried(hq, workbook(reworded()), "表.xlsx").get_data(as_text=True)
    assert "试读通过" in page
    assert "别的说法" in page
    stored = form(hq, "/checklists/drafts", content=content_of(page))
    draft = stored.headers["Location"]
    page = hq.get(draft).get_data(as_text=True)
    assert f'name="meaning-{FIRST}"' in page
    assert "提请发布以前" in page

    def revision() -> str:
        found = re.search(r'name="revision" value="(\d+)"', hq.get(draft).get_data(as_text=True))
        assert found
        return found[1]

    seen = revision()
    refused = form(hq, f"{draft}/propose", revision=seen)
    assert refused.status_code == 422
    assert f"{FIRST} 与上一版不同" in refused.get_data(as_text=True)
    form(hq, f"{draft}/meanings", revision=seen, note="说法更清楚", **{f"meaning-{FIRST}": "same"})
    old = form(hq, f"{draft}/meanings", revision=seen, note="晚了一步")
    assert old.status_code == 409
    assert "田雨" in old.get_data(as_text=True)
    assert form(hq, f"{draft}/propose", revision=revision()).status_code == 302
    assert form(hq, f"{draft}/publish", revision=revision()).status_code == 409
    assert "请另一位同事确认" in hq.get(draft).get_data(as_text=True)
    back = form(second, f"{draft}/return", revision=revision(), reason="英文也要改")
    assert back.status_code == 302
    assert "英文也要改" in hq.get(draft).get_data(as_text=True)
    form(hq, f"{draft}/propose", revision=revision())
    done = form(second, f"{draft}/publish", revision=revision())
    assert done.headers["Location"].endswith("/checklists/small-hall/2")
    page = hq.get(done.headers["Location"]).get_data(as_text=True)
    assert "田雨" in page
    assert "韩松" in page
    compared = hq.get("/checklists/small-hall/compare").get_data(as_text=True)
    assert "<ins" in compared
    assert "别的说法" in compared
    phone = hq.get("/api/v1/checklists/small-hall/2").get_json()
    assert phone["sections"][0]["items"][0]["text"]["zh"] == "别的说法"
    sheets = CalamineWorkbook.from_filelike(io.BytesIO(hq.get("/checklists/small-hall/2/file/workbook").data))
    history = sheets.get_sheet_by_name("变更").to_python()
    assert any("说法更清楚" in str(cell) for row in history for cell in row)


def test_meanings_declared_in_the_workbook_are_taken(hq: make.Caller) -> None:
    read = checklist_files.read_file(yaml_text(reworded()).encode(), "x.yaml")
    read.declared[FIRST] = "changed"
    stored = form(hq, "/checklists/drafts", content=checklist_files.packed(read))
    page = hq.get(stored.headers["Location"]).get_data(as_text=True)
    assert f"{FIRST} → {FIRST}-2" in page


def test_an_open_draft_takes_new_content(hq: make.Caller) -> None:
    draft = draft_of(hq)
    name = draft.rsplit("/", 1)[-1]
    again = reworded(title={"zh": "小厅检查表", "en": "Small hall list"})
    page = tried(hq, yaml_text(again).encode(), "x.yaml", f"/checklists/import?draft={name}").get_data(
        as_text=True
    )
    assert f'name="draft" value="{name}"' in page
    stored = form(hq, "/checklists/drafts", content=content_of(page), draft=name, revision="1")
    assert stored.headers["Location"] == draft
    assert "小厅检查表" in hq.get(draft).get_data(as_text=True)
    twice = form(hq, "/checklists/drafts", content=content_of(page))
    assert twice.status_code == 409
    assert "small-hall" in twice.get_data(as_text=True)


@pytest.mark.parametrize("content", ["", "x", "eJwDAAAAAAE=", "eJyLjgUAARUAuQ=="])
def test_a_broken_package_is_refused_in_words(hq: make.Caller, content: str) -> None:
    answer = form(hq, "/checklists/drafts", content=content)
    assert answer.status_code == 422
    assert "<h1>" in answer.get_data(as_text=True)


def test_a_new_checklist_begins_with_version_one(hq: make.Caller, second: make.Caller) -> None:
    draft = draft_of(hq, reworded(id="brand-new", version=7))
    form(hq, f"{draft}/propose", revision="1")
    assert (
        form(second, f"{draft}/publish", revision="2").headers["Location"].endswith("/checklists/brand-new/1")
    )


def test_a_retired_version_says_so_and_is_retired_once(hq: make.Caller) -> None:
    assert form(hq, f"{ONE}/retire", reason=" ").status_code == 422
    assert form(hq, f"{ONE}/retire", reason="换成新标准").status_code == 302
    assert "已停用" in hq.get(ONE).get_data(as_text=True)
    assert form(hq, f"{ONE}/retire", reason="再来").status_code == 409


def test_the_preview_holds_the_compiled_checklist_and_no_inline_script(hq: make.Caller) -> None:
    page = hq.get(f"{ONE}/preview").get_data(as_text=True)
    found = re.search(r'<script type="application/json" id="preview-data">(.*?)</script>', page, re.S)
    assert found
    assert json.loads(found[1])["checklist"]["id"] == "small-hall"
    assert "<script>" not in page
