"""Tracked weak items: the list, one with its plan, actions, proofs and history, and the steps of people."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from flask import Blueprint, flash, g, make_response, redirect, render_template, request, url_for

from server.domain.access import Permission
from server.domain.errors import NotFound, Problem, TooManyPhotos, WrongDocument
from server.domain.tracking import NothingToTrack
from server.forms.weak_items import DoneForm, PlanForm, TakeUpForm, TrackedForm
from server.queries import heat_map, weak_item_page, weak_items
from server.queries.review import branches_of
from server.queries.tables import weak_items as tables
from server.routes import errors, show, table_files
from server.routes.guard import route, viewer
from server.routes.weak_items import shown
from server.usecases import weak_item_plans
from server.usecases import weak_items as tracking
from server.usecases.work import Office, Work

pages = Blueprint("tracked_items", __name__)
NAMES = {"todo": "待办", "open": "跟踪中", "closed": "已达标关闭", "withdrawn": "已更正撤销", "all": "全部"}
COLUMNS = {
    "unit": "单位",
    "indicator": "服务弱项",
    "state": "状态",
    "since": "季度",
    "due": "下一个期限",
}
MOST_FILES = 6


@route(pages, "/weak-items/tracked", needs=Permission.SEE_FIGURES, summary="The tracked weak items")
def listed(work: Work) -> Any:
    """Who works on which weak item, how far it is, what is overdue; the address holds every choice."""
    who = viewer()
    form = TrackedForm(request.args)
    branches = branches_of(work.session, who)
    filters = _filters(form, [path for path, _ in branches])
    if table_files.wanted():

        def page(number: int, size: int) -> weak_items.Listing:
            asked = weak_items.Filters(filters.state, filters.branch, filters.search, filters.sort, number)
            return weak_items.listing(work.session, who, asked, work.now, size=size)

        columns = tables.tracked(weak_items.names_of(work.connection, g.language))
        return table_files.file(work, "跟踪的服务弱项", columns, table_files.every(page))
    return render_template(
        "weak_items/list.html",
        filters=filters,
        branches=branches,
        listing=weak_items.listing(work.session, who, filters, work.now),
        tabs=[(code, show.say(name)) for code, name in NAMES.items()],
        columns=[(code, show.say(name)) for code, name in COLUMNS.items()],
        link=_link(filters),
        **shown(work),
    )


@route(pages, "/weak-items/<uuid:item_id>", needs=Permission.SEE_FIGURES, summary="One tracked weak item")
def one(work: Work, item_id: UUID) -> str:
    """What it has to reach, who does what until when, its proofs, and everything that happened."""
    return _page(work, item_id)


@route(
    pages,
    "/weak-items/tracked",
    methods=("POST",),
    needs=Permission.TRACK_WEAK_ITEMS,
    opens_work=False,
    summary="Begin to track the weak item of a county or an area",
)
def take_up(office: Office) -> Any:
    """That of the latest published quarter; branches' are tracked by themselves."""
    form = TakeUpForm(request.form)
    form.checked()
    try:
        with office.work(viewer()) as work:
            item_id = tracking.take_up(work, form.unit.data or "").id
    except NothingToTrack as problem:
        flash(errors.filled(errors.TABLE[NothingToTrack][2], problem.facts()), "bad")
        return redirect(url_for("weak_items.unit", subject=(form.unit.data or "").rstrip("/")))
    flash(show.say("已开始跟踪，请指定负责人，写明原因和措施。"), "good")
    return redirect(url_for(".one", item_id=item_id))


@route(
    pages,
    "/weak-items/<uuid:item_id>/plan",
    methods=("POST",),
    needs=Permission.TRACK_WEAK_ITEMS,
    opens_work=False,
    summary="Plan what is done about a weak item",
)
def plan(office: Office, item_id: UUID) -> Any:
    """Owner, cause and actions at once."""
    form = PlanForm(request.form)

    def step(work: Work) -> str:
        form.checked()
        weak_item_plans.plan(
            work,
            item_id,
            form.seen.data or 0,
            UUID(form.owner.data) if form.owner.data else None,
            form.cause.data or "",
            list(zip(form.what.data, form.due.data, strict=False)),
        )
        return "已保存。"

    return _stepped(office, item_id, step, form)


@route(
    pages,
    "/weak-items/<uuid:item_id>/actions/<int:number>",
    methods=("POST",),
    needs=Permission.SEE_FIGURES,
    opens_work=False,
    summary="Say of an action of a weak item whether it is done",
)
def tick(office: Office, item_id: UUID, number: int) -> Any:
    """Done, or not after all."""
    form = DoneForm(request.form)

    def step(work: Work) -> str:
        form.checked()
        weak_item_plans.tick(work, item_id, number, done=form.done.data == "yes")
        return "已记下。"

    return _stepped(office, item_id, step)


