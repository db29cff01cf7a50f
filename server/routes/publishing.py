"""The desk of publishing: what waits, batches, the preview as the outlet will see it, and masks on photographs."""

from __future__ import annotations

from dataclasses import replace
from typing import Any
from urllib.parse import urlencode
from uuid import UUID, uuid4

from flask import Blueprint, flash, g, redirect, render_template, request, url_for

from server.domain.access import Permission
from server.domain.errors import NotFound
from server.domain.publishing import MOST, NothingChosen
from server.domain.tables import MOST_ROWS
from server.forms.fields import choices
from server.forms.publishing import ALL, BatchForm, WaitingForm, choices_of, ids_of
from server.queries import publishing as desk
from server.queries import releases as photographs
from server.queries import words
from server.queries.review import branches_of, period
from server.queries.tables import visits as tables
from server.queries.visit_page import visit_page
from server.routes import show, table_files
from server.routes.guard import route, viewer
from server.usecases import publishing, releases
from server.usecases.work import Office, Work

pages = Blueprint("publishing", __name__)
_MOST_NAMED = 5


@route(pages, "/publishing", needs=Permission.SEE_PUBLISHING, summary="What waits to be published")
def waiting(work: Work) -> Any:
    """Accepted visits, the one that has waited longest first; the address holds every choice."""
    form = _form(work, request.args)
    filters = _filters(form)
    if table_files.wanted():
        all_ = replace(filters, page=1)
        found = desk.desk(work.session, viewer(), all_, work.now, work.settings, size=MOST_ROWS)
        return table_files.file(work, "等待发布", tables.WAITING, found.rows, filters.period)
    return render_template(
        "publishing/desk.html",
        form=form,
        filters=filters,
        desk=desk.desk(work.session, viewer(), filters, work.now, work.settings),
        link=_link(filters),
        publishes=viewer().may(Permission.PUBLISH),
        most=MOST,
    )


@route(
    pages,
    "/publishing/check",
    methods=("POST",),
    needs=Permission.PUBLISH,
    writes=False,
    summary="Look at a batch before it is published",
)
def check(work: Work) -> str:
    """What was chosen, whole, with what should be known before it goes out."""
    who, settings = viewer(), work.settings
    if request.form.get("all"):
        rows = desk.all_of(work.session, who, _filters(_form(work, request.form)), work.now, settings)
    else:
        rows = desk.chosen(work.session, who, ids_of(request.form), work.now, settings)
    if not rows:
        raise NothingChosen()
    return render_template("publishing/check.html", rows=rows[:MOST], batch=uuid4())


@route(pages, "/publishing/publish", methods=("POST",), needs=Permission.PUBLISH, summary="Publish a batch")
def publish(work: Work) -> Any:
    """Publish what was looked at; what cannot be published any more is named, and the rest goes."""
    BatchForm(request.form).checked()
    batch_id = ids_of(request.form, "batch")[0]
    batch = publishing.publish(work, ids_of(request.form), batch_id)
    work.session.flush()
    if batch.published:
        flash(show.say("已发布 {n} 次检查，网点版报告正在生成。", n=batch.published), "good")
    if batch.left:
        names = desk.unpublished(work.session, [visit_id for visit_id, _ in batch.left])
        named = show.say("、").join(list(names.values())[:_MOST_NAMED])
        flash(show.say("{n} 次没有发布，状态已变：{names}", n=len(batch.left), names=named), "warn")
    if not batch.published:
        return redirect(url_for("publishing.waiting"))
    return redirect(url_for("publishing.batch", batch_id=batch_id))


@route(pages, "/publishing/batches", needs=Permission.SEE_PUBLISHING, summary="The batches so far")
def batches(work: Work) -> Any:
    """Which batches were published, the newest first."""
    if table_files.wanted():
        found, *_ = desk.batches(work.session, 1, size=MOST_ROWS)
        return table_files.file(work, "发布批次", tables.BATCHES, found)
    given = request.args.get("page", "1")
    rows, page, count = desk.batches(work.session, int(given) if given.isascii() and given.isdigit() else 1)

    def link(page: int) -> str:
        return url_for("publishing.batches", page=page)

    return render_template("publishing/batches.html", rows=rows, page=page, pages=count, link=link)


@route(pages, "/publishing/batches/<uuid:batch_id>", needs=Permission.SEE_PUBLISHING, summary="One batch")
def batch(work: Work, batch_id: UUID) -> Any:
    """The visits of a batch."""
    found = desk.batch(work.session, viewer(), batch_id)
    if found is None:
        raise NotFound()
    made, visits = found
    if table_files.wanted():
        return table_files.file(work, "发布批次", tables.BATCH, visits)
    return render_template("publishing/batch.html", made=made, visits=visits)


