"""What this phone needs since its cursor: the difference between what it was told and what there is."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

from sqlmodel import col, delete, select

from server.domain.access import Viewer
from server.queries import checklists
from server.queries.calendars import calendars_of
from server.queries.sync import Key, needed
from server.storage.organisation import SyncMemory
from server.usecases.work import Office, Work

PAGE_OBJECTS = 200
PAGE_CHARACTERS = 1_000_000
CURSOR_DAYS = 90
_MEMORIES = 3


def pull(
    office: Office, viewer: Viewer, device: str, cursor: str | None, app_version: str = ""
) -> dict[str, Any]:
    """One page of changes since `cursor`: whole objects, the last wins, and what is no longer needed.

    A cursor that is unknown, somebody else's or too old begins anew with `reset`. The new cursor remembers
    what the page held; where nothing changed it is the old one and nothing is written. Objects are compared
    by their content, so a cursor can never pass a write that was not committed yet.
    """
    with office.work(viewer, write=False) as work:
        known = _remembered(work, cursor)
        ground, calendars = work.settings.voice_ground, calendars_of(work.settings)
        there = needed(work.session, viewer, work.now, app_version, ground, calendars)
        told = dict(known or {})
        gone = [key for key in told if key not in there]
        changed = [key for key, thing in there.items() if told.get(key) != thing.version]
        changes: list[dict[str, Any]] = []
        size = 0
        for key in changed:
            data = there[key].data
            if data is None:
                name, _, version = key[1].rpartition("@")
                data = checklists.compiled(work.connection, name, int(version))
            length = len(json.dumps(data, ensure_ascii=False))
            if changes and (len(changes) >= PAGE_OBJECTS or size + length > PAGE_CHARACTERS):
                break
            size += length
            changes.append({"type": key[0], "id": key[1], "version": there[key].version, "data": data})
            told[key] = there[key].version
        now = work.now
    for key in gone:
        del told[key]
    if known is None or gone or changes:
        cursor = _remember(office, viewer, device, told, before=cursor)
    return {
        "changes": changes,
        "removed": [{"type": kind, "id": name} for kind, name in gone],
        "cursor": cursor,
        "more": len(changes) < len(changed),
        "reset": known is None,
        "server_time": now.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
    }


def _remembered(work: Work, cursor: str | None) -> dict[Key, str] | None:
    if cursor is None:
        return None
    memory = work.session.exec(
        select(SyncMemory).where(SyncMemory.cursor == cursor, SyncMemory.user_id == work.actor_id)
    ).first()
    if memory is None or memory.created_at < work.now - timedelta(days=CURSOR_DAYS):
        return None
    return {(kind, name): version for kind, name, version in json.loads(memory.known)}


def _remember(office: Office, viewer: Viewer, device: str, told: dict[Key, str], before: str | None) -> str:
    """Keep the new memory and the few before it: an answer that was lost is asked for again from there."""
    cursor = uuid4().hex
    with office.work(viewer) as work:
        older = work.session.exec(
            select(SyncMemory.cursor)
            .where(SyncMemory.user_id == work.actor_id, SyncMemory.device == device)
            .order_by(col(SyncMemory.created_at).desc(), col(SyncMemory.cursor))
            .offset(_MEMORIES - 1)
        ).all()
        edge = work.now - timedelta(days=CURSOR_DAYS)
        work.session.exec(
            delete(SyncMemory).where(
                col(SyncMemory.user_id) == work.actor_id,
                col(SyncMemory.cursor) != (before or ""),
                col(SyncMemory.cursor).in_(older) | (col(SyncMemory.created_at) < edge),
            )
        )
        work.session.add(
            SyncMemory(
                cursor=cursor,
                user_id=UUID(viewer.user_id),
                device=device,
                known=json.dumps([[*key, version] for key, version in told.items()], separators=(",", ":")),
                created_at=work.now,
            )
        )
    return cursor
