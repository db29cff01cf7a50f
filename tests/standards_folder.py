"""A folder of checklists and rules for a test to spoil, and the command `xunting checklists` on it."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from server import cli
from server.config import ROOT
from server.domain.checklist_plain import plain
from server.gateways.checklist_yaml import yaml_text
from server.gateways.lock import LOCK
from server.gateways.standards import read_standards

Run = Callable[..., tuple[int, str, str]]
Change = Callable[[dict[str, Any]], object]
REWORDED = "受理台整洁"


@pytest.fixture(name="folder")
def our_folder(tmp_path: Path) -> Path:
    """A copy of our checklists, with `ordinary` and the rules alone, so that a reading is quick."""
    made = tmp_path / "checklists"
    for name in ("ordinary", "rules"):
        shutil.copytree(ROOT / "checklists" / name, made / name)
    lines = (ROOT / "checklists" / LOCK).read_text(encoding="utf-8").splitlines()
    kept = [
        line for line in lines if line.split()[0] in ("#", "ordinary", "rules") or line.startswith("calendar")
    ]
    (made / LOCK).write_text("\n".join(kept) + "\n", encoding="utf-8")
    return made


@pytest.fixture(name="xunting")
def our_command(
    tmp_path: Path, folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> Run:
    """`xunting("diff", "a", "b")` in a folder of its own → exit code, standard output, standard error."""
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")

    def run(verb: str, *arguments: object, zh: bool = False, **environment: str) -> tuple[int, str, str]:
        given = {"LANG": "zh_CN.UTF-8" if zh else "en_US.UTF-8", **environment}
        words = ["checklists", verb, *map(str, arguments), "--folder", str(folder)]
        try:
            code = cli.run(words, given)
        except SystemExit as left:
            code = int(left.code or 0)
        printed = capsys.readouterr()
        assert "Traceback" not in printed.err
        return code, printed.out, printed.err

    return run


def written(folder: Path, version: int = 1) -> dict[str, Any]:
    return plain(read_standards(folder)["ordinary", version].draft)


def items(checklist: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {item["id"]: item for section in checklist["sections"] for item in section["items"]}


def reword(checklist: dict[str, Any]) -> None:
    items(checklist)["OA-02"]["text"]["zh"] = REWORDED


def version_two(folder: Path, *changes: Change, same: tuple[str, ...] = ("OA-02",)) -> str:
    """The text of a second version that differs by the changes."""
    checklist = written(folder) | {
        "version": 2,
        "changes": {"since": 1, "note": "clearer", "same": list(same)},
    }
    for change in changes:
        change(checklist)
    return yaml_text(checklist)


def put(path: Path, text: str | bytes) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return path


def tree(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()
    }


def column(sheet: Any, title: str) -> int:
    return next(cell.column for cell in sheet[1] if str(cell.value).startswith(title))


def edit(path: Path, item: str, **values: object) -> None:
    """Change cells of an item in an exported workbook, by the Chinese name of their column."""
    book = openpyxl.load_workbook(path)
    sheet = book["检查项"]
    row = next(
        row for row in range(2, sheet.max_row + 1) if sheet.cell(row, column(sheet, "编号")).value == item
    )
    for title, value in values.items():
        sheet.cell(row, column(sheet, title), value)
    for row in book["说明"].iter_rows():
        if row[0].value == "版本":
            row[1].value = 2
    book.save(path)
