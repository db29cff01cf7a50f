"""Follow every link of the console and read every answer as text: pages, JSON, PDFs with what is attached to them."""

from __future__ import annotations

import io
import json
import re
import zipfile
from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from email.message import Message
from html import unescape
from http.client import HTTPConnection
from http.cookies import SimpleCookie
from urllib.parse import quote, urljoin, urlsplit

from tests.e2e.desk import Desk
from tests.pdf_words import words

START = ("/", "/visits", "/reports", "/verify", "/login", "/app/", "/api/v1/session", "/api/v1/sync", "/api/v1/visits", "/api/v1/openapi.json")  # fmt: skip
ENOUGH = 1500
NEAR = timedelta(weeks=8)
"""Weeks lead to weeks, six hundred of them for each desk; in those farther away than this nobody here has anything to do."""


class Reader:
    """Asks as a desk does, with its cookies. Through the browser's driver some thousand answers cost it a minute of a processor."""

    def __init__(self, desk: Desk) -> None:
        self.url = desk.url
        self.line = HTTPConnection(urlsplit(desk.url).netloc)
        self.cookies = {one["name"]: one["value"] for one in desk.context.cookies(desk.url)}

    def get(self, path: str) -> tuple[Message, bytes]:
        """Headers and body of what a path leads to in the end."""
        for _ in range(10):
            cookies = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
            self.line.request("GET", quote(path, safe="/?&=%:;,+@!$'()*~"), headers={"Cookie": cookies})
            answer = self.line.getresponse()
            body = answer.read()
            for given in answer.headers.get_all("Set-Cookie", []):
                self.cookies |= {name: one.value for name, one in SimpleCookie(given).items()}
            where = urlsplit(urljoin(self.url + path, answer.headers.get("Location", "")))
            if not 300 <= answer.status < 400:
                return answer.headers, body
            path = f"{where.path}?{where.query}" if where.query else where.path
        raise AssertionError(f"{path} leads nowhere")


def crawl(desk: Desk, more: Iterable[str] = ()) -> dict[str, str]:
    """Every answer that can be reached by GET, by its path, as the text that somebody could read in it."""
    reader = Reader(desk)
    waiting, read, seen = [*START, *more], {}, set()
    while waiting and len(read) < ENOUGH:
        path = waiting.pop(0)
        # A link to the other language leads back to the page, of which each state is read anyway.
        once = re.sub("(next=[^?%]*).*", r"\1", path) if path.startswith("/language/") else path
        if once in seen:
            continue
        seen.add(once)
        answered, body = reader.get(path)
        kind = answered.get("Content-Type", "")
        headers = " ".join(f"{name}: {value}" for name, value in answered.items() if name != "Set-Cookie")
        text = (
            words(body)
            if "pdf" in kind
            else _cells(body)
            if "spreadsheet" in kind
            else body.decode("utf-8", "replace")
        )
        # JSON Lines are text as they are, and lead nowhere.
        if re.search(r"[/+]json(;|$)", kind):
            text = json.dumps(json.loads(body), ensure_ascii=False)
            links = re.findall(r'"(/[^"\s]+)"', text)
        elif "html" in kind:
            text = unescape(text)
            links = re.findall(r'(?:href|src|action)="(/[^"#]*)', text)
        else:
            links = []
        read[path] = f"{headers}\n{text}"
        # A template of the API's document is no address.
        waiting += [
            link
            for link in links
            if "{" not in link and not link.startswith(("/app/build/", "//")) and not _needless(link)
        ]
    reader.line.close()
    assert len(read) < ENOUGH, "the crawl never ends"
    return read


def _needless(link: str) -> bool:
    """Whether it leads to a week that is not near today's, or to a file with the same rows in another order."""
    if re.search(r"[?&]as=", link) and re.search(r"[?&]sort=", link):
        return True
    week = re.search(r"[?&]week=(\d{4}-\d\d-\d\d)", link)
    return bool(week) and abs(date.fromisoformat(week[1]) - datetime.now(UTC).date()) > NEAR


def _cells(workbook: bytes) -> str:
    """All that an XLSX file says, which nobody could read in its packed bytes."""
    with zipfile.ZipFile(io.BytesIO(workbook)) as packed:
        return unescape("\n".join(packed.read(name).decode("utf-8", "replace") for name in packed.namelist()))
