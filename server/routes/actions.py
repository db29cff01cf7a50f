"""Corrective actions in the console: the list, one with before and after side by side, and every step of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode
from uuid import UUID, uuid4

from flask import Blueprint, Response, flash, g, make_response, redirect, render_template, request, url_for
from werkzeug.datastructures import FileStorage

from server.domain.access import Permission
from server.domain.actions import LEVELS, MadeByHand, Proof, Reply
from server.domain.errors import NotFound, Problem, TooManyPhotos
from server.domain.visit import SHANGHAI
from server.forms.actions import AnswerForm, DecisionForm, FilterForm, GiveForm, HandForm, WithdrawForm
from server.forms.fields import choices
from server.queries import action_desk, outlets, words
from server.queries.actions import action_page
from server.queries.review import branches_of
from server.queries.tables.actions import actions as columns_of
from server.routes import errors, show, table_files
from server.routes.guard import route, viewer
from server.usecases import actions, hand_made, rechecks, record_files
from server.usecases.work import Office, Work

pages = Blueprint("actions", __name__)
NAMES = {
    "living": "未了结",
    "todo": "待整改",
    "accept": "等我验收",
    "answered": "待验收",
    "overdue": "已逾期",
    "accepted": "已验收",
    "unassigned": "复查待派人",
    "withdrawn": "已撤销",
    "all": "全部",
}
_OWN_WORDS = frozenset(words.ACTION_REASONS.values())
MOST_FILES = 12
USUAL_DAYS = 7


@route(pages, "/actions", needs=Permission.SEE_ACTIONS, summary="The list of corrective actions")
def listed(work: Work) -> Any:
    """Actions by outlet and due date; the address holds every choice, so that it can be shared."""
    who = viewer()
    form = _filter_form(work)
    filters = _filters(form)
    rows = table_files.every(
        lambda page, size: action_desk.listing(
            work.session, who, replace(filters, page=page), work.now, size=size
        )
    )
    file = table_files.file(work, "整改", columns_of(g.language), rows)
    if file is not None:
        return file
    listing = action_desk.listing(work.session, who, filters, work.now)
    link = _link(filters)
    return render_template(
        "actions/list.html",
        form=form,
        filters=filters,
        listing=listing,
        link=link,
        tabs=[
            (code, show.say(name), listing.counts.get(code))
            for code, name in NAMES.items()
            if code in listing.counts or code == "all"
        ],
        columns=[
            (code, show.say(name))
            for code, name in (
                ("outlet", "网点"),
                ("", "要整改的"),
                ("due", "期限"),
                ("state", "状态"),
                ("level", "督办"),
            )
        ],
        makes=who.may(Permission.MAKE_ACTIONS),
        levels=LEVELS,
    )


@route(pages, "/actions/new", needs=Permission.MAKE_ACTIONS, summary="Ask for a corrective action by hand")
def new(work: Work) -> str:
    """The form; the address may name the outlet by its code."""
    today = work.now.astimezone(SHANGHAI).date()
    given = {"id": str(uuid4()), "outlet": request.args.get("outlet", "")[:40]}
    form = HandForm(data={**given, "due": today + timedelta(days=USUAL_DAYS)})
    return render_template("actions/new.html", form=form, said=None, today=today)


@route(
    pages,
    "/actions/new",
    methods=("POST",),
    needs=Permission.MAKE_ACTIONS,
    opens_work=False,
    summary="Make a corrective action by hand",
)
def make(office: Office) -> Any:
    """Make it, and go to its page; what cannot be made comes back with what was typed."""
    form = HandForm(request.form)
    try:
        form.checked()
        with office.work(viewer()) as work:
            place = outlets.by_code(work.session, viewer(), form.outlet.data or "")
            asked = MadeByHand(
                outlet_id=str(place), what=form.what.data or "", due=form.due.data, who=form.who.data or None
            )
            made = hand_made.make(work, _uuid(form.id.data or ""), asked).action
    except Problem as problem:
        return _again(
            problem, "actions/new.html", form=form, today=office.clock().astimezone(SHANGHAI).date()
        )
    flash(show.say("整改单已发给网点。"), "good")
    return redirect(url_for(".one", action_id=made.id))


@route(pages, "/actions/<uuid:action_id>", needs=Permission.SEE_ACTIONS, summary="One corrective action")
def one(work: Work, action_id: UUID) -> str:
    """What failed, what was done about it, both side by side, its history, and what may be done now."""
    return _page(work, action_id)


@route(
    pages,
    "/actions/<uuid:action_id>/answer",
    methods=("POST",),
    needs=Permission.ANSWER_ACTIONS,
    opens_work=False,
    form_bytes=lambda limits: MOST_FILES * limits.photo_bytes,
    summary="Answer a corrective action",
)
def answer(office: Office, action_id: UUID) -> Any:
    """Text, photos, or both; nothing of it counts unless all of it does."""
    form = AnswerForm(request.form)

    def step(work: Work) -> str:
        form.checked()
        proofs = [_proof(work, action_id, file) for file in _sent_files()]
        actions.answer(
            work,
            action_id,
            Reply(answer=form.answer.data or "", files=proofs, at=work.now),
            {form.etag.data or ""},
        )
        return "答复已提交，等待验收。"

    return _stepped(office, action_id, step, text=form.answer.data or "")


@route(
    pages,
    "/actions/<uuid:action_id>/decide",
    methods=("POST",),
    needs=Permission.ACCEPT_ACTIONS,
    opens_work=False,
    summary="Accept or send back",
)
def decide(office: Office, action_id: UUID) -> Any:
    """Accept the answer, or send it back with a reason."""
    form = DecisionForm(request.form)

    def step(work: Work) -> str:
        form.checked()
        accept = form.decision.data == "accept"
        actions.decide(
            work,
            action_id,
            "accept" if accept else "reopen",
            form.why.data or "",
            form.due.data,
            etags={form.etag.data or ""},
        )
        return "已验收。" if accept else "已退回，网点会看到理由和新的期限。"

    return _stepped(office, action_id, step, why=form.why.data or "")


@route(
    pages,
    "/actions/<uuid:action_id>/withdraw",
    methods=("POST",),
    needs=Permission.ACCEPT_ACTIONS,
    opens_work=False,
    summary="Withdraw a corrective action",
)
def withdraw(office: Office, action_id: UUID) -> Any:
    """Take it back, with a reason."""
    form = WithdrawForm(request.form)

    def step(work: Work) -> str:
        form.checked()
        actions.withdraw(work, action_id, form.why.data or "")
        return "整改单已撤销。"

    return _stepped(office, action_id, step, withdrawing=form.why.data or "")


@route(
    pages,
    "/actions/<uuid:action_id>/recheck",
    methods=("POST",),
    needs=Permission.ACCEPT_ACTIONS,
    opens_work=False,
    summary="Give a planned recheck to somebody",
)
def give(office: Office, action_id: UUID) -> Any:
    """Give the recheck that nobody has to an inspector of the place."""
    form = GiveForm(request.form)

    def step(work: Work) -> str:
        form.checked()
        rechecks.give(work, action_id, form.username.data or "")
        return "已派人复查。"

    return _stepped(office, action_id, step)


def _stepped(office: Office, action_id: UUID, step: Callable[[Work], str], **typed: str) -> Any:
    """Do a step and show the action; where it cannot be done, the action as it is now with what was typed."""
    try:
        with office.work(viewer()) as work:
            done = step(work)
    except NotFound:
        raise
    except Problem as problem:
        with office.work(viewer(), write=False) as work:
            page = _page(work, action_id, said=_sentence(problem), **typed)
        return make_response(page, errors.TABLE[type(problem)][0])
    flash(show.say(done), "good")
    return redirect(url_for(".one", action_id=action_id))


def _page(work: Work, action_id: UUID, *, said: str | None = None, **typed: str) -> str:
    return render_template(
        "actions/one.html",
        page=action_page(work.session, viewer(), action_id, work.now),
        said=said,
        typed=typed,
        today=work.now.astimezone(SHANGHAI).date(),
        most=MOST_FILES,
        levels=LEVELS,
        step_name=lambda step: show.say(words.ACTION_STEPS[step]),
        note_text=lambda text: show.say(text) if text in _OWN_WORDS else text,
    )


def _again(problem: Problem, template: str, **shown: Any) -> Response:
    return make_response(
        render_template(template, said=_sentence(problem), **shown), errors.TABLE[type(problem)][0]
    )


def _sentence(problem: Problem) -> str:
    return errors.filled(errors.TABLE[type(problem)][2], {"count": 1, **problem.facts()})


def _sent_files() -> list[FileStorage]:
    """The photos of the form; a field that was left empty sends one without a name."""
    files = [file for file in request.files.getlist("photos") if file.filename]
    if len(files) > MOST_FILES:
        raise TooManyPhotos(limit=MOST_FILES)
    return files


def _proof(work: Work, action_id: UUID, file: FileStorage) -> Proof:
    actions.may_attach(work, action_id)
    kept = record_files.keep(work, "action", action_id, file.read(), file.filename or "")
    return Proof(sha256=kept.sha256, bytes=kept.bytes, type=kept.type)  # type: ignore[arg-type]


def _filter_form(work: Work) -> FilterForm:
    """The filters as the address holds them; what cannot be is left out rather than refused."""
    form = FilterForm(request.args)
    everything = show.say("全部")
    form.state.choices = [(code, show.say(name)) for code, name in NAMES.items()]
    form.sort_of.choices = choices(
        {code: show.say(name) for code, name in words.ACTION_SORTS.items()}, everything
    )
    form.level.choices = [
        ("", everything),
        *((str(level), show.say(words.ACTION_LEVELS[name])) for level, name in enumerate(LEVELS) if level),
    ]
    form.branch.choices = [("", everything), *branches_of(work.session, viewer())]
    for name in ("state", "sort_of", "level", "branch"):
        if request.args.get(name, "") not in dict(form[name].choices):
            form[name].data = ""
    return form


def _filters(form: FilterForm) -> action_desk.Filters:
    page = form.page.data
    return action_desk.Filters(
        state=form.state.data or "living",
        sort_of=form.sort_of.data or "",
        level=form.level.data or "",
        branch=form.branch.data or "",
        outlet=(form.outlet.data or "").strip()[:40],
        search=(form.search.data or "").strip()[:60],
        sort=form.sort.data or "",
        page=page if isinstance(page, int) and 0 < page <= 100_000 else 1,
    )


def _link(filters: action_desk.Filters) -> Callable[..., str]:
    """A function that gives the list's address with some choices changed; a change goes back to page one."""

    def link(**changed: Any) -> str:
        chosen = {name: getattr(filters, name) for name in filters.__slots__}
        chosen |= {"page": 1, **changed}
        plain = (("page", 1), ("state", "living"))
        kept = {name: value for name, value in chosen.items() if value and (name, value) not in plain}
        return url_for("actions.listed") + ("?" + urlencode(kept) if kept else "")

    return link


def _uuid(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise NotFound() from None
