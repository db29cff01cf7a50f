"""The visits of the API: save and submit, give up, look at, list, receipt."""

from __future__ import annotations

import re
from typing import Annotated, Any, Literal
from uuid import UUID

from flask import Blueprint, request
from pydantic import BaseModel, ConfigDict, StringConstraints

from server.domain.access import Permission
from server.domain.errors import Fault, VisitIncomplete, WrongDocument
from server.domain.visit import VisitDocument, VisitState
from server.queries import visits as shown
from server.routes.guard import route
from server.usecases import visits
from server.usecases.work import Work

api = Blueprint("api_visits", __name__, url_prefix="/api/v1")

ID = {"name": "visit_id", "in": "path", "required": True, "schema": {"type": "string", "format": "uuid"}}
ETAG = {"type": "string", "pattern": '^(\\*|(W/)?"[!#-~]{1,64}"(, ?"[!#-~]{1,64}"){0,20})$'}
IF_MATCH = {
    "name": "If-Match",
    "in": "header",
    "schema": ETAG,
    "description": "The etags that the phone knows: the server's, and the marks of what it sent and heard no answer to.",
}
IF_NONE = {
    "name": "If-None-Match",
    "in": "header",
    "schema": {"const": "*"},
    "description": "The first save. With If-Match: the first, unless a colleague was faster.",
}

MARK = {
    "name": "X-Save-Mark",
    "in": "header",
    "schema": {"type": "string", "pattern": "^[0-9a-f]{32}$"},
    "description": "Becomes the etag of what is saved: by it a phone that hears no answer knows its own save again.",
}


class Missing(BaseModel):
    """What a submission still lacks."""

    item: str
    what: Literal["answer", "photo", "note"]


class Receipt(BaseModel):
    """What the server holds whole; only now may a phone forget its bytes. Older ones are not signed."""

    number: str
    at: str
    visit: str
    revision: int
    answers_sha256: str
    files: list[str]
    key: str | None = None
    signature: str | None = None


class SavedVisit(BaseModel):
    """The answer to a save; `score` is null for who may not see it."""

    etag: str
    revision: int
    state: VisitState
    score: str | None
    missing: list[Missing]
    files_missing: list[str]
    receipt: Receipt | None


class ChecklistName(BaseModel):
    """A checklist version."""

    id: str
    version: int


class Inspector(BaseModel):
    """Who made the visit."""

    id: str
    name: str


class ReturnReason(BaseModel):
    """Why a visit came back."""

    item: str | None = None
    text: str


class Returned(BaseModel):
    """The reviewer's words on a returned visit."""

    reasons: list[ReturnReason]
    due: str | None = None
    note: str | None = None


class VisitSeen(BaseModel):
    """A visit as this user may see it."""

    id: str
    outlet_id: str
    assignment_id: str | None
    kind: str
    part: str | None
    checklist: ChecklistName
    state: VisitState
    revision: int
    etag: str
    visit_date: str
    score: str | None
    inspector: Inspector | None
    returned: Returned | None
    document: dict[str, Any] | None
    receipt: Receipt | None
    updated_at: str | None


class VisitPage(BaseModel):
    """A page of visits, and the cursor of the next one."""

    visits: list[VisitSeen]
    cursor: str | None


class Discard(BaseModel):
    """Why a visit is given up."""

    model_config = ConfigDict(strict=True, extra="forbid")
    reason: Annotated[str, StringConstraints(min_length=1, max_length=1000, pattern=r"^[^\x00]*\S[^\x00]*$")]


@route(
    api,
    "/visits/<visit_id>",
    methods=("PUT",),
    needs=Permission.INSPECT,
    body=VisitDocument,
    parameters=(ID, IF_MATCH, IF_NONE, MARK),
    answers={200: SavedVisit},
    summary="Save a draft or submit a visit",
)
def save(work: Work, visit_id: str, body: VisitDocument) -> Any:
    """Save a draft or submit; the same document again changes nothing."""
    if body.id != visit_id:
        raise WrongDocument(faults=(Fault("/id", "id_differs"),))
    mark = request.headers.get(MARK["name"], "")
    outcome = visits.save(
        work,
        body,
        if_match=_etags("If-Match"),
        only_new="*" in _etags("If-None-Match"),
        mark=mark if _MARK.fullmatch(mark) else None,
    )
    return outcome if isinstance(outcome, VisitIncomplete) else _saved(outcome)


