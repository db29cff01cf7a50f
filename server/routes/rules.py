"""The rule sets: versions part by part, two side by side, and the draft of the next with every value as a field."""

from __future__ import annotations

from datetime import date
from typing import Any
from uuid import UUID

from flask import Blueprint, Response, flash, g, redirect, render_template, request, url_for

from server.domain.access import Permission
from server.domain.draft_errors import WrongStandard
from server.domain.errors import NotFound, TooLarge
from server.domain.findings import Finding
from server.domain.rules import leaves
from server.domain.visit import SHANGHAI
from server.forms.fields import DraftStepForm
from server.forms.rules import values_of
from server.queries import rule_pages as shown
from server.routes import draft_steps, show
from server.routes.guard import route, viewer
from server.usecases import rule_files, rules
from server.usecases.rules import RULES
from server.usecases.work import Work

pages = Blueprint("rules", __name__)
DRAFT = "/rules/drafts/<uuid:draft_id>"


@route(pages, "/rules", needs=Permission.SEE_STANDARDS, summary="The rule sets")
def shelf(work: Work) -> str:
    """Every version, which one holds today, and the draft that waits."""
    found = shown.versions(work.session, viewer())
    return render_template(
        "rules/shelf.html",
        versions=found,
        now=shown.in_force(found, _today(work)),
        drafts=shown.rule_drafts(work.session, viewer()),
    )


@route(pages, "/rules/<int:version>", needs=Permission.SEE_STANDARDS, summary="One rule set")
def version(work: Work, version: int) -> str:
    """All its values, part by part."""
    found = shown.versions(work.session, viewer())
    one = _of(found, version)
    return render_template(
        "rules/version.html",
        one=one,
        versions=found,
        parts=shown.parts(one.written),
        holds=one == shown.in_force(found, _today(work)),
        ahead=one.valid_from > _today(work),
        codes=shown.CODES,
    )


@route(pages, "/rules/compare", needs=Permission.SEE_STANDARDS, summary="Two rule sets side by side")
def compare(work: Work) -> str:
    """Every value that differs; the two newest where the address names none."""
    found = shown.versions(work.session, viewer())
    if not found:
        raise NotFound()
    later = request.args.get("later", found[0].version, int)
    before_it = max((each.version for each in found if each.version < later), default=later)
    earlier = request.args.get("earlier", before_it, int)
    before, after = _of(found, earlier), _of(found, later)
    return render_template(
        "rules/compare.html",
        versions=found,
        before=before,
        after=after,
        changes=shown.differences(before.written, after.written),
        codes=shown.CODES,
    )


@route(pages, "/rules/<int:version>/file", needs=Permission.SEE_STANDARDS, summary="A rule set as YAML")
def file(work: Work, version: int) -> Response:
    """The rule set as the file that is kept in git."""
    one = _of(shown.versions(work.session, viewer()), version)
    return show.download(rule_files.write_file(one.written), f"rules-v{version}.yaml", rule_files.YAML)


@route(
    pages,
    "/rules/<int:version>/withdraw",
    methods=("POST",),
    needs=Permission.EDIT_STANDARDS,
    summary="Take back a rule set that does not hold yet",
)
def withdraw(work: Work, version: int) -> Any:
    """Before its first day a version can be taken back."""
    rules.withdraw(work, version, request.form.get("reason", ""))
    flash(show.say("第 {version} 版已撤回，不会生效。", version=version), "good")
    return redirect(url_for("rules.version", version=version))


@route(
    pages,
    "/rules/drafts",
    methods=("POST",),
    needs=Permission.EDIT_STANDARDS,
    summary="Begin the next rule set",
)
def begin(work: Work) -> Any:
    """A draft with the newest version's content."""
    draft = rules.begin(work)
    return redirect(url_for("rules.one", draft_id=draft.id))


@route(pages, DRAFT, needs=Permission.SEE_DRAFTS, summary="A draft of the rules")
def one(work: Work, draft_id: UUID) -> str:
    """Every value as a field, what differs, and who does what next."""
    return _page(work, draft_id, {}, ())


