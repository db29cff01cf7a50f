"""Appeals in the console: the list, one with standard and proof side by side, what the outlet says, answers, figures."""

from __future__ import annotations

from dataclasses import replace
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from flask import Blueprint, flash, g, redirect, render_template, request, url_for
from pydantic import ValidationError

from server.config import Limits
from server.domain.access import Permission
from server.domain.appeals import AnswerSent, AppealSent
from server.domain.errors import Fault, NotFound, Problem, ReasonMissing, WrongDocument
from server.forms.appeals import PROOFS, AgainForm, AnswerForm, AppealForm, FilterForm, value_of
from server.forms.fields import choices
from server.queries import appeal_desk as desk
from server.queries.appeal_figures import figures as figures_of
from server.queries.appeal_page import appeal_page
from server.queries.review import period, places_of
from server.queries.tables import appeals as tables
from server.routes import errors, review, show, table_files
from server.routes.guard import route, viewer
from server.usecases import appeal_answers, appeals, record_files
from server.usecases.work import Office, Work

pages = Blueprint("appeals", __name__)
TAB_NAMES = {
    "mine": "等我答复",
    "again": "可再申诉",
    "running": "进行中",
    "waiting": "待答复",
    "overdue": "超过期限",
    "last": "省公司答复",
    "receiving": "待补证明",
    "rejected": "维持原判",
    "upheld": "已改判",
}
COLUMNS = (("outlet", "网点"), ("item", "检查项"), ("made", "申诉时间"), ("state", "状态"), ("due", "期限"))


def _room(limits: Limits) -> int:
    return PROOFS * limits.photo_bytes + limits.document_bytes


@route(pages, "/appeals", needs=Permission.SEE_APPEALS, summary="The list of appeals")
def listed(work: Work) -> Any:
    """Appeals with state and limit, the overdue first; the address holds every choice, so that it can be shared."""
    who = viewer()
    form = _filter_form(work)
    filters = _filters(form)
    rows = table_files.every(
        lambda page, size: desk.listing(work.session, who, replace(filters, page=page), work.now, size=size)
    )
    file = table_files.file(work, "申诉", tables.appeals(g.language), rows)
    if file is not None:
        return file
    listing = desk.listing(work.session, who, filters, work.now)
    return render_template(
        "appeals/list.html",
        form=form,
        filters=filters,
        listing=listing,
        tabs=_tabs(listing.counts),
        columns=[(code, show.say(name)) for code, name in COLUMNS],
        link=_link(filters),
        answers=who.may(Permission.ANSWER_APPEALS),
    )


@route(
    pages,
    "/appeals/next",
    methods=("POST",),
    needs=Permission.ANSWER_APPEALS,
    summary="The next appeal to answer",
)
def take_next(work: Work) -> Any:
    """Open the appeal that this person should answer next."""
    return _onward(work, show.say("没有等您答复的申诉了。"))


@route(
    pages,
    "/appeals/figures",
    needs=Permission.SEE_AGREEMENT,
    summary="How often which item is overturned, and whose judgements",
)
def figures(work: Work) -> Any:
    """By item and by first reviewer, of the appeals that were made in a period."""
    asked = request.args.get("period", "").strip()
    span = period(asked)
    found = figures_of(work.session, viewer(), span)
    columns, rows = {
        "reviewers": (tables.REVIEWERS, found.reviewers),
        "deciders": (tables.DECIDERS, found.deciders),
    }.get(request.args.get("table", ""), (tables.items(g.language), found.items))
    file = table_files.file(work, "申诉统计", columns, rows, asked if span else "")
    if file is not None:
        return file
    return render_template(
        "appeals/figures.html",
        figures=found,
        period=asked if span else "",
    )


@route(pages, "/appeals/<uuid:appeal_id>", needs=Permission.SEE_APPEALS, summary="One appeal")
def one(work: Work, appeal_id: UUID) -> str:
    """Standard, answer and photographs beside ground and proof; and the answer, for whoever may give it."""
    return _page(work, appeal_id)