@route(
    pages,
    "/publishing/preview/<uuid:visit_id>",
    needs=Permission.SEE_PUBLISHING,
    summary="A visit as its outlet will see it",
)
def preview(work: Work, visit_id: UUID) -> str:
    """The visit's page as somebody of the outlet gets it once it is published."""
    page = visit_page(work.session, viewer(), visit_id, work.now, g.language, show.say, preview=True)
    failed = [one for part in page.parts for one in part.items if one.result == "failed"]
    failed.sort(key=lambda one: not one.grave)
    return render_template(
        "publishing/preview.html",
        page=page,
        failed=failed,
        flags_by_item={},
        beside={},
        expired=frozenset(),
        actions={},
        sketch=show.sketch(page.points, page.rules.evidence.off_site_m),
        time_line=show.time_line(page.started_at, page.left_at, page.timers),
        photos=sum(len(one.files) for part in page.parts for one in part.items),
    )


@route(
    pages,
    "/publishing/photos/<uuid:visit_id>",
    needs=Permission.RELEASE_PHOTOS,
    summary="Masks on the photographs of a covert visit",
)
def photos(work: Work, visit_id: UUID) -> str:
    """Each photograph with its masks, to be confirmed, released or withheld."""
    shots = photographs.shots(work.session, viewer(), visit_id)
    return render_template("publishing/photos.html", shots=shots)


@route(
    pages,
    "/publishing/photos/<uuid:visit_id>",
    methods=("POST",),
    needs=Permission.RELEASE_PHOTOS,
    opens_work=False,
    summary="Confirm, release or withhold photographs of a covert visit",
)
def decide(office: Office, visit_id: UUID) -> Any:
    """Keep the masks of all photographs on the page, and do what was asked for."""
    chosen = choices_of(request.form)
    act = request.form.get("act", "")
    if act == ALL:
        shapes = {choice.sha256: choice.shapes for choice in chosen}
        if request.form.get("sure") != "yes":
            with office.work(viewer(), write=False) as work:
                shots = photographs.shots(work.session, viewer(), visit_id).with_shapes(shapes)
            if shots.bare:
                return render_template("publishing/photos.html", shots=shots, sure=True)
        number = releases.release_all(office, viewer(), visit_id, shapes)
        flash(show.say("已放行 {n} 张照片，发布后网点能看到遮挡后的样子。", n=number), "good")
    else:
        releases.choose(office, viewer(), visit_id, chosen)
        flash(show.say(_DONE[act.partition(":")[0]]), "good")
    place = act.partition(":")[2][:12]
    return redirect(url_for("publishing.photos", visit_id=visit_id, _anchor=f"p-{place}" if place else None))


_DONE = {
    "": "已保存遮挡。",
    releases.CONFIRM: "已确认遮挡。",
    releases.RELEASE: "已放行这张照片。",
    releases.WITHHOLD: "这张照片不会给网点看。",
    releases.UNDO: "已撤回，可以重新决定。",
}


def _form(work: Work, given: Any) -> WaitingForm:
    """The filters as they were sent; what cannot be is left out rather than refused."""
    form = WaitingForm(given)
    everything = show.say("全部")
    form.kind.choices = choices({code: show.say(text) for code, text in words.KINDS.items()}, everything)
    form.branch.choices = [("", everything), *branches_of(work.session, viewer())]
    for field in (form.kind, form.branch):
        if given.get(field.name, "") not in dict(field.choices):
            field.data = ""
    if given.get("only", "") not in ("", desk.OVERDUE, desk.UNSEEN):
        form.only.data = ""
    if form.period.data and period(form.period.data) is None:
        form.period.data = ""
    return form


def _filters(form: WaitingForm) -> desk.Filters:
    page = form.page.data
    return desk.Filters(
        only=form.only.data or "",
        kind=form.kind.data or "",
        branch=form.branch.data or "",
        period=form.period.data or "",
        page=page if isinstance(page, int) and 0 < page <= 100_000 else 1,
    )


def _link(filters: desk.Filters) -> Any:
    def link(**changed: Any) -> str:
        chosen = {name: getattr(filters, name) for name in filters.__slots__}
        chosen |= {"page": 1, **changed}
        kept = {name: value for name, value in chosen.items() if value and (name, value) != ("page", 1)}
        return url_for("publishing.waiting") + ("?" + urlencode(kept) if kept else "")

    return link
