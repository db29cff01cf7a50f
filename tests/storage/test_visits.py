"""Visits and photos saved by many at once, on both databases: one visit, equal answers, never half of one."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from hashlib import sha256
from typing import Any
from uuid import UUID

from sqlmodel import select

from server.domain.access import Role, Viewer
from server.domain.errors import VisitEtagOld
from server.domain.visit import VisitDocument, VisitState
from server.storage.events import Event
from server.storage.visits import Revision, Visit, VisitFile
from server.usecases import uploads, visits
from server.usecases.visits import Saved
from server.usecases.work import Office
from tests import make, submitted


def together(*jobs: Callable[[], Any]) -> list[Any]:
    """Run all jobs in threads that start at the same moment; their results or errors, in order."""
    results: list[Any] = [None] * len(jobs)
    start = threading.Barrier(len(jobs))

    def run(number: int) -> None:
        start.wait()
        try:
            results[number] = jobs[number]()
        except Exception as error:
            results[number] = error

    threads = [threading.Thread(target=run, args=(number,)) for number in range(len(jobs))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results


def begun(office: Office, *photos: bytes) -> tuple[Viewer, VisitDocument]:
    submitted.checklist(office)
    where = make.outlet(office)
    user = make.user(office, role=Role.SHOPPER)
    task = make.assignment(office, user, where, checklist_id="small-hall")
    files = [make.file_entry(data, "A-01") for data in photos]
    sent = submitted.document(where, assignment_id=str(task.id), files=files)
    return submitted.viewer(user), VisitDocument.model_validate_json(json.dumps(sent))


def save(office: Office, who: Viewer, document: VisitDocument, **given: Any) -> Any:
    with office.work(who) as work:
        return visits.save(work, document, **{"only_new": True, **given})


def send(office: Office, who: Viewer, visit: str, data: bytes) -> uploads.Standing:
    wanted = uploads.Wanted(sha256(data).hexdigest(), len(data), UUID(visit), "A-01")
    return uploads.begin(office, who, wanted, uploads.Body([data], len(data)))


def test_twenty_equal_submissions_at_once_are_one_visit_and_twenty_equal_answers(both: Office) -> None:
    who, document = begun(both)
    answers = together(*[lambda: save(both, who, document)] * 20)
    assert all(isinstance(each, Saved) for each in answers), answers
    assert all(each == answers[0] for each in answers)
    with both.work(write=False) as work:
        assert len(work.session.exec(select(Visit)).all()) == 1
        assert len(work.session.exec(select(Revision)).all()) == 1
        names = [each.name for each in work.session.exec(select(Event))]
        assert names.count("visit.submitted") == names.count("visit.whole") == 1


def test_of_different_saves_at_once_one_wins_and_the_others_are_told(both: Office) -> None:
    who, document = begun(both)
    draft = document.model_copy(update={"intent": "draft"})
    first = save(both, who, draft)
    changed = [draft.model_copy(update={"app": f"v{number}"}) for number in range(8)]
    answers = together(
        *[lambda each=each: save(both, who, each, if_match=[first.etag], only_new=False) for each in changed]
    )
    assert sum(isinstance(each, Saved) for each in answers) == 1
    assert sum(isinstance(each, VisitEtagOld) for each in answers) == 7


def test_document_and_photos_at_once_end_whole(both: Office) -> None:
    for round_ in range(5):
        photos = [make.picture(100 * round_ + number) for number in range(4)]
        who, document = begun(both, *photos)
        answers = together(
            lambda who=who, document=document: save(both, who, document),
            *[
                lambda who=who, document=document, data=data: send(both, who, document.id, data)
                for data in photos
            ],
        )
        assert not [each for each in answers if isinstance(each, Exception)], answers
        with both.work(write=False) as work:
            visit = work.session.get_one(Visit, UUID(document.id))
            assert visit.state is VisitState.SUBMITTED
            revision = work.session.get_one(Revision, (visit.id, 1))
            assert revision.receipt
            assert revision.whole_at is not None


def test_the_same_photo_sent_twice_at_once_is_there_once(both: Office) -> None:
    data = make.picture(7)
    who, document = begun(both, data)
    answers = together(*[lambda: send(both, who, document.id, data)] * 4)
    assert any(isinstance(each, uploads.Standing) for each in answers), answers
    with both.work(write=False) as work:
        assert len(work.session.exec(select(VisitFile)).all()) == 1
    assert both.files.get(sha256(data).hexdigest()) == data
