"""Publishing accepted visits to their outlets in batches: one transaction, each visit with its event, none twice."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID, uuid4

from sqlmodel import col, select

from server.domain.access import Permission
from server.domain.errors import NotFound, VisitStateForbids
from server.domain.publishing import MOST, NothingChosen, TooManyAtOnce
from server.domain.visit import VisitState
from server.queries import scope
from server.storage.publishing import Publication, PublishedVisit
from server.storage.visits import Visit
from server.usecases import failed_items
from server.usecases.work import Work


@dataclass(frozen=True, slots=True)
class Batch:
    """What became of a batch: how many visits it published, and those that were left with their present state.

    The state of a visit that is not in sight is None.
    """

    id: UUID
    published: int
    left: tuple[tuple[UUID, VisitState | None], ...]


def publish(work: Work, visit_ids: Sequence[UUID], batch_id: UUID | None = None) -> Batch:
    """Show accepted visits to their outlets, all in this transaction.

    A visit that cannot be published any more is named, and the others go. The same `batch_id` again publishes
    nothing twice and answers the same. Raises NotAllowed, NothingChosen, TooManyAtOnce.
    """
    work.needs(Permission.PUBLISH)
    wanted = list(dict.fromkeys(visit_ids))
    if not wanted:
        raise NothingChosen()
    if len(wanted) > MOST:
        raise TooManyAtOnce(limit=MOST)
    batch_id = batch_id or uuid4()
    found = {
        visit.id: visit
        for visit in work.session.exec(
            # In one order for all, so that two batches never wait for each other's visits.
            select(Visit)
            .where(col(Visit.id).in_(wanted), scope.visits(work.viewer))
            .order_by(col(Visit.id))
            .with_for_update()
        )
    }
    before = set(
        work.session.exec(select(PublishedVisit.visit_id).where(PublishedVisit.publication_id == batch_id))
    )
    ready = [found[each] for each in wanted if each in found and found[each].state is VisitState.ACCEPTED]
    if ready:
        _keep(work, batch_id, ready)
    shown = before | {visit.id for visit in ready}
    left = tuple((each, found[each].state if each in found else None) for each in wanted if each not in shown)
    return Batch(batch_id, len(ready) + len(before), left)


def publish_one(work: Work, visit_id: UUID) -> Visit:
    """Show one accepted visit to its outlet, as a batch of its own. Raises NotFound, NotAllowed, VisitStateForbids."""
    batch = publish(work, [visit_id])
    for _, state in batch.left:
        raise NotFound() if state is None else VisitStateForbids(state=state)
    return work.session.get_one(Visit, visit_id)


def _keep(work: Work, batch_id: UUID, ready: Sequence[Visit]) -> None:
    batch = work.session.get(Publication, batch_id)
    if batch is None:
        batch = Publication(id=batch_id, at=work.now, by_id=work.actor_id, visits=0)
        work.session.add(batch)
    batch.visits += len(ready)
    work.session.flush()
    for visit in ready:
        visit.state, visit.published_at, visit.changed_at = VisitState.PUBLISHED, work.now, work.now
        work.session.add(PublishedVisit(visit_id=visit.id, publication_id=batch_id))
        work.record("visit.published", "visit", visit.id, revision=visit.revision, batch=str(batch_id))
        failed_items.from_visit(work, visit, published=True)
    work.record("publication.made", "publication", batch_id, visits=len(ready))
