"""Publishing the folder's rule sets, each once, and asking for the one of a day."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest
from sqlmodel import select

from server.config import ROOT, Settings
from server.domain.access import Role
from server.domain.errors import RotationForbids
from server.domain.visit import VisitKind
from server.gateways.rules import read_rule_files
from server.gateways.standards import LOCK, StandardsWrong, lock_text, read_standards
from server.queries.rules import NoRules, rule_set, rules_on
from server.storage import migrations
from server.storage.events import Event
from server.storage.standards import RuleSet
from server.usecases import campaigns, checklists, rules
from server.usecases.work import Office
from tests import make
from tests.conftest import Clock


@pytest.fixture
def empty(tmp_path: Path, clock: Clock) -> Iterator[Office]:
    """An office that has just been migrated, with a copy of our checklists that a test may change."""
    root = tmp_path / "root"
    shutil.copytree(ROOT / "checklists", root / "checklists")
    settings = Settings.from_env({"XUNTING_DATA": str(tmp_path / "fresh"), "XUNTING_SECRET": "s" * 32})
    opened = Office.of(replace(settings, root=root), clock)
    migrations.upgrade(opened.database.engine)
    yield opened
    opened.database.close()


def write(office: Office, version: int, valid_from: str, before: str = "", after: str = "") -> None:
    """Write the next version as a copy of the first with another line, and list it in the lock."""
    folder = office.settings.root / "checklists"
    text = (folder / "rules" / "v1.yaml").read_text().replace("version: 1\n", f"version: {version}\n", 1)
    text = text.replace("valid_from: 2015-01-01", f"valid_from: {valid_from}").replace(before or "\0", after)
    (folder / "rules" / f"v{version}.yaml").write_text(text)
    lock(folder)


def lock(folder: Path) -> None:
    kept = (folder / LOCK).read_text()
    (folder / LOCK).write_text(
        "\n".join(line for line in kept.splitlines() if not line.startswith("rules")) + "\n"
    )
    (folder / LOCK).write_text(lock_text({**read_standards(folder), **read_rule_files(folder)}))


def test_a_published_rule_set_becomes_one_row_and_one_event_however_often_it_starts(empty: Office) -> None:
    assert [rules.publish_rules(empty) for _ in range(3)] == [1, 0, 0]
    with empty.work(write=False) as work:
        (row,) = work.session.exec(select(RuleSet)).all()
        assert (row.version, row.valid_from) == (1, date(2015, 1, 1))
        assert row.sha256 in (ROOT / "checklists" / LOCK).read_text()
        (event,) = work.session.exec(select(Event)).all()
        assert (event.name, event.subject_id) == ("rules.published", "1")


def test_a_rule_set_that_the_lock_does_not_list_is_not_published(empty: Office) -> None:
    write(empty, 2, "2027-01-01")
    folder = empty.settings.root / "checklists"
    text = (folder / LOCK).read_text()
    (folder / LOCK).write_text(
        "\n".join(line for line in text.splitlines() if not line.startswith("rules 2"))
    )
    assert rules.publish_rules(empty) == 1


def test_another_content_under_a_published_version_stops_the_start(empty: Office) -> None:
    rules.publish_rules(empty)
    file = empty.settings.root / "checklists" / "rules" / "v1.yaml"
    file.write_text(file.read_text().replace("ranks_up: 10", "ranks_up: 9"))
    with pytest.raises(StandardsWrong, match=r"rules/v1\.yaml"):
        rules.publish_rules(empty)
    # Somebody brought the lock file along: the database still remembers what was published.
    lock(file.parents[1])
    with pytest.raises(StandardsWrong, match="the database holds"):
        rules.publish_rules(empty)
    with empty.work(write=False) as work:
        assert rules_on(work.connection, date(2026, 1, 1)).coaching.ranks_up == 10


def test_a_wrong_file_stops_the_start_and_nothing_is_published(empty: Office) -> None:
    write(empty, 2, "2027-01-01")
    file = empty.settings.root / "checklists" / "rules" / "v2.yaml"
    file.write_text(file.read_text().replace("staff_percent: 30", "staff_percent: 130"))
    with pytest.raises(StandardsWrong):
        rules.publish_rules(empty)
    with empty.work(write=False) as work, pytest.raises(NoRules, match="没有有效的规则集"):
        rules_on(work.connection, date(2026, 11, 21))


def test_a_day_has_the_latest_rules_that_are_valid_then(empty: Office) -> None:
    write(empty, 2, "2027-01-01", "ranks_up: 10", "ranks_up: 8")
    write(empty, 3, "2027-01-01", "ranks_up: 10", "ranks_up: 7")
    write(empty, 4, "2026-07-01", "ranks_up: 10", "ranks_up: 6")
    assert rules.publish_rules(empty) == 4
    with empty.work(write=False) as work:
        days = [date(2014, 12, 31), date(2015, 1, 1), date(2026, 6, 30), date(2026, 7, 1)]
        days += [date(2026, 12, 31), date(2027, 1, 1), date(2040, 1, 1)]
        with pytest.raises(NoRules):
            rules_on(work.connection, days[0])
        found = [rules_on(work.connection, day) for day in days[1:]]
        assert [each.version for each in found] == [1, 1, 4, 4, 3, 3]
        assert [each.coaching.ranks_up for each in found] == [10, 10, 6, 6, 7, 7]
        assert rules_on(work.connection, days[1]) is found[0]
        with pytest.raises(NoRules):
            rule_set(work.connection, 5)
    # A set that is retired is not taken for new figures, and what was computed with it still finds it.
    with empty.work() as work:
        work.session.get_one(RuleSet, 3).retired_at = work.now
    with empty.work(write=False) as work:
        assert rules_on(work.connection, date(2027, 1, 1)).version == 2
        assert rule_set(work.connection, 3).coaching.ranks_up == 7


def test_a_day_is_asked_for_alike_in_both_databases(both: Office) -> None:
    with both.work(write=False) as work:
        assert rules_on(work.connection, date(2026, 11, 21)).version == 1
        with pytest.raises(NoRules):
            rules_on(work.connection, date(2014, 12, 31))


def test_the_rotation_of_shoppers_follows_the_rules_of_the_day(empty: Office) -> None:
    write(empty, 2, "2027-01-01", "days: 180", "days: 20")
    checklists.publish_standards(empty)
    rules.publish_rules(empty)
    make.user(empty, role=Role.SHOPPER, username="shopper")
    hall = make.outlet(empty)

    def assign(day: date) -> None:
        with empty.work() as work:
            campaigns.assign(
                work,
                username="shopper",
                outlets=[hall.code],
                kind=VisitKind.MYSTERY,
                checklist="own-hall-mystery",
                window_from=day,
                window_to=day + timedelta(days=5),
            )

    assign(date(2026, 11, 21))
    with pytest.raises(RotationForbids) as refused:
        assign(date(2026, 12, 31))
    assert refused.value.days == 180
    assign(date(2027, 1, 1))
    with pytest.raises(RotationForbids) as refused:
        assign(date(2027, 1, 2))
    assert refused.value.days == 20
