"""Decisions in the console: the board with each proposal's evidence, one with its history, and every step of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from typing import Any
from urllib.parse import urlencode
from uuid import UUID, uuid4

from flask import Blueprint, flash, g, make_response, redirect, render_template, request, url_for

from server.domain.access import Permission
from server.domain.deciding import CLASSES, FROM_A_FIRST, DecisionKind, possible_day
from server.domain.errors import NotFound, Problem
from server.domain.visit import SHANGHAI
from server.forms.decisions import ApproveForm, FilterForm, HandForm, RefusalForm
from server.forms.fields import choices
from server.queries import decision_grounds, decision_words, decisions, outlets
from server.queries.review import branches_of
from server.queries.tables.outlets import DECISIONS
from server.routes import errors, show, table_files
from server.routes.guard import route, viewer
from server.usecases import decision_proposals
from server.usecases import decisions as deciding
from server.usecases.work import Office, Work

pages = Blueprint("decisions", __name__)
NAMES = {
    "waiting": "等您决定",
    "held": "暂缓中",
    "approved": "待生效",
    "effective": "已生效",
    "given": "已发放",
    "rejected": "已否决",
    "withdrawn": "已撤回",
    "all": "全部",
}
_TOLD = ("approved", "effective", "given", "withdrawn", "all")
"""The tabs of those who see only what was decided."""
USUAL_DAYS = 7
"""So many days after the approval a decision takes effect unless another day is chosen; what begins with a month, with the next."""
_DONE = {"hold": "已暂缓。", "reject": "已否决。", "withdraw": "已撤回。", "give": "已记为发放。"}


@route(pages, "/decisions", needs=Permission.SEE_DECISIONS, summary="The board of decisions")
def listed(work: Work) -> Any:
    """Proposals with their evidence, and what became of them; the address holds every choice."""
    who = viewer()
    form = _filter_form(work)
    filters = _filters(form)
    proposes = who.may(Permission.PROPOSE_DECISIONS)
    rows = table_files.every(
        lambda page, size: decisions.listing(work.session, who, replace(filters, page=page), size=size)
    )
    file = table_files.file(work, "升降级", DECISIONS, rows)
    if file is not None:
        return file
    listing = decisions.listing(work.session, who, filters)
    tabs = {code: name for code, name in NAMES.items() if proposes or _inside() or code in _TOLD}
    return render_template(
        "decisions/list.html",
        form=form,
        filters=filters,
        listing=listing,
        link=_link(filters),
        tabs=[(code, _tab_name(code, name), listing.counts.get(code)) for code, name in tabs.items()],
        columns=[
            (code, show.say(name))
            for code, name in (
                ("outlet", "网点"),
                ("kind", "决定"),
                ("period", "依据的周期"),
                ("state", "状态"),
                ("effective", "生效日期"),
            )
        ],
        proposes=proposes,
        decides=who.may(Permission.DECIDE),
        **_words(),
    )


@route(
    pages,
    "/decisions/seek",
    methods=("POST",),
    needs=Permission.DECIDE,
    opens_work=False,
    summary="Look for proposals in what was published",
)
def seek(office: Office) -> Any:
    """What the worker does every hour, at once."""
    new = decision_proposals.seek(office)
    flash(show.say("新的建议 {n} 项。", n=new), "good")
    return redirect(url_for(".listed"))


@route(pages, "/decisions/new", needs=Permission.PROPOSE_DECISIONS, summary="Propose a decision by hand")
def new(work: Work) -> str:
    """The form; the address may name the outlet by its code."""
    form = HandForm(data={"id": str(uuid4()), "outlet": request.args.get("outlet", "")[:40]})
    return render_template("decisions/new.html", form=form, said=None, classes=CLASSES, **_words())


@route(
    pages,
    "/decisions/new",
    methods=("POST",),
    needs=Permission.PROPOSE_DECISIONS,
    opens_work=False,
    summary="Propose it",
)
def make(office: Office) -> Any:
    """Propose it, and go to its page; what cannot be proposed comes back with what was typed."""
    form = HandForm(request.form)
    try:
        form.checked()
        with office.work(viewer()) as work:
            place = outlets.by_code(work.session, viewer(), form.outlet.data or "")
            made = deciding.propose_by_hand(
                work,
                _uuid(form.id.data or ""),
                place,
                DecisionKind(form.kind.data),
                form.why.data or "",
                form.wish.data or "",
            ).id
    except Problem as problem:
        page = render_template(
            "decisions/new.html", form=form, said=_sentence(problem), classes=CLASSES, **_words()
        )
        return make_response(page, errors.TABLE[type(problem)][0])
    flash(show.say("建议已提出，等另一个人决定。"), "good")
    return redirect(url_for(".one", decision_id=made))


@route(pages, "/decisions/<uuid:decision_id>", needs=Permission.SEE_DECISIONS, summary="One decision")
def one(work: Work, decision_id: UUID) -> str:
    """What is proposed, on what evidence, what was decided, its letters and history."""
    return _page(work, decision_id)


@route(
    pages,
    "/decisions/<uuid:decision_id>/approve",
    methods=("POST",),
    needs=Permission.DECIDE,
    opens_work=False,
    summary="Approve a decision",
)
def approve(office: Office, decision_id: UUID) -> Any:
    """Approve it from a day on."""
    form = ApproveForm(request.form)

    def step(work: Work) -> str:
        form.checked()
        deciding.approve(
            work, decision_id, form.seen.data or "", form.effective_on.data, form.reason.data or ""
        )
        return "已批准，决定书正在签发。"

    return _stepped(office, decision_id, step, approve=form.reason.data or "")


@route(
    pages,
    "/decisions/<uuid:decision_id>/refuse",
    methods=("POST",),
    needs=Permission.PROPOSE_DECISIONS,
    opens_work=False,
    summary="Hold, refuse or withdraw a decision, or note that it was given",
)
def refuse(office: Office, decision_id: UUID) -> Any:
    """Each of them with a reason, or with what was given."""
    form = RefusalForm(request.form)
    steps = {
        "hold": deciding.hold,
        "reject": deciding.reject,
        "withdraw": deciding.withdraw,
        "give": deciding.give,
    }

    def step(work: Work) -> str:
        form.checked()
        name = form.step.data or ""
        steps[name](work, decision_id, form.seen.data or "", form.reason.data or "")
        return _DONE[name]

    return _stepped(office, decision_id, step, **{form.step.data or "hold": form.reason.data or ""})


def _tab_name(code: str, name: str) -> str:
    return show.say("待决定" if code == "waiting" and not viewer().may(Permission.DECIDE) else name)


def _inside() -> bool:
    return viewer().may(Permission.SEE_COVERT)


def _stepped(office: Office, decision_id: UUID, step: Callable[[Work], str], **typed: str) -> Any:
    """Do a step and show the decision; where it cannot be done, the decision as it is now with what was typed."""
    try:
        with office.work(viewer()) as work:
            done = step(work)
    except NotFound:
        raise
    except Problem as problem:
        with office.work(viewer(), write=False) as work:
            page = _page(work, decision_id, said=_sentence(problem), **typed)
        return make_response(page, errors.TABLE[type(problem)][0])
    flash(show.say(done), "good")
    return redirect(url_for(".one", decision_id=decision_id))


def _page(work: Work, decision_id: UUID, *, said: str | None = None, **typed: str) -> str:
    today: date = work.now.astimezone(SHANGHAI).date()
    page = decisions.decision_page(work.session, viewer(), decision_id)
    kind = page.decision.kind
    of_month = kind in FROM_A_FIRST
    return render_template(
        "decisions/one.html",
        page=page,
        said=said,
        typed=typed,
        of_month=of_month,
        earliest=possible_day(kind, today),
        usual=possible_day(kind, today + timedelta(days=1 if of_month else USUAL_DAYS)),
        **_words(),
    )


def _words() -> dict[str, Any]:
    """What the templates call to say what is decided, and why."""
    return {
        "said_of": decision_words,
        "months_of": decision_grounds.months_of,
        "decided": lambda row: decision_words.decided(row.kind, row.before, row.after, g.translate),
        "grounds": lambda row: decision_words.grounds(row.kind, row.evidence, g.translate),
        "reason_of": lambda text: decision_words.reason(text, g.translate),
    }


def _sentence(problem: Problem) -> str:
    return errors.filled(errors.TABLE[type(problem)][2], {"count": 1, **problem.facts()})


def _filter_form(work: Work) -> FilterForm:
    """The filters as the address holds them; what cannot be is left out rather than refused."""
    form = FilterForm(request.args)
    everything = show.say("全部")
    form.state.choices = [(code, show.say(name)) for code, name in NAMES.items()]
    form.kind.choices = choices(
        {code: show.say(name) for code, name in decision_words.KINDS.items()}, everything
    )
    form.branch.choices = [("", everything), *branches_of(work.session, viewer())]
    for name in ("state", "kind", "branch"):
        if request.args.get(name, "") not in dict(form[name].choices):
            form[name].data = ""
    return form


def _filters(form: FilterForm) -> decisions.Filters:
    page = form.page.data
    who = viewer()
    first = "waiting" if who.may(Permission.PROPOSE_DECISIONS) or _inside() else "all"
    return decisions.Filters(
        state=form.state.data or first,
        kind=form.kind.data or "",
        branch=form.branch.data or "",
        outlet=(form.outlet.data or "").strip()[:40],
        search=(form.search.data or "").strip()[:60],
        sort=form.sort.data or "",
        page=page if isinstance(page, int) and 0 < page <= 100_000 else 1,
    )


def _link(filters: decisions.Filters) -> Callable[..., str]:
    """A function that gives the board's address with some choices changed; a change goes back to page one."""

    def link(**changed: Any) -> str:
        chosen = {name: getattr(filters, name) for name in filters.__slots__}
        chosen |= {"page": 1, **changed}
        kept = {name: value for name, value in chosen.items() if value and (name, value) != ("page", 1)}
        return url_for("decisions.listed") + ("?" + urlencode(kept) if kept else "")

    return link


def _uuid(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise NotFound() from None
