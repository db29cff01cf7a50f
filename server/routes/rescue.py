"""Rescue files: a colleague's phone or the console sends in what another phone packed."""

from __future__ import annotations

import base64
from typing import Any

from flask import Blueprint, render_template, request
from pydantic import BaseModel
from werkzeug.exceptions import UnsupportedMediaType

from server.domain.access import Permission
from server.domain.errors import Problem
from server.domain.rescue import Outcome, RescueNone
from server.routes.errors import TABLE, fault_text, filled
from server.routes.guard import chunks_of_body, route, viewer
from server.usecases import rescue
from server.usecases.work import Office

api = Blueprint("api_rescue", __name__, url_prefix="/api/v1")
pages = Blueprint("rescue", __name__)
BODY = "application/octet-stream"


class CarriedVisit(BaseModel):
    """What became of one visit; nothing tells its carrier which one it was. `visit` are six signs that the packing phone shows too."""

    visit: str
    outcome: Outcome
    receipt: str | None
    files_missing: int


class CarriedVisits(BaseModel):
    """What became of each visit of the file."""

    visits: list[CarriedVisit]


@route(
    api,
    "/rescue",
    methods=("POST",),
    needs=Permission.CARRY,
    opens_work=False,
    octets=BODY,
    answers={200: CarriedVisits},
    summary="Send in a colleague's packed visits; the same file again changes nothing",
)
def carry(office: Office) -> CarriedVisits:
    """Take a file in, and tell of each visit only what its carrier may know."""
    if request.mimetype != BODY:
        raise UnsupportedMediaType()
    with rescue.spooled(office, chunks_of_body(), request.content_length) as sealed:
        told = [each.carried for each in rescue.take_in(office, viewer(), sealed)]
    return CarriedVisits(
        visits=[
            CarriedVisit(
                visit=each.short,
                outcome=each.outcome,
                receipt=each.receipt,
                files_missing=each.files_missing,
            )
            for each in told
        ]
    )


@route(
    pages,
    "/rescue",
    methods=("GET", "POST"),
    needs=Permission.CARRY,
    opens_work=False,
    form_bytes=lambda limits: limits.rescue_bytes + limits.document_bytes,
    summary="Send in a colleague's packed visits",
)
def desk(office: Office) -> Any:
    """The form, and what became of each visit of the file that was chosen."""
    if request.method == "GET":
        return render_template("rescue/desk.html", told=None, wrong="")
    sent = request.files.get("file")
    try:
        if sent is None:
            raise RescueNone()
        told = rescue.take_in(office, viewer(), sent.stream)  # type: ignore[arg-type]
    except Problem as problem:
        status = TABLE[type(problem)][0]
        return render_template("rescue/desk.html", told=None, wrong=_sentence(problem)), status
    return render_template("rescue/desk.html", told=[_row(each) for each in told], wrong="")


def _row(told: rescue.Told) -> dict[str, Any]:
    """What the page says of a visit; `content` as an address that a browser keeps as a file."""
    faults = [fault_text(fault) for fault in getattr(told.problem, "faults", ())]
    content = told.content and base64.b64encode(told.content.encode()).decode()
    return {
        "carried": told.carried,
        "outlet": told.outlet,
        "why": " ".join([_sentence(told.problem), *faults]) if told.problem else "",
        "content": f"data:application/json;base64,{content}" if content else "",
    }


def _sentence(problem: Problem) -> str:
    facts = problem.facts()
    facts["count"] = len(facts.get("faults", ()))
    return filled(TABLE[type(problem)][2], facts)