@route(
    pages,
    DRAFT,
    methods=("POST",),
    needs=Permission.EDIT_STANDARDS,
    summary="Save values of a draft",
)
def save(work: Work, draft_id: UUID) -> Any:
    """Save what was typed; what is wrong is told beside its field, and nothing is lost."""
    form = DraftStepForm(request.form).checked()
    draft = shown.draft(work.session, viewer(), draft_id)
    typed = values_of(request.form, leaves(shown.read(draft.written)))
    try:
        rules.change(work, draft_id, form.revision.data or 0, typed)
    except WrongStandard as wrong:
        return _page(work, draft_id, typed, wrong.findings), 422
    flash(show.say("已保存。"), "good")
    return redirect(url_for("rules.one", draft_id=draft_id))


@route(
    pages,
    f"{DRAFT}/import",
    methods=("POST",),
    needs=Permission.EDIT_STANDARDS,
    summary="Give a draft the content of a YAML file",
)
def import_file(work: Work, draft_id: UUID) -> Any:
    """Read a rule file whole; with any finding nothing is stored."""
    if (request.content_length or 0) > rule_files.MOST_BYTES:
        raise TooLarge(limit=rule_files.MOST_BYTES)
    form = DraftStepForm(request.form).checked()
    sent = request.files.get("file")
    data = sent.stream.read(rule_files.MOST_BYTES) if sent else b""
    name = (sent.filename or "")[-120:] if sent else ""
    written, findings = rule_files.read_file(data, name)
    if findings:
        return _page(work, draft_id, {}, tuple(findings)), 422
    rules.save(work, written, draft_id=draft_id, revision=form.revision.data)
    flash(show.say("已用文件替换草稿内容。"), "good")
    return redirect(url_for("rules.one", draft_id=draft_id))


@route(pages, f"{DRAFT}/file", needs=Permission.SEE_DRAFTS, summary="A draft of the rules as YAML")
def draft_file(work: Work, draft_id: UUID) -> Response:
    """The draft as a file to edit."""
    draft = shown.draft(work.session, viewer(), draft_id)
    return show.download(rule_files.write_file(draft.written), "rules-draft.yaml", rule_files.YAML)


@route(
    pages,
    f"{DRAFT}/{draft_steps.STEPS}",
    methods=("POST",),
    needs=Permission.EDIT_STANDARDS,
    summary="Take a draft of the rules a step further",
)
def step(work: Work, draft_id: UUID, step: str) -> Any:
    """Propose it, send it back, confirm it, or give it up."""
    version = draft_steps.take(work, RULES, draft_id, step)
    if version is not None:
        return redirect(url_for("rules.version", version=version))
    if step == "discard":
        return redirect(url_for("rules.shelf"))
    return redirect(url_for("rules.one", draft_id=draft_id))


def _page(work: Work, draft_id: UUID, typed: dict[str, Any], findings: tuple[Finding, ...]) -> str:
    draft = shown.draft(work.session, viewer(), draft_id)
    before = next(
        (each for each in shown.versions(work.session, viewer()) if each.version == draft.base), None
    )
    return render_template(
        "rules/draft.html",
        draft=draft,
        before=before,
        parts=shown.parts(draft.written),
        changes=shown.values_changed(before.written, draft.written) if before else [],
        typed=typed,
        places=_places(draft.written),
        findings=findings,
        mine=viewer().user_id in (str(draft.author_id), str(draft.proposed_by)),
        codes=shown.CODES,
        choices=shown.choices,
        language=g.language,
    )


def _places(written: dict[str, Any]) -> dict[str, str]:
    """The name of each value's place, and of all that lies above it, for findings that point there."""
    names: dict[str, str] = {}
    for leaf in leaves(shown.read(written)):
        steps = leaf.zh if g.language == "zh" else leaf.en
        pointer = leaf.pointer
        for depth in range(len(steps), 0, -1):
            names.setdefault(pointer, " · ".join(steps[:depth]))
            pointer = pointer.rpartition("/")[0]
    return names


def _of(versions: list[shown.Version], number: int) -> shown.Version:
    found = next((each for each in versions if each.version == number), None)
    if found is None:
        raise NotFound()
    return found


def _today(work: Work) -> date:
    return work.now.astimezone(SHANGHAI).date()
