"""Week plans in the console: a unit's week, coverage, overdue outlets, meetings and trainings, coaching; head office's days apart."""

from __future__ import annotations

from datetime import date
from typing import Any
from urllib.parse import urlencode

from flask import Blueprint, flash, redirect, render_template, request, url_for

from server.domain.access import Permission, Viewer
from server.domain.periods import Period
from server.domain.plan_reminders import SORTS, ReminderDayWrong
from server.domain.visit import SHANGHAI
from server.forms.plan import MeetingForm, PlanFilterForm
from server.queries import coaching as effect
from server.queries import (
    decision_words,
    plan,
    plan_apart,
    plan_coverage,
    plan_reminders,
    plan_units,
    plan_words,
)
from server.queries.calendars import calendars_of
from server.queries.tables import plan as tables
from server.routes import show, table_files
from server.routes.errors import TABLE, filled
from server.routes.guard import route, viewer
from server.usecases import plan_reminders as meetings_held
from server.usecases.work import Work

pages = Blueprint("plan", __name__)
P = Permission


@route(pages, "/plan", needs=P.SEE_PLANS, summary="The own week, or the coverage of all")
def home(work: Work) -> Any:
    """Area managers find their own week, everybody else the coverage of the areas in sight."""
    if viewer().may(P.PLAN_WEEK) and plan_units.own(work.session, viewer()):
        return _week(work, viewer().unit_path)
    return _coverage(work)


@route(pages, "/plan/week", needs=P.SEE_PLANS, summary="The week plan of a unit")
def week(work: Work) -> Any:
    """The week of a unit in sight; the address names it and any day of the week."""
    return _week(work, PlanFilterForm(request.args).text("within") or viewer().unit_path)


@route(pages, "/plan/coverage", needs=P.SEE_PLANS, summary="Visits made of those asked for")
def coverage(work: Work) -> Any:
    """Coverage by branch, county, area or manager over the last weeks."""
    return _coverage(work)


@route(pages, "/plan/overdue", needs=P.SEE_PLANS, summary="Outlets that are overdue")
def overdue(work: Work) -> Any:
    """The overdue outlets in sight, those first to which nobody came for the longest."""
    form = PlanFilterForm(request.args)
    within, search = _within(work, form), form.text("search")
    today = _today(work)

    def listing(number: int, size: int) -> plan_coverage.Lates:
        return plan_coverage.overdue(
            work.session, viewer(), today, within=within, search=search, page=number, most=size
        )

    if table_files.wanted():
        return table_files.file(work, "逾期未走访的网点", tables.OVERDUE, table_files.every(listing))
    return _page(
        "plan/overdue.html",
        work,
        "overdue",
        form,
        {"within": within, "search": search},
        listing=listing(form.number, plan_coverage.PAGE),
    )


@route(pages, "/plan/meetings", needs=P.SEE_PLANS, summary="Meetings and trainings of agents")
def meetings(work: Work) -> Any:
    """What is asked now of the units in sight, and what of it was held."""
    return _meetings(work)


@route(
    pages,
    "/plan/meetings",
    methods=("POST",),
    needs=P.NOTE_MEETINGS,
    summary="Note a meeting or training that was held",
)
def note_meeting(work: Work) -> Any:
    """Note it with its day; noted again, day and note are corrected."""
    form = MeetingForm(request.form)
    day = form.day.data
    if not form.validate() or day is None:
        return _meetings(work, show.say("请填举办日期；说明最多 500 个字。")), 422
    unit, sort, period = (str(form[name].data) for name in ("unit", "sort", "period"))
    try:
        meetings_held.note_held(work, unit, sort, period, day, (form.note.data or "").strip())
    except ReminderDayWrong as problem:
        return _meetings(work, filled(TABLE[ReminderDayWrong][2], problem.facts())), 422
    flash(show.say("已登记。"), "good")
    return redirect(url_for("plan.meetings"))


@route(pages, "/plan/coaching", needs=P.SEE_PLANS, summary="The effect of coaching in a quarter")
def coaching(work: Work) -> Any:
    """Outlets whose rank in their area rose enough for an incentive; with `show=all` every ranked one."""
    form = PlanFilterForm(request.args)
    within, everything = _within(work, form), form.show.data == "all"
    quarters = effect.quarters(work.session, viewer())
    wished = form.text("quarter")
    quarter = next((each for each in quarters if each.code == wished), quarters[0] if quarters else None)

    def listing(number: int, size: int) -> effect.Effects:
        return effect.of_quarter(
            work.session,
            viewer(),
            quarter or Period.of("quarter", _today(work)),
            within=within,
            proposed_only=not everything,
            page=number,
            most=size,
        )

    if table_files.wanted() and quarter:
        rows = table_files.every(listing)
        return table_files.file(work, "辅导成效", tables.COACHING, rows, quarter.code)
    kept = {
        "quarter": quarter.code if quarter else "",
        "within": within,
        "show": "all" if everything else "",
    }
    return _page(
        "plan/coaching.html",
        work,
        "coaching",
        form,
        kept,
        said_of=decision_words,
        quarters=quarters,
        quarter=quarter,
        listing=listing(form.number, effect.PAGE) if quarter else None,
    )


@route(pages, "/plan/apart", needs=P.SEE_PLANS, summary="Covert visits beside a week plan, for head office")
def apart(work: Work) -> Any:
    """On which days covert visits keep their distance from the plan's. Nobody else may know of them."""
    form = PlanFilterForm(request.args)
    form.validate()
    today = _today(work)
    found = plan_apart.apart(
        work.session,
        viewer(),
        calendars_of(work.settings),
        form.text("within") or viewer().unit_path,
        plan.week_of(None if form.week.errors else form.week.data, today),
        today,
    )
    if table_files.wanted():
        return table_files.file(
            work, "暗访与走访错开", tables.APART, found.windows, found.week.monday.isoformat()
        )
    return render_template("plan/apart.html", found=found, plan_words=plan_words)


