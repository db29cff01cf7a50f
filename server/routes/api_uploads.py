"""The verbs of tus 1.0.0 for photos and other evidence, and looking at photos."""

from __future__ import annotations

import base64
import re
from email.utils import format_datetime
from typing import Any
from uuid import UUID

from flask import Blueprint, Response, request, url_for
from werkzeug.exceptions import UnsupportedMediaType

from server.domain.access import Permission
from server.domain.errors import (
    BodyCut,
    NotAllowed,
    NotFound,
    TusVersionWrong,
    UploadMetadataWrong,
)
from server.routes.guard import chunks_of_body, route, viewer
from server.usecases import photos, record_files, uploads
from server.usecases.work import Office, Work

api = Blueprint("api_uploads", __name__, url_prefix="/api/v1")

VERSION = "1.0.0"
EXTENSIONS = "creation,creation-with-upload,checksum,expiration,termination"
BODY = "application/offset+octet-stream"
_NUMBER = re.compile(r"\d{1,15}", re.ASCII)
_SHA256 = re.compile(r"[0-9a-f]{64}", re.ASCII)
_ITEM = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,63}", re.ASCII)

TUS = {"name": "Tus-Resumable", "in": "header", "required": True, "schema": {"const": VERSION}}
ID = {"name": "upload_id", "in": "path", "required": True, "schema": {"type": "string", "format": "uuid"}}


def _header(name: str, schema: dict[str, Any], *, required: bool = False) -> dict[str, Any]:
    return {"name": name, "in": "header", "required": required, "schema": schema}


OFFSET = _header("Upload-Offset", {"type": "integer", "minimum": 0}, required=True)
LENGTH = _header("Upload-Length", {"type": "integer", "minimum": 1}, required=True)
METADATA = _header("Upload-Metadata", {"type": "string"}, required=True)
OVERRIDE = _header("X-HTTP-Method-Override", {"enum": ["PATCH", "DELETE"]}, required=True)
CHECKSUM = _header("Upload-Checksum", {"type": "string", "pattern": "^(sha1|sha256) [A-Za-z0-9+/]{27,43}=$"})


@api.after_request
def speak_tus(response: Response) -> Response:
    """Every answer about uploads says which version of tus it speaks."""
    if request.path.startswith("/api/v1/uploads"):
        response.headers["Tus-Resumable"] = VERSION
        response.headers["Cache-Control"] = "no-store"
        if response.status_code == 412:
            response.headers["Tus-Version"] = VERSION
    return response


@route(
    api,
    "/uploads",
    methods=("OPTIONS",),
    public=True,
    opens_work=False,
    summary="What we speak",
    answers={204: None},
)
def options(office: Office) -> tuple[str, int, dict[str, str]]:
    """Version, extensions and limits."""
    return "", 204, {
        "Tus-Version": VERSION,
        "Tus-Extension": EXTENSIONS,
        "Tus-Max-Size": str(office.settings.limits.photo_bytes),
        "Tus-Checksum-Algorithm": ",".join(uploads.CHECKSUMS),
    }  # fmt: skip


@route(
    api,
    "/uploads/<upload_id>",
    methods=("OPTIONS",),
    public=True,
    opens_work=False,
    summary="What we speak",
    answers={204: None},
)
def options_of(office: Office, upload_id: str) -> Any:
    """The same for one upload."""
    return options(office)


@route(
    api,
    "/uploads",
    methods=("POST",),
    needs=Permission.SEND_FILES,
    opens_work=False,
    parameters=(TUS, LENGTH, METADATA, CHECKSUM),
    octets=BODY,
    answers={201: None},
    summary="Begin an upload, with its first bytes where a body comes along",
)
def begin(office: Office) -> tuple[str, int, dict[str, str]]:
    """Begin an upload."""
    _refuse_other_version()
    wanted = _wanted()
    if wanted.subject == uploads.VISIT and not viewer().may(Permission.INSPECT):
        raise NotAllowed()
    body = None
    if request.mimetype == BODY:
        body = _body()
    elif request.content_length:
        raise UnsupportedMediaType()
    standing = uploads.begin(office, viewer(), wanted, body)
    if body is not None and body.cut:
        raise BodyCut(announced=body.announced or 0, arrived=body.arrived)
    place = url_for(
        ".how_far", upload_id=standing.id, visit=wanted.record_id, file=wanted.sha256, _external=True
    )
    headers = {"Location": place}
    if body is not None or standing.offset:
        headers["Upload-Offset"] = str(standing.offset)
    return "", 201, headers | _expires(standing)


