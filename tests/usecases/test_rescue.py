"""Taking in rescue files on both databases, also when several carriers send the same one at once."""

from __future__ import annotations

import io
from concurrent.futures import ThreadPoolExecutor

from sqlmodel import select

from server.domain.access import Role
from server.domain.errors import UploadBusy
from server.storage.events import Event
from server.storage.visits import Revision, VisitFile
from server.usecases import people, rescue
from server.usecases.work import Office
from tests import make, packed, submitted


def test_who_sends_the_same_file_at_once_makes_nothing_twice(both: Office) -> None:
    submitted.checklist(both)
    where, author = make.outlet(both), make.user(both, role=Role.SHOPPER)
    task = make.assignment(both, author, where, checklist_id="small-hall")
    pictures = [make.picture(301), make.picture(302)]
    files = [make.file_entry(each, "A-01") for each in pictures]
    document = submitted.document(where, assignment_id=str(task.id), files=files)
    sealed = packed.pack(both, author, [document], pictures).sealed()
    carriers = [people.viewer_of(make.user(both, role=Role.HALL_MANAGER)) for _ in range(4)]

    def carry(number: int) -> str:
        try:
            (told,) = rescue.take_in(both, carriers[number], io.BytesIO(sealed))
        except UploadBusy:
            # Somebody else is bringing the same photo at this moment: sending again is safe.
            return "later"
        return told.carried.outcome.value

    with ThreadPoolExecutor(4) as pool:
        found = set(pool.map(carry, range(4)))
    assert found <= {"whole", "receiving", "later"}
    assert carry(0) == "whole"
    with both.work(write=False) as work:
        assert len(work.session.exec(select(Revision)).all()) == 1
        assert len(work.session.exec(select(VisitFile)).all()) == 2
        names = [event.name for event in work.session.exec(select(Event))]
    for name in ("visit.begun", "visit.submitted", "visit.rescued", "visit.whole"):
        assert names.count(name) == 1
