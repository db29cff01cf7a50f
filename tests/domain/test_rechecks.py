"""A recheck of single items: what of the checklist is left, as the vectors say, and what it scores."""

from __future__ import annotations

from typing import Any

import pytest

from server.domain.rechecks import restricted
from tests.vector_files import cases

CASES = cases("rechecks")
CHECKLIST: Any = cases("rechecks", "checklist")


@pytest.mark.parametrize("case", CASES, ids=[case["about"] for case in CASES])
def test_a_recheck_asks_the_items_and_what_decides_them(case: dict[str, Any]) -> None:
    left = restricted(CHECKLIST, case["items"])
    kept = [
        [section["id"], section["points"], [item["id"] for item in section["items"]]]
        for section in left["sections"]
    ]
    assert {"leaving": left["leaving"], "sections": kept} == case["kept"]
    before = {
        each["id"]: each["when"] for section in CHECKLIST["sections"] for each in (section, *section["items"])
    }
    now = {each["id"]: each["when"] for section in left["sections"] for each in (section, *section["items"])}
    assert [name for name, when in now.items() if when != before[name]] == case["asked"]
    assert not any(now[name] for name in case["asked"])


def test_without_a_list_the_checklist_is_the_same() -> None:
    assert restricted(CHECKLIST, None) is CHECKLIST
