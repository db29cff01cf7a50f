"""Folders of signed reports: ask for one, see how far it is, take the zip away."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask import Blueprint, Response, flash, make_response, redirect, render_template, request, url_for

from server.domain.access import Permission
from server.domain.period_reports import FOLDER_DAYS, PERIODIC
from server.domain.periods import Period
from server.domain.visit import SHANGHAI
from server.forms.fields import choices
from server.forms.report_folders import FolderForm
from server.queries import report_folders as shown
from server.queries import words
from server.queries.tables.reports import FOLDERS
from server.routes import show, table_files
from server.routes.guard import route, viewer
from server.usecases import report_folders
from server.usecases.work import Office, Work

pages = Blueprint("report_folders", __name__)
REFRESH_SECONDS = 5


@route(pages, "/reports/folders", needs=Permission.SEE_REPORTS, summary="Folders of reports")
def listed(work: Work) -> Response:
    """The viewer's folders; while one is being packed the page asks again by itself, without a script."""
    form = _form(work)
    if not request.args:
        form.period.data = Period.of("quarter", work.now.astimezone(SHANGHAI).date()).back().code
    folders = shown.mine(work.session, viewer())
    file = table_files.file(work, "打包下载", FOLDERS, folders)
    if file is not None:
        return file
    response = make_response(
        render_template(
            "reports/folders.html",
            form=form,
            folders=folders,
            inside=viewer().may(Permission.SEE_COVERT),
            days=FOLDER_DAYS,
        )
    )
    if any(folder.working for folder in folders):
        response.headers["Refresh"] = str(REFRESH_SECONDS)
    return response


@route(
    pages,
    "/reports/folders",
    methods=("POST",),
    needs=Permission.PACK_REPORTS,
    summary="Ask for a folder of reports",
)
def ask(work: Work) -> Any:
    """Ask for the reports that the form means; the worker signs what is missing and packs them."""
    folder = report_folders.ask(work, _form(work, sent=True).wanted())
    flash(show.say("已开始打包 {n} 份报告。", n=folder.total), "good")
    return redirect(url_for("report_folders.listed"))


@route(
    pages,
    "/reports/folders/<uuid:folder_id>.zip",
    needs=Permission.SEE_REPORTS,
    opens_work=False,
    summary="Download a folder of reports",
)
def download(office: Office, folder_id: UUID) -> Response:
    """The zip, piece by piece."""
    with office.work(viewer(), write=False) as work:
        folder = shown.ready(work.session, viewer(), folder_id)
        day, size = folder.asked_at.astimezone(SHANGHAI).date().isoformat(), folder.bytes
    response = Response(report_folders.chunks(office, folder_id), mimetype="application/zip")
    response.headers["Content-Disposition"] = f'attachment; filename="reports-{day}-{folder.edition}.zip"'
    response.headers["Content-Length"] = str(size)
    response.headers["Cache-Control"] = "private, no-cache"
    return response


def _form(work: Work, *, sent: bool = False) -> FolderForm:
    form = FolderForm(request.form if sent else request.args)
    form.branch.choices = [("", show.say("全部")), *shown.branches(work.session, viewer())]
    kinds = [*choices(words.KINDS, "全部")]
    if viewer().may(Permission.REPORT_PERIODS):
        kinds += [(kind.value, words.REPORT_KINDS[kind]) for kind in PERIODIC]
    form.kind.choices = [(code, show.say(name)) for code, name in kinds]
    editions = words.EDITIONS if viewer().may(Permission.SEE_COVERT) else {"outlet": words.EDITIONS["outlet"]}
    form.edition.choices = [(code, show.say(name)) for code, name in editions.items()]
    return form
