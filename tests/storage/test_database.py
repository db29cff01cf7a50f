"""The database: the newest tables, one writer at a time, readers that cannot write, and rows that never change."""

from __future__ import annotations

import errno
import fcntl
import json
import os
import subprocess
import sys
import threading
import zlib
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, date, datetime
from fractions import Fraction
from hashlib import sha256
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
import sqlalchemy as sa
from alembic import command
from alembic.script import ScriptDirectory
from sqlalchemy.exc import DatabaseError, IntegrityError
from sqlmodel import SQLModel, select

from server.config import Settings
from server.domain.access import Role
from server.domain.aggregates import VisitFigure
from server.domain.composite import Facts, OutOf, of_month
from server.domain.deciding import DecisionKind, DecisionState
from server.domain.errors import StorageBusy
from server.domain.figure_parts import composite_parts
from server.domain.periods import Period
from server.domain.phone_keys import BYTES
from server.domain.tracking import Step, TrackingState
from server.domain.visit import VisitKind, VisitState
from server.storage import database as storage
from server.storage import migrations, pictures
from server.storage.database import Database
from server.storage.decisions import Decision, DecisionStep, OutletChange
from server.storage.events import Event
from server.storage.facts import VisitFacts
from server.storage.organisation import LoginAttempt
from server.storage.periods import LATEST, Figure
from server.storage.phone_keys import PhoneSecret
from server.storage.standards import ChecklistVersion, RuleSet
from server.storage.visits import Assignment, AssignmentState, Report, Revision, Upload, Visit, VisitFile
from server.storage.weak_items import TrackedItem, TrackedStep
from server.usecases.work import Office
from tests import make, submitted
from tests.standards import RULES


def test_the_migrations_have_one_head_and_their_numbers_are_their_order() -> None:
    script = ScriptDirectory(str(migrations.FOLDER))
    assert len(script.get_heads()) == 1
    order = [each.revision for each in script.walk_revisions()][::-1]
    assert order == sorted(order) == [f"v{number:04d}" for number in range(1, len(order) + 1)]
    assert migrations.head() == order[-1]


