"""The life of a draft of a standard: saved, proposed, sent back, confirmed by a second person, or discarded.

Checklists and rule sets share it; what differs between them is a `Sort`.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid4

from sqlmodel import col, select

from server.domain.access import Permission
from server.domain.draft_errors import (
    DraftChanged,
    DraftExists,
    DraftOutdated,
    DraftStateForbids,
    OtherStandard,
    OwnProposal,
    WrongStandard,
)
from server.domain.errors import NotFound, ReasonMissing
from server.domain.findings import Finding
from server.storage.organisation import User
from server.storage.standards import DraftKind, DraftState, StandardDraft
from server.usecases.work import Work

Written = dict[str, Any]
LIVING = (DraftState.OPEN, DraftState.PROPOSED)


@dataclass(frozen=True, slots=True)
class Sort:
    """What a checklist and a rule set do each in their own way.

    `prepared(work, name, written)` returns the checked written form as the next version, and the number of the
    version before (None: there is none), or raises WrongStandard. `unready(work, written, base)` returns what
    still forbids the proposal, or raises. `publish(work, written, proposed_by)` makes the version's row and
    event and returns its number.
    """

    kind: DraftKind
    prepared: Callable[[Work, str, Written], tuple[Written, int | None]]
    unready: Callable[[Work, Written, int | None], list[Finding]]
    publish: Callable[[Work, Written, UUID], int]


def save(
    work: Work,
    sort: Sort,
    name: str,
    written: Mapping[str, Any],
    *,
    draft_id: UUID | None = None,
    revision: int | None = None,
) -> StandardDraft:
    """Begin a draft, or save one (`draft_id` and the `revision` that was seen) with new content.

    Raises NotAllowed, WrongStandard with all findings, DraftExists where somebody writes the next version
    already, DraftChanged, DraftStateForbids, OtherStandard for the content of another checklist.
    """
    work.needs(Permission.EDIT_STANDARDS)
    found = None if draft_id is None else _seen(work, sort, draft_id, revision)
    if found is not None and found.state is not DraftState.OPEN:
        raise DraftStateForbids()
    if found is not None and found.name != name:
        raise OtherStandard(standard=found.name, found=name)
    prepared, base = sort.prepared(work, name, dict(written))
    if found is None:
        living = work.session.exec(
            select(StandardDraft).where(
                StandardDraft.kind == sort.kind,
                StandardDraft.name == name,
                col(StandardDraft.state).in_(LIVING),
            )
        ).first()
        if living is not None:
            raise DraftExists(standard=name, author=_name(work, living.author_id))
        found = StandardDraft(
            id=uuid4(),
            kind=sort.kind,
            name=name,
            state=DraftState.OPEN,
            written="",
            revision=0,
            author_id=_actor(work),
            changed_by=_actor(work),
            created_at=work.now,
            changed_at=work.now,
        )
    found.written = json.dumps(prepared, ensure_ascii=False)
    found.base = base
    _changed(work, found, "draft.saved")
    found.author_id = _actor(work)
    work.session.add(found)
    return found


def propose(work: Work, sort: Sort, draft_id: UUID, revision: int) -> StandardDraft:
    """Ask a second person to confirm the draft.

    Raises NotAllowed, WrongStandard with what is still to be said, NothingChanged, NoteMissing, DraftOutdated,
    DraftChanged, DraftStateForbids.
    """
    work.needs(Permission.EDIT_STANDARDS)
    draft = _seen(work, sort, draft_id, revision)
    if draft.state is not DraftState.OPEN:
        raise DraftStateForbids()
    _ready(work, sort, draft)
    draft.state, draft.proposed_by, draft.reason = DraftState.PROPOSED, _actor(work), ""
    _changed(work, draft, "draft.proposed")
    return draft


def send_back(work: Work, sort: Sort, draft_id: UUID, revision: int, reason: str) -> StandardDraft:
    """Give a proposed draft back to its author with a reason. Raises as `propose` does, and ReasonMissing."""
    work.needs(Permission.EDIT_STANDARDS)
    draft = _seen(work, sort, draft_id, revision)
    if draft.state is not DraftState.PROPOSED:
        raise DraftStateForbids()
    if not reason.strip():
        raise ReasonMissing()
    draft.state, draft.reason = DraftState.OPEN, reason.strip()[:2000]
    _changed(work, draft, "draft.returned")
    return draft


def publish(work: Work, sort: Sort, draft_id: UUID, revision: int) -> int:
    """Confirm a proposed draft, which makes it the next version; returns its number.

    Raises NotAllowed, OwnProposal for whoever wrote or proposed it, and what `propose` raises: another version
    may have come in between.
    """
    work.needs(Permission.EDIT_STANDARDS)
    draft = _seen(work, sort, draft_id, revision)
    if draft.state is not DraftState.PROPOSED or draft.proposed_by is None:
        raise DraftStateForbids()
    if _actor(work) in (draft.author_id, draft.proposed_by):
        raise OwnProposal()
    _ready(work, sort, draft)
    number = sort.publish(work, json.loads(draft.written), draft.proposed_by)
    draft.state = DraftState.PUBLISHED
    _changed(work, draft, "draft.confirmed")
    return number


def discard(work: Work, sort: Sort, draft_id: UUID, revision: int) -> StandardDraft:
    """Give up a draft; it stays readable. Raises NotAllowed, DraftChanged, DraftStateForbids."""
    work.needs(Permission.EDIT_STANDARDS)
    draft = _seen(work, sort, draft_id, revision)
    if draft.state not in LIVING:
        raise DraftStateForbids()
    draft.state = DraftState.DISCARDED
    _changed(work, draft, "draft.discarded")
    return draft


def written_of(work: Work, draft_id: UUID, kind: DraftKind) -> Written:
    """The content of a draft. Raises NotFound."""
    draft = work.session.get(StandardDraft, draft_id)
    if draft is None or draft.kind is not kind:
        raise NotFound()
    content: Written = json.loads(draft.written)
    return content


def _ready(work: Work, sort: Sort, draft: StandardDraft) -> None:
    written = json.loads(draft.written)
    _, base = sort.prepared(work, draft.name, written)
    if base != draft.base:
        raise DraftOutdated(version=base or 0)
    findings = sort.unready(work, written, base)
    if findings:
        raise WrongStandard(findings=tuple(findings))


def _seen(work: Work, sort: Sort, draft_id: UUID, revision: int | None) -> StandardDraft:
    draft = work.session.get(StandardDraft, draft_id, with_for_update=True)
    if draft is None or draft.kind is not sort.kind:
        raise NotFound()
    if draft.revision != revision:
        raise DraftChanged(author=_name(work, draft.changed_by))
    return draft


def _changed(work: Work, draft: StandardDraft, event: str) -> None:
    draft.revision += 1
    draft.changed_at, draft.changed_by = work.now, _actor(work)
    work.record(event, "draft", draft.id, standard=draft.name, revision=draft.revision)


def _name(work: Work, user_id: UUID) -> str:
    user = work.session.get(User, user_id)
    return user.name if user else ""


def _actor(work: Work) -> UUID:
    """Who drafts is a person, never the system."""
    if work.actor_id is None:
        raise NotFound()
    return work.actor_id
