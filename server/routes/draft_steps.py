"""The steps of a draft that checklists and rules have in common: propose, send back, confirm, give up."""

from __future__ import annotations

from uuid import UUID

from flask import flash, request

from server.forms.fields import DraftStepForm
from server.routes import show
from server.usecases import drafts
from server.usecases.drafts import Sort
from server.usecases.work import Work

STEPS = "<any(propose, return, publish, discard):step>"


def take(work: Work, sort: Sort, draft_id: UUID, step: str) -> int | None:
    """Take a draft a step further and say so; the number of the version that it became, where it was confirmed."""
    form = DraftStepForm(request.form).checked()
    revision = form.revision.data or 0
    if step == "publish":
        version = drafts.publish(work, sort, draft_id, revision)
        flash(show.say("已发布第 {version} 版。", version=version), "good")
        return version
    if step == "propose":
        drafts.propose(work, sort, draft_id, revision)
        flash(show.say("已提请发布，请另一位同事确认。"), "good")
    elif step == "return":
        drafts.send_back(work, sort, draft_id, revision, form.reason.data or "")
        flash(show.say("已退回起草人。"), "good")
    else:
        drafts.discard(work, sort, draft_id, revision)
        flash(show.say("草稿已作废。"), "good")
    return None
