"""Appeals in the API: acknowledge a visit, appeal and ask again, answer; the list and one of them."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask import Blueprint, request
from pydantic import AwareDatetime, BaseModel

from server.domain.access import Permission
from server.domain.appeals import AnswerSent, AppealSent, AppealState
from server.domain.errors import Fault, WrongDocument
from server.queries import appeal_desk as desk
from server.queries import appeals as seen
from server.routes.api_visits import ID as VISIT_ID
from server.routes.api_visits import IF_MATCH, IF_NONE
from server.routes.guard import route
from server.usecases import appeal_answers, appeals
from server.usecases.work import Work

api = Blueprint("api_appeals", __name__, url_prefix="/api/v1")
ID = {**VISIT_ID, "name": "appeal_id"}
STATES = ("mine", "overdue", "again", "running", *desk.TABS)


class Acknowledged(BaseModel):
    """That the outlet agrees with a visit, and since when."""

    revision: int
    at: AwareDatetime


class AppealTaken(BaseModel):
    """How an appeal stands after it was sent; it counts once `files_missing` is empty."""

    id: str
    etag: str
    state: AppealState
    files_missing: list[str]


class Proof(BaseModel):
    """A file that proves a ground; `here` once it has arrived."""

    sha256: str
    type: str
    here: bool


class Turn(BaseModel):
    """One time of asking and its answer; `answered_by` is null for outlets and branches."""

    number: int
    ground: str
    asked_by: str
    asked_at: AwareDatetime
    files: list[Proof]
    raised_at: AwareDatetime | None
    upheld: bool | None
    value: Any
    why: str
    answered_by: str | None
    answered_at: AwareDatetime | None


class AppealSeen(BaseModel):
    """An appeal as this user may see it; `visit_id` is the id by which the same user reads the visit."""

    id: str
    visit_id: str
    outlet_id: str
    item: str
    item_text: dict[str, str]
    state: AppealState
    turn: int
    etag: str
    due_at: AwareDatetime | None
    overdue: bool
    again_until: AwareDatetime | None
    score_before: str | None
    score_after: str | None
    turns: list[Turn]
    files_missing: list[str]
    may_answer: bool
    may_ask_again: bool


class AppealPage(BaseModel):
    """A page of appeals."""

    appeals: list[AppealSeen]
    total: int
    page: int
    pages: int


@route(
    api,
    "/visits/<visit_id>/acknowledge",
    methods=("POST",),
    needs=Permission.APPEAL,
    parameters=(VISIT_ID,),
    answers={200: Acknowledged},
    summary="Agree with the result of a published visit; again changes nothing",
)
def acknowledge(work: Work, visit_id: str) -> Acknowledged:
    """The outlet agrees."""
    made = appeals.acknowledge(work, _uuid(visit_id))
    return Acknowledged(revision=made.revision, at=made.at)


@route(
    api,
    "/appeals/<appeal_id>",
    methods=("PUT",),
    needs=Permission.APPEAL,
    body=AppealSent,
    parameters=(ID, IF_MATCH, IF_NONE),
    answers={200: AppealTaken},
    summary="Appeal against the judgement of an item, or ask a second time",
)
def save(work: Work, appeal_id: str, body: AppealSent) -> Any:
    """Take an appeal; the same again changes nothing."""
    known = _etags("If-Match")
    taken = appeals.save(
        work, _uuid(appeal_id), body, if_match=known, only_new="*" in _etags("If-None-Match")
    )
    appeal = taken.appeal
    answer = AppealTaken(
        id=str(appeal.id), etag=appeal.etag, state=appeal.state, files_missing=taken.files_missing
    )
    return answer, 200, {"ETag": f'"{appeal.etag}"'}


@route(
    api,
    "/appeals/<appeal_id>/answer",
    methods=("POST",),
    needs=Permission.ANSWER_APPEALS,
    body=AnswerSent,
    parameters=(ID,),
    answers={200: AppealSeen},
    summary="Reject an appeal, or uphold it with the answer that is right",
)
def answer(work: Work, appeal_id: str, body: AnswerSent) -> Any:
    """What the page of an appeal does, for programs and tests."""
    appeal = appeal_answers.answer(work, _uuid(appeal_id), body)
    return _seen(work, appeal.id)


@route(
    api,
    "/appeals/<appeal_id>",
    needs=Permission.SEE_APPEALS,
    parameters=(ID,),
    answers={200: AppealSeen},
    summary="An appeal as this user may see it",
)
def look(work: Work, appeal_id: str) -> Any:
    """One appeal."""
    return _seen(work, _uuid(appeal_id))


@route(
    api,
    "/appeals",
    needs=Permission.SEE_APPEALS,
    parameters=(
        {
            "name": "state",
            "in": "query",
            "schema": {"type": "string", "enum": [*STATES]},
        },
        {"name": "page", "in": "query", "schema": {"type": "integer", "minimum": 1}},
    ),
    answers={200: AppealPage},
    summary="Appeals as the role may see them, the overdue first",
)
def listed(work: Work) -> AppealPage:
    """A page of appeals."""
    state, number = request.args.get("state", ""), request.args.get("page", "1")
    faults = []
    if "state" in request.args and state not in STATES:
        faults.append(Fault("/state", "enum", {"expected": ", ".join(STATES)}))
    if not (number.isascii() and number.isdigit() and len(number) < 7 and int(number)):
        faults.append(Fault("/page", "int_type"))
    if faults:
        raise WrongDocument(faults=tuple(faults))
    filters = desk.Filters(state=state, page=int(number))
    found = desk.listing(work.session, work.viewer, filters, work.now)
    shown = [
        AppealSeen.model_validate(seen.one(work.session, work.viewer, UUID(row.id), work.now).as_json())
        for row in found.rows
    ]
    return AppealPage(appeals=shown, total=found.total, page=found.page, pages=found.pages)


def _seen(work: Work, appeal_id: UUID) -> Any:
    found = seen.one(work.session, work.viewer, appeal_id, work.now)
    return AppealSeen.model_validate(found.as_json()), 200, {"ETag": f'"{found.etag}"'}


def _etags(header: str) -> frozenset[str]:
    text = request.headers.get(header, "")
    return frozenset(part.strip().removeprefix("W/").strip('"') for part in text.split(",") if part.strip())


def _uuid(text: str) -> UUID:
    """An id of a path. Raises WrongDocument when it is none."""
    try:
        found = UUID(text)
    except ValueError:
        found = None
    if found is None or str(found) != text:
        raise WrongDocument(faults=(Fault("/id", "string_pattern_mismatch"),))
    return found
