"""The demonstration's webhook: a robot of a made-up group, switched off, so that its page shows what one looks like."""

from __future__ import annotations

from server.demo.organisation import Organisation
from server.domain.access import SYSTEM
from server.domain.webhooks import Format
from server.usecases import people, webhooks
from server.usecases.work import Work

_EVENTS = ("visit.published", "appeal.made", "action.overdue")


def webhook(work: Work, made: Organisation) -> None:
    """Set one and switch it off: a demonstration tells nobody outside anything."""
    work.viewer = people.viewer_of(made.user("admin1"))
    hook, _ = webhooks.make(
        work, "服务质量群", "https://robot.example.com/send?key=demo", Format.WECOM, _EVENTS
    )
    work.session.flush()
    webhooks.change(work, hook.id, active=False, events=_EVENTS)
    work.viewer = SYSTEM
