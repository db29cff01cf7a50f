"""Feeds as OData 4.0, for Excel, Power BI and their kin: service document, $metadata, sets with their options, one entity by its key."""

from __future__ import annotations

import gzip
import json
import re
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any
from urllib.parse import quote, urlencode

from flask import Blueprint, Response, request

from server.domain.access import Permission
from server.domain.errors import NotFound
from server.domain.feed_list import FEEDS
from server.domain.feeds import Feed, FilterWrong, OptionUnsupported
from server.gateways import odata_metadata, odata_text
from server.queries import feeds
from server.queries.feed_pages import PAGE, Wish
from server.routes.guard import route, viewer
from server.usecases.work import Work

pages = Blueprint("odata", __name__)
MARGIN = timedelta(minutes=5)
"""What was changed shortly before a reading may be written after it, so the next reading begins a little earlier."""
NEXT_SINCE = "X-Next-Since"
_NOW = "now"
"""The option of next links that says what `now()` meant on the first page."""
_CALLS_NOW = re.compile(r"\bnow\s*\(")
_UNPACKED = 1_400
"""Bytes that fit into one packet are sent as they are."""
_KNOWN = ("$filter", "$select", "$orderby", "$top", "$skip", "$count", "$format", "$skiptoken")
_LATER = (
    "$expand",
    "$search",
    "$apply",
    "$compute",
    "$levels",
    "$deltatoken",
    "$id",
    "$index",
    "$schemaversion",
)
_JSON = re.compile(r"json|application/json(;.*)?|\*/\*(;.*)?|application/\*(;.*)?")
_PAGE_SIZE = re.compile(r"(?:odata\.)?maxpagesize=(\d{1,9})")
_LEVEL = re.compile(r"(?:odata\.)?metadata=(none|minimal|full)")


@dataclass(frozen=True, slots=True)
class Asked:
    """The options of a request: what of the rows, which properties, how many in all at most, and whether to count."""

    wish: Wish
    select: tuple[str, ...]
    top: int | None
    count: bool
    level: str


@route(pages, "/odata", needs=Permission.READ_FEEDS, summary="The service document of OData")
def service_unslashed(work: Work) -> Response:
    """The same without the slash, since not every client follows where it would be led."""
    return _service()


@route(pages, "/odata/", needs=Permission.READ_FEEDS, summary="The service document of OData")
def service(_work: Work) -> Response:
    """Which sets there are."""
    return _service()


@route(pages, "/odata/$metadata", needs=Permission.READ_FEEDS, summary="The types of OData's sets")
def metadata(_work: Work) -> Response:
    """What each set's rows are made of."""
    unordered = {name: feeds.unordered(viewer(), feed) for name, feed in FEEDS.items()}
    return _versioned(
        Response(odata_metadata.metadata(FEEDS.values(), unordered), mimetype="application/xml")
    )


@route(
    pages, "/odata/<path:resource>", needs=Permission.READ_FEEDS, summary="A set of OData, or one of its rows"
)
def rows(work: Work, resource: str) -> Response:
    """A page of a set, its count, or one row by its key."""
    found = odata_text.resource(resource, {feed.name: feed.key for feed in FEEDS.values()})
    if found is None:
        raise NotFound()
    name, key, counted = found
    feed, asked = FEEDS[name], _asked(work.now)
    _refuse_unknown_properties(feed, asked.select)
    if key is not None:
        return _one(work, feed, asked, key)
    if counted:
        many = feeds.count(work.session, viewer(), feed, asked.wish)
        return _versioned(Response(str(many), mimetype="text/plain"))
    return _many(work, feed, asked)


def _service() -> Response:
    """Which sets there are. Raises OptionUnsupported."""
    _refuse_other_formats()
    return _json(odata_metadata.service(FEEDS.values(), _root()))


def instant(option: str) -> datetime | None:
    """The instant that an option of the address has, `since` from which changes are wanted; None without it. Raises FilterWrong."""
    text = request.args.get(option, "")
    if not text:
        return None
    try:
        begin = datetime.fromisoformat(text.replace(" ", "+"))
        # The first and the last day of the calendar have hours that no other zone has.
        begin = begin.astimezone(UTC) if begin.tzinfo else None
    except (ValueError, OverflowError):
        begin = None
    if begin is None:
        raise FilterWrong(option, "要写成带时区的时刻，例如 2026-11-21T03:00:00Z。")
    return begin


def next_since(now: datetime) -> str:
    """What to ask for as `since` the next time, after a reading that began now."""
    return str(plain(now - MARGIN))


def _one(work: Work, feed: Feed, asked: Asked, key: Any) -> Response:
    found: list[Any] = []
    token: str | None = ""
    while not found and token is not None:
        page = feeds.page(work.session, viewer(), feed, Wish(condition=key, limit=1, token=token))
        found, token = page.rows, page.token
    if not found:
        raise NotFound()
    head = {"@odata.context": _context(feed, asked.select) + "/$entity"} if asked.level != "none" else {}
    return _json(head | _shown(found[0], asked.select), asked.level)


