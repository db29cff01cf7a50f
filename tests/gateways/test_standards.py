"""The folder of checklists: ours loads whole, and a slip is found with its file and line."""

import re
import shutil
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args

import pytest

from server.domain.checklist import Compiled, canonical, read_checklist
from server.domain.checklist_written import Kind
from server.domain.findings import listed
from server.domain.scoring import Answer, score
from server.gateways.rules import read_rule_files
from server.gateways.standards import LOCK, StandardsWrong, lock_text, read_standards
from server.gateways.yaml_lines import read_yaml

OURS = Path(__file__).parents[2] / "checklists"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy of our checklists that a test may spoil."""
    return Path(shutil.copytree(OURS, tmp_path / "checklists"))


def findings(folder: Path) -> list[tuple[str | None, int | None, str]]:
    with pytest.raises(StandardsWrong) as wrong:
        read_standards(folder)
    assert str(wrong.value) == listed(wrong.value.findings, "en")
    return [(each.file, each.line, each.message_key) for each in wrong.value.findings]


def items(compiled: Compiled) -> Iterator[dict[str, Any]]:
    for section in compiled["sections"]:
        yield from section["items"]


def line_of(file: Path, text: str) -> int:
    return next(n for n, line in enumerate(file.read_text().splitlines(), start=1) if text in line)


@pytest.mark.parametrize(
    ("name", "count", "critical", "sections"),
    [
        ("own-hall-mystery", 69, 3, [0, 4, 10, 7, 11, 6, 58, 4, 0]),
        ("own-hall-patrol", 31, 2, [35, 50, 15]),
        ("ordinary", 20, 5, [20, 15, 35, 30, 0]),
        ("area-check", 12, 2, [100]),
        ("franchise", 35, 5, [0, 20, 20, 35, 25, 0]),
        ("exclusive", 29, 6, [0, 20, 20, 35, 25, 0]),
        ("village", 16, 4, [15, 20, 35, 30, 0]),
        ("power-hall", 36, 3, [0, 20, 10, 8, 8, 14, 22, 18, 0]),
        ("onboarding", 26, 4, [0, 25, 20, 25, 30, 0]),
    ],
)
def test_our_checklists_have_the_items_and_points_of_the_handbook(
    name: str, count: int, critical: int, sections: list[int]
) -> None:
    compiled = read_standards(OURS)[name, 1].compiled
    found = list(items(compiled))
    assert len(found) == count
    assert sum(item["critical"] for item in found) == critical
    assert [section["points"] for section in compiled["sections"]] == [100 * points for points in sections]
    assert sum(sections) == 100


def test_the_prohibitions_of_own_halls_make_60_points_as_the_handbook_weighs_them() -> None:
    points: Counter[str] = Counter()
    for item in items(read_standards(OURS)["own-hall-mystery", 1].compiled):
        if item["prohibition"]:
            points[item["prohibition"]] += item["points"] // 100
    weights = {"P1": 7, "P2": 8, "P3": 8, "P4": 6, "P5": 7, "P6": 6, "P7": 5, "P8": 6, "P9": 4, "P10": 3}
    assert points == weights


def test_every_text_of_ours_is_there_in_both_languages() -> None:
    for standard in read_standards(OURS).values():
        for words in _words(standard.compiled):
            assert words["zh"].strip()
            assert words["en"].isascii() or not any("一" <= character <= "鿿" for character in words["en"])
            assert words["en"].strip()


def test_all_of_ours_are_published_and_the_lock_matches() -> None:
    standards = {**read_standards(OURS), **read_rule_files(OURS)}
    assert all(standard.published for standard in standards.values())
    assert (OURS / LOCK).read_text() == lock_text(standards)


def test_waiting_is_measured_by_busy_or_idle_and_the_class_played() -> None:
    checklist = read_standards(OURS)["own-hall-mystery", 1].compiled
    facts = {"kind": "mystery"}

    def credit(busy: str, played: str, seconds: int) -> int | None:
        answers = {"OH-02": Answer(busy), "OH-03": Answer(played), "OH-26": Answer(seconds)}
        return score(checklist, facts, answers, {}).credits["OH-26"]

    assert [credit("idle", "other", 300), credit("idle", "other", 301)] == [1000, 500]
    assert [credit("busy", "corporate", 451), credit("busy", "gotone", 360)] == [0, 1000]
    assert [credit("busy", "other", 600), credit("busy", "other", 900)] == [1000, 500]


def test_an_idle_hall_is_not_asked_what_only_a_busy_one_can_show() -> None:
    checklist = read_standards(OURS)["own-hall-mystery", 1].compiled
    idle = score(checklist, {"kind": "mystery"}, {"OH-02": Answer("idle")}, {}).visible
    busy = score(checklist, {"kind": "mystery"}, {"OH-02": Answer("busy")}, {}).visible
    assert set(busy) - set(idle) == {"OH-27", "OH-28"}


def test_an_announced_visit_leaves_out_what_only_a_customer_in_disguise_can_tell() -> None:
    checklist = read_standards(OURS)["own-hall-mystery", 1].compiled
    covert = score(checklist, {"kind": "mystery"}, {}, {}).visible
    announced = score(checklist, {"kind": "announced"}, {}, {}).visible
    assert set(covert) - set(announced) == {"OH-03", "OH-04", "OH-35", "OH-42", "OH-58", "OH-69"}


@pytest.mark.parametrize(
    ("part", "first", "last"), [("opening", 1, 8), ("round", 9, 24), ("closing", 25, 30)]
)
def test_a_patrol_shows_the_items_of_its_part_alone(part: str, first: int, last: int) -> None:
    checklist = read_standards(OURS)["own-hall-patrol", 1].compiled
    facts = {"kind": "patrol", "part": part}
    shown = score(checklist, facts, {"PM-31": Answer("busy")}, {}).visible
    numbered = {f"PM-{n:02d}" for n in range(first, last + 1)}
    assert set(shown) == numbered | ({"PM-31"} if part == "round" else set())


def test_being_recognised_for_certain_voids_the_visit() -> None:
    for name, item in (("own-hall-mystery", "OH-69"), ("ordinary", "OA-19")):
        checklist = read_standards(OURS)[name, 1].compiled
        assert score(checklist, {"kind": "mystery"}, {item: Answer("yes")}, {}).voided
        assert not score(checklist, {"kind": "mystery"}, {item: Answer("maybe")}, {}).voided


def test_a_changed_published_file_is_found(folder: Path) -> None:
    file = folder / "ordinary/v1.yaml"
    file.write_text(file.read_text().replace("10086 in view", "10086 in sight"))
    assert findings(folder) == [("ordinary/v1.yaml", line_of(file, "version:"), "published_changed")]


def test_a_missing_published_file_is_found_at_its_line_of_the_lock(folder: Path) -> None:
    (folder / "area-check/v1.yaml").unlink()
    assert findings(folder) == [(LOCK, line_of(folder / LOCK, "area-check"), "published_missing")]


def test_a_slip_is_found_at_its_line(folder: Path) -> None:
    file = folder / "ordinary/v1.yaml"
    file.write_text(file.read_text().replace("        prohibition: P8\n", "        prohibition: P9\n"))
    line = line_of(file, "prohibition: P9")
    assert findings(folder) == [("ordinary/v1.yaml", line, "prohibition_unknown")]


def test_findings_of_all_files_come_at_once_in_order(folder: Path) -> None:
    area, ordinary, patrol = (
        folder / f"{name}/v1.yaml" for name in ("area-check", "ordinary", "own-hall-patrol")
    )
    area.write_text(area.read_text().replace("points: 1500", "points: 1400"))
    ordinary.write_text(ordinary.read_text() + "        colour: red\n")
    patrol.write_text(patrol.read_text().replace("title:", "title: [", 1))
    (folder / LOCK).write_text("nonsense\n" + (folder / LOCK).read_text() + "gone 1 " + 64 * "0" + "\n")
    assert findings(folder) == [
        ("area-check/v1.yaml", line_of(area, "points: 10000"), "total_differs"),
        ("area-check/v1.yaml", line_of(area, "    points: 10000"), "total_differs"),
        ("ordinary/v1.yaml", line_of(ordinary, "colour: red"), "unknown_key"),
        ("own-hall-patrol/v1.yaml", line_of(patrol, "title: [") + 2, "yaml_syntax"),
        (LOCK, 1, "lock_line"),
        (LOCK, line_of(folder / LOCK, "gone 1 "), "published_missing"),
    ]


@pytest.mark.parametrize(
    ("content", "line", "key"),
    [
        ("id: a\nid: b\n", 2, "key_twice"),
        ("id: &x a\ntitle: *x\n", 2, "yaml_feature"),
        ("id: !!python/name:os.system a\n", 1, "yaml_feature"),
        ("<<: {id: a}\n", 1, "yaml_feature"),
        ("? [a]\n: b\n", 1, "yaml_feature"),
        ("id: [a\n", 2, "yaml_syntax"),
        ("", 1, "wrong_type"),
        ("- a\n", 1, "wrong_type"),
    ],
)
def test_what_our_yaml_does_not_have_is_found(folder: Path, content: str, line: int, key: str) -> None:
    (folder / "area-check/v2.yaml").write_text(content)
    assert ("area-check/v2.yaml", line, key) in findings(folder)


def test_deep_nesting_is_a_finding(folder: Path) -> None:
    (folder / "area-check/v2.yaml").write_text("a: " + "[" * 60 + "]" * 60)
    assert ("area-check/v2.yaml", 1, "yaml_feature") in findings(folder)


def test_a_file_that_is_no_utf8_is_a_finding(folder: Path) -> None:
    (folder / "area-check/v2.yaml").write_bytes("id: 片区".encode("gb18030"))
    assert ("area-check/v2.yaml", None, "file_unreadable") in findings(folder)


def test_a_missing_lock_is_a_finding(folder: Path) -> None:
    (folder / LOCK).unlink()
    assert findings(folder) == [(LOCK, None, "file_unreadable")]


def test_a_file_must_be_named_as_its_content_says(folder: Path) -> None:
    file = folder / "area-check/v2.yaml"
    shutil.copy(folder / "area-check/v1.yaml", file)
    assert findings(folder) == [("area-check/v2.yaml", line_of(file, "version:"), "file_name_differs")]


def test_a_line_twice_in_the_lock_is_found(folder: Path) -> None:
    lock = folder / LOCK
    lock.write_text(lock.read_text() + lock.read_text().splitlines()[1] + "\n")
    assert findings(folder) == [(LOCK, len(lock.read_text().splitlines()), "lock_twice")]


def test_a_next_version_is_read_beside_the_published_one_and_may_not_drop_an_id(folder: Path) -> None:
    old, new = folder / "area-check/v1.yaml", folder / "area-check/v2.yaml"
    new.write_text(old.read_text().replace("version: 1", "version: 2"))
    standards = read_standards(folder)
    assert not standards["area-check", 2].published
    assert standards["area-check", 1].sha256 != standards["area-check", 2].sha256

    new.write_text(new.read_text().replace("id: AM-12", "id: AM-13"))
    assert findings(folder) == [("area-check/v2.yaml", line_of(new, "sections:"), "id_not_retired")]
    new.write_text(new.read_text().replace("\nsections:", "retired: [AM-12]\n\nsections:"))
    assert ("area-check", 2) in read_standards(folder)


def test_words_stay_words_and_numbers_numbers(folder: Path) -> None:
    checklist = read_standards(folder)["own-hall-mystery", 1].compiled
    recognised = next(item for item in items(checklist) if item["id"] == "OH-69")
    assert [option["id"] for option in recognised["options"]] == ["no", "maybe", "yes"]
    assert recognised["voids"] == ["yes"]


def test_reading_twice_gives_the_same_bytes() -> None:
    one, other = read_standards(OURS), read_standards(OURS)
    assert {key: canonical(each.compiled) for key, each in one.items()} == {
        key: canonical(each.compiled) for key, each in other.items()
    }


def test_the_items_of_the_readme_are_right_and_show_every_kind(tmp_path: Path) -> None:
    """The head and the items of checklists/README.md make one checklist, with the item that they name."""
    blocks = re.findall(r"```yaml\n(.*?)```", (OURS / "README.md").read_text(), re.DOTALL)
    values = []
    for n, block in enumerate(blocks):
        (tmp_path / f"{n}.yaml").write_text(block)
        read = read_yaml(tmp_path / f"{n}.yaml", "README.md")
        assert not read.findings
        values.append(read.value)
    written, shown = values
    words = {"zh": "字", "en": "word"}
    options = {"busy": words, "idle": words}
    named = {"id": "OH-02", "text": words, "source": "S3", "kind": "choice", "options": options, "points": 0}
    total = sum(item["points"] for item in shown)
    written["points"] = written["sections"][0]["points"] = total
    written["sections"][0]["items"] = [named, *shown]

    assert listed(read_checklist(written).findings, "en") == ""
    assert {item["kind"] for item in shown} == set(get_args(Kind))


def _words(value: object) -> Iterator[dict[str, str]]:
    """Yield each text in both languages of a compiled checklist."""
    if isinstance(value, dict):
        if value.keys() == {"zh", "en"}:
            yield value
        for inner in value.values():
            yield from _words(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _words(inner)
