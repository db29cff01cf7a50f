"""Feeds for programs as CSV and JSON Lines, streamed; and the page that says where they are and gives the tokens to read them."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from typing import Any

from flask import Blueprint, Response, flash, redirect, render_template, request, url_for

from server.domain.access import Permission, Viewer
from server.domain.errors import NameWrong
from server.domain.feed_list import FEEDS
from server.domain.feeds import Feed, FilterWrong, TooManyTokens
from server.gateways import odata_text
from server.gateways.table_files import harmless
from server.queries import feeds, tokens
from server.queries.feed_pages import Page, Wish
from server.routes import show
from server.routes.errors import TABLE, filled
from server.routes.guard import route, viewer
from server.routes.odata import NEXT_SINCE, instant, next_since, plain
from server.usecases import tokens as making
from server.usecases.work import Office, Work

pages = Blueprint("feeds", __name__)
_KNOWN = ("filter", "since", "lang")
TITLES = {
    "visits": "检查",
    "answers": "每一项的回答",
    "figures": "考核结果",
    "outlets": "网点",
    "units": "单位",
    "decisions": "升降级决定",
    "actions": "整改",
    "appeals": "申诉",
    "weak-items": "服务弱项",
    "weak-item-actions": "弱项的改进措施",
    "commission": "服务佣金",
    "commission-shares": "营业员分享",
    "commission-refunds": "佣金返还",
}
"""What each feed holds, in Chinese."""
BY_NAME = {feed.slug(): feed for feed in FEEDS.values()}


@route(
    pages,
    f"/feeds/<any({', '.join(map(repr, BY_NAME))}):name>.<any(csv, jsonl):sort>",
    needs=Permission.READ_FEEDS,
    opens_work=False,
    summary="A feed as CSV or JSON Lines",
)
def feed(office: Office, name: str, sort: str) -> Response:
    """All rows that the filter of the address takes, page by page, each in a transaction of its own.

    `X-Next-Since` is what to ask for as `since` the next time: rows come again where in doubt, and are told by their key.
    """
    who, wanted = viewer(), BY_NAME[name]
    now = office.clock()
    wish = _wish(now)
    # What is wrong with the address is told before anything is sent.
    first = _page(office, who, wanted, wish)
    rows = _pages(office, who, wanted, wish, first)
    response = (
        Response(_csv(wanted, rows), mimetype="text/csv")
        if sort == "csv"
        else Response(_jsonl(rows), mimetype="application/jsonl")
    )
    response.headers[NEXT_SINCE] = next_since(now)
    response.headers["Content-Disposition"] = f'attachment; filename="{name}.{sort}"'
    return response


@route(pages, "/data-feeds", needs=Permission.READ_FEEDS, summary="Where programs read")
def listed(work: Work) -> str:
    """The addresses of the feeds, how to connect to them, and the own tokens."""
    return _shown(work)


@route(pages, "/data-feeds/tokens", methods=("POST",), needs=Permission.READ_FEEDS, summary="Make a token")
def make(work: Work) -> Any:
    """Make a token; the answer shows it, this once."""
    name = request.form.get("name", "").strip()
    try:
        made = making.make(work, name)
    except (NameWrong, TooManyTokens) as problem:
        wrong = (
            show.say("请写用途，最多 40 个字。")
            if isinstance(problem, NameWrong)
            else filled(TABLE[type(problem)][2], problem.facts())
        )
        return _shown(work, wrong=wrong), 422
    work.session.flush()
    return _shown(work, made=made)


@route(
    pages,
    "/data-feeds/tokens/<digest>/end",
    methods=("POST",),
    needs=Permission.READ_FEEDS,
    summary="End a token",
)
def end(work: Work, digest: str) -> Any:
    """End an own token; programs that use it are refused from now on."""
    making.end(work, digest)
    flash(show.say("令牌已停用。"), "good")
    return redirect(url_for("feeds.listed"))


def _shown(work: Work, made: str = "", wrong: str = "") -> str:
    return render_template(
        "feeds/list.html",
        feeds=BY_NAME,
        titles=TITLES,
        root=request.host_url,
        mine=tokens.mine(work.session, viewer()),
        made=made,
        wrong=wrong,
        given=request.form.get("name", "") if wrong else "",
    )


def _wish(now: datetime) -> Wish:
    """What the address asks for. Raises FilterWrong, OptionUnsupported."""
    for name in request.args:
        if name not in _KNOWN:
            raise FilterWrong(name[:40], "没有这个选项。")
        if len(request.args.getlist(name)) > 1:
            raise FilterWrong(name, "只能写一次。")
    written = request.args.get("filter")
    return Wish(
        condition=odata_text.condition(written, now) if written else None,
        since=instant("since"),
    )


def _page(office: Office, who: Viewer, wanted: Feed, wish: Wish) -> Page:
    with office.work(who, write=False) as work:
        return feeds.page(work.session, who, wanted, wish)


def _pages(office: Office, who: Viewer, wanted: Feed, wish: Wish, page: Page) -> Iterator[dict[str, Any]]:
    yield from page.rows
    while page.token:
        page = _page(office, who, wanted, replace(wish, token=page.token))
        yield from page.rows


def _csv(wanted: Feed, rows: Iterator[dict[str, Any]]) -> Iterator[str]:
    # Without this mark a spreadsheet on a Chinese computer reads GB18030, and shows other signs.
    stream = io.StringIO("\ufeff")
    stream.seek(0, io.SEEK_END)
    written = csv.writer(stream, lineterminator="\r\n")
    names = [each.name for each in wanted.properties]
    written.writerow(names)
    for number, row in enumerate(rows, 1):
        written.writerow([_cell(row[name]) for name in names])
        if number % 200 == 0:
            yield stream.getvalue()
            stream.seek(0)
            stream.truncate()
    yield stream.getvalue()


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    # Whoever opens a feed in a spreadsheet runs nothing that somebody wrote into a note.
    return harmless(value) if isinstance(value, str) else str(plain(value))


def _jsonl(rows: Iterator[dict[str, Any]]) -> Iterator[str]:
    for row in rows:
        yield json.dumps({name: plain(value) for name, value in row.items()}, ensure_ascii=False) + "\n"
