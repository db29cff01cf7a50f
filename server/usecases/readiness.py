"""Whether this server can work now: its tables, its database, its files."""

from __future__ import annotations

import os

from sqlalchemy.exc import SQLAlchemyError

from server.domain.errors import Problem
from server.storage import migrations
from server.usecases.work import Office

# Below this many bytes of free space photographs would soon be refused.
LEAST_FREE = 200_000_000


def why_not(office: Office) -> list[str]:
    """What keeps the server from working, as stable codes; an empty list when it is ready."""
    reasons = []
    try:
        with office.work(write=False) as work:
            present = migrations.present(work.connection)
        if present != migrations.head():
            reasons.append("migration-pending")
    except (SQLAlchemyError, Problem):
        reasons.append("database-unreachable")
    if not os.access(office.settings.uploads, os.W_OK):
        reasons.append("uploads-not-writable")
    elif office.files.free_bytes() < LEAST_FREE:
        reasons.append("disk-nearly-full")
    return reasons
