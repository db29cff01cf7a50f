"""What a phone does, in one line each: save a document, send a photo, ask how far it is."""

from __future__ import annotations

import base64
from hashlib import sha256
from typing import Any

from werkzeug.test import TestResponse

from tests.make import Caller

TUS = {"Tus-Resumable": "1.0.0"}
OCTETS = "application/offset+octet-stream"


def put(caller: Caller, document: dict[str, Any], etag: str | None = "none") -> TestResponse:
    """PUT the visit; `etag` "none" for the first save, None to send neither header."""
    headers = {"none": {"If-None-Match": "*"}, None: {}}.get(etag, {"If-Match": f'"{etag}"'})
    return caller.put(f"/api/v1/visits/{document['id']}", json=document, headers=headers)


def metadata(data: bytes, visit: str, **given: str) -> str:
    """The Upload-Metadata of a file for a visit."""
    plain = {"sha256": sha256(data).hexdigest(), "visit_id": visit, "filename": "照片.jpg", **given}
    return ",".join(f"{name} {base64.b64encode(value.encode()).decode()}" for name, value in plain.items())


def announced(data: bytes, visit: str, **given: str) -> dict[str, str]:
    """The headers that begin an upload."""
    return {**TUS, "Upload-Length": str(len(data)), "Upload-Metadata": metadata(data, visit, **given)}


def send(
    caller: Caller, data: bytes, visit: str, *, part: bytes | None = None, headers: Any = (), **given: str
) -> TestResponse:
    """POST a file in one request; `part` to send fewer bytes than announced in Upload-Length."""
    return caller.post(
        "/api/v1/uploads",
        data=data if part is None else part,
        content_type=OCTETS,
        headers={**announced(data, visit, **given), **dict(headers)},
    )


def begin(caller: Caller, data: bytes, visit: str, **given: str) -> TestResponse:
    """POST without bytes."""
    return caller.post("/api/v1/uploads", headers=announced(data, visit, **given))


def patch(
    caller: Caller, location: str, offset: int, part: bytes, headers: Any = (), content_type: str = OCTETS
) -> TestResponse:
    """PATCH bytes at an offset."""
    return caller.call(
        "PATCH",
        location,
        data=part,
        content_type=content_type,
        headers={**TUS, "Upload-Offset": str(offset), **dict(headers)},
    )


def head(caller: Caller, location: str) -> TestResponse:
    """HEAD."""
    return caller.call("HEAD", location, headers=TUS)
