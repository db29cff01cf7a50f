"""The checklists' files against the handbook's list of items: what differs is named here, each with its reason."""

import csv
import re
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from server.gateways.standards import read_standards

ROOT = Path(__file__).parents[2]
OURS = read_standards(ROOT / "checklists")
with (ROOT / "tests/vectors/checklist-items.csv").open(encoding="utf-8", newline="") as _file:
    ROWS = list(csv.DictReader(_file))
LISTED = sorted({row["checklist"] for row in ROWS})

OPTIONS = "the answers stand in the options, not in the question"
ENDS = "says what the two ends of the scale mean"
DUE = "says when the text is due, and how long it must be"
VOIDS = "says what a certain yes does, the answers stand in the options"
PLAIN = "says in words what the list says in signs"
STAMPED = "a moment that is stamped, no time that runs (handbook 03)"
SHARE = "a part of a whole (handbook 03)"
FLOW = "stands where it is done: the arrival first, the leaving last"
OTHER_BUSINESS = "one visit seldom does both businesses: the other one is not applicable"

DIFFERENCES: dict[tuple[str, str], str] = {
    ("OH-01", "kind"): STAMPED,
    ("OH-65", "kind"): STAMPED,
    ("PM-09", "kind"): STAMPED,
    ("PU-32", "kind"): STAMPED,
    ("PU-33", "kind"): STAMPED,
    ("PM-01", "kind"): "a number: minutes before opening (handbook 03)",
    ("PM-08", "kind"): SHARE,
    ("AM-06", "kind"): SHARE,
    ("PU-18", "na"): OTHER_BUSINESS,
    ("PU-19", "na"): OTHER_BUSINESS,
    ("PU-32", "section"): FLOW,
    ("PU-33", "section"): FLOW,
    ("PU-34", "section"): FLOW,
    ("PU-35", "section"): FLOW,
    ("PU-36", "section"): FLOW,
    ("OA-07", "source"): "that the limit is relaxed is no clause",
    ("VS-04", "source"): "that the limit is relaxed is no clause",
    ("OH-02", "zh"): "现在 as the other lists say",
    **{
        (item, language): reason
        for reason, items in {
            OPTIONS: "OH-03 OH-04 OH-56 OH-57 PM-21 AM-09 SF-28 DE-23 VS-14 PU-28",
            ENDS: "SF-31 DE-26 PU-12",
            DUE: "OH-68 SF-33 DE-28 VS-16 PU-36",
            VOIDS: "OH-69 SF-32 DE-27 OA-19 VS-15 PU-35",
            "asks for both numbers of the share": "PM-08 AM-06",
            "asks for the number that is entered": "PM-01",
            "one number, and says which": "PM-28",
            "says what is entered when the keeper is in": "VS-04",
            "“same” would need the item before it": "AM-05",
        }.items()
        for item in items.split()
        for language in ("zh", "en")
    },
    ("OH-12", "en"): PLAIN,
    ("AM-04", "en"): PLAIN,
    ("PU-07", "en"): PLAIN,
}
"""(item, what) and why it is not as the list has it."""

ADDED = {
    "PM-31": "busy or idle, so that the waiting limit can be chosen",
    "SF-34": "busy or idle, so that the waiting limit can be chosen",
    "SF-35": "the business done, so that the handling limit can be chosen",
    "DE-29": "the business done, so that the handling limit can be chosen",
}
"""Items of the files that the list has not (handbook 03, "record items to be added")."""


@pytest.fixture(params=LISTED)
def name(request: pytest.FixtureRequest) -> str:
    """The id of each checklist that the list has."""
    return str(request.param)


def test_each_item_of_the_list_is_in_its_file_as_the_list_has_it_but_for_what_is_named_here() -> None:
    differing = {
        (row["id"], what): (wanted, found)
        for row in ROWS
        for what, wanted, found in _compared(row)
        if wanted != found
    }
    unknown = {key: pair for key, pair in differing.items() if key not in DIFFERENCES}
    assert unknown == {}
    assert sorted(set(DIFFERENCES) - set(differing)) == []


def test_a_file_adds_no_items_but_the_records_that_choose_a_limit(name: str) -> None:
    rows = {row["id"] for row in ROWS if row["checklist"] == name}
    added = set(_items(name)) - rows
    assert added == {item for item in ADDED if item[:3] == min(rows)[:3]}
    assert all(_items(name)[item]["points"] == 0 and _items(name)[item]["asked"] for item in added)


def test_the_items_of_a_file_stand_in_the_lists_order_within_their_sections(name: str) -> None:
    order = [row["id"] for row in ROWS if row["checklist"] == name]
    for section in _sections(name):
        known = [item["id"] for item in section["items"] if item["id"] in order]
        assert known == sorted(known, key=order.index)