def _many(work: Work, feed: Feed, asked: Asked) -> Response:
    size = _page_size()
    limit = size if asked.top is None else min(size, asked.top)
    page = feeds.page(work.session, viewer(), feed, replace(asked.wish, limit=limit))
    body: dict[str, Any] = {}
    if asked.level != "none":
        body["@odata.context"] = _context(feed, asked.select)
    if asked.count:
        body["@odata.count"] = feeds.count(work.session, viewer(), feed, asked.wish)
    body["value"] = [_shown(row, asked.select) for row in page.rows]
    left = None if asked.top is None else asked.top - len(page.rows)
    if page.token and (left is None or left > 0):
        body["@odata.nextLink"] = _next(page.token, left, instant(_NOW) or work.now)
    response = _json(body, asked.level)
    if "maxpagesize" in request.headers.get("Prefer", ""):
        response.headers["Preference-Applied"] = f"odata.maxpagesize={size}"
    response.headers[NEXT_SINCE] = next_since(work.now)
    return response


def _asked(now: datetime) -> Asked:
    """The options as they are written; `now()` is the instant of the first page. Raises FilterWrong, OptionUnsupported."""
    for name in request.args:
        if name in _LATER:
            raise OptionUnsupported(name, "本服务不支持这个选项。")
        if name.startswith("$") and name not in _KNOWN:
            raise FilterWrong(name[:40], "没有这个选项。")
        if (name.startswith("$") or name in ("since", _NOW)) and len(request.args.getlist(name)) > 1:
            raise FilterWrong(name, "只能写一次。")
    level = _refuse_other_formats()
    written, order = request.args.get("$filter"), request.args.get("$orderby")
    select = request.args.get("$select", "*")
    count = request.args.get("$count", "false")
    if count not in ("true", "false"):
        raise FilterWrong("$count", "只能是 true 或 false。")
    top = _number("$top")
    return Asked(
        Wish(
            condition=odata_text.condition(written, instant(_NOW) or now) if written is not None else None,
            order=odata_text.order(order) if order else (),
            token=request.args.get("$skiptoken", "")[:1000],
            skip=_number("$skip") or 0,
            since=instant("since"),
        ),
        () if "*" in select.split(",") else tuple(part.strip() for part in select.split(",")),
        top,
        count == "true",
        level,
    )


def _number(option: str) -> int | None:
    text = request.args.get(option)
    if text is None:
        return None
    if not re.fullmatch(r"[0-9]{1,9}", text, re.ASCII):
        raise FilterWrong(option, "要写成不小于 0 的整数。")
    return int(text)


def _refuse_unknown_properties(feed: Feed, names: tuple[str, ...]) -> None:
    for name in names:
        if "/" in name or "(" in name:
            raise OptionUnsupported("$select", "只能选属性。")
        if feed.property(name) is None:
            raise FilterWrong(
                "$select", "{feed} 没有 {name} 这个属性。", {"feed": feed.name, "name": name[:60]}
            )


def _refuse_other_formats() -> str:
    """How much metadata JSON is to carry. Raises OptionUnsupported for another format than JSON."""
    wanted = request.args.get("$format")
    if wanted is not None and not _JSON.fullmatch(wanted.replace(" ", "")):
        raise OptionUnsupported("$format", "只有 JSON。")
    level = _LEVEL.search(wanted or request.headers.get("Accept", ""))
    return level[1] if level else "minimal"


def _page_size() -> int:
    wished = _PAGE_SIZE.search(request.headers.get("Prefer", ""))
    return max(1, min(PAGE, int(wished[1]))) if wished else PAGE


def _shown(row: dict[str, Any], select: tuple[str, ...]) -> dict[str, Any]:
    return {name: plain(row[name]) for name in (select or row)}


def plain(value: Any) -> Any:
    """A value of a row as JSON has it: decimals as numbers, instants in UTC."""
    if isinstance(value, Decimal):
        return float(value) if value % 1 else int(value)
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat().replace("+00:00", "Z")
    return value.isoformat() if isinstance(value, date) else value


def _root() -> str:
    return f"{request.host_url}odata/"


def _context(feed: Feed, select: tuple[str, ...]) -> str:
    return f"{_root()}$metadata#{feed.name}" + (f"({','.join(select)})" if select else "")


def _next(token: str, left: int | None, now: datetime) -> str:
    """The address of the next page; `now()` means there what it meant here."""
    kept = {
        name: text
        for name, text in request.args.items()
        if name not in ("$skip", "$count", "$top", "$skiptoken")
    }
    if left is not None:
        kept["$top"] = str(left)
    if _CALLS_NOW.search(kept.get("$filter", "")):
        kept[_NOW] = str(plain(now))
    kept["$skiptoken"] = token
    return f"{request.host_url.rstrip('/')}{quote(request.path)}?{urlencode(kept, safe='$', quote_via=quote)}"


def _json(body: dict[str, Any], level: str = "minimal") -> Response:
    # Of full metadata there is nothing to add: no links, and types that $metadata tells.
    text = json.dumps(body, ensure_ascii=False).encode()
    packs = "gzip" in request.accept_encodings and len(text) > _UNPACKED
    response = Response(
        gzip.compress(text, 5, mtime=0) if packs else text,
        content_type=f"application/json;odata.metadata={level};odata.streaming=true;charset=utf-8",
    )
    response.vary.add("Accept-Encoding")
    if packs:
        response.content_encoding = "gzip"
    return _versioned(response)


def _versioned(response: Response) -> Response:
    response.headers["OData-Version"] = "4.0"
    return response