@route(
    pages,
    "/visits/<uuid:page_id>/acknowledge",
    methods=("POST",),
    needs=Permission.APPEAL,
    summary="Agree with the result of a visit",
)
def acknowledge(work: Work, page_id: UUID) -> Any:
    """The outlet agrees with the result."""
    appeals.acknowledge(work, page_id)
    flash(show.say("已确认结果。"), "good")
    return redirect(url_for("review.one", visit_id=page_id))


@route(
    pages,
    "/visits/<uuid:page_id>/appeals",
    methods=("POST",),
    needs=Permission.APPEAL,
    opens_work=False,
    form_bytes=_room,
    summary="Appeal against the judgement of one item",
)
def make(office: Office, page_id: UUID) -> Any:
    """Take an appeal with its proof; what cannot be one comes back at its item with what was typed."""
    form = AppealForm(request.form)
    try:
        form.checked()
        with office.work(viewer()) as work:
            files = _proofs(work, form.id())
            sent = _sent(
                visit_id=str(page_id), item=form.item.data, turn=1, ground=form.ground.data or "", files=files
            )
            appeals.save(work, form.id(), sent, only_new=True)
    except NotFound:
        raise
    except Problem as problem:
        typed = {"item": form.item.data or "", "ground": form.ground.data or "", "said": _said(problem)}
        with office.work(viewer(), write=False) as work:
            return review.page_with(work, page_id, typed), errors.TABLE[type(problem)][0]
    flash(show.say("申诉已提交，答复期限见下。"), "good")
    return redirect(url_for("appeals.one", appeal_id=form.id()))


@route(
    pages,
    "/appeals/<uuid:appeal_id>/again",
    methods=("POST",),
    needs=Permission.APPEAL,
    opens_work=False,
    form_bytes=_room,
    summary="Ask a second time, or send the missing proof",
)
def again(office: Office, appeal_id: UUID) -> Any:
    """Ask a rejected appeal a second time; of one whose proof has not come, send ground and proof again."""
    form = AgainForm(request.form)
    try:
        form.checked()
        with office.work(viewer()) as work:
            page = appeal_page(work.session, viewer(), appeal_id, work.now, g.language, show.say)
            appeals.may_attach(work, appeal_id)
            sent = _sent(
                visit_id=page.appeal.visit_id,
                item=page.appeal.item,
                turn=form.turn.data,
                ground=form.ground.data or "",
                files=_proofs(work, appeal_id),
            )
            appeals.save(work, appeal_id, sent, if_match={form.etag.data})
    except NotFound:
        raise
    except Problem as problem:
        with office.work(viewer(), write=False) as work:
            shown = _page(work, appeal_id, said=_said(problem), ground=form.ground.data or "")
            return shown, errors.TABLE[type(problem)][0]
    flash(show.say("申诉已提交，答复期限见下。"), "good")
    return redirect(url_for("appeals.one", appeal_id=appeal_id))


@route(
    pages,
    "/appeals/<uuid:appeal_id>/answer",
    methods=("POST",),
    needs=Permission.ANSWER_APPEALS,
    summary="Answer an appeal",
)
def answer(work: Work, appeal_id: UUID) -> Any:
    """Reject it, or uphold it with the answer that is right; then on to the next."""
    form = AnswerForm(request.form).checked()
    page = appeal_page(work.session, viewer(), appeal_id, work.now, g.language, show.say)
    upheld = form.decision.data == "uphold"
    try:
        given = AnswerSent.model_validate(
            {
                "turn": form.turn.data,
                "decision": form.decision.data,
                "why": form.why.data or "",
                "value": value_of(page.was.item["kind"], request.form) if upheld else None,
            }
        )
    except ValidationError:
        raise WrongDocument(faults=(Fault("/value", "内容不对。"),)) from None
    appeal_answers.answer(work, appeal_id, given)
    said = (
        show.say("已改判，得分已重新计算，新报告正在生成。")
        if upheld
        else show.say("已维持原判，网点会看到理由。")
    )
    flash(said, "good")
    return redirect(url_for("appeals.one", appeal_id=appeal_id))


