"""Webhooks in the console: set one, try it, choose its events, send again what was given up."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask import Blueprint, flash, redirect, render_template, request, url_for

from server.domain.access import Permission
from server.domain.webhooks import Format, WebhookAddressWrong
from server.forms.webhooks import WebhookEventsForm, WebhookForm
from server.queries import webhooks as shown
from server.queries import words
from server.routes import show
from server.routes.errors import TABLE, filled
from server.routes.guard import route, viewer
from server.usecases import webhooks
from server.usecases.work import Office, Work

pages = Blueprint("webhooks", __name__)


@route(pages, "/webhooks", needs=Permission.SET_WEBHOOKS, summary="Which systems are told")
def listed(work: Work) -> str:
    """All webhooks with their last messages, and the form for a new one."""
    return _page(work)


@route(pages, "/webhooks", methods=("POST",), needs=Permission.SET_WEBHOOKS, summary="Set a webhook")
def make(work: Work) -> Any:
    """Set a webhook; the answer shows its secret, this once."""
    form = WebhookForm(request.form)
    if not form.validate():
        return _page(work, wrong={name: show.say(WRONG[name]) for name in form.errors}), 422
    try:
        made, secret = webhooks.make(
            work,
            (form.name.data or "").strip(),
            (form.url.data or "").strip(),
            Format(form.format.data),
            form.events.data or [],
        )
    except WebhookAddressWrong as problem:
        return _page(work, wrong={"url": filled(TABLE[type(problem)][2], {})}), 422
    work.session.flush()
    return _page(work, secret=(made.name, secret))


@route(
    pages,
    "/webhooks/<uuid:webhook_id>",
    methods=("POST",),
    needs=Permission.SET_WEBHOOKS,
    summary="Choose a webhook's events, or switch it off",
)
def change(work: Work, webhook_id: UUID) -> Any:
    """Choose what it is told; off, it is told nothing."""
    form = WebhookEventsForm(request.form).checked()
    webhooks.change(work, webhook_id, active=bool(form.active.data), events=form.events.data or [])
    flash(show.say("已保存。"), "good")
    return redirect(url_for("webhooks.listed"))


@route(
    pages,
    "/webhooks/<uuid:webhook_id>/test",
    methods=("POST",),
    needs=Permission.SET_WEBHOOKS,
    opens_work=False,
    summary="Send a test message",
)
def test(office: Office, webhook_id: UUID) -> Any:
    """Send a message that says it is a test, and say how that went."""
    error = webhooks.send_test(office, viewer(), webhook_id)
    if error is None:
        flash(show.say("测试消息已送达。"), "good")
    else:
        flash(show.say("测试消息没有送达：{why}。", why=reason(error)), "bad")
    return redirect(url_for("webhooks.listed"))


@route(
    pages,
    "/webhooks/<uuid:webhook_id>/again",
    methods=("POST",),
    needs=Permission.SET_WEBHOOKS,
    summary="Send again what was given up",
)
def again(work: Work, webhook_id: UUID) -> Any:
    """Lay everything ready again that was given up."""
    count = webhooks.send_again(work, webhook_id)
    flash(show.say("{n} 条消息重新排队。", n=count), "good")
    return redirect(url_for("webhooks.listed"))


@route(
    pages,
    "/webhooks/<uuid:webhook_id>/secret",
    methods=("POST",),
    needs=Permission.SET_WEBHOOKS,
    summary="Replace a webhook's secret",
)
def secret(work: Work, webhook_id: UUID) -> str:
    """Make a new secret; the answer shows it, this once."""
    made = webhooks.new_secret(work, webhook_id)
    work.session.flush()
    name = next(line.name for line in shown.lines(work.session) if line.id == webhook_id)
    return _page(work, secret=(name, made))


@route(
    pages,
    "/webhooks/<uuid:webhook_id>/remove",
    methods=("POST",),
    needs=Permission.SET_WEBHOOKS,
    summary="Take a webhook away",
)
def remove(work: Work, webhook_id: UUID) -> Any:
    """Take it away with all that waits for it."""
    webhooks.remove(work, webhook_id)
    flash(show.say("已删除。"), "good")
    return redirect(url_for("webhooks.listed"))


WRONG = {
    "name": "请写名称，最多 80 个字。",
    "url": "请写地址，最多 500 个字符。",
    "format": "请选一种格式。",
    "events": "请至少选一种消息。",
}


def reason(error: str) -> str:
    """Why a message was not taken, in words."""
    return show.say(words.WEBHOOK_ERRORS.get(error, error))


def _page(work: Work, *, wrong: dict[str, str] | None = None, secret: tuple[str, str] | None = None) -> str:
    return render_template(
        "webhooks/list.html",
        lines=shown.lines(work.session),
        wrong=wrong or {},
        given=request.form if wrong else {},
        secret=secret,
        reason=reason,
    )
