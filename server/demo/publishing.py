"""How the made-up province publishes: weekly batches in the past, masked photographs in the last one, some that wait."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from server.demo.ids import named
from server.demo.inspecting import subject_of
from server.demo.organisation import Organisation
from server.domain.masks import Mask
from server.domain.visit import VisitDocument
from server.queries import checklists
from server.storage.visits import Visit
from server.usecases import people, publishing, releases
from server.usecases.work import Work

# Where numbers and times stand on drawn slips and tickets; a drawn counter may have somebody behind it, and stays inside.
_MASKS = {
    "slip": (Mask(kind="number", x=90, y=285, w=780, h=480),),
    "ticket": (Mask(kind="number", x=185, y=285, w=600, h=640),),
    "front": (),
}


def publish_batch(work: Work, made: Organisation, visits: Sequence[Visit]) -> None:
    """Publish what was accepted in a week, a day after the last of them."""
    decided = [visit.decided_at for visit in visits if visit.decided_at]
    if not decided:
        return
    work.viewer, work.now = people.viewer_of(made.user("hq1")), max(decided) + timedelta(hours=20)
    # Several hundred in a week would be more than one batch holds, and more than the demonstration has.
    publishing.publish(work, [visit.id for visit in visits], named("publication", f"{visits[0].id}"))


def release_photos(work: Work, made: Organisation, visit: Visit) -> None:
    """A reviewer's masks: numbers and times on slips and tickets covered, shop fronts as they are, counters withheld."""
    work.viewer = people.viewer_of(made.user("reviewer1"))
    work.now = (visit.decided_at or work.now) + timedelta(hours=2)
    document = VisitDocument.model_validate_json(visit.document)
    form = checklists.compiled(work.connection, visit.checklist_id, visit.checklist_version)
    items = {item["id"]: item["text"]["zh"] for section in form["sections"] for item in section["items"]}
    choices = []
    for number, file in enumerate(document.files):
        subject = subject_of(items.get(file.item or "", ""), number)
        act = releases.RELEASE if subject in _MASKS else releases.WITHHOLD
        choices.append(releases.Choice(file.sha256, _MASKS.get(subject, ()), act))
    releases.keep(work, visit.id, choices, releases.pictures(work, visit.id, choices))
