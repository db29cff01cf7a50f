"""Veto events: from a file, entered by hand, and taken back with a reason; a row is never deleted."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any
from uuid import UUID, uuid5

from sqlmodel import col, select

from server.domain.access import Permission
from server.domain.errors import NotFound
from server.domain.input_sorts import VetoTakenBack, VetoThere, VetoUnknown
from server.domain.visit import SHANGHAI
from server.queries.rules import rules_on
from server.storage.inputs import VetoEvent
from server.storage.organisation import Outlet
from server.usecases.imports import Fate, Headings
from server.usecases.input_cells import Cells, Ground, Planned
from server.usecases.work import Work

_NAMESPACE = UUID("c4d0a7e2-0f1b-5c3e-9a47-3b9a1e5d6f02")


def enter(work: Work, outlet: str, code: str, day: date, note: str) -> VetoEvent:
    """Enter a proven veto event of the outlet of this code.

    Raises NotAllowed, NotFound (outlet), VetoUnknown for a code that is none or a day in the future, VetoThere.
    """
    work.needs(Permission.IMPORT)
    place = work.session.exec(select(Outlet).where(Outlet.code == outlet)).first()
    if place is None:
        raise NotFound()
    if day > work.now.astimezone(SHANGHAI).date() or code not in rules_on(work.connection, day).vetoes:
        raise VetoUnknown(veto=code)
    identity = _id(place.id, code, day)
    if work.session.get(VetoEvent, identity):
        raise VetoThere()
    made = VetoEvent(
        id=identity,
        outlet_id=place.id,
        code=code,
        day=day,
        note=note,
        by_id=work.actor_id,
        at=work.now,
    )
    work.session.add(made)
    work.record("veto.entered", "veto", identity, outlet=str(place.id), code=code, day=day.isoformat())
    return made


def take_back(work: Work, event_id: UUID, why: str) -> None:
    """Take a veto event back; it counts no longer, and closed periods keep it. Raises NotAllowed, NotFound, VetoTakenBack."""
    work.needs(Permission.IMPORT)
    event = work.session.get(VetoEvent, event_id)
    if event is None:
        raise NotFound()
    if event.withdrawn_at is not None:
        raise VetoTakenBack()
    event.withdrawn_at, event.withdrawn_why = work.now, why
    work.record("veto.withdrawn", "veto", event.id, outlet=str(event.outlet_id), code=event.code)


def plan(columns: Headings, ground: Ground, planned: Planned) -> None:
    """Say what becomes of each veto event of a file; one that was taken back cannot be brought back by it.

    Closed months are no hindrance: what was proven late counts from its day on, and a closed period keeps what was
    known when it was closed.
    """
    work = ground.work
    seen: dict[UUID, int] = {}
    for row in columns.sheet.rows:
        cells = Cells(row, columns, ground)
        outlet, day = cells.outlet(), cells.day("day")
        if day:
            cells.still_there(day.isoformat()[:7])
        code, note = cells.text("code").upper(), cells.name("note", 1000)
        if day and code not in rules_on(work.connection, day).vetoes:
            cells.fault("code", "没有编号为“{code}”的否决项。", code=code)
        identity = _id(outlet, code, day) if outlet and day else None
        old = work.session.get(VetoEvent, identity) if identity else None
        if identity:
            before = seen.setdefault(identity, row.number)
            if before != row.number:
                cells.fault("code", "与第 {row} 行重复。", row=before)
        if old and old.withdrawn_at:
            cells.fault("code", "这一否决事件已经撤回。")
        name = f"{cells.text('outlet')} {code}"
        if cells.faults or not (identity and outlet and day):
            planned.fates.append(cells.wrong(name))
            continue
        planned.months.add(day.isoformat()[:7])
        changes = (f"{old.note} → {note}",) if old and old.note != note else ()
        planned.fates.append(
            Fate(row.number, name, "changed" if changes else "same" if old else "new", changes)
        )
        if changes or not old:
            planned.values.append(
                {"id": identity, "outlet_id": outlet, "code": code, "day": day, "note": note}
            )


def store(work: Work, values: Sequence[Mapping[str, Any]]) -> None:
    """Store the veto events of a file, with an event for each new one; one that is there keeps the import that it came with."""
    known = {
        event.id: event
        for event in work.session.exec(
            select(VetoEvent).where(col(VetoEvent.id).in_([each["id"] for each in values]))
        )
    }
    for each in values:
        if each["id"] in known:
            known[each["id"]].note = each["note"]
            continue
        work.session.add(VetoEvent(**each, by_id=work.actor_id, at=work.now))
        facts = {"outlet": str(each["outlet_id"]), "code": each["code"], "day": each["day"].isoformat()}
        work.record("veto.entered", "veto", each["id"], **facts)


def _id(outlet: UUID, code: str, day: date) -> UUID:
    return uuid5(_NAMESPACE, f"{outlet}:{code}:{day.isoformat()}")