@pytest.fixture(params=["sqlite", "postgresql"])
def empty(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The address of a database without tables."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'empty.sqlite'}"
    from tests.postgres import empty as made

    return made(request.getfixturevalue("postgres"))


def test_the_tables_are_those_of_the_models_also_when_it_is_done_twice(empty: str) -> None:
    database = Database(empty)
    try:
        migrations.upgrade(database.engine)
        migrations.upgrade(database.engine)
        command.check(migrations.config(database.engine))
    finally:
        database.close()


def test_the_secret_of_phones_is_made_once_and_each_database_has_its_own(empty: str, tmp_path: Path) -> None:
    made = []
    for address in (empty, empty, f"sqlite:///{tmp_path / 'other.sqlite'}"):
        database = Database(address)
        try:
            migrations.upgrade(database.engine)
            with database.transaction(write=False) as opened:
                made.append(opened.session.exec(select(PhoneSecret.secret)).one())
        finally:
            database.close()
    assert made[0] == made[1] != made[2]
    assert len(made[0]) == BYTES


def test_each_step_keeps_the_data_of_the_step_before(empty: str, settings: Settings) -> None:
    """From every earlier version with data in it up to the newest; there is one version until the first release."""
    database = Database(empty)
    try:
        steps = [each.revision for each in ScriptDirectory(str(migrations.FOLDER)).walk_revisions()][::-1]
        migrations.upgrade(database.engine, steps[0])
        with database.transaction(write=True) as opened:
            opened.session.add(
                LoginAttempt(key="user:somebody", failures=3, last_at=datetime(2026, 1, 1, tzinfo=UTC))
            )
        office = Office.of(replace(settings, database=empty))
        for step in steps[1:]:
            if step == "v0003":
                task_id, visit_id = _rows_of_v0002(office)
            if step == "v0010":
                reported = _reports_of_v0009(office, task_id)
            if step == "v0025":
                decided = _decision_of_v0024(office, task_id)
            if step == "v0031":
                followed = _weak_item_of_v0030(office)
            if step == "v0026":
                counting, hashes = _facts_and_figures_of_v0025(office, task_id)
            migrations.upgrade(database.engine, step)
        with database.transaction(write=False) as opened:
            assert opened.session.exec(select(LoginAttempt.failures)).one() == 3
            task = opened.session.exec(select(Assignment)).one()
            assert (task.id, task.note, task.changed_at) == (task_id, "上午去", _THEN)
            assert (task.recheck_of, task.answered_at, task.answer, task.items) == (None, None, "", None)
            assert opened.session.exec(select(Upload.subject)).one() == "visit"
            file = opened.session.exec(select(VisitFile)).one()
            assert (file.visit_id, file.sha256, file.arrived_at) == (visit_id, "a" * 64, _THEN)
            assert file.expired_at is None
            # The index of fingerprints was filled from what was there.
            assert pictures.nearest(opened.session, "80ff00ff00ff00fe", 6, _THEN, uuid4()) == file
            for report in opened.session.exec(select(Report)):
                assert (report.kind, report.subject, report.period) == ("visit", reported[0], "")
                assert (report.visit_id, report.superseded_by) == (reported[1], reported[2].get(report.id))
            step_ = opened.session.exec(select(DecisionStep)).one()
            assert (step_.decision_id, step_.state, step_.at) == (decided, DecisionState.EFFECTIVE, _THEN)
            assert opened.session.exec(select(OutletChange.decision_id)).one() == decided
            turn = opened.session.exec(select(TrackedStep)).one()
            assert (turn.item_id, turn.step, turn.at) == (followed, Step.OPENED, _THEN)
            for facts in opened.session.exec(select(VisitFacts)):
                assert facts.counts == ((facts.visit_id, facts.revision) in counting)
            assert dict(opened.session.exec(select(Figure.subject, Figure.sha256)).all()) == hashes
            # What each round had of its own is of that round alone, and of the latest until it changes.
            assert set(opened.session.exec(select(Figure.round, Figure.until))) == {(1, 1), (2, LATEST)}
            kept = dict(opened.session.exec(select(Figure.subject, Figure.parts)).all())
            assert kept == {
                "p/1": None,
                "p/2": None,
                "outlet": json.dumps(composite_parts(_composite()), separators=(",", ":")),
            }
        with database.transaction(write=True) as opened:
            # What it allows now, and what it still does not.
            kinds = sa.update(Decision).values(kind=DecisionKind.INCENTIVE, state=DecisionState.GIVEN)
            opened.session.execute(kinds)
            opened.session.execute(sa.update(TrackedStep).values(step=Step.MISS_CORRECTED))
            for refused in ("decision SET kind = 'gift'", "weak_item_step SET step = 'gift'"):
                with pytest.raises(IntegrityError):
                    opened.session.execute(sa.text(f"UPDATE {refused}"))
                opened.session.rollback()
        office.database.close()
    finally:
        database.close()


_THEN = datetime(2026, 1, 1, tzinfo=UTC)


def _rows_of_v0002(office: Office) -> tuple[UUID, UUID]:
    """An assignment, and a file of a visit, in the tables that v0003 changes; the ids of both."""
    user, where = make.user(office, role=Role.SHOPPER), make.outlet(office)
    task, visit = uuid4(), uuid4()
    rows: dict[str, dict[str, object]] = {
        "assignment": {
            "id": task,
            "outlet_id": where.id,
            "user_id": user.id,
            "kind": VisitKind.MYSTERY,
            "checklist_id": "small-hall",
            "checklist_version": 1,
            "window_from": date(2026, 1, 1),
            "window_to": date(2026, 1, 31),
            "due_at": _THEN,
            "state": AssignmentState.TAKEN,
            "note": "上午去",
            "changed_at": _THEN,
        },
        "upload": {
            "id": uuid4(),
            "user_id": user.id,
            "visit_id": visit,
            "sha256": "b" * 64,
            "kind": "photo",
            "type": "",
            "length": 3,
            "received": 1,
            "created_at": _THEN,
            "expires_at": _THEN,
        },
        "visit_file": {
            "visit_id": visit,
            "sha256": "a" * 64,
            "kind": "photo",
            "type": "image/jpeg",
            "bytes": 3,
            "dhash": "80ff00ff00ff00ff",
            "uploader_id": user.id,
            "arrived_at": _THEN,
        },
    }
    with office.work() as work:
        for name, row in rows.items():
            work.session.execute(_old(name, row))
    return task, visit


def _reports_of_v0009(office: Office, task_id: UUID) -> tuple[UUID, UUID, dict[UUID, UUID]]:
    """Two reports of one visit, the older replaced by the newer: outlet, visit, and what replaced which."""
    visit, older, newer = uuid4(), uuid4(), uuid4()
    with office.work() as work:
        task = work.session.execute(
            sa.select(sa.column("outlet_id", sa.Uuid()), sa.column("user_id", sa.Uuid()))
            .select_from(sa.table("assignment"))
            .where(sa.column("id", sa.Uuid()) == task_id)
        ).one()
        work.session.add(
            Visit(
                id=visit,
                outlet_id=task.outlet_id,
                inspector_id=task.user_id,
                kind=VisitKind.MYSTERY,
                checklist_id="small-hall",
                checklist_version=1,
                state=VisitState.ACCEPTED,
                etag="e",
                document="{}",
                document_sha256="d" * 64,
                visit_date=date(2026, 1, 1),
                started_at=_THEN,
                created_at=_THEN,
                changed_at=_THEN,
            )
        )
        work.session.flush()
        names = ("id", "visit_id", "revision", "edition", "number", "sha256", "bytes", "signed_at")
        known = SQLModel.metadata.tables["report"].c
        old = sa.table("report", *(sa.column(name, known[name].type) for name in (*names, "superseded_by")))
        for number, (report_id, next_id) in enumerate(((newer, None), (older, newer)), 1):
            row = (report_id, visit, number, "inner", f"XT-2026-00000{number}", "f" * 64, 9, _THEN)
            given = dict(zip(names, row, strict=True)) | {"superseded_by": next_id}
            work.session.execute(sa.insert(old).values(given))
    return task.outlet_id, visit, {older: newer}


def _decision_of_v0024(office: Office, task_id: UUID) -> UUID:
    """A decision with a step of its history and what it changed, in the tables that v0025 makes anew."""
    made = uuid4()
    with office.work() as work:
        outlet = work.session.exec(select(Assignment.outlet_id).where(Assignment.id == task_id)).one()
        work.session.add(
            Decision(
                id=made,
                outlet_id=outlet,
                kind=DecisionKind.CLASS,
                before="B",
                after="A",
                by_rule=True,
                rules_version=1,
                proposed_at=_THEN,
                state=DecisionState.EFFECTIVE,
                changed_at=_THEN,
            )
        )
        work.session.flush()
        work.session.add(DecisionStep(decision_id=made, number=1, state=DecisionState.EFFECTIVE, at=_THEN))
        change = OutletChange(
            id=made,
            outlet_id=outlet,
            decision_id=made,
            field="class",
            before="B",
            after="A",
            from_day=_THEN.date(),
            at=_THEN,
        )
        work.session.add(change)
    return made


def _weak_item_of_v0030(office: Office) -> UUID:
    """A tracked weak item with a step of its history, in the table that v0031 makes anew."""
    made = uuid4()
    with office.work() as work:
        state, since = TrackingState.OPEN, "2025-Q4"
        item = TrackedItem(
            id=made, unit_path="p/", indicator="P1", state=state, since=since, changed_at=_THEN
        )
        work.session.add(item)
        work.session.flush()
        work.session.add(TrackedStep(item_id=made, number=1, step=Step.OPENED, period=since, at=_THEN))
    return made


def _facts_and_figures_of_v0025(
    office: Office, task_id: UUID
) -> tuple[set[tuple[UUID, int]], dict[str, bytes]]:
    """Visits with facts of two revisions each, and figures; which facts count, and the hashes of the figures by subject."""
    states = (VisitState.ACCEPTED, VisitState.PUBLISHED, VisitState.FINAL, VisitState.VOID)
    counting: set[tuple[UUID, int]] = set()
    hashes = {}
    with office.work() as work:
        task = work.session.get_one(Assignment, task_id)
        for number, state in enumerate(states, 1):
            made = Visit(
                id=UUID(int=number),
                outlet_id=task.outlet_id,
                inspector_id=task.user_id,
                kind=VisitKind.MYSTERY,
                checklist_id="small-hall",
                checklist_version=1,
                state=state,
                accepted_revision=1 + number % 2,
                etag="e",
                document="{}",
                document_sha256="d" * 64,
                visit_date=date(2026, 1, 1),
                started_at=_THEN,
                created_at=_THEN,
                changed_at=_THEN,
            )
            work.session.add(made)
            work.session.flush()
            for revision in (1, 2):
                facts = {"visit_id": made.id, "revision": revision, "outlet_id": task.outlet_id}
                work.session.execute(_old("visit_facts", {**_FACTS, **facts}))
            if state is not VisitState.VOID:
                counting.add((made.id, 1 + number % 2))
        work.session.execute(_old("period", _PERIOD))
        for number in (1, 2):
            told = '{"figure":"星"}'.encode() * number
            figure = {"period": "2026-11", "round": number, "subject": f"p/{number}", "code": "star"}
            said = {"value": "9.5", "rank": None, "of": number, "explanation": zlib.compress(told)}
            work.session.execute(_old("figure", {**figure, **said}))
            head = json.dumps([f"p/{number}", "star", "9.5", None, number]).encode()
            hashes[f"p/{number}"] = sha256(head + b"\n" + told).digest()
        told = json.dumps(_composite()).encode()
        rated = {"period": "2026-11", "round": 2, "subject": "outlet", "code": "composite", "of": 1}
        said = {"value": "9.5", "rank": None, "explanation": zlib.compress(told)}
        work.session.execute(_old("figure", {**rated, **said}))
        head = json.dumps(["outlet", "composite", "9.5", None, 1]).encode()
        hashes["outlet"] = sha256(head + b"\n" + told).digest()
    return counting, hashes


def _composite() -> dict[str, Any]:
    """The explanation of a composite with visits of two days, and two parts that were filled in."""
    visits = [
        VisitFigure(f"v{day}", "o", date(2026, 11, day), VisitKind.MYSTERY, Fraction(day)) for day in (7, 9)
    ]
    facts = Facts({"2026-11": OutOf(31, 40)}, visits, (), {"2026-11": 1}, {"2026-10": 2}, {}, praises=1)
    return of_month(Period.read("2026-11"), "village", facts, RULES.composite, 1).explanation.as_json()


_PERIOD = {
    "code": "2026-11",
    "kind": "month",
    "state": "published",
    "round": 2,
    "rules_version": 1,
    "digest": "",
    "drafted_at": _THEN,
    "reopen_why": "",
    "changed_at": _THEN,
}
_FACTS = {
    "unit_path": "p/",
    "tier": "own_hall",
    "class": "A",
    "setting": "city",
    "kind": "mystery",
    "visit_date": _THEN.date(),
    "counts_on": _THEN.date(),
    "checklist_id": "small-hall",
    "checklist_version": 1,
    "rules_version": 1,
    "earned": 1,
    "full": 1,
    "prohibition_earned": 0,
    "prohibition_full": 0,
    "touchpoints_met": 0,
    "touchpoints": 0,
    "packed": b"",
}


def _old(name: str, row: dict[str, Any]) -> sa.Insert:
    """A row into a table of which the models know columns already that it does not have yet."""
    known = SQLModel.metadata.tables[name].c
    return sa.insert(sa.table(name, *(sa.column(column, known[column].type) for column in row))).values(row)


def test_writers_take_turns_and_lose_nothing(both: Office) -> None:
    with both.work() as work:
        work.session.add(LoginAttempt(key="count", failures=0, last_at=work.now))

    def add() -> None:
        for _ in range(25):
            with both.work() as work:
                row = work.session.exec(
                    select(LoginAttempt).where(LoginAttempt.key == "count").with_for_update()
                ).one()
                row.failures += 1

    threads = [threading.Thread(target=add) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with both.work(write=False) as work:
        assert work.session.exec(select(LoginAttempt.failures)).one() == 150


_ADD = """
import os, sys
from sqlmodel import select
from server.config import Settings
from server.storage.organisation import LoginAttempt
from server.usecases.work import Office
office = Office.of(Settings.from_env(os.environ))
for _ in range(40):
    with office.work() as work:
        work.session.exec(select(LoginAttempt).where(LoginAttempt.key == "count")).one().failures += 1
"""


def test_processes_take_turns_and_lose_nothing(office: Office) -> None:
    with office.work() as work:
        work.session.add(LoginAttempt(key="count", failures=0, last_at=work.now))
    given = {"XUNTING_DATA": str(office.settings.data), "XUNTING_DATABASE": office.settings.database}
    others = [
        subprocess.Popen([sys.executable, "-c", _ADD], cwd=office.settings.root, env={**os.environ, **given})
        for _ in range(3)
    ]
    assert [other.wait() for other in others] == [0, 0, 0]
    with office.work(write=False) as work:
        assert work.session.exec(select(LoginAttempt.failures)).one() == 120


def test_what_is_done_before_the_first_statement_keeps_nobody_waiting(both: Office) -> None:
    with both.work() as waiting:
        with both.work() as work:
            work.session.add(LoginAttempt(key="first", failures=0, last_at=work.now))
        waiting.session.add(LoginAttempt(key="second", failures=0, last_at=waiting.now))
    with both.work(write=False) as work:
        assert len(work.session.exec(select(LoginAttempt)).all()) == 2


def test_a_writer_inside_a_writer_is_refused_and_the_turn_goes_on(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(storage, "PATIENCE_SECONDS", 0.05)
    with office.work() as outer:
        outer.session.add(LoginAttempt(key="outer", failures=0, last_at=outer.now))
        outer.session.flush()
        with pytest.raises(StorageBusy), office.work() as inner:
            inner.session.exec(select(LoginAttempt))
    with office.work() as work:
        work.session.add(LoginAttempt(key="next", failures=0, last_at=work.now))
    with office.work(write=False) as work:
        assert set(work.session.exec(select(LoginAttempt.key))) == {"outer", "next"}


def test_who_waits_too_long_for_another_process_is_told(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(storage, "PATIENCE_SECONDS", 0.05)
    with open(f"{office.settings.data}/xunting.sqlite-turn", "w") as other:
        fcntl.flock(other, fcntl.LOCK_EX)
        with pytest.raises(StorageBusy), office.work() as work:
            work.session.exec(select(LoginAttempt))
    with office.work() as work:
        work.session.add(LoginAttempt(key="next", failures=0, last_at=work.now))


def test_a_turn_that_cannot_be_opened_is_not_kept(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(*_: object) -> int:
        raise OSError(errno.EMFILE, "too many open files")

    monkeypatch.setattr(storage, "PATIENCE_SECONDS", 0.05)
    with monkeypatch.context() as full:
        full.setattr(storage.os, "open", refused)
        with pytest.raises(OSError, match="too many open files"), office.work() as work:
            work.session.exec(select(LoginAttempt))
    with office.work() as work:
        work.session.add(LoginAttempt(key="next", failures=0, last_at=work.now))


def test_what_was_recorded_is_seen_by_whoever_asks_for_it_in_the_same_work(both: Office) -> None:
    with both.work() as work:
        work.record("thing.done", "thing", "x")
        assert work.session.exec(select(Event.name)).all() == ["thing.done"]

    def undone() -> None:
        with both.work() as work:
            work.record("thing.undone", "thing", "x")
            raise ValueError("nothing of it stays")

    with pytest.raises(ValueError, match="nothing of it stays"):
        undone()
    with both.work(write=False) as work:
        assert work.session.exec(select(Event.name)).all() == ["thing.done"]


def test_who_only_reads_cannot_write(both: Office) -> None:
    statement = sa.text("UPDATE chain_head SET seq = 9")
    with pytest.raises(DatabaseError), both.work(write=False) as work:
        work.session.execute(statement)
    with both.work() as work:
        work.session.add(LoginAttempt(key="x", failures=0, last_at=work.now))


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE checklist_version SET compiled = '{}'",
        "UPDATE checklist_version SET sha256 = 'x'",
        "UPDATE checklist_version SET written = '{}'",
        "DELETE FROM checklist_version",
        "UPDATE revision SET document = '{}'",
        "UPDATE revision SET result = '{}'",
        "DELETE FROM revision",
        "INSERT INTO checklist_version SELECT * FROM checklist_version",
        "INSERT INTO revision SELECT * FROM revision",
        "INSERT INTO event SELECT * FROM event",
    ],
)
def test_published_checklists_and_revisions_never_change(both: Office, statement: str) -> None:
    where = make.outlet(both)
    submitted.visit(both, make.user(both, role=Role.SHOPPER), where)
    with pytest.raises(DatabaseError), both.work() as work:
        work.session.execute(sa.text(statement))
    with both.work() as work:
        work.session.exec(select(ChecklistVersion)).one().retired_at = work.now
        work.session.exec(select(Revision)).one().receipt = "{}"


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE rule_set SET written = '[]'",
        "UPDATE rule_set SET valid_from = '2027-01-01'",
        "DELETE FROM rule_set",
    ],
)
def test_published_rules_never_change(both: Office, statement: str) -> None:
    """The template database holds the folder's first one."""
    with pytest.raises(DatabaseError), both.work() as work:
        work.session.execute(sa.text(statement))
    with both.work() as work:
        work.session.exec(select(RuleSet)).one().retired_at = work.now


def test_what_was_written_is_filled_into_older_rows_once(both: Office) -> None:
    row = {"id": "old", "version": 1, "sha256": "", "compiled": "{}"}
    with both.work() as work:
        work.session.add(ChecklistVersion(**row, published_at=work.now))
    for written in ("{}", '{"id": "other"}'):
        with suppress(DatabaseError), both.work() as work:
            work.session.exec(select(ChecklistVersion)).one().written = written
    with both.work(write=False) as work:
        assert work.session.exec(select(ChecklistVersion)).one().written == "{}"


@pytest.mark.parametrize("table", ["checklist_version", "revision", "event", "rule_set"])
def test_what_is_written_is_not_replaced_either(office: Office, table: str) -> None:
    """SQLite's REPLACE would take a row's place without touching what guards its changes."""
    submitted.visit(office, make.user(office, role=Role.SHOPPER), make.outlet(office))
    with pytest.raises(DatabaseError), office.work() as work:
        work.session.execute(sa.text(f"REPLACE INTO {table} SELECT * FROM {table}"))


def test_who_confirmed_and_when_it_was_retired_is_written_once(both: Office) -> None:
    submitted.checklist(both)
    for column, first, second in (
        ("retired_at", "2026-01-01", "2026-02-01"),
        ("confirmed_by", *(str(make.user(both, role=Role.HQ).id.hex) for _ in range(2))),
    ):
        change = sa.text(f"UPDATE checklist_version SET {column} = :value")
        with both.work() as work:
            work.session.execute(change, {"value": first})
        for value in (second, None):
            with pytest.raises(DatabaseError), both.work() as work:
                work.session.execute(change, {"value": value})