def _week(work: Work, path: str) -> Any:
    form = PlanFilterForm(request.args)
    form.validate()
    today = _today(work)
    monday = plan.week_of(None if form.week.errors else form.week.data, today)
    found = plan.week(work.session, viewer(), calendars_of(work.settings), path, monday, today)
    if table_files.wanted():
        return table_files.file(work, "走访计划", tables.STOPS, found.stops, monday.isoformat())
    own = path == viewer().unit_path

    def at(day: date) -> str:
        kept = {} if own else {"within": path}
        return url_for("plan.home" if own else "plan.week", **kept, week=day.isoformat())

    this = plan.monday_of(today)
    return render_template(
        "plan/week.html",
        tabs=_tabs(),
        here="week",
        own=own,
        found=found,
        this=this,
        today=today,
        at=at,
        reminders=plan_reminders.of_unit(work.session, found.unit, today) if monday == this else [],
        why=lambda code: plan_words.why(code, found.rules, show.say),
        plan_words=plan_words,
        sees_covert=viewer().may(P.SEE_COVERT),
    )


def _coverage(work: Work) -> Any:
    form = PlanFilterForm(request.args)
    form.validate()
    within = _within(work, form)
    shown = plan_units.groups(work.session, viewer(), within)
    by = form.by.data if form.by.data in shown else shown[0]
    weeks = form.weeks.data if form.weeks.data in plan_coverage.SPANS else plan_coverage.SPANS[0]
    found = plan_coverage.coverage(
        work.session, viewer(), _today(work), by=by, weeks=weeks, within=within or viewer().unit_path
    )
    if table_files.wanted():
        columns = tables.coverage(found, show.say)
        return table_files.file(work, "走访完成率", columns, (*found.rows, found.total))
    deeper = {"branch": "county", "county": "area"}.get(by)

    def opened(row: plan_coverage.Row) -> str:
        if deeper is None:
            return url_for("plan.week", within=row.path)
        return url_for("plan.coverage", within=row.path, by=deeper, weeks=weeks)

    kept = {"within": within, "by": by, "weeks": str(weeks)}
    return _page(
        "plan/coverage.html",
        work,
        "coverage",
        form,
        kept,
        found=found,
        groups=shown,
        by=by,
        weeks=weeks,
        spans=plan_coverage.SPANS,
        opened=opened,
    )


def _meetings(work: Work, wrong: str = "") -> Any:
    form = PlanFilterForm(request.args)
    form.validate()
    within, sort = _within(work, form), form.text("sort")
    sort = sort if sort in SORTS else ""
    state = form.text("state") if form.text("state") in ("open", "held") else ""
    today = _today(work)
    who = viewer()

    def listing(number: int, size: int) -> plan_reminders.Listing:
        return plan_reminders.listing(
            work.session, who, today, within=within, sort=sort, state=state, page=number, most=size
        )

    if table_files.wanted():
        return table_files.file(work, "交流会与培训", tables.MEETINGS, table_files.every(listing))
    return _page(
        "plan/meetings.html",
        work,
        "meetings",
        form,
        {"within": within, "sort": sort, "state": state},
        listing=listing(form.number, plan_reminders.PAGE),
        own=_own_meetings(work, who, today),
        today=today,
        wrong=wrong,
        given=request.form if wrong else {},
    )


def _own_meetings(work: Work, who: Viewer, today: date) -> list[plan_reminders.Reminder]:
    """What the viewer himself has to hold or to note, of his own unit."""
    if not who.may(P.NOTE_MEETINGS):
        return []
    unit = plan_units.own(work.session, who)
    if unit is None or not plan_reminders.may_note(who, unit):
        return []
    return plan_reminders.of_unit(work.session, unit, today, before=True)


def _page(
    template: str, work: Work, here: str, form: PlanFilterForm, kept: dict[str, str], **shown: Any
) -> str:
    """A list page with its tabs, its filters as a link keeps them, and the units that it can be narrowed to."""

    def link(**changed: Any) -> str:
        now = {
            name: value for name, value in (kept | changed).items() if value and (name, value) != ("page", 1)
        }
        return request.path + ("?" + urlencode(now) if now else "")

    return render_template(
        template,
        tabs=_tabs(),
        here=here,
        form=form,
        kept=kept,
        link=link,
        places=plan_units.places(work.session, viewer()),
        plan_words=plan_words,
        **shown,
    )


def _tabs() -> list[tuple[str, str, str]]:
    """The pages of the plan for the viewer: code, address, name."""
    own = viewer().may(P.PLAN_WEEK)
    return [
        *([("week", url_for("plan.home"), show.say("我的一周"))] if own else []),
        ("coverage", url_for("plan.coverage" if own else "plan.home"), show.say("走访完成率")),
        ("overdue", url_for("plan.overdue"), show.say("逾期网点")),
        ("meetings", url_for("plan.meetings"), show.say("交流会与培训")),
        ("coaching", url_for("plan.coaching"), show.say("辅导成效")),
    ]


def _within(work: Work, form: PlanFilterForm) -> str:
    """The unit that a list is narrowed to, empty: none. Raises NotFound for one that is not in sight."""
    form.validate()
    within = form.text("within")
    return plan_units.in_sight(work.session, viewer(), within).path if within else ""


def _today(work: Work) -> date:
    return work.now.astimezone(SHANGHAI).date()
