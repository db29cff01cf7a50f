"""route(): the only way to add a view. It asks for the permission, checks CSRF, reads the body, opens Work."""

from __future__ import annotations

import hmac
from collections.abc import Callable, Iterator, Mapping
from contextlib import nullcontext
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any
from uuid import UUID

from flask import Blueprint, Flask, Response, current_app, jsonify, request
from flask_login import LoginManager, UserMixin, current_user
from pydantic import BaseModel
from werkzeug.exceptions import ClientDisconnected, UnsupportedMediaType

from server.config import Limits
from server.domain.access import Permission, Viewer
from server.domain.documents import read_document
from server.domain.errors import (
    BodyCut,
    Fault,
    ForeignRequest,
    NotAllowed,
    NotFound,
    NotSignedIn,
    Problem,
    TooLarge,
    WrongDocument,
)
from server.domain.findings import at
from server.routes import errors
from server.usecases import people, tokens
from server.usecases.work import Office

CHUNK = 1 << 16
# Without this a phone that fell silent would hold its thread, and its upload, for ever.
SILENCE_SECONDS = 30
SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
FEEDS = ("/feeds/", "/odata/")
MOST_FORM_BYTES = 30_000_000
"""A form with a file, a report or a workbook, of whoever asks; larger ones are named by their routes."""


class SignedIn(UserMixin):
    """Who is behind this request, for Flask-Login; `sign_in` is None for an access token."""

    def __init__(self, viewer: Viewer, sign_in: UUID | None) -> None:
        self.viewer = viewer
        self.sign_in = sign_in

    def get_id(self) -> str:
        """The id of the sign-in, not of the user, so that ending it on the server ends the session."""
        return str(self.sign_in)


@dataclass(frozen=True)
class Guarded:
    """What the OpenAPI document and the tests know of a view."""

    rule: str
    methods: tuple[str, ...]
    needs: Permission | None
    public: bool
    summary: str
    body: type[BaseModel] | None = None
    answers: dict[int, Any] = field(default_factory=dict)
    parameters: tuple[dict[str, Any], ...] = ()
    octets: str | None = None


def office() -> Office:
    """The office of the running application."""
    return current_app.extensions["office"]


def viewer() -> Viewer:
    """Whoever signed in. Raises NotSignedIn."""
    if not current_user.is_authenticated:
        raise NotSignedIn()
    return current_user.viewer


def csrf_token() -> str:
    """The CSRF token of this sign-in, made from its id and the server's secret."""
    if not current_user.is_authenticated or current_user.sign_in is None:
        return ""
    return _csrf(office().settings.secret, current_user.sign_in)


def route(
    blueprint: Blueprint,
    rule: str,
    *,
    methods: tuple[str, ...] = ("GET",),
    needs: Permission | None = None,
    public: bool = False,
    writes: bool | None = None,
    body: type[BaseModel] | None = None,
    answers: dict[int, Any] | None = None,
    parameters: tuple[dict[str, Any], ...] = (),
    summary: str = "",
    opens_work: bool = True,
    octets: str | None = None,
    token: bool = True,
    form_bytes: Callable[[Limits], int] = lambda _: MOST_FORM_BYTES,
) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Add a view to a blueprint.

    The view is called with an open `Work` (or the `Office`, where `opens_work` is false because the view
    needs several transactions), the parsed `body` when one is declared, and the parts of the path. It
    returns a Response, a Pydantic model, a dict, or a tuple of one of them with status and headers; the
    transaction is committed before the answer goes out. A Problem that is raised rolls back; one that is
    returned is answered the same way, but what the view wrote is kept. Without `needs` and not `public`, any signed-in
    user may call it. `form_bytes` is how large a form with files may be; `token`: a write needs the CSRF token of who is signed in.
    """

    def add(view: Callable[..., Any]) -> Callable[..., Any]:
        known = Guarded(rule, methods, needs, public, summary, body, answers or {}, parameters, octets)

        def guarded(**path: Any) -> Response:
            if request.mimetype == "application/x-www-form-urlencoded":
                # Werkzeug holds such a form in memory whole and asks nobody how large it may be.
                request.max_content_length = office().settings.limits.document_bytes
            elif request.mimetype == "multipart/form-data":
                request.max_content_length = form_bytes(office().settings.limits)
            who = None if public and not current_user.is_authenticated else viewer()
            if who and needs and not who.may(needs):
                raise NotAllowed()
            if request.method not in SAFE:
                _refuse_foreign(who if token else None)
            _refuse_nul(path)
            write = request.method not in SAFE if writes is None else writes
            sent = json_sent() if body is not None else b""
            # A document is whole here before anybody waits for it to be judged.
            with office().database.desk() if body is not None and opens_work and write else nullcontext():
                arguments = dict(path) if body is None else {**path, "body": read_document(body, sent)}
                if not opens_work:
                    return answer(view(office(), **arguments))
                with office().work(*([who] if who else []), write=write) as work:
                    response = answer(view(work, **arguments))
                # Only now is it committed.
                return response  # noqa: RET504

        guarded.__name__ = f"{view.__module__.rsplit('.', 1)[-1]}_{view.__name__}"
        guarded.__doc__ = view.__doc__
        guarded.guarded = known  # type: ignore[attr-defined]
        blueprint.add_url_rule(rule, endpoint=view.__name__, view_func=guarded, methods=list(methods))
        return view

    return add


def answer(value: Any) -> Response:
    """A view's return value as a response."""
    status, headers = 200, {}
    if isinstance(value, Problem):
        return errors.of_problem(value)
    if isinstance(value, tuple):
        value, status, *rest = value
        headers = rest[0] if rest else {}
    if isinstance(value, BaseModel):
        response = Response(value.model_dump_json(by_alias=True), mimetype="application/json")
    elif isinstance(value, dict | list):
        response = jsonify(value)
    elif isinstance(value, Response):
        response = value
    else:
        response = current_app.make_response(value if value is not None else "")
    if status != 200:
        response.status_code = status
    response.headers.update(headers)
    return response