def test_every_prohibition_has_the_points_of_the_list(name: str) -> None:
    wanted: Counter[str] = Counter()
    found: Counter[str] = Counter()
    for row in ROWS:
        if row["checklist"] == name and row["prohibition"] != "–":
            wanted[row["prohibition"]] += 100 * int(row["points"])
    for item in _items(name).values():
        if item["prohibition"]:
            found[item["prohibition"]] += item["points"]
    assert found == wanted
    assert [each["id"] for each in OURS[name, 1].compiled["prohibitions"]] == sorted(
        wanted, key=lambda code: int(code[1:])
    )


def test_a_prohibition_reads_the_same_in_every_list() -> None:
    readings: dict[str, set[tuple[str, str]]] = {}
    for standard in OURS.values():
        for each in standard.compiled["prohibitions"]:
            readings.setdefault(each["id"], set()).add((each["text"]["zh"], each["text"]["en"]))
    assert set(readings) == {f"P{n}" for n in range(1, 11)}
    assert all(len(texts) == 1 for texts in readings.values())


def test_the_list_has_244_items_and_each_of_its_checklists_100_points() -> None:
    assert len(ROWS) == len({row["id"] for row in ROWS}) == 244
    for name in LISTED:
        assert sum(int(row["points"]) for row in ROWS if row["checklist"] == name) == 100


def test_all_nine_have_100_points_in_their_sections() -> None:
    assert len(OURS) == 9
    for standard in OURS.values():
        sections = standard.compiled["sections"]
        assert sum(section["points"] for section in sections) == 10_000
        for section in sections:
            assert section["points"] == sum(item["points"] for item in section["items"])


def _sections(name: str) -> list[dict[str, Any]]:
    sections: list[dict[str, Any]] = OURS[name, 1].compiled["sections"]
    return sections


def _items(name: str) -> dict[str, dict[str, Any]]:
    """The items of a checklist by id, each with its section's words under `section`."""
    return {
        item["id"]: {**item, "section": section} for section in _sections(name) for item in section["items"]
    }


def _compared(row: dict[str, str]) -> list[tuple[str, object, object]]:
    """What of the row is compared: (what, what the list says, what the file says)."""
    item = _items(row["checklist"])[row["id"]]
    title, photo = item["section"]["title"], item["photo"]
    if row["checklist"] == "own-hall-mystery":
        title = {language: f"{item['section']['id']} {words}" for language, words in title.items()}
        title["en"] = title["en"][2:]
    kind, na, low, high = _kind(row["kind"])
    when, hint = _photo(row["photo"])
    bounded = item["kind"] == "scale"
    return [
        ("section", row["section"], f"{title['zh']} / {title['en']}"),
        ("zh", row["zh"], item["text"]["zh"]),
        ("en", row["en"], item["text"]["en"]),
        ("kind", kind, item["kind"]),
        ("na", na, item["na"]),
        ("ends", (low, high), (item["min"], item["max"]) if bounded else (None, None)),
        ("points", 100 * int(row["points"]), item["points"]),
        ("prohibition", row["prohibition"].replace("–", "") or None, item["prohibition"]),
        ("critical", row["critical"] == "yes", item["critical"]),
        ("photo", when, photo["when"]),
        ("hint", hint, hint and photo["hint"] is not None),
        ("source", _source(row["source"]), item["source"]),
    ]


def _kind(written: str) -> tuple[str, bool, int | None, int | None]:
    """The kind, whether it may be not applicable, and the ends of a scale; "count (0–3)" is one (handbook 03)."""
    word = written.removesuffix("/NA").replace("pass/fail", "pass_fail")
    ends = re.fullmatch(r"(?:scale|count) \(?(\d)–(\d)\)?", word)
    if ends:
        return "scale", False, int(ends[1]), int(ends[2])
    return word, written.endswith("/NA"), None, None


def _photo(written: str) -> tuple[str, bool]:
    """When a photo is demanded, and whether the list says how it is to look or what must not be seen."""
    when = next(word for word in ("always", "on fail", "optional", "no") if written.startswith(word))
    said = written.removeprefix(when).strip()
    return {"on fail": "on_fail", "no": "never"}.get(when, when), bool(said) and said not in (
        "(0–1)",
        "(audio clip if recorded)",
    )


def _source(written: str) -> str:
    """The clauses as our files write them: S1, S3, S4 are the source documents."""
    for old, new in {
        "ch.3 (服务禁忌)": "第3章服务禁忌",
        "elder-care notice": "适老化服务通知",
        "porting rule": "携号转网规定",
        "field manual": "现场手册",
    }.items():
        written = written.replace(old, new)
    return re.sub(r"\b00([134]) ", r"S\1 ", written)
