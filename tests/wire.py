"""A phone over a real connection that may be cut at any byte, for tests against a real gunicorn."""

from __future__ import annotations

import http.client
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from server.storage.organisation import User
from server.usecases.work import Office
from tests import make, phone
from tests.gunicorn import Server


@dataclass
class Answer:
    """What came back."""

    status: int
    headers: dict[str, str]
    body: bytes

    def json(self) -> Any:
        return json.loads(self.body)


@dataclass
class Wire:
    """A signed-in phone; every request is a connection of its own."""

    server: Server
    headers: dict[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, server: Server, user: User) -> Wire:
        wire = cls(server)
        answer = wire.ask(
            "POST",
            "/api/v1/session",
            json.dumps({"username": user.username, "password": make.PASSWORD}).encode(),
            {"Content-Type": "application/json"},
        )
        assert answer.status == 200, answer.body
        wire.headers = {
            "Cookie": answer.headers["Set-Cookie"].split(";")[0],
            "X-CSRF-Token": answer.json()["csrf"],
        }
        return wire

    def ask(self, method: str, path: str, body: bytes = b"", headers: Any = ()) -> Answer:
        """One request and its answer."""
        connection = http.client.HTTPConnection("127.0.0.1", self.server.port, timeout=60)
        try:
            connection.request(method, path, body, {**self.headers, **dict(headers)})
            response = connection.getresponse()
            return Answer(response.status, dict(response.headers), response.read())
        finally:
            connection.close()

    @contextmanager
    def begun(self, method: str, path: str, body: bytes, headers: Any, sent: int) -> Iterator[Any]:
        """A request of which only `sent` bytes of the body are on the way; the connection is cut at the end."""
        connection = http.client.HTTPConnection("127.0.0.1", self.server.port, timeout=60)
        try:
            connection.putrequest(method, path)
            for name, value in {**self.headers, **dict(headers), "Content-Length": str(len(body))}.items():
                connection.putheader(name, value)
            connection.endheaders()
            connection.send(body[:sent])
            yield connection
        finally:
            connection.close()

    def put(self, document: dict[str, Any], etag: str | None = None) -> Answer:
        """PUT the visit, as the first save or on an etag."""
        return self.ask("PUT", f"/api/v1/visits/{document['id']}", *self.saving(document, etag))

    def saving(self, document: dict[str, Any], etag: str | None = None) -> tuple[bytes, dict[str, str]]:
        """Body and headers of a save."""
        based = {"If-Match": f'"{etag}"'} if etag else {"If-None-Match": "*"}
        return json.dumps(document).encode(), {"Content-Type": "application/json", **based}

    def send(self, data: bytes, visit: str) -> Answer:
        """POST a whole file; waits, as the phone does, while an earlier request of the same file is being read."""
        headers = {**phone.announced(data, visit), "Content-Type": phone.OCTETS}
        pause = threading.Event()
        for _ in range(200):
            answer = self.ask("POST", "/api/v1/uploads", data, headers)
            if answer.status != 423:
                break
            pause.wait(0.05)
        return answer

    def offset(self, place: str) -> int | None:
        """HEAD: how many bytes are here; None where there is no such upload."""
        answer = self.ask("HEAD", place, headers=phone.TUS)
        return int(answer.headers["Upload-Offset"]) if answer.status == 200 else None

    def patch(self, place: str, data: bytes, offset: int) -> Answer:
        """PATCH the rest from an offset."""
        headers = {**phone.TUS, "Upload-Offset": str(offset), "Content-Type": phone.OCTETS}
        return self.ask("PATCH", place, data[offset:], headers)

    def offset_reaches(self, place: str, wanted: int) -> bool:
        """Whether the offset becomes `wanted` within bounds: a cut request ends on the server a moment later."""
        pause = threading.Event()
        for _ in range(200):
            if self.offset(place) == wanted:
                return True
            pause.wait(0.05)
        return False


@contextmanager
def office_of(server: Server) -> Iterator[Office]:
    """The server's own database and files, to look at and to prepare."""
    office = Office.of(server.settings)
    try:
        yield office
    finally:
        office.database.close()
