"""What the server holds of a visit, read from its own database and files."""

from __future__ import annotations

import io
import json
from dataclasses import dataclass
from hashlib import sha256
from typing import Any
from uuid import UUID

from PIL import Image
from sqlmodel import col, select

from server.domain.review import drawn
from server.storage.events import Event
from server.storage.organisation import User
from server.storage.visits import Report, Revision, Visit, VisitFile
from server.usecases.work import Office


@dataclass(frozen=True)
class Held:
    """A visit with all that belongs to it."""

    visit: Visit
    revisions: list[Revision]
    files: list[VisitFile]
    events: list[Event]
    reports: list[Report]

    @property
    def document(self) -> dict[str, Any]:
        """The document of the newest save."""
        return json.loads(self.visit.document)

    def happened(self, name: str) -> int:
        """How often."""
        return sum(event.name == name for event in self.events)


def held(office: Office, visit: str) -> Held | None:
    """The visit, or None while the server knows nothing of it."""
    key = UUID(visit)
    with office.work(write=False) as work:
        session = work.session
        row = session.get(Visit, key)
        if row is None:
            return None

        def of(table: Any, *order: Any) -> list[Any]:
            return list(session.exec(select(table).where(table.visit_id == key).order_by(*order)))

        events = list(session.exec(select(Event).where(Event.subject_id == visit).order_by(col(Event.id))))
        reports = of(Report, col(Report.signed_at))
        found = Held(row, of(Revision, col(Revision.number)), of(VisitFile), events, reports)
        session.expunge_all()
    return found


def whole(office: Office, visit: str, *, revision: int = 1) -> Held:
    """Prove that the visit is there once and whole: document, revisions, files, hashes, events. Gives all of it."""
    found = held(office, visit)
    assert found, f"the server has no visit {visit}"
    named = {file["sha256"] for file in found.document["files"]}
    assert named <= {file.sha256 for file in found.files}
    # A draft that was mirrored meanwhile brings a voice note that its speaker deletes a moment later; of those the expiry takes care.
    assert {file.kind for file in found.files if file.sha256 not in named} <= {"audio"}
    for file in found.files:
        data = office.files.get(file.sha256, kind=file.kind)
        assert sha256(data).hexdigest() == file.sha256
        assert len(data) == file.bytes
    assert found.visit.whole_at is not None
    assert found.visit.revision == revision
    assert [one.number for one in found.revisions] == list(range(1, revision + 1))
    assert found.happened("visit.begun") == 1
    assert found.happened("visit.submitted") == revision
    assert found.happened("visit.whole") == revision
    assert found.happened("score.drift") == 0
    return found


def only_visit(office: Office, inspector: User) -> Visit:
    """The one visit of this inspector."""
    with office.work(write=False) as work:
        (found,) = work.session.exec(select(Visit).where(Visit.inspector_id == inspector.id)).all()
        work.session.expunge_all()
    return found


def picture(office: Office, digest: str) -> Image.Image:
    """A photograph as it arrived."""
    return Image.open(io.BytesIO(office.files.get(digest)))


def undrawn(office: Office, visit: str) -> None:
    """Begin the installation's draws with a seed that does not take this visit; before anything was drawn."""
    seed = next(f"seed{n}" for n in range(1000) if not drawn(visit, f"seed{n}", 50))
    with office.work() as work:
        assert not work.session.exec(select(Event).where(Event.name == "draw.seeded")).first()
        work.record("draw.seeded", "draw", "review", seed=seed)
