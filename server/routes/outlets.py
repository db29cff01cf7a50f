"""Outlets in the console: the list with its filters, and the page of one with everything that the viewer may see of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any
from urllib.parse import urlencode

from flask import Blueprint, g, render_template, request, url_for

from server.domain.access import Permission, Role
from server.domain.deciding import CLASSES
from server.forms.fields import choices
from server.forms.outlets import FilterForm
from server.queries import decision_words, figure_words, outlet_list, words
from server.queries.outlet_page import SHOWN, outlet_page
from server.queries.review import branches_of
from server.queries.tables.outlets import OUTLETS
from server.routes import show, table_files
from server.routes.commission import yuan
from server.routes.guard import route, viewer
from server.usecases.work import Work

pages = Blueprint("outlets", __name__)
_STARS = ("5", "4", "3", "2", "1")


@route(pages, "/outlets", needs=Permission.SEE_FIGURES, summary="The list of outlets")
def listed(work: Work) -> Any:
    """The outlets in sight; the address holds every choice, so that it can be shared."""
    form = _filter_form(work)
    filters = _filters(form)
    rows = table_files.every(
        lambda page, size: outlet_list.listing(work.session, viewer(), replace(filters, page=page), size=size)
    )
    file = table_files.file(work, "网点", OUTLETS, rows)
    if file is not None:
        return file
    columns = (
        ("code", "网点"),
        ("tier", "层级"),
        ("class", "网点类别"),
        ("status", "状态"),
        ("star", "星级"),
        ("", "综合评价"),
    )
    return render_template(
        "outlets/list.html",
        form=form,
        filters=filters,
        listing=outlet_list.listing(work.session, viewer(), filters),
        link=_link(filters),
        columns=[(code, show.say(name)) for code, name in columns],
        said_of=decision_words,
        imports=viewer().may(Permission.ADMINISTER),
    )


@route(pages, "/outlets/<code>", needs=Permission.SEE_FIGURES, summary="One outlet")
def one(work: Work, code: str) -> str:
    """Facts, figures, visits, actions, appeals, decisions and reports, as far as the viewer may see them."""
    who = viewer()
    page = outlet_page(work.session, who, code, work.now)
    return render_template(
        "outlets/one.html",
        page=page,
        most=SHOWN,
        proposes=who.may(Permission.PROPOSE_DECISIONS),
        alone=who.role in (Role.OUTLET_OWNER, Role.HALL_MANAGER),
        said_of=decision_words,
        decided=lambda row: decision_words.decided(row.kind, row.before, row.after, g.translate),
        value_of=lambda field, value: (
            page.unit_names.get(value, value) if field == "unit" else _value(field, value)
        ),
        yuan=yuan,
        rate=lambda one: figure_words.figure_value(one.code, one.value, g.language),
    )


def _value(field: str, value: str) -> str:
    if field == "star":
        return show.say("{n} 星", n=value) if value else show.say("未评")
    if field == "since":
        return value or "—"
    return decision_words.value_name(field, value, g.translate)


def _filter_form(work: Work) -> FilterForm:
    """The filters as the address holds them; what cannot be is left out rather than refused."""
    form = FilterForm(request.args)
    everything = show.say("全部")
    named = {
        "tier": {code: show.say(name) for code, name in words.TIERS.items()},
        "class": {code: code for code in CLASSES},
        "status": {code: show.say(name) for code, name in decision_words.STATUSES.items()},
        "star": {code: show.say("{n} 星", n=code) for code in _STARS} | {"none": show.say("未评")},
    }
    fields = {"tier": form.tier, "class": form.class_, "status": form.status, "star": form.star}
    for name, field in fields.items():
        field.choices = choices(named[name], everything)
    form.branch.choices = [("", everything), *branches_of(work.session, viewer())]
    for name, field in (*fields.items(), ("branch", form.branch)):
        if request.args.get(name, "") not in dict(field.choices):
            field.data = ""
    return form


def _filters(form: FilterForm) -> outlet_list.Filters:
    page = form.page.data
    return outlet_list.Filters(
        tier=form.tier.data or "",
        class_=form.class_.data or "",
        status=form.status.data or "",
        star=form.star.data or "",
        branch=form.branch.data or "",
        search=(form.search.data or "").strip()[:60],
        sort=form.sort.data or "",
        page=page if isinstance(page, int) and 0 < page <= 100_000 else 1,
    )


def _link(filters: outlet_list.Filters) -> Callable[..., str]:
    """A function that gives the list's address with some choices changed; a change goes back to page one."""

    def link(**changed: Any) -> str:
        chosen = {name: getattr(filters, name) for name in filters.__slots__}
        chosen |= {"page": 1, **changed}
        kept = {
            name.rstrip("_"): value
            for name, value in chosen.items()
            if value and (name, value) != ("page", 1)
        }
        return url_for("outlets.listed") + ("?" + urlencode(kept) if kept else "")

    return link
