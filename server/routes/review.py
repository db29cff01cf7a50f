"""The review desk: the list of visits, a visit beside its standard, and the decisions about it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any
from urllib.parse import urlencode
from uuid import UUID, uuid4

from flask import Blueprint, flash, g, redirect, render_template, request, url_for

from server.domain.access import Permission, Role
from server.domain.errors import Fault, NotFound, WrongDocument
from server.domain.review import return_due_problem
from server.domain.visit import VisitState
from server.forms.appeals import PROOFS
from server.forms.fields import choices
from server.forms.review import DecisionForm, FilterForm, reasons_of, verdicts_of
from server.queries import action_desk, retention, review_queue, visit_compare, words
from server.queries import review as desk
from server.queries.appeal_page import outlet_says
from server.queries.calendars import calendars_of
from server.queries.tables.visits import visits
from server.queries.visit_page import VisitPage, visit_page
from server.routes import show, table_files
from server.routes.errors import problem_text
from server.routes.guard import route, viewer
from server.usecases import review, voiding
from server.usecases.work import Work

pages = Blueprint("review", __name__)


@route(pages, "/visits", needs=Permission.SEE_VISITS, summary="The list of visits")
def listed(work: Work) -> Any:
    """Visits with state and flags; the address holds every choice, so that it can be shared."""
    who = viewer()
    form = _filter_form(work)
    filters = _filters(form)
    inside, scores = who.may(Permission.SEE_COVERT), who.role is not Role.SHOPPER
    rows = table_files.every(
        lambda page, size: desk.listing(work.session, who, replace(filters, page=page), work.now, size=size)
    )
    file = table_files.file(work, "检查", visits(inside=inside, scores=scores), rows, filters.period)
    if file is not None:
        return file
    listing = desk.listing(work.session, who, filters, work.now)
    columns = _columns(inside, scores=scores)
    return render_template(
        "review/list.html",
        form=form,
        filters=filters,
        listing=listing,
        columns=columns,
        tabs=_tabs(listing.counts, reviews=who.may(Permission.REVIEW)),
        link=_link(filters),
        reviews=who.may(Permission.REVIEW),
        inside=inside,
    )


@route(
    pages,
    "/visits/next",
    methods=("POST",),
    needs=Permission.REVIEW,
    summary="Take the next visit in the queue",
)
def take_next(work: Work) -> Any:
    """Open the next visit that waits for this reviewer."""
    after = request.form.get("after", "")
    found = review_queue.next_in_queue(work.session, viewer(), work.now, _uuid(after) if after else None)
    if found is None:
        flash(show.say("没有等您审核的检查了。"), "good")
        return redirect(url_for("review.listed", state="waiting"))
    review.open_(work, found)
    return redirect(url_for("review.one", visit_id=found))


@route(pages, "/visits/<uuid:visit_id>", needs=Permission.SEE_VISITS, summary="One visit beside its standard")
def one(work: Work, visit_id: UUID) -> Any:
    """Answers beside the standard's words, photos, timers, position, flags, history, and the decision.

    An earlier id of the page, from a notice or a bookmark, leads to the present one.
    """
    page = visit_page(work.session, viewer(), visit_id, work.now, g.language, show.say)
    if page.stands_at != visit_id:
        return redirect(url_for("review.one", visit_id=page.stands_at))
    return _page(work, page, DecisionForm())


@route(
    pages,
    "/visits/<uuid:visit_id>/open",
    methods=("POST",),
    needs=Permission.REVIEW,
    summary="Take into review",
)
def open_one(work: Work, visit_id: UUID) -> Any:
    """Say that this reviewer has it."""
    review.open_(work, visit_id)
    return redirect(url_for("review.one", visit_id=visit_id))


@route(pages, "/visits/<uuid:visit_id>/decide", methods=("POST",), needs=Permission.REVIEW, summary="Decide")
def decide(work: Work, visit_id: UUID) -> Any:
    """Accept, return with reasons per item, or void; then on to the next in the queue.

    What is missing or wrong is said beside its field, and voiding is asked once more, on the page with all that was typed.
    """
    form = DecisionForm(request.form)
    form.validate()
    wrong = {name: show.say("日期不对。" if name == "due" else "内容不对。") for name in form.errors}
    reasons, decision = reasons_of(request.form), form.decision.data
    due = None if wrong else form.due_instant()
    if decision == "return" and due is not None and (problem := return_due_problem(due, work.now)):
        wrong["due"] = problem_text(problem)
    if decision in ("return", "void") and not reasons:
        wrong["whole"] = show.say("退回或作废要写明理由。")
    asks = decision == "void" and not form.confirmed.data
    if wrong or asks:
        page = visit_page(work.session, viewer(), visit_id, work.now, g.language, show.say)
        seen = (form.revision.data, form.round.data or page.may.round)
        if page.may.decide and seen == (page.revision, page.may.round):
            return _page(work, page, form, wrong=wrong, confirm=asks and not wrong), 422 if wrong else 200
        if wrong:
            raise WrongDocument(faults=tuple(Fault(f"/{name}", "内容不对。") for name in wrong))
    visit = review.decide(
        work,
        visit_id,
        form.revision.data or 0,
        decision,  # type: ignore[arg-type]
        reasons,
        verdicts_of(request.form),
        due if decision == "return" else None,
        form.note.data or "",
        form.round.data,
    )
    flash(show.say(DONE[visit.state]), "good")
    work.session.flush()
    following = review_queue.next_in_queue(work.session, viewer(), work.now, visit_id)
    if following is None:
        return redirect(url_for("review.one", visit_id=visit_id))
    return redirect(url_for("review.one", visit_id=following))


@route(
    pages,
    "/visits/<uuid:visit_id>/void",
    methods=("POST",),
    needs=Permission.VOID,
    summary="Void an accepted visit",
)
def void_accepted(work: Work, visit_id: UUID) -> Any:
    """Take an accepted or published visit out of everything that counts."""
    revision = request.form.get("revision", "")
    number = int(revision) if revision.isascii() and revision.isdigit() else 0
    voiding.void_accepted(work, visit_id, number, request.form.get("whole", ""))
    flash(show.say("已作废，不再计入任何统计；任务已退回待安排。"), "good")
    return redirect(url_for("review.one", visit_id=visit_id))


@route(
    pages,
    "/visits/<uuid:visit_id>/publish",
    methods=("POST",),
    needs=Permission.PUBLISH,
    summary="Publish a visit",
)
def publish(work: Work, visit_id: UUID) -> Any:
    """Show an accepted visit to its outlet."""
    review.publish(work, visit_id)
    flash(show.say("已发布给网点，网点版报告正在生成。"), "good")
    return redirect(url_for("review.one", visit_id=visit_id))


MINE = {"first": "等我初审", "second": "等我复审", "dispute": "等我裁定"}
DONE = {
    VisitState.ACCEPTED: "已通过，报告正在生成。",
    VisitState.RETURNED: "已退回，检查人会在手机上看到理由。",
    VisitState.VOID: "已作废，任务已退回待安排。",
    VisitState.SECOND_REVIEW: "已记下您的意见，这份检查还要由另一个人决定。",
}


def page_with(work: Work, page_id: UUID, appealed: dict[str, str]) -> str:
    """The page of a visit with an appeal that could not be taken: its item, its ground, and why as `said`. Raises NotFound."""
    page = visit_page(work.session, viewer(), page_id, work.now, g.language, show.say)
    return _page(work, page, DecisionForm(), appealed=appealed)


def _page(
    work: Work,
    page: VisitPage,
    form: DecisionForm,
    *,
    wrong: dict[str, str] | None = None,
    confirm: bool = False,
    appealed: dict[str, str] | None = None,
) -> str:
    """The page with what was typed: `wrong` says what of it cannot be, `confirm` asks whether to void the visit."""
    who = viewer()
    failed = [one for part in page.parts for one in part.items if one.result == "failed"]
    failed.sort(key=lambda one: not one.grave)
    before, behind = None, None
    if page.inside and who.may(Permission.REVIEW):
        before, behind = review_queue.neighbours(work.session, who, work.now, page.id)
    return render_template(
        "review/visit.html",
        page=page,
        form=form,
        typed=request.form,
        wrong=wrong or {},
        confirm=confirm,
        appealed=appealed,
        failed=failed,
        flags_by_item=_flags_by_item(page.flags),
        since=visit_compare.since_return(work.session, page, g.language, show.say) if page.inside else None,
        beside=visit_compare.beside(work.session, who, page) if page.inside else {},
        expired=retention.expired(work.session, UUID(page.document.id)),
        before=before,
        behind=behind,
        sketch=show.sketch(page.points, page.rules.evidence.off_site_m),
        time_line=show.time_line(page.started_at, page.left_at, page.timers),
        actions=action_desk.of_visit(work.session, who, UUID(page.document.id), work.now),
        reviews=who.may(Permission.REVIEW),
        says=outlet_says(work.session, who, page, work.now, calendars_of(work.settings)),
        proofs=PROOFS,
        new_id=uuid4,
        photos=sum(len(one.files) for part in page.parts for one in part.items),
        reason_prefix="reason-",
        differs_prefix="differs-",
    )


def _flags_by_item(flags: list[dict[str, Any]]) -> dict[str, list[dict[str, Any]]]:
    """The flags beside their items; what was changed after the end is told at each item that was."""
    by_item: dict[str, list[dict[str, Any]]] = {}
    for flag in flags:
        for item in [flag["item"]] if flag["item"] else flag["facts"].get("items", ()):
            by_item.setdefault(item, []).append(flag)
    return by_item


def _filter_form(work: Work) -> FilterForm:
    """The filters as the address holds them; what cannot be is left out rather than refused."""
    given = {name: request.args.get(name, "") for name in ("state", "kind", "branch", "flags")}
    who = viewer()
    form = FilterForm(request.args)
    everything = show.say("全部")
    states = (
        ["waiting", *(desk.MINE if who.may(Permission.REVIEW) else ()), *words.STATES]
        if who.may(Permission.SEE_COVERT)
        else ["accepted", "published", "final"]
    )
    names = {
        "waiting": show.say("等待审核"),
        **{code: show.say(text) for code, text in MINE.items()},
        **{code: show.say(text) for code, text in words.STATES.items()},
    }
    form.state.choices = choices(names, everything, states)
    form.kind.choices = choices({code: show.say(text) for code, text in words.KINDS.items()}, everything)
    form.branch.choices = [("", everything), *desk.branches_of(work.session, who)]
    flags = {code: show.say(name) for code, (name, _) in words.FLAGS.items()}
    form.flags.choices = choices({"any": show.say("有提示"), "none": show.say("无提示"), **flags}, everything)
    for name, value in given.items():
        field = form[name]
        if value not in dict(field.choices):
            field.data = ""
    if form.period.data and desk.period(form.period.data) is None:
        form.period.data = ""
    return form


def _filters(form: FilterForm) -> desk.Filters:
    page = form.page.data
    return desk.Filters(
        state=form.state.data or "",
        kind=form.kind.data or "",
        branch=form.branch.data or "",
        period=form.period.data or "",
        flags=form.flags.data or "",
        search=(form.search.data or "").strip()[:60],
        sort=form.sort.data or "",
        page=page if isinstance(page, int) and 0 < page <= 100_000 else 1,
    )


def _link(filters: desk.Filters) -> Any:
    """A function that gives the list's address with some choices changed; a change goes back to page one."""

    def link(**changed: Any) -> str:
        chosen = {name: getattr(filters, name) for name in filters.__slots__}
        chosen |= {"page": 1, **changed}
        kept = {name: value for name, value in chosen.items() if value and (name, value) != ("page", 1)}
        return url_for("review.listed") + ("?" + urlencode(kept) if kept else "")

    return link


def _tabs(counts: dict[str, int], *, reviews: bool) -> list[tuple[str, str, int | None]]:
    shown = ["waiting", *desk.MINE, "returned", "accepted", "published", "void"] if reviews else []
    if not viewer().may(Permission.DECIDE_DISPUTE) and reviews:
        shown.remove("dispute")
    names = {"waiting": "等待审核", **MINE, **words.STATES}
    tabs = [("", show.say("全部"), None)]
    tabs += [(code, show.say(names[code]), counts.get(code, 0)) for code in shown]
    if not reviews:
        tabs += [(code, show.say(names[code]), n) for code, n in counts.items() if code in words.STATES]
    return tabs


def _columns(inside: bool, *, scores: bool) -> list[tuple[str, str]]:
    columns = [("outlet", "网点"), ("kind", "类型"), ("date", "检查日期"), ("state", "状态")]
    if scores:
        columns.append(("score", "得分"))
    if inside:
        columns.append(("", "提示"))
    return [(code, show.say(name)) for code, name in columns]


def _uuid(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise NotFound() from None
