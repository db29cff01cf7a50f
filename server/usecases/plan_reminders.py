"""Meetings and trainings of agents: noting that one was held, and correcting what was noted."""

from __future__ import annotations

from datetime import date

from sqlmodel import select

from server.domain.access import Permission
from server.domain.errors import NotFound
from server.domain.plan_reminders import NOTE_CHARACTERS, held
from server.domain.visit import SHANGHAI
from server.queries import scope
from server.queries.plan_reminders import may_note
from server.queries.rules import rules_on
from server.storage.organisation import Unit
from server.storage.plan_reminders import PlanReminder
from server.usecases.work import Work


def note_held(work: Work, unit_path: str, sort: str, period: str, on: date, note: str) -> PlanReminder:
    """Note that a unit held a meeting or training on a day; noted again, day and note are corrected.

    Raises NotAllowed, NotFound for a unit for which the actor does not speak, ReminderUnknown, ReminderDayWrong.
    """
    work.needs(Permission.NOTE_MEETINGS)
    today = work.now.astimezone(SHANGHAI).date()
    unit = work.session.exec(select(Unit).where(Unit.path == unit_path, scope.units(work.viewer))).first()
    if unit is None or work.actor_id is None or not may_note(work.viewer, unit):
        raise NotFound()
    rules = rules_on(work.connection, today).week_plan.meetings
    one = held(sort, unit.kind.value, period, on, rules, today)
    code = one.period.code
    row = work.session.get(PlanReminder, (unit.id, one.sort, code))
    if row is None:
        row = PlanReminder(
            unit_id=unit.id, code=one.sort, period=code, held_on=on, by_id=work.actor_id, at=work.now
        )
    row.held_on, row.note, row.by_id, row.at = on, note[:NOTE_CHARACTERS], work.actor_id, work.now
    work.session.add(row)
    work.record("plan.reminder-done", "unit", unit.id, sort=one.sort, period=code, day=on.isoformat())
    return row