@route(
    api,
    "/uploads/<upload_id>",
    methods=("HEAD",),
    needs=Permission.SEND_FILES,
    parameters=(ID, TUS),
    answers={200: None},
    summary="How far an upload is",
)
def how_far(work: Work, upload_id: str) -> tuple[str, int, dict[str, str]]:
    """How many bytes are here."""
    _refuse_other_version()
    standing = uploads.standing(work, _uuid(upload_id), _arrived())
    headers = {"Upload-Offset": str(standing.offset), "Upload-Length": str(standing.length)}
    return "", 200, headers | _expires(standing)


@route(
    api,
    "/uploads/<upload_id>",
    methods=("PATCH",),
    needs=Permission.SEND_FILES,
    opens_work=False,
    parameters=(ID, TUS, OFFSET, CHECKSUM),
    octets=BODY,
    answers={204: None},
    summary="Add bytes to an upload",
)
def append(office: Office, upload_id: str) -> tuple[str, int, dict[str, str]]:
    """Add bytes at the offset."""
    _refuse_other_version()
    if request.mimetype != BODY:
        raise UnsupportedMediaType()
    body = _body()
    standing = uploads.append(office, viewer(), _uuid(upload_id), _number("Upload-Offset"), body)
    if body.cut:
        raise BodyCut(announced=body.announced or 0, arrived=body.arrived)
    return "", 204, {"Upload-Offset": str(standing.offset)} | _expires(standing)


@route(
    api,
    "/uploads/<upload_id>",
    methods=("DELETE",),
    needs=Permission.SEND_FILES,
    opens_work=False,
    parameters=(ID, TUS),
    answers={204: None},
    summary="End an upload",
)
def drop(office: Office, upload_id: str) -> tuple[str, int]:
    """Forget an upload."""
    _refuse_other_version()
    uploads.drop(office, viewer(), _uuid(upload_id))
    return "", 204


@route(
    api,
    "/uploads/<upload_id>",
    methods=("POST",),
    needs=Permission.SEND_FILES,
    opens_work=False,
    parameters=(ID, TUS, OFFSET, OVERRIDE),
    octets=BODY,
    answers={204: None},
    summary="PATCH or DELETE for clients that can only POST (X-HTTP-Method-Override)",
)
def override(office: Office, upload_id: str) -> Any:
    """PATCH or DELETE by its name in the header, as tus demands."""
    verb = request.headers.get("X-HTTP-Method-Override", "").upper()
    if verb == "PATCH":
        return append(office, upload_id)
    if verb == "DELETE":
        return drop(office, upload_id)
    raise UploadMetadataWrong(field_name="X-HTTP-Method-Override")


