"""The folder of rule sets: ours loads whole, and a slip is found with its file and line in both languages."""

from __future__ import annotations

import shutil
from datetime import date
from pathlib import Path

import pytest

from server.domain.calendars import Calendar, NoCalendar
from server.domain.findings import listed
from server.domain.rules import RuleSet
from server.domain.visit import YEARS
from server.gateways.rules import published_calendars, read_rule_files
from server.gateways.standards import LOCK, StandardsWrong, lock_text, read_standards

OURS = Path(__file__).parents[2] / "checklists"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy of our checklists that a test may spoil."""
    return Path(shutil.copytree(OURS, tmp_path / "checklists"))


def spoil(folder: Path, before: str, after: str, name: str = "v1.yaml") -> int:
    """Put one line in the place of another, and return its number."""
    file = folder / "rules" / name
    lines = file.read_text().splitlines()
    (number,) = (n for n, line in enumerate(lines) if before in line)
    lines[number] = lines[number].replace(before, after)
    file.write_text("\n".join(lines) + "\n")
    return number + 1


def findings(folder: Path) -> list[tuple[str | None, int | None, str]]:
    with pytest.raises(StandardsWrong) as wrong:
        read_rule_files(folder)
    return [(each.file, each.line, each.message_key) for each in wrong.value.findings]


def told(folder: Path, language: str) -> str:
    with pytest.raises(StandardsWrong) as wrong:
        read_rule_files(folder)
    return listed(wrong.value.findings, language)


def test_ours_are_whole_and_published() -> None:
    files = read_rule_files(OURS)
    assert {("rules", 1), ("calendar-2025", 1), ("calendar-2026", 1)} <= set(files)
    assert all(file.published for file in files.values())
    first = files["rules", 1].content
    assert isinstance(first, RuleSet)
    # A visit of a phone with a wrong clock finds rules too.
    assert first.valid_from == date(YEARS[0], 1, 1)


@pytest.mark.parametrize(
    ("before", "after", "zh", "en"),
    [
        ("{at_least: 80, below: 85, factor: '0.8'}", "{at_least: 80, below: 84, factor: '0.8'}",
         "“≥80 <84”与“≥85 <90”之间有空缺", "there is a gap between “≥80 <84” and “≥85 <90”"),
        ("{at_least: 80, below: 85, factor: '0.8'}", "{at_least: 80, up_to: 85, factor: '0.8'}",
         "“≥80 ≤85”与“≥85 <90”重叠", "“≥80 ≤85” and “≥85 <90” overlap"),
        ("village: {perception: 40", "village: {perception: 39",
         "各项相加是 99，应为 100", "these add up to 99 and must make 100"),
        ("factor: '1.5'", "factor: '1.6'", "超出界限，要在 -1 到 1.5 之间", "it must be from -1 to 1.5"),
        ("factor: -1}", "factor: '-1.1'}", "超出界限，要在 -1 到 1.5 之间", "it must be from -1 to 1.5"),
        ("    village: {A: 20000", "    kiosk: {A: 20000", "不认识的键“kiosk”", "unknown key “kiosk”"),
        ("coaching: {ranks_up", "coaching: {rank_up", "缺少“ranks_up”", "“ranks_up” is missing"),
        ("valid_from: 2015-01-01", "", "缺少“valid_from”", "“valid_from” is missing"),
        ("valid_from: 2015-01-01", "valid_from: soon",
         "日期写作 2026-01-31，且须真有这一天", "a date is written 2026-01-31 and must exist"),
        ("    franchise: {A: 3000, B: 1000}", "    franchise: {A: 1000, B: 1000}",
         "B（1000）须小于 A（1000）", "B (1000) must be less than A (1000)"),
        ("begins: 15:00", "begins: 12:00",
         "时段须按先后写，不重叠：09:00-12:30 与 12:00-21:00",
         "hours are written in order and must not overlap: 09:00-12:30 and 12:00-21:00"),
    ],
)  # fmt: skip
def test_a_slip_is_told_with_its_line_in_both_languages(
    folder: Path, before: str, after: str, zh: str, en: str
) -> None:
    spoil(folder, before, after)
    assert zh in told(folder, "zh")
    assert en in told(folder, "en")
    assert all(line.startswith("rules/v1.yaml:") for line in told(folder, "en").splitlines())


def test_a_slip_is_found_at_its_line(folder: Path) -> None:
    line = spoil(folder, "village: {perception: 40", "village: {perception: 39")
    assert findings(folder) == [("rules/v1.yaml", line, "weights_sum")]


def test_findings_of_all_files_come_at_once(folder: Path) -> None:
    factor = spoil(folder, "factor: '1.5'", "factor: '1.6'")
    weights = spoil(folder, "village: {perception: 40", "village: {perception: 39")
    day = spoil(folder, "last: 2026-01-03", "last: 2027-01-03", "calendar/2026.yaml")
    assert findings(folder) == [
        ("rules/calendar/2026.yaml", day, "day_outside_year"),
        ("rules/calendar/2026.yaml", day + 1, "holidays_order"),
        *[("rules/calendar/2026.yaml", day + 7, "works_on_holiday")] * 6,
        ("rules/v1.yaml", weights, "weights_sum"),
        ("rules/v1.yaml", factor, "out_of_range"),
    ]


@pytest.mark.parametrize(
    ("name", "before", "after"),
    [("v1.yaml", "ranks_up: 10", "ranks_up: 9"), ("calendar/2026.yaml", "2026-09-20, ", "")],
)
def test_a_changed_published_file_is_found(folder: Path, name: str, before: str, after: str) -> None:
    spoil(folder, before, after, name)
    lines = (folder / "rules" / name).read_text().splitlines()
    line = next(n for n, text in enumerate(lines, start=1) if text.startswith("version:"))
    assert findings(folder) == [(f"rules/{name}", line, "published_changed")]


def test_a_comment_or_another_way_to_write_a_figure_changes_nothing(folder: Path) -> None:
    spoil(folder, "factor: '1.5'}", "factor: '1.50'}  # 见 S4")
    assert read_rule_files(folder)["rules", 1].sha256 == read_rule_files(OURS)["rules", 1].sha256


def test_a_missing_published_file_is_found_at_its_line_of_the_lock(folder: Path) -> None:
    (folder / "rules" / "calendar" / "2025.yaml").unlink()
    (line,) = (
        n
        for n, text in enumerate((folder / LOCK).read_text().splitlines(), start=1)
        if "calendar-2025" in text
    )
    assert findings(folder) == [(LOCK, line, "published_missing")]


def test_a_file_is_called_by_its_version_or_year(folder: Path) -> None:
    shutil.copy(folder / "rules" / "v1.yaml", folder / "rules" / "v2.yaml")
    shutil.copy(folder / "rules" / "v1.yaml", folder / "rules" / "new.yaml")
    assert findings(folder) == [
        ("rules/new.yaml", None, "file_name_differs"),
        ("rules/v2.yaml", read_line(folder, "version: 1"), "file_name_differs"),
    ]


def read_line(folder: Path, text: str) -> int:
    return (folder / "rules" / "v1.yaml").read_text().splitlines().index(text) + 1


def test_the_checklists_do_not_mind_the_lines_of_rules_and_the_next_version_is_a_draft(folder: Path) -> None:
    file = folder / "rules" / "v2.yaml"
    text = (folder / "rules" / "v1.yaml").read_text()
    file.write_text(text.replace("version: 1\n", "version: 2\n").replace("2015-01-01", "2027-01-01"))
    files = read_rule_files(folder)
    assert [files["rules", n].published for n in (1, 2)] == [True, False]
    (folder / LOCK).write_text(lock_text({**read_standards(folder), **files}))
    assert read_rule_files(folder)["rules", 2].published


def test_the_calendars_of_2025_and_2026_are_those_of_the_state_council() -> None:
    days = published_calendars(OURS)
    assert not days.is_working_day(date(2026, 2, 16))
    assert days.is_working_day(date(2026, 2, 14))
    assert not days.is_working_day(date(2026, 2, 15))
    assert not days.is_working_day(date(2026, 9, 27))
    assert days.is_working_day(date(2026, 9, 20))
    assert days.is_working_day(date(2025, 10, 11))
    assert not days.is_working_day(date(2025, 10, 8))
    rests = {year: sum(len_of(each) for each in calendar.holidays) for year, calendar in days.years.items()}
    assert rests == {2025: 28, 2026: 33}
    assert [len(days.years[year].working_weekends) for year in (2025, 2026)] == [5, 6]


def len_of(holiday: object) -> int:
    return (holiday.last - holiday.first).days + 1  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("after", "number", "last"),
    [
        (date(2026, 11, 27), 3, date(2026, 12, 2)),
        (date(2026, 9, 18), 1, date(2026, 9, 20)),
        (date(2026, 9, 30), 3, date(2026, 10, 10)),
        (date(2026, 2, 13), 2, date(2026, 2, 24)),
    ],
)
def test_a_limit_of_working_days_ends_with_the_nth(after: date, number: int, last: date) -> None:
    assert published_calendars(OURS).nth_working_day(after, number) == last


def test_a_year_without_a_calendar_is_named_in_words() -> None:
    with pytest.raises(NoCalendar, match=r"没有 2031 年的工作日历.*There is no calendar for 2031"):
        published_calendars(OURS).is_working_day(date(2031, 1, 4))


def test_a_later_notice_is_a_later_version_of_the_year(folder: Path) -> None:
    place = folder / "rules" / "calendar"
    text = (place / "2026.yaml").read_text().replace("version: 1", "version: 2")
    (place / "2026-v2.yaml").write_text(text.replace("2026-05-09, ", ""))
    assert published_calendars(folder).is_working_day(date(2026, 5, 9))
    files = {**read_standards(folder), **read_rule_files(folder)}
    (folder / LOCK).write_text(lock_text(files))
    published_calendars.cache_clear()
    assert not published_calendars(folder).is_working_day(date(2026, 5, 9))


@pytest.mark.parametrize(
    ("before", "after", "keys"),
    [
        ("last: 2026-04-06", "last: 2026-04-03", ["holiday_order"]),
        ("first: 2026-06-19", "first: 2026-05-04", ["holidays_order", "works_on_holiday"]),
        ("2026-01-04, ", "2026-01-05, ", ["not_a_weekend"]),
        ("2026-01-04, ", "2026-01-03, ", ["works_on_holiday"]),
        ("2026-01-04, ", "2026-02-14, ", ["twice"]),
        ("year: 2026", "year: 26", ["out_of_range"]),
        ("version: 1", "version: 2", ["file_name_differs"]),
    ],
)
def test_a_slip_in_a_calendar_is_refused(folder: Path, before: str, after: str, keys: list[str]) -> None:
    spoil(folder, before, after, "calendar/2026.yaml")
    assert [key for _, _, key in findings(folder)] == keys
    assert told(folder, "zh") != told(folder, "en")


def test_our_calendars_name_where_they_come_from() -> None:
    for file in read_rule_files(OURS).values():
        if isinstance(file.content, Calendar):
            assert "国务院办公厅" in file.content.source
