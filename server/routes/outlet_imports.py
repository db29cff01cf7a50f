"""The import of outlets in the console: a list to try, with the fate of each row, and then to take in."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, g, redirect, request, url_for

from server.domain.access import Permission
from server.forms.inputs import TriedForm
from server.routes import show, tried_files
from server.routes.guard import route
from server.routes.tried_files import Tried
from server.usecases import outlets
from server.usecases.imports import Import
from server.usecases.outlet_cells import COLUMNS
from server.usecases.work import Work

pages = Blueprint("outlet_imports", __name__)


@route(
    pages,
    "/outlets/import/file",
    methods=("GET", "POST"),
    needs=Permission.ADMINISTER,
    writes=False,
    summary="Try a list of outlets",
)
def try_file(work: Work) -> Any:
    """Read a list and tell what would become of each row; nothing is stored here."""
    if request.method == "GET":
        return _page(Tried())
    tried = tried_files.try_sent(work, lambda path: outlets.plan_import(work, path))
    return _page(tried) if tried else redirect(url_for("outlet_imports.try_file"))


@route(
    pages,
    "/outlets/import/apply",
    methods=("POST",),
    needs=Permission.ADMINISTER,
    summary="Take in the list that was tried",
)
def apply(work: Work) -> Any:
    """Take in the list that the same person tried last, if it is still clean."""
    form = TriedForm(request.form).checked()
    name, digest = form.name.data or "", form.sha256.data or ""
    planned = outlets.apply_tried(work, digest)
    if not planned.clean:
        return _page(Tried(name, digest, planned))
    tried_files.say_taken_in(planned)
    return redirect(url_for("outlets.listed"))


@route(
    pages,
    "/outlets/import/template.xlsx",
    needs=Permission.ADMINISTER,
    summary="A workbook of outlets to begin with",
)
def template(work: Work) -> Response:
    """The headings in the user's language with an example line."""
    return show.download(outlets.template(work, g.language), "outlets.xlsx", tried_files.XLSX)


def _page(tried: Tried[Import]) -> tuple[str, int]:
    return tried_files.page("outlets/import.html", COLUMNS.values(), tried)
