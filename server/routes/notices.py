"""Notices: the list, the one that leads to its thing, marking as read; for programs as pages."""

from __future__ import annotations

from typing import Annotated, Any
from urllib.parse import urlencode
from uuid import UUID

from flask import Blueprint, g, redirect, render_template, request, url_for
from pydantic import BaseModel, ConfigDict, Field

from server.domain.access import Permission, Viewer
from server.domain.errors import Fault, NotFound, WrongDocument
from server.queries import notices as shown
from server.queries.result_lists import kind_of
from server.routes.guard import route, viewer
from server.usecases import notices
from server.usecases.work import Work

pages = Blueprint("notices", __name__)
api = Blueprint("api_notices", __name__, url_prefix="/api/v1")


class Said(BaseModel):
    """A sentence in both languages."""

    zh: str
    en: str


class Notice(BaseModel):
    """What the user is told; `subject_id` is the id under which this user opens the visit, appeal or action."""

    id: str
    code: str
    text: Said
    subject: str
    subject_id: str
    at: str
    read: bool


class NoticePage(BaseModel):
    """Notices, newest first, and the cursor of the next page."""

    notices: list[Notice]
    unread: int
    cursor: str | None


class Read(BaseModel):
    """Which notices were read; null: all."""

    model_config = ConfigDict(strict=True, extra="forbid")
    ids: Annotated[list[Annotated[UUID, Field(strict=False)]], Field(max_length=200)] | None = None


class Marked(BaseModel):
    """How many were unread until now."""

    marked: int


@route(
    api,
    "/notices",
    parameters=({"name": "cursor", "in": "query", "schema": {"type": "string", "format": "uuid"}},),
    answers={200: NoticePage},
    summary="What this user was told",
)
def pull(work: Work) -> NoticePage:
    """A page of notices; the cursor of one that is gone begins at the newest."""
    given = request.args.get("cursor")
    last = _uuid(given) if given is not None else None
    if given is not None and last is None:
        raise WrongDocument(faults=(Fault("/cursor", "string_pattern_mismatch"),))
    found, cursor = shown.after(work.session, viewer(), last)
    return NoticePage(
        notices=[Notice.model_validate(each) for each in found],
        unread=shown.unread(work.session, viewer()),
        cursor=cursor,
    )


@route(
    api,
    "/notices/read",
    methods=("POST",),
    body=Read,
    answers={200: Marked},
    summary="Mark notices as read",
)
def mark(work: Work, body: Read) -> Marked:
    """Mark the own notices as read; doing it again changes nothing."""
    return Marked(marked=notices.read(work, body.ids))


@route(pages, "/notices", summary="What this user was told")
def listed(work: Work) -> str:
    """The own notices, newest first."""
    only_unread = request.args.get("show") == "unread"
    page = request.args.get("page", "1")
    number = int(page) if page.isascii() and page.isdigit() and len(page) < 7 else 1
    who = viewer()
    found = shown.lines(work.session, who, g.language, only_unread=only_unread, page=number)

    def link(page: int) -> str:
        return url_for(
            "notices.listed", show="unread" if only_unread else None, page=page if page > 1 else None
        )

    return render_template(
        "notices/list.html",
        lines=found,
        only_unread=only_unread,
        link=link,
        leads=lambda line: _target(who, line.subject, line.subject_id) is not None,
    )


@route(pages, "/notices/<uuid:notice_id>", writes=True, summary="Go to what a notice is about")
def follow(work: Work, notice_id: UUID) -> Any:
    """Mark a notice as read and go to what it is about."""
    found = shown.one(work.session, viewer(), notice_id, g.language)
    if found is None:
        raise NotFound()
    notices.read(work, [notice_id])
    return redirect(_target(viewer(), found.subject, found.subject_id) or url_for("notices.listed"))


@route(pages, "/notices/read", methods=("POST",), summary="Mark notices as read")
def mark_here(work: Work) -> Any:
    """Mark one of the own notices as read, or all of them."""
    named = request.form.get("id")
    one = _uuid(named) if named else None
    if named and one is None:
        raise NotFound()
    notices.read(work, [one] if one else None)
    return redirect(url_for("notices.listed", show="unread" if request.form.get("show") else None))


def _target(who: Viewer, subject: str, subject_id: str) -> str | None:
    """The page of what a notice is about, as far as the reader has one."""
    if subject == "visit":
        # A code of an outlet stands for a visit that nothing opens any more.
        of_list = f"/visits?{urlencode({'search': subject_id})}"
        place = f"/visits/{subject_id}" if _uuid(subject_id) else of_list
        return place if who.may(Permission.SEE_VISITS) else "/app/"
    if subject == "assignment":
        return "/app/" if who.may(Permission.INSPECT) else None
    if subject == "period":
        asked = urlencode({"kind": kind_of(subject_id), "period": subject_id})
        return f"/results?{asked}" if who.may(Permission.SEE_FIGURES) else None
    places = {
        "appeal": (Permission.SEE_APPEALS, f"/appeals/{subject_id}"),
        "action": (Permission.SEE_ACTIONS, f"/actions/{subject_id}"),
        "weak-items": (Permission.SEE_FIGURES, "/weak-items/tracked"),
        "weak-item": (Permission.SEE_FIGURES, f"/weak-items/{subject_id}"),
        "decision": (Permission.SEE_DECISIONS, f"/decisions/{subject_id}"),
        "decisions": (Permission.DECIDE, "/decisions"),
        "commission": (Permission.SEE_COMMISSION, f"/commission?{urlencode({'month': subject_id})}"),
        "folder": (Permission.SEE_REPORTS, "/reports/folders"),
        "webhook": (Permission.SET_WEBHOOKS, "/webhooks"),
    }
    needed, path = places.get(subject, (Permission.ADMINISTER, None))
    return path if path and who.may(needed) else None


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text) if text else None
    except ValueError:
        return None
