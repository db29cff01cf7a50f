"""Drafts of checklists: a dry run of a file, the draft beside the version before, and the way to publication."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask import Blueprint, Response, flash, g, redirect, render_template, request, url_for

from server.domain.access import Permission
from server.domain.errors import NotFound, TooLarge
from server.forms.checklists import DraftForm, StoreForm, meanings_of
from server.queries import checklist_pages as shown
from server.routes import draft_steps, show
from server.routes.guard import route, viewer
from server.usecases import checklist_files, checklists
from server.usecases.checklists import CHECKLISTS
from server.usecases.work import Work

pages = Blueprint("checklist_drafts", __name__)
DRAFT = "/checklists/drafts/<uuid:draft_id>"


@route(
    pages,
    "/checklists/import",
    methods=("GET", "POST"),
    needs=Permission.EDIT_STANDARDS,
    writes=False,
    summary="Try a file",
)
def try_file(work: Work) -> Any:
    """Read a workbook, an XLSForm or YAML and tell everything about it; nothing is stored here."""
    if request.method == "GET":
        return render_template("checklists/import.html", draft=_asked(work), read=None)
    if (request.content_length or 0) > checklist_files.MOST_BYTES:
        raise TooLarge(limit=checklist_files.MOST_BYTES)
    sent = request.files.get("file")
    data = sent.stream.read(checklist_files.MOST_BYTES) if sent else b""
    if not data:
        flash(show.say("文件是空的。" if sent and sent.filename else "请先选择文件。"), "warn")
        return redirect(request.full_path.rstrip("?"))
    name = (sent.filename or "")[-120:] if sent else ""
    read = checklist_files.read_file(data, name)
    trial: dict[str, Any] = {"before": None, "comparison": None, "content": "", "findings": read.findings}
    if read.draft is not None and read.written is not None and not read.findings:
        later, broken = checklists.as_next(work, read.written, read.declared)
        found = shown.shelf(work.session, viewer()).checklists.get(read.draft.checklist.id)
        before = found[0] if found else None
        trial |= {
            "before": before,
            "findings": [read.placed(each) for each in broken],
            "comparison": shown.comparison(before.written, later) if before and not broken else None,
            "content": "" if broken else checklist_files.packed(read),
            "later": later,
            "older": before is not None and read.draft.checklist.version < before.version,
        }
    return render_template("checklists/import.html", draft=_asked(work), read=read, name=name, **trial)


@route(
    pages,
    "/checklists/drafts",
    methods=("POST",),
    needs=Permission.EDIT_STANDARDS,
    summary="Store what was tried",
)
def store(work: Work) -> Any:
    """Begin a draft with the content of a clean dry run, or give an open draft that content."""
    form = StoreForm(request.form).checked()
    written, declared = checklist_files.unpacked(form.content.data or "")
    try:
        draft_id = form.draft_id()
    except ValueError:
        raise NotFound() from None
    draft = checklists.save(work, written, draft_id=draft_id, revision=form.revision.data)
    if declared:
        draft = checklists.say_meanings(work, draft.id, draft.revision, declared, checklists.note_of(draft))
    flash(show.say("已存为草稿，还没有发布。"), "good")
    return redirect(url_for("checklist_drafts.one", draft_id=draft.id))


@route(pages, DRAFT, needs=Permission.SEE_DRAFTS, summary="A draft beside the version before")
def one(work: Work, draft_id: UUID) -> str:
    """What changes, what its author has still to say, and who does what next."""
    draft = shown.draft(work.session, viewer(), draft_id)
    before = _before(work, draft)
    return render_template(
        "checklists/draft.html",
        draft=draft,
        before=before,
        newest=shown.newest(work.session, viewer(), draft.name),
        written=draft.written,
        earlier=before.written if before else None,
        comparison=shown.comparison(before.written, draft.written) if before else None,
        unready=shown.unready(before.written if before else None, draft.written),
        mine=viewer().user_id in (str(draft.author_id), str(draft.proposed_by)),
    )


@route(pages, f"{DRAFT}/preview", needs=Permission.SEE_DRAFTS, summary="A draft as on the phone")
def preview(work: Work, draft_id: UUID) -> str:
    """The phone's own code with sample answers and the live score."""
    draft = shown.draft(work.session, viewer(), draft_id)
    return render_template(
        "checklists/preview.html",
        title=draft.written["title"][g.language],
        data=checklist_files.preview(draft.written, g.language),
        back=url_for("checklist_drafts.one", draft_id=draft_id),
    )


@route(pages, f"{DRAFT}/file/<form>", needs=Permission.SEE_DRAFTS, summary="A draft as a file")
def file(work: Work, draft_id: UUID, form: str) -> Response:
    """A draft as an Excel workbook, an XLSForm or YAML."""
    if form not in checklist_files.FORMS:
        raise NotFound()
    draft = shown.draft(work.session, viewer(), draft_id)
    earlier = shown.shelf(work.session, viewer()).checklists.get(draft.name, [])
    content = checklist_files.write_file(form, draft.written, g.language, shown.history(earlier))
    ending, media = checklist_files.FORMS[form]
    return show.download(content, f"{draft.name}-draft.{ending}", media)


@route(
    pages,
    f"{DRAFT}/meanings",
    methods=("POST",),
    needs=Permission.EDIT_STANDARDS,
    summary="Say what changed items mean",
)
def say_meanings(work: Work, draft_id: UUID) -> Any:
    """What the author says of each changed item, and why the version is made."""
    form = DraftForm(request.form).checked()
    meanings = meanings_of(request.form)
    if form.rest.data:
        meanings = {**dict.fromkeys(_undeclared(work, draft_id), "same"), **meanings}
    checklists.say_meanings(work, draft_id, form.revision.data or 0, meanings, form.note.data or "")
    flash(show.say("已保存说明。"), "good")
    return redirect(url_for("checklist_drafts.one", draft_id=draft_id))


@route(
    pages,
    f"{DRAFT}/{draft_steps.STEPS}",
    methods=("POST",),
    needs=Permission.EDIT_STANDARDS,
    summary="Take a draft a step further",
)
def step(work: Work, draft_id: UUID, step: str) -> Any:
    """Propose it, send it back, confirm it, or give it up."""
    version = draft_steps.take(work, CHECKLISTS, draft_id, step)
    if version is not None:
        name = shown.draft(work.session, viewer(), draft_id).name
        return redirect(url_for("checklists.version", name=name, version=version))
    if step == "discard":
        return redirect(url_for("checklists.shelf"))
    return redirect(url_for("checklist_drafts.one", draft_id=draft_id))


def _undeclared(work: Work, draft_id: UUID) -> list[str]:
    """The changed items of a draft of which nothing was said yet, but those that are answered in another way."""
    draft = shown.draft(work.session, viewer(), draft_id)
    before = _before(work, draft)
    found = shown.comparison(before.written, draft.written).undeclared if before else ()
    return [each.now for each in found if each.now and "kind" not in {part.key for part in each.parts}]


def _asked(work: Work) -> shown.DraftPage | None:
    """The draft that the address names, whose content the file is to replace."""
    asked = request.args.get("draft", "")
    if not asked:
        return None
    try:
        return shown.draft(work.session, viewer(), UUID(asked))
    except ValueError:
        raise NotFound() from None


def _before(work: Work, draft: shown.DraftPage) -> shown.Version | None:
    if draft.base is None:
        return None
    versions = shown.versions(work.session, viewer(), draft.name)
    return next((each for each in versions if each.version == draft.base), None)