def _page(work: Work, appeal_id: UUID, *, said: str = "", ground: str | None = None) -> str:
    """The page of an appeal; `said` is why what was sent could not be taken, `ground` what was typed."""
    who = viewer()
    page = appeal_page(work.session, who, appeal_id, work.now, g.language, show.say)
    before, behind = None, None
    if who.may(Permission.ANSWER_APPEALS):
        before, behind = desk.neighbours(work.session, who, appeal_id)
    return render_template(
        "appeals/appeal.html",
        page=page,
        seen=page.appeal,
        proofs=PROOFS,
        before=before,
        behind=behind,
        said=said,
        ground=ground,
    )


def _said(problem: Problem) -> str:
    """Why an appeal cannot be taken, in words."""
    if isinstance(problem, ReasonMissing):
        return show.say("请写明理由。")
    if isinstance(problem, WrongDocument):
        return show.say("；").join(dict.fromkeys(map(errors.fault_text, problem.faults)))
    return errors.problem_text(problem)


def _onward(work: Work, nothing: str) -> Any:
    found = desk.next_for(work.session, viewer())
    if found is None:
        flash(nothing, "good")
        return redirect(url_for("appeals.listed"))
    return redirect(url_for("appeals.one", appeal_id=found))


def _proofs(work: Work, appeal_id: UUID) -> list[dict[str, Any]]:
    """Keep the files that came with the form, at most so many, and name them; an empty field is no file."""
    sent = [file for file in request.files.getlist("proof") if file.filename]
    if len(sent) > PROOFS:
        raise WrongDocument(faults=(Fault("/proof", "too_long", {"max_length": PROOFS}),))
    kept = [
        record_files.keep(work, "appeal", appeal_id, file.stream.read(), file.filename or "") for file in sent
    ]
    return [{"sha256": file.sha256, "bytes": file.bytes, "type": file.type} for file in kept]


def _sent(**given: Any) -> AppealSent:
    try:
        return AppealSent.model_validate(given)
    except ValidationError:
        raise WrongDocument(faults=(Fault("", "内容不对。"),)) from None


def _filter_form(work: Work) -> FilterForm:
    """The filters as the address holds them; what cannot be is left out rather than refused."""
    given = {name: request.args.get(name, "") for name in ("state", "branch")}
    form = FilterForm(request.args)
    everything = show.say("全部")
    form.state.choices = choices({code: show.say(name) for code, name in TAB_NAMES.items()}, everything)
    form.branch.choices = [("", everything), *places_of(work.session, viewer(), given["branch"])]
    for name, value in given.items():
        if value not in dict(form[name].choices):
            form[name].data = ""
    return form


def _filters(form: FilterForm) -> desk.Filters:
    page = form.page.data
    return desk.Filters(
        state=form.state.data or "",
        branch=form.branch.data or "",
        answered=form.answered.data if form.answered.validate(form) else "",
        search=(form.search.data or "").strip()[:60],
        sort=form.sort.data or "",
        page=page if isinstance(page, int) and 0 < page <= 100_000 else 1,
    )


def _tabs(counts: dict[str, int]) -> list[tuple[str, str, int | None]]:
    who = viewer()
    shown = [tab for tab in TAB_NAMES if tab in counts]
    if not who.may(Permission.APPEAL) and not who.may(Permission.ANSWER_APPEALS):
        shown.remove("receiving")
    return [("", show.say("全部"), None), *((tab, show.say(TAB_NAMES[tab]), counts[tab]) for tab in shown)]


def _link(filters: desk.Filters) -> Any:
    """A function that gives the list's address with some choices changed; a change goes back to page one."""

    def link(**changed: Any) -> str:
        chosen = {name: getattr(filters, name) for name in filters.__slots__}
        chosen |= {"page": 1, **changed}
        kept = {name: value for name, value in chosen.items() if value and (name, value) != ("page", 1)}
        return url_for("appeals.listed") + ("?" + urlencode(kept) if kept else "")

    return link
