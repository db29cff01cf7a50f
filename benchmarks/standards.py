"""Checklists: reading all files at the start, and a workbook of 1,000 items out and in; beside bare parsing.

    python -m benchmarks.standards [--rounds 5] [--json build/bench-standards.json]

Times are milliseconds, medians of all rounds. The floor of reading is libyaml composing the same files, that of a
workbook is calamine giving the same cells.
"""

from __future__ import annotations

import argparse
import io
import json
import statistics
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import yaml
from python_calamine import CalamineWorkbook

from server.config import ROOT
from server.gateways.checklist_sheets import read_workbook
from server.gateways.checklist_workbook import workbook
from server.gateways.rules import read_rule_files
from server.gateways.standards import read_standards

FOLDER = ROOT / "checklists"
ITEMS = 1_000


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    written = long_list()
    book = workbook(written)
    read = read_workbook(book, "long.xlsx")
    assert read.findings == []
    assert read.written is not None
    measures: dict[str, tuple[Callable[[], Any], Callable[[], Any] | None]] = {
        "read and compile all checklists": (lambda: read_standards(FOLDER), bare_yaml),
        "read all rule sets and calendars": (lambda: read_rule_files(FOLDER), None),
        f"import a workbook of {ITEMS} items": (
            lambda: read_workbook(book, "long.xlsx"),
            lambda: bare_cells(book),
        ),
        f"export a workbook of {ITEMS} items": (lambda: workbook(written), None),
    }
    result = [line(name, options.rounds, *pair) for name, pair in measures.items()]
    for each in result:
        floor = f"{each['floor_ms']:8.1f}  {each['ratio']}" if each["floor_ms"] else ""
        print(f"{each['measure']:40} {each['ms']:8.1f} ms {floor}")
    if options.json:
        options.json.parent.mkdir(parents=True, exist_ok=True)
        options.json.write_text(json.dumps(result, indent=1), encoding="utf-8")


def long_list() -> dict[str, Any]:
    """A checklist of 1,000 items with bands and conditions on the item before."""
    words = {"zh": "台席整齐，没有私人物品", "en": "Counters tidy, no personal things"}
    sections = []
    for part in range(20):
        items: list[dict[str, Any]] = []
        for n in range(part * 50, part * 50 + 50):
            item = {"id": f"I-{n}", "text": words, "source": "S3 §2.2", "kind": "pass_fail", "points": 10}
            if n % 5 == 1:
                item |= {"kind": "timer", "bands": [[300, 1000], [450, 500], [None, 0]]}
            if n % 7 == 3 and items and items[-1]["kind"] == "pass_fail":
                item["when"] = {"item": items[-1]["id"], "is": "pass"}
            items.append(item)
        sections.append({"id": f"s{part}", "title": words, "points": 500, "items": items})
    return {
        "id": "long",
        "version": 1,
        "title": words,
        "visit_kinds": ["announced"],
        "tiers": ["own_hall"],
        "points": 10 * ITEMS,
        "prohibition_scoring": "per_item",
        "sections": sections,
    }


def bare_yaml() -> None:
    for file in FOLDER.glob("*/v*.yaml"):
        if file.parent.name != "rules":
            yaml.compose(file.read_text(encoding="utf-8"), Loader=yaml.CBaseLoader)


def bare_cells(book: bytes) -> None:
    with CalamineWorkbook.from_filelike(io.BytesIO(book)) as opened:
        for name in opened.sheet_names:
            opened.get_sheet_by_name(name).to_python()


def line(name: str, rounds: int, ours: Callable[[], Any], floor: Callable[[], Any] | None) -> dict[str, Any]:
    ms, bare = median(ours, rounds), median(floor, rounds) if floor else None
    return {"measure": name, "ms": ms, "floor_ms": bare, "ratio": round(ms / bare, 2) if bare else None}


def median(act: Callable[[], Any], rounds: int) -> float:
    times = []
    for _ in range(rounds):
        began = time.perf_counter()
        act()
        times.append((time.perf_counter() - began) * 1000)
    return round(statistics.median(times), 1)


if __name__ == "__main__":
    main()
