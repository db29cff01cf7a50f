"""The commands for those who keep standards in git: what each tells, and what it writes."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from server.cli import standards
from server.domain.access import Role
from server.gateways import preview
from server.gateways.checklist_yaml import yaml_text
from server.gateways.lock import LOCK, lock_text
from server.gateways.rules import read_rule_files
from server.gateways.standards import read_standards
from server.usecases import checklists, drafts
from server.usecases.work import Office
from tests import make, submitted
from tests.standards_folder import (
    REWORDED,
    Run,
    edit,
    items,
    our_command,
    our_folder,
    put,
    reword,
    tree,
    version_two,
    written,
)

__all__ = ["our_command", "our_folder"]

# check


def test_check_reads_checklists_rules_and_calendars(xunting: Run) -> None:
    code, printed, _ = xunting("check")
    assert code == 0
    for name in ("ordinary v1", "rules v1", "calendar-2026 v1"):
        assert name in printed
    assert "检查表全部正确，共 1 个版本。" in xunting("check", zh=True)[1]


def test_check_tells_every_finding_of_every_kind_of_file(xunting: Run, folder: Path) -> None:
    listed = (folder / "ordinary/v1.yaml").read_text().replace("kind: pass_fail", "kind: colour", 1)
    put(folder / "ordinary/v1.yaml", listed)
    put(
        folder / "rules/v1.yaml",
        (folder / "rules/v1.yaml").read_text().replace("version: 1", "version: one", 1),
    )
    code, _, complaint = xunting("check")
    assert code == 1
    line = next(n for n, each in enumerate(listed.splitlines(), start=1) if "colour" in each)
    assert f"ordinary/v1.yaml:{line}: " in complaint
    assert "rules/v1.yaml:" in complaint
    assert "处问题" in xunting("check", zh=True)[2]


def test_check_of_a_file_compares_it_with_the_version_before(
    xunting: Run, folder: Path, tmp_path: Path
) -> None:
    told = put(tmp_path / "told.yaml", version_two(folder, reword))
    assert xunting("check", told)[0] == 0
    untold = put(tmp_path / "untold.yaml", version_two(folder, reword, same=()))
    code, _, complaint = xunting("check", told, untold)
    assert code == 1
    line = next(n for n, each in enumerate(untold.read_text().splitlines(), start=1) if "id: OA-02" in each)
    assert f"{untold}:{line}: " in complaint
    assert "OA-02 differs from the version before" in complaint
    assert "OA-02 与上一版不同" in xunting("check", untold, zh=True)[2]


def test_check_of_a_file_of_the_folder_asks_the_lock(xunting: Run, folder: Path) -> None:
    path = folder / "ordinary/v1.yaml"
    assert xunting("check", path)[0] == 0
    assert xunting("check", folder / "rules/calendar/2026.yaml", folder / "rules/v1.yaml")[0] == 0
    put(
        path,
        path.read_text().replace("points: 400", "points: 401", 1).replace("points: 600", "points: 599", 1),
    )
    code, _, complaint = xunting("check", path)
    assert code == 1
    assert str(path) in complaint
    assert "a published version was changed" in complaint


def test_check_of_a_workbook_names_sheet_and_cell(xunting: Run) -> None:
    xunting("export", "ordinary", "--to", "a.xlsx", "--lang", "zh")
    assert xunting("check", "a.xlsx")[0] == 0
    edit(Path("a.xlsx"), "OA-02", **{"检查内容（中文）": REWORDED})
    assert "OA-02 differs from the version before" in xunting("check", "a.xlsx")[2]
    edit(Path("a.xlsx"), "OA-02", 分值="many")
    code, _, complaint = xunting("check", "a.xlsx")
    assert code == 1
    assert "a.xlsx: 检查项!F3: " in complaint


# diff


def test_diff_of_equal_versions_is_nothing(xunting: Run, folder: Path) -> None:
    assert xunting("diff", "ordinary", "ordinary@1") == (0, "ordinary@1 → ordinary@1\nNo difference.\n", "")
    assert xunting("diff", "ordinary", folder / "ordinary/v1.yaml", zh=True)[0] == 0
    assert json.loads(xunting("diff", "ordinary", "ordinary", "--json")[1])["equal"] is True


def test_diff_tells_what_each_change_means(xunting: Run, folder: Path, tmp_path: Path) -> None:
    def changed(checklist: dict[str, Any]) -> None:
        reword(checklist)
        found = items(checklist)
        found["OA-03"]["points"] = 500
        found["OA-01"].update(id="OA-01-2", follows="OA-01", photo="on_fail")
        first = checklist["sections"][0]
        first["points"] -= 100
        first["title"]["zh"] = "门面"
        first["items"].append({**found["OA-04"], "id": "OA-99", "points": 100})
        first["points"] += 100
        first["items"].remove(found["OA-04"])
        first["points"] -= 400
        checklist["points"] -= 400 + 100 - 100
        checklist["retired"] = ["OA-01", "OA-04"]
        checklist["fail_below"] = 600

    path = put(tmp_path / "v2.yaml", version_two(folder, changed))
    code, printed, _ = xunting("diff", "ordinary@1", path)
    assert code == 1
    assert printed.startswith(f"ordinary@1 → {path} · clearer\n")
    for line in (
        "+ OA-99 10086 in view (",
        "- OA-04 10086 in view (",
        "~ OA-01 → OA-01-2 Licence mark",
        "~ OA-02 Counter clean, operator's material has its place (reworded; ",
        "    text zh: 受理台干净，移动物料有固定位置 → 受理台整洁",
        "    points: 6 → 5",
        "~ section environment ",
        "    name zh: 营业环境 → 门面",
    ):
        assert line.lower() in printed.lower(), line
    assert "Items: 1 added, 1 removed, 3 changed (of these 1 undeclared)" in printed
    told = xunting("diff", "ordinary@1", path, zh=True)[1]
    assert "~ OA-02 受理台整洁（改了说法；含义不变，指标延续）" in told
    assert "检查项：新增 1，删除 1，改动 3（其中 1 项待说明）" in told


def test_diff_for_programs_has_every_change(xunting: Run, folder: Path, tmp_path: Path) -> None:
    path = put(tmp_path / "v2.yaml", version_two(folder, reword))
    code, printed, _ = xunting("diff", "ordinary", path, "--json")
    assert code == 1
    found = json.loads(printed)
    (change,) = found["items"]
    assert (change["now"], change["kind"], change["meaning"]) == ("OA-02", "reworded", "same")
    assert change["parts"][0]["after"]["zh"] == REWORDED
    assert found["counts"]["changed"] == 1


def test_diff_sees_order_and_indicators(xunting: Run, folder: Path, tmp_path: Path) -> None:
    path = put(tmp_path / "a.yaml", version_two(folder, lambda one: one["sections"].reverse(), same=()))
    code, printed, _ = xunting("diff", "ordinary", path)
    assert code == 1
    assert "the order of the sections" in printed
    path = put(
        tmp_path / "b.yaml", version_two(folder, lambda one: one["sections"][0]["items"].reverse(), same=())
    )
    assert "the order of the items in section environment" in xunting("diff", "ordinary", path)[1]
    path = put(
        tmp_path / "c.yaml", version_two(folder, lambda one: items(one)["OA-02"].update(indicator="OA-77"))
    )
    code, printed, _ = xunting("diff", "ordinary", path)
    assert code == 1
    assert "    indicator: OA-02 → OA-77" in printed


def test_diff_of_versions_apart_takes_what_was_said_between(xunting: Run, folder: Path) -> None:
    put(folder / "ordinary/v2.yaml", version_two(folder, reword))
    third = written(folder, 2) | {"version": 3, "changes": {"since": 2, "note": "", "same": ["OA-03"]}}
    items(third)["OA-03"]["text"]["zh"] = "资费有公示"
    put(folder / "ordinary/v3.yaml", yaml_text(third))
    code, printed, _ = xunting("diff", "ordinary@1", "ordinary")
    assert code == 1
    assert "2 changed (of these 0 undeclared)" in printed


def test_diff_of_rules_names_each_figure(xunting: Run, folder: Path, tmp_path: Path) -> None:
    assert xunting("diff", "rules", "rules@1")[0] == 0
    text = (folder / "rules/v1.yaml").read_text()
    start = text.index("\nevidence:")
    number = next(each for each in text[start:].split() if each.isdecimal())
    path = put(tmp_path / "r.yaml", text[:start] + text[start:].replace(number, str(int(number) + 1), 1))
    code, printed, _ = xunting("diff", "rules@1", path)
    assert code == 1
    assert f": {number} → {int(number) + 1}\n" in printed
    assert "Differences: 1." in printed
    assert len(json.loads(xunting("diff", "rules", path, "--json")[1])["changes"]) == 1
    assert xunting("diff", "rules", "ordinary")[0] == 2


def test_diff_of_what_cannot_be_compared_ends_with_two(xunting: Run, folder: Path, tmp_path: Path) -> None:
    other = put(
        tmp_path / "o.yaml", (folder / "ordinary/v1.yaml").read_text().replace("id: ordinary", "id: other")
    )
    for pair in (
        ("ordinary", other),
        ("ordinary", "nothing"),
        ("ordinary@9", "ordinary"),
        ("ordinary", "./no.yaml"),
    ):
        code, printed, complaint = xunting("diff", *pair)
        assert (code, printed) == (2, ""), pair
        assert complaint.strip()


def test_a_text_cannot_steer_the_terminal(xunting: Run, folder: Path, tmp_path: Path) -> None:
    def steer(checklist: dict[str, Any]) -> None:
        items(checklist)["OA-02"]["text"]["zh"] = "\x1b[2J\x07\n隐藏"

    path = put(tmp_path / "v2.yaml", version_two(folder, steer))
    printed = xunting("diff", "ordinary", path)[1] + xunting("import", path, zh=True)[1]
    assert "隐藏" in printed
    assert not {"\x1b", "\x07"} & set(printed)


# export and import


@pytest.mark.parametrize("format_", ["xlsx", "xlsform", "yaml"])
def test_what_is_exported_is_imported_without_a_difference(xunting: Run, folder: Path, format_: str) -> None:
    before = tree(folder)
    assert xunting("export", "ordinary@1", "--format", format_, "--to", "out", "--lang", "en")[0] == 0
    code, printed, complaint = xunting("import", "out", "--write")
    assert (code, complaint) == (0, "")
    assert "No difference." in printed
    assert "nothing to import" in printed
    assert tree(folder) == before


def test_an_export_does_not_overwrite_other_work(xunting: Run) -> None:
    assert "ordinary-v1.xlsx" in xunting("export", "ordinary", "--lang", "zh")[1]
    assert xunting("export", "ordinary", "--lang", "zh")[0] == 0
    edit(Path("ordinary-v1.xlsx"), "OA-02", **{"检查内容（中文）": REWORDED})
    kept = Path("ordinary-v1.xlsx").read_bytes()
    code, _, complaint = xunting("export", "ordinary", "--lang", "zh")
    assert code == 1
    assert "was not overwritten" in complaint
    assert Path("ordinary-v1.xlsx").read_bytes() == kept


def test_an_exported_workbook_has_the_notes_of_the_versions_so_far(xunting: Run, folder: Path) -> None:
    put(folder / "ordinary/v2.yaml", version_two(folder, reword))
    third = written(folder, 2) | {"version": 3, "changes": {"since": 2, "note": "shorter", "same": []}}
    put(folder / "ordinary/v3.yaml", yaml_text(third))
    for version, notes in ((1, set()), (2, {"clearer"}), (3, {"clearer", "shorter"})):
        assert xunting("export", f"ordinary@{version}", "--to", f"{version}.xlsx", "--lang", "zh")[0] == 0
        rows = list(openpyxl.load_workbook(f"{version}.xlsx")["变更"].iter_rows(values_only=True))
        assert {"clearer", "shorter"} & {cell for row in rows for cell in row} == notes
        assert str(version) in {str(cell) for row in rows if row[0] == "历史" for cell in row}


def test_an_import_that_is_undeclared_is_told_and_not_written(xunting: Run, folder: Path) -> None:
    xunting("export", "ordinary", "--to", "a.xlsx", "--lang", "zh")
    edit(Path("a.xlsx"), "OA-02", **{"检查内容（中文）": REWORDED})
    before = tree(folder)
    for more in ((), ("--write",)):
        code, printed, complaint = xunting("import", "a.xlsx", *more)
        assert code == 1
        assert "ordinary/v2.yaml" in printed
        assert "OA-02 means now" in complaint
        assert "Nothing is written" in complaint
    assert "还没有说明 OA-02" in xunting("import", "a.xlsx", zh=True)[2]
    assert tree(folder) == before


@pytest.mark.parametrize(("said", "name"), [("同", "OA-02"), ("变", "OA-02-2"), ("新", "OA-02-2")])
def test_an_import_writes_what_was_declared_and_can_be_published(
    xunting: Run, folder: Path, said: str, name: str
) -> None:
    xunting("export", "ordinary", "--to", "a.xlsx", "--lang", "zh")
    edit(Path("a.xlsx"), "OA-02", **{"检查内容（中文）": REWORDED, "与上一版": said})
    before = tree(folder)
    code, printed, _ = xunting("import", "a.xlsx")
    assert code == 0
    assert "This was a trial" in printed
    assert tree(folder) == before
    assert xunting("import", "a.xlsx", "--write")[0] == 0
    later = written(folder, 2)
    assert items(later)[name]["text"]["zh"] == REWORDED
    assert later["changes"]["same"] == (["OA-02"] if said == "同" else [])
    assert items(later)[name].get("follows") == ("OA-02" if said == "变" else None)
    assert xunting("check")[0] == 0
    assert xunting("lock", "ordinary", 2)[0] == 0
    assert (folder / LOCK).read_text().count("ordinary 2 ") == 1


def test_an_import_replaces_only_what_is_not_published_and_only_when_told(xunting: Run, folder: Path) -> None:
    mine = put(folder / "ordinary/v2.yaml", version_two(folder, reword))
    text = mine.read_text()
    other = put(Path("b.yaml"), text.replace(REWORDED, "受理台干净整洁"))
    code, _, complaint = xunting("import", other, "--write")
    assert code == 1
    assert "--replace" in complaint
    assert mine.read_text() == text
    assert xunting("import", other, "--write", "--replace")[0] == 0
    assert "受理台干净整洁" in mine.read_text()
    assert xunting("lock", "ordinary", 2)[0] == 0
    before = tree(folder)
    code, printed, _ = xunting("import", put(Path("c.yaml"), text), "--replace")
    assert code == 0
    assert "ordinary/v3.yaml" in printed
    assert tree(folder) == before


def test_an_import_of_another_kind_under_the_same_id_is_refused(xunting: Run, folder: Path) -> None:
    def other(checklist: dict[str, Any]) -> None:
        items(checklist)["OA-02"]["kind"] = "share"

    before = tree(folder)
    path = put(Path("b.yaml"), version_two(folder, other))
    for more in ((), ("--write",)):
        code, printed, complaint = xunting("import", path, *more)
        assert code == 1
        assert "another kind or indicator" in complaint
        assert "trial" not in printed
    assert tree(folder) == before


def test_a_new_checklist_is_imported_as_its_first_version(xunting: Run, folder: Path) -> None:
    text = (folder / "ordinary/v1.yaml").read_text().replace("id: ordinary", "id: fresh", 1)
    assert xunting("import", put(Path("b.yaml"), text), "--write")[0] == 0
    assert xunting("lock", "fresh", 1)[0] == 0
    assert xunting("check")[0] == 0


def test_nothing_is_imported_beside_something_wrong(xunting: Run, folder: Path) -> None:
    put(folder / "other/v1.yaml", "id: other\n")
    before = tree(folder)
    text = (folder / "ordinary/v1.yaml").read_text().replace("id: ordinary", "id: fresh", 1)
    path = put(Path("b.yaml"), text)
    for more in ((), ("--write",)):
        code, _, complaint = xunting("import", path, *more)
        assert code == 1
        assert "other/v1.yaml" in complaint
    assert tree(folder) == before


# The database


@pytest.fixture
def published(office: Office, folder: Path) -> dict[str, str]:
    """A database to which the folder's first and the console's second version of `ordinary` were published."""
    there = replace(office, settings=replace(office.settings, root=folder.parent))
    checklists.publish_standards(there)
    one, two = (submitted.viewer(make.user(office, role=Role.HQ, username=name)) for name in ("one", "two"))
    checklist = written(folder)
    reword(checklist)
    with office.work(one) as work:
        draft = checklists.save(work, checklist)
        draft = checklists.say_meanings(work, draft.id, draft.revision, {"OA-02": "same"}, "clearer")
        draft = drafts.propose(work, checklists.CHECKLISTS, draft.id, draft.revision)
    with office.work(two) as work:
        drafts.publish(work, checklists.CHECKLISTS, draft.id, draft.revision)
    return {"XUNTING_DATA": str(office.settings.data), "XUNTING_SECRET": "s" * 32}


def test_what_the_console_published_comes_back_into_git(
    xunting: Run, folder: Path, published: dict[str, str]
) -> None:
    code, printed, complaint = xunting(
        "export", "ordinary", "--database", "--format", "yaml", "--write", **published
    )
    assert (code, complaint) == (0, "")
    assert "ordinary/v2.yaml" in printed
    assert items(written(folder, 2))["OA-02"]["text"]["zh"] == REWORDED
    assert (folder / LOCK).read_text().splitlines()[1:] == lock_text_of(folder)
    assert xunting("check")[0] == 0
    before = tree(folder)
    assert xunting("export", "ordinary", "--database", "--write", **published)[0] == 0
    assert tree(folder) == before


def lock_text_of(folder: Path) -> list[str]:
    """The lines that the lock should have, in its order."""
    return lock_text({**read_standards(folder), **read_rule_files(folder)}).splitlines()[1:]


def test_a_file_of_other_content_is_not_overwritten_by_the_database(
    xunting: Run, folder: Path, published: dict[str, str]
) -> None:
    put(folder / "ordinary/v2.yaml", version_two(folder, reword).replace("clearer", "mine"))
    before = tree(folder)
    code, _, complaint = xunting("export", "ordinary@2", "--database", "--write", **published)
    assert code == 1
    assert "was not overwritten" in complaint
    assert tree(folder) == before


def test_the_database_gives_workbooks_with_their_history(xunting: Run, published: dict[str, str]) -> None:
    assert xunting("export", "ordinary", "--database", "--to", "a.xlsx", **published)[0] == 0
    cells = [
        cell
        for sheet in openpyxl.load_workbook("a.xlsx")
        for row in sheet.iter_rows(values_only=True)
        for cell in row
    ]
    assert "clearer" in cells
    assert "2026-11-21" in cells
    for word in ("ordinary@9", "nothing"):
        assert "has not published" in xunting("export", word, "--database", **published)[2]
    assert xunting("export", "ordinary", "--write")[0] == 1


# preview, lock, schema


def test_a_preview_is_one_file_that_says_where_it_is(
    xunting: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    build = tmp_path / "build"
    put(build / "assets.json", json.dumps({"files": {"preview.js": "p.js", "preview.css": "p.css"}}))
    put(build / "p.js", "1")
    put(build / "p.css", "a{}")
    monkeypatch.setattr(preview.preview_page, "__defaults__", (None, "zh", build))
    code, printed, _ = xunting("preview", "ordinary", "--lang", "zh")
    assert (code, str(Path("ordinary-v1.html").resolve()) in printed) == (0, True)
    assert "<title>普通代理店检查表</title>" in Path("ordinary-v1.html").read_text()
    assert xunting("preview", "ordinary")[0] == 0
    assert "<title>Ordinary agent checklist</title>" in Path("ordinary-v1.html").read_text()
    put(Path("x.yaml"), "mine")
    assert "was not overwritten" in xunting("preview", "ordinary", "--to", "x.yaml")[2]
    assert Path("x.yaml").read_text() == "mine"


def test_a_preview_without_the_phones_app_says_what_to_do(
    xunting: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(preview.preview_page, "__defaults__", (None, "zh", tmp_path))
    code, _, complaint = xunting("preview", "ordinary")
    assert (code, complaint.count("\n"), "make serve" in complaint) == (1, 1, True)
    assert not list(Path().iterdir())


def test_a_version_is_published_once_and_in_order(xunting: Run, folder: Path) -> None:
    assert "published already" in xunting("lock", "ordinary", 1)[2]
    assert "There is no ordinary v2" in xunting("lock", "ordinary", 2)[2]
    put(folder / "ordinary/v2.yaml", version_two(folder, reword))
    third = written(folder, 2) | {"version": 3, "changes": {"since": 2, "note": "", "same": []}}
    put(folder / "ordinary/v3.yaml", yaml_text(third))
    before = (folder / LOCK).read_text()
    assert "Publish ordinary v2 first" in xunting("lock", "ordinary", 3)[2]
    assert (folder / LOCK).read_text() == before
    for version in (2, 3):
        assert xunting("lock", "ordinary", version, zh=True)[0] == 0
    assert (folder / LOCK).read_text().splitlines()[1:] == lock_text_of(folder)
    assert xunting("check")[0] == 0


def test_nothing_is_published_beside_something_wrong(xunting: Run, folder: Path) -> None:
    put(folder / "ordinary/v2.yaml", version_two(folder, reword))
    put(folder / "rules/v2.yaml", "version: 2\n")
    before = tree(folder)
    code, _, complaint = xunting("lock", "ordinary", 2)
    assert code == 1
    assert "rules/v2.yaml" in complaint
    assert tree(folder) == before


def test_rules_are_published_too(xunting: Run, folder: Path) -> None:
    text = (folder / "rules/v1.yaml").read_text().replace("version: 1", "version: 2", 1)
    valid = next(line for line in text.splitlines() if line.startswith("valid_from:"))
    put(folder / "rules/v2.yaml", text.replace(valid, "valid_from: 2099-01-01"))
    assert xunting("lock", "rules", 2)[0] == 0
    assert "\nrules 2 " in (folder / LOCK).read_text()
    assert xunting("check")[0] == 0


def test_the_schemas_beside_the_files_are_those_of_the_models(xunting: Run, folder: Path) -> None:
    assert xunting("schema", "--write")[0] == 0
    for kind in ("checklist", "rules", "calendar"):
        name = f"{kind}.schema.json"
        assert (folder / name).read_bytes() == (standards.FOLDER / name).read_bytes(), (
            "run: xunting checklists schema --write"
        )
        assert xunting("schema", kind)[1] == (folder / name).read_text()