@route(
    api,
    "/visits/<visit_id>/discard",
    methods=("POST",),
    needs=Permission.INSPECT,
    body=Discard,
    parameters=(ID,),
    answers={200: SavedVisit},
    summary="Give a visit up, with a reason",
)
def discard(work: Work, visit_id: str, body: Discard) -> Any:
    """Give the own visit up."""
    return _saved(visits.discard(work, _uuid(visit_id), body.reason))


@route(
    api,
    "/visits/<visit_id>",
    parameters=(ID,),
    answers={200: VisitSeen},
    summary="A visit as the server has it",
)
def look(work: Work, visit_id: str) -> Any:
    """One visit, the own one or as the role allows."""
    seen = shown.one(work.session, work.viewer, _uuid(visit_id))
    return VisitSeen.model_validate(seen), 200, {"ETag": f'"{seen["etag"]}"'}


@route(
    api,
    "/visits/<visit_id>/receipt",
    parameters=(ID,),
    answers={200: Receipt},
    summary="What the server holds whole of a visit",
)
def receipt(work: Work, visit_id: str) -> Any:
    """The receipt of the newest whole revision."""
    return Receipt.model_validate(shown.receipt(work.session, work.viewer, _uuid(visit_id)))


@route(
    api,
    "/visits",
    parameters=(
        {"name": "state", "in": "query", "schema": {"type": "string", "enum": [s.value for s in VisitState]}},
        {"name": "outlet", "in": "query", "schema": {"type": "string", "format": "uuid"}},
        {
            "name": "period",
            "in": "query",
            "schema": {"type": "string", "pattern": "^[1-9][0-9]{3}-(Q[1-4]|0[1-9]|1[0-2])$"},
        },
        {"name": "cursor", "in": "query", "schema": {"type": "string"}},
    ),
    answers={200: VisitPage},
    summary="Visits as the role may see them, newest first",
)
def listed(work: Work) -> Any:
    """A page of visits."""
    asked = request.args
    faults = []
    try:
        states = tuple(VisitState(each) for each in asked.getlist("state"))
    except ValueError:
        states = ()
        faults.append(Fault("/state", "enum", {"expected": ", ".join(VisitState)}))
    outlet = None
    if "outlet" in asked:
        try:
            outlet = _strict_uuid(asked["outlet"])
        except ValueError:
            faults.append(Fault("/outlet", "string_pattern_mismatch"))
    if faults:
        raise WrongDocument(faults=tuple(faults))
    wish = shown.Wish(states, outlet, asked.get("period"), asked.get("cursor") or None)
    return VisitPage.model_validate(shown.listed(work.session, work.viewer, wish))


def _saved(outcome: visits.Saved) -> Any:
    answer = SavedVisit(
        etag=outcome.etag,
        revision=outcome.revision,
        state=outcome.state,
        score=outcome.score,
        missing=[Missing.model_validate(each) for each in outcome.missing],
        files_missing=outcome.files_missing,
        receipt=Receipt.model_validate(outcome.receipt) if outcome.receipt else None,
    )
    return answer, 200, {"ETag": f'"{outcome.etag}"'}


_MARK = re.compile(r"[0-9a-f]{32}", re.ASCII)


def _etags(header: str) -> frozenset[str]:
    text = request.headers.get(header, "")
    return frozenset(part.strip().removeprefix("W/").strip('"') for part in text.split(",") if part.strip())


def _uuid(text: str) -> UUID:
    """An id of a path. Raises WrongDocument when it is none."""
    try:
        return _strict_uuid(text)
    except ValueError:
        raise WrongDocument(faults=(Fault("/id", "string_pattern_mismatch"),)) from None


def _strict_uuid(text: str) -> UUID:
    found = UUID(text)
    if str(found) != text:
        raise ValueError(text)
    return found