@route(
    pages,
    "/weak-items/<uuid:item_id>/proofs",
    methods=("POST",),
    needs=Permission.SEE_FIGURES,
    opens_work=False,
    form_bytes=lambda limits: MOST_FILES * limits.photo_bytes + 100_000,
    summary="Add photos as proof of what was done about a weak item",
)
def prove(office: Office, item_id: UUID) -> Any:
    """Some photos at once."""

    def step(work: Work) -> str:
        files = [file for file in request.files.getlist("photos") if file.filename]
        if len(files) > MOST_FILES:
            raise TooManyPhotos(limit=MOST_FILES)
        kept = weak_item_plans.prove(work, item_id, [file.read() for file in files])
        return "照片已保存。" if kept else "没有选照片。"

    return _stepped(office, item_id, step)


def _stepped(office: Office, item_id: UUID, step: Callable[[Work], str], form: PlanForm | None = None) -> Any:
    """Do a step and show the item; where it cannot be done, the item as it is now with what was typed."""
    try:
        with office.work(viewer()) as work:
            done = step(work)
    except NotFound:
        raise
    except Problem as problem:
        facts = {"count": len(problem.faults) if isinstance(problem, WrongDocument) else 1}
        said = errors.filled(errors.TABLE[type(problem)][2], {**facts, **problem.facts()})
        with office.work(viewer(), write=False) as work:
            page = _page(work, item_id, said=said, typed=form)
        return make_response(page, errors.TABLE[type(problem)][0])
    flash(show.say(done), "good")
    return redirect(url_for(".one", item_id=item_id))


def _page(work: Work, item_id: UUID, *, said: str | None = None, typed: PlanForm | None = None) -> str:
    page = weak_item_page.item_page(work.session, viewer(), item_id, work.now)
    past, opens = _past(work, page.item.unit_path, page.item.indicator)
    return render_template(
        "weak_items/one.html",
        page=page,
        past=past,
        opens=opens,
        said=said,
        plan=_plan(page, typed),
        most_files=MOST_FILES,
        **shown(work),
    )


def _past(work: Work, path: str, indicator: str) -> tuple[list[heat_map.Past], bool]:
    """The quarters that say something of the item, and whether this person may open what stands behind them."""
    try:
        found, opens = heat_map.history(work.connection, viewer(), path)[2], True
    except NotFound:
        # Who owns the item may belong to a part of the unit only: of its figures he knows those of the item.
        found, opens = heat_map.history(work.connection, viewer(), path, owned=True)[2], False
    return [each for each in found if indicator in each.line.cells], opens


def _plan(page: weak_item_page.ItemPage, typed: PlanForm | None) -> dict[str, Any]:
    """What stands in the form: what was typed, or what is planned."""
    actions = [(each.what, each.due.isoformat()) for each in page.actions]
    if typed is not None:
        dues = [field.raw_data[0] if field.raw_data else "" for field in typed.due]
        actions = list(zip([text or "" for text in typed.what.data], dues, strict=False))
    empty = max(0, page.most - len(actions))
    return {
        "owner": (typed.owner.data if typed else str(page.item.owner_id or "")) or "",
        "cause": (typed.cause.data if typed else page.item.cause) or "",
        "actions": [*actions, *[("", "")] * empty],
    }


def _filters(form: TrackedForm, branches: list[str]) -> weak_items.Filters:
    page = form.page.data
    branch = form.branch.data or ""
    return weak_items.Filters(
        state=form.state.data if form.state.data in NAMES else "open",
        branch=branch if branch in branches else "",
        search=(form.search.data or "").strip()[:60],
        sort=form.sort.data if (form.sort.data or "").removeprefix("-") in weak_items.SORTS else "",
        page=page if isinstance(page, int) and 0 < page <= 100_000 else 1,
    )


def _link(filters: weak_items.Filters) -> Callable[..., str]:
    """A function that gives the list's address with some choices changed; a change goes back to page one."""

    def link(**changed: Any) -> str:
        chosen = {name: getattr(filters, name) for name in filters.__slots__} | {"page": 1, **changed}
        kept = {name: value for name, value in chosen.items() if value and (name, value) != ("page", 1)}
        return url_for("tracked_items.listed") + ("?" + urlencode(kept) if kept else "")

    return link