@route(
    api,
    "/photos/<sha256>",
    opens_work=False,
    parameters=(
        {"name": "sha256", "in": "path", "required": True, "schema": {"type": "string", "pattern": "^[0-9a-f]{64}$"}},
        {"name": "size", "in": "query", "schema": {"type": "string", "enum": ["thumb", "screen"]}},
    ),
    answers={200: bytes, 206: bytes},
    summary="A picture, or other evidence, with access control",
)  # fmt: skip
def photo(office: Office, sha256: str) -> Response:
    """A file of a visit, action or appeal in sight, whole or in a smaller size; it never changes."""
    size = request.args.get("size")
    if not _SHA256.fullmatch(sha256) or size not in (None, *photos.SIZES):
        raise NotFound()
    found = photos.find(office, viewer(), sha256, size)
    response = Response(mimetype=found.type)
    response.set_etag(f"{sha256}-{found.size}")
    # What is deleted after the review must not live on in a browser.
    sound = found.kind == "audio"
    kept = "private, max-age=31536000, immutable"
    if found.kind == photos.MASKED:
        # It can be withheld any time, and a browser that asks each time learns that.
        kept = "private, no-cache"
    response.headers["Cache-Control"] = "no-store" if sound else kept
    response.headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
    inline = sound or found.type.startswith("image/")
    response.headers["Content-Disposition"] = "inline" if inline else "attachment"
    if sound:
        # A player asks for pieces, so that one can go back and forth in what is heard.
        data = photos.read(office, found)
        response.set_data(data)
        return response.make_conditional(request, accept_ranges=True, complete_length=len(data))
    if response.make_conditional(request).status_code != 304:
        response.set_data(photos.read(office, found))
    return response


def _wanted() -> uploads.Wanted:
    length = _number("Upload-Length")
    given = _metadata()
    if not _SHA256.fullmatch(given.get("sha256", "")):
        raise UploadMetadataWrong(field_name="sha256")
    subject = given.get("record_kind", "") if "record" in given else uploads.VISIT
    if "record" in given and subject not in uploads.RECORDS:
        raise UploadMetadataWrong(field_name="record_kind")
    whose = "visit_id" if subject == uploads.VISIT else "record"
    try:
        record_id = UUID(given.get(whose, ""))
    except ValueError:
        raise UploadMetadataWrong(field_name=whose) from None
    item = given.get("item_id") or None
    if item is not None and not _ITEM.fullmatch(item):
        raise UploadMetadataWrong(field_name="item_id")
    kind = given.get("kind") or "photo"
    if kind not in uploads.KINDS:
        raise UploadMetadataWrong(field_name="kind")
    if length == 0:
        raise UploadMetadataWrong(field_name="Upload-Length")
    if subject != uploads.VISIT:
        kind = record_files.KIND[subject]
    return uploads.Wanted(given["sha256"], length, record_id, item, kind, subject)


def _arrived() -> uploads.Arrived | None:
    """Which file an upload became, from the place that we named when it began."""
    file, visit = request.args.get("file", ""), request.args.get("visit", "")
    try:
        return uploads.Arrived(UUID(visit), file) if _SHA256.fullmatch(file) else None
    except ValueError:
        return None


def _metadata() -> dict[str, str]:
    """Upload-Metadata as plain text; the names of files in it are read by nobody."""
    given: dict[str, str] = {}
    for pair in request.headers.get("Upload-Metadata", "").split(","):
        name, _, value = pair.strip().partition(" ")
        try:
            given[name] = base64.b64decode(value, validate=True).decode()
        except ValueError:
            raise UploadMetadataWrong(field_name=name[:40]) from None
    return given


def _body() -> uploads.Body:
    checksum = None
    given = request.headers.get("Upload-Checksum")
    if given is not None:
        algorithm, _, value = given.partition(" ")
        if algorithm not in uploads.CHECKSUMS:
            raise UploadMetadataWrong(field_name="Upload-Checksum")
        try:
            checksum = algorithm, base64.b64decode(value, validate=True)
        except ValueError:
            raise UploadMetadataWrong(field_name="Upload-Checksum") from None
    return uploads.Body(chunks_of_body(), request.content_length, checksum)


def _number(header: str) -> int:
    text = request.headers.get(header, "")
    if not _NUMBER.fullmatch(text):
        raise UploadMetadataWrong(field_name=header)
    return int(text)


def _uuid(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise NotFound() from None


def _refuse_other_version() -> None:
    if request.headers.get("Tus-Resumable") != VERSION:
        raise TusVersionWrong()


def _expires(standing: uploads.Standing) -> dict[str, str]:
    if standing.expires_at is None:
        return {}
    return {"Upload-Expires": format_datetime(standing.expires_at, usegmt=True)}
