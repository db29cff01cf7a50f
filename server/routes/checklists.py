"""The shelf of checklists: versions, one version as people read it, two side by side, preview, files, retiring."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, flash, g, redirect, render_template, request, url_for

from server.domain.access import Permission
from server.domain.errors import NotFound
from server.forms.checklists import RetireForm
from server.queries import checklist_pages as shown
from server.routes import show
from server.routes.guard import route, viewer
from server.usecases import checklist_files, checklists
from server.usecases.work import Work

pages = Blueprint("checklists", __name__)


@route(pages, "/checklists", needs=Permission.SEE_STANDARDS, summary="The shelf of checklists")
def shelf(work: Work) -> str:
    """Every checklist with its versions, and the drafts that wait."""
    return render_template("checklists/shelf.html", shelf=shown.shelf(work.session, viewer()))


@route(
    pages, "/checklists/<name>/<int:version>", needs=Permission.SEE_STANDARDS, summary="One version in words"
)
def version(work: Work, name: str, version: int) -> str:
    """The whole list as its owners read it, with where it came from."""
    versions = shown.versions(work.session, viewer(), name)
    one = _of(versions, version)
    return render_template("checklists/version.html", one=one, versions=versions, written=one.written)


@route(
    pages, "/checklists/<name>/compare", needs=Permission.SEE_STANDARDS, summary="Two versions side by side"
)
def compare(work: Work, name: str) -> str:
    """What differs between two versions; the two newest where the address names none."""
    versions = shown.versions(work.session, viewer(), name)
    later = request.args.get("later", versions[0].version, int)
    earlier = request.args.get(
        "earlier", max((v.version for v in versions if v.version < later), default=later), int
    )
    before, after = _of(versions, earlier), _of(versions, later)
    return render_template(
        "checklists/compare.html",
        versions=versions,
        before=before,
        after=after,
        comparison=shown.comparison(before.written, after.written),
        written=after.written,
        earlier=before.written,
    )


@route(
    pages,
    "/checklists/<name>/<int:version>/preview",
    needs=Permission.SEE_STANDARDS,
    summary="A version as on the phone",
)
def preview(work: Work, name: str, version: int) -> str:
    """The phone's own code with sample answers and the live score."""
    one = _of(shown.versions(work.session, viewer(), name), version)
    return render_template(
        "checklists/preview.html",
        title=one.written["title"][g.language],
        data=checklist_files.preview(one.written, g.language),
        back=url_for("checklists.version", name=name, version=version),
    )


@route(
    pages,
    "/checklists/<name>/<int:version>/file/<form>",
    needs=Permission.SEE_STANDARDS,
    summary="A version as a file",
)
def file(work: Work, name: str, version: int, form: str) -> Response:
    """A version as an Excel workbook, an XLSForm or YAML."""
    versions = shown.versions(work.session, viewer(), name)
    one = _of(versions, version)
    rows = shown.history([each for each in versions if each.version <= version])
    if form not in checklist_files.FORMS:
        raise NotFound()
    content = checklist_files.write_file(form, one.written, g.language, rows)
    ending, media = checklist_files.FORMS[form]
    return show.download(content, f"{name}-v{version}.{ending}", media)


@route(
    pages,
    "/checklists/<name>/<int:version>/retire",
    methods=("POST",),
    needs=Permission.EDIT_STANDARDS,
    summary="Take a version out of use",
)
def retire(work: Work, name: str, version: int) -> Any:
    """No new assignment gets it; what was begun with it goes on."""
    form = RetireForm(request.form)
    checklists.retire(work, name, version, form.reason.data or "")
    flash(show.say("第 {version} 版已停用，已开始的检查不受影响。", version=version), "good")
    return redirect(url_for("checklists.version", name=name, version=version))


def _of(versions: list[shown.Version], number: int) -> shown.Version:
    found = next((each for each in versions if each.version == number), None)
    if found is None:
        raise NotFound()
    return found
