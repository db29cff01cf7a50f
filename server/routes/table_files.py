"""Tables of the console to take away: any list page gives all its filtered rows as XLSX or CSV where its address asks for that."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import IO, Any, Protocol
from urllib.parse import quote, urlencode

from flask import Flask, Response, request

from server.domain.tables import Column, Row
from server.domain.visit import SHANGHAI
from server.gateways.table_files import comma_separated, xlsx
from server.routes import show
from server.routes.guard import CHUNK
from server.usecases.work import Work

SIZE = 2000
"""So many rows a list is asked for at once, so that memory does not grow with it."""
MEDIA = {
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "csv": "text/csv",
}


class Page(Protocol):
    """What every listing of a desk has: its rows and how many pages there are."""

    @property
    def rows(self) -> Sequence[Any]: ...

    @property
    def pages(self) -> int: ...


def install(app: Flask) -> None:
    """Give the templates the addresses of the files."""
    app.jinja_env.globals["table_link"] = link


def wanted() -> str:
    """`xlsx` or `csv` where the address asks for a file, else empty."""
    sort = request.args.get("as", "")
    return sort if sort in MEDIA else ""


def link(sort: str, table: str = "") -> str:
    """The address of this page's table as a file, with the same filters; `table` names one where the page has several."""
    kept = [
        (name, text) for name, text in request.args.items(multi=True) if name not in ("as", "page", "table")
    ]
    named = [("table", table)] if table else []
    return f"{request.path}?{urlencode([*kept, ('as', sort), *named])}"


def every(page: Callable[[int, int], Page]) -> Iterator[Any]:
    """All rows of a listing, which `page` gives by the number of a page and the size of pages."""
    number, last = 1, 1
    while number <= last:
        found = page(number, SIZE)
        last = found.pages
        yield from found.rows
        number += 1


def file(
    work: Work, name: str, columns: Sequence[Column[Row]], rows: Iterable[Row], period: str = ""
) -> Response | None:
    """The rows as the file that the address asks for; None where it asks for the page.

    `name` is what the table is called, in Chinese; the file's name has it in the user's language, with the period of
    the filters and today. Raises TableTooLong.
    """
    sort = wanted()
    if not sort:
        return None
    title = show.say(name)
    # Lies in the data folder until it was sent, and goes with its last reader.
    made = tempfile.TemporaryFile(dir=work.settings.data)  # noqa: SIM115
    try:
        if sort == "xlsx":
            xlsx(made, title, columns, rows, show.say, str(work.settings.data))  # type: ignore[arg-type]
        else:
            comma_separated(made, columns, rows, show.say)  # type: ignore[arg-type]
        length = made.tell() if sort == "csv" else made.seek(0, 2)
        made.seek(0)
    except BaseException:
        made.close()
        raise
    today = work.now.astimezone(SHANGHAI).date().isoformat()
    called = "_".join(part for part in (title.replace(" ", "-"), period, today) if part) + f".{sort}"
    response = Response(_chunks(made), mimetype=MEDIA[sort])
    response.content_length = length
    plain = "_".join(part for part in (request.path.strip("/").replace("/", "-"), period, today) if part)
    response.headers["Content-Disposition"] = (
        f"attachment; filename=\"{_ascii(plain)}.{sort}\"; filename*=UTF-8''{quote(called, safe='')}"
    )
    response.headers["Cache-Control"] = "no-store"
    return response


def _chunks(made: IO[bytes]) -> Iterator[bytes]:
    with made:
        while chunk := made.read(CHUNK):
            yield chunk


def _ascii(name: str) -> str:
    """The name for programs that know no other than ASCII, without what would end it."""
    return "".join(sign for sign in name if sign.isascii() and (sign.isalnum() or sign in "-_.")) or "table"