def whole_body(limit: int) -> bytes:
    """The body of the request, never a cut one. Raises TooLarge (bytes), BodyCut."""
    announced = request.content_length
    if announced is not None and announced > limit:
        raise TooLarge(limit=limit)
    data = request.stream.read(limit + 1)
    if len(data) > limit:
        raise TooLarge(limit=limit)
    # Under gunicorn a body that ends early looks whole; only the announced length tells.
    if announced is not None and len(data) < announced:
        raise BodyCut(announced=announced, arrived=len(data))
    return data


def chunks_of_body() -> Iterator[bytes]:
    """The body as it comes in; it ends where the connection breaks or falls silent."""
    wire = request.environ.get("gunicorn.socket")
    if wire is not None:
        wire.settimeout(SILENCE_SECONDS)
    try:
        while chunk := request.stream.read(CHUNK):
            yield chunk
    except (OSError, ClientDisconnected):
        # What came is kept; that it is not everything, the caller sees by the length.
        return


def json_sent() -> bytes:
    """The JSON body of the request. Raises UnsupportedMediaType, TooLarge (bytes), BodyCut."""
    if request.mimetype != "application/json":
        raise UnsupportedMediaType()
    return whole_body(office().settings.limits.document_bytes)


def install(app: Flask) -> None:
    """Connect Flask-Login to the sign-ins and tokens of the office."""
    manager = LoginManager(app)
    manager.session_protection = None

    @manager.user_loader
    def by_session(identity: str) -> SignedIn | None:
        try:
            sign_in = UUID(identity)
        except ValueError:
            return None
        who = people.signed_in(office(), sign_in)
        return SignedIn(who, sign_in) if who else None

    @manager.request_loader
    def by_token(_request: Any) -> SignedIn | None:
        who = tokens.holder(
            office(),
            request.headers.get("Authorization", ""),
            feeds=f"{request.path}/".startswith(FEEDS) and request.method in SAFE,
            secret=request.is_secure or office().settings.demo,
        )
        return SignedIn(who, None) if who else None


def _csrf(secret: bytes, sign_in: UUID) -> str:
    return hmac.new(secret, b"csrf:" + sign_in.bytes, sha256).hexdigest()


def _refuse_foreign(who: Viewer | None) -> None:
    """A write must come from our own pages: by header from the browser, and by token for who has a cookie."""
    if request.headers.get("Sec-Fetch-Site", "same-origin") not in ("same-origin", "none"):
        raise ForeignRequest()
    origin = request.headers.get("Origin")
    if origin and origin not in (request.host_url.rstrip("/"), office().settings.public_url):
        raise ForeignRequest()
    if who is None or current_user.sign_in is None:
        return
    given = request.headers.get("X-CSRF-Token") or request.form.get("csrf_token", "")
    if not hmac.compare_digest(given.encode(errors="replace"), csrf_token().encode()):
        raise ForeignRequest()


def _refuse_nul(path: Mapping[str, Any]) -> None:
    """PostgreSQL keeps no NUL in a text, so none is taken. Raises NotFound for a path, WrongDocument."""
    if any("\0" in str(value) for value in path.values()):
        raise NotFound()
    typed = request.mimetype in ("application/x-www-form-urlencoded", "multipart/form-data")
    given = [request.args, request.form] if typed else [request.args]
    faults = tuple(
        Fault(at("", name.replace("\0", "")), "nul_character")
        for fields in given
        for name, values in fields.lists()
        if any("\0" in text for text in (name, *values))
    )
    if faults:
        raise WrongDocument(faults=faults)
