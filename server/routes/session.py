"""Signing in and out, and who am I: for the phone as JSON, for the console as a page."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated
from urllib.parse import urlsplit
from uuid import UUID

from flask import (
    Blueprint,
    Response,
    current_app,
    flash,
    g,
    redirect,
    render_template,
    request,
    session,
    url_for,
)
from flask_login import current_user, login_user, logout_user
from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from server.domain.access import ROLES, Permission, Role
from server.domain.errors import Fault, LoginLocked, PasswordTooShort, WrongDocument, WrongPassword
from server.queries import phone_keys
from server.routes.errors import FAULTS, filled, problem_text
from server.routes.guard import SignedIn, csrf_token, office, route, viewer
from server.usecases import people, rescue
from server.usecases.work import Office, Work

api = Blueprint("api_session", __name__, url_prefix="/api/v1")
pages = Blueprint("session", __name__)


_WITH_FIRST_PASSWORD = frozenset({"session.password", "session.logout"})


class Credentials(BaseModel):
    """Name and password."""

    model_config = ConfigDict(strict=True, extra="forbid")
    username: Annotated[str, StringConstraints(min_length=1, max_length=60)]
    password: Annotated[str, StringConstraints(min_length=1, max_length=200)]


class NewPassword(BaseModel):
    """The present password and the one that takes its place."""

    model_config = ConfigDict(strict=True, extra="forbid")
    old: Annotated[str, StringConstraints(min_length=1, max_length=200)]
    new: Annotated[str, StringConstraints(min_length=1, max_length=200)]


class Me(BaseModel):
    """The signed-in user as the phone needs to know it."""

    id: str
    username: str
    name: str
    role: Role
    language: str


class Packing(BaseModel):
    """What unsent visits are packed with for a colleague: the server's public key (P-256, base64url), its name, and the pass.

    A file of more than `most_bytes` is not taken.
    """

    name: str
    key: str
    pass_: Annotated[str, Field(serialization_alias="pass")]
    most_bytes: int


class Session(BaseModel):
    """Who am I, what may I, and the server's clock; `must_change`: the password is one that somebody else chose.

    `packing` is null for who makes no visits. `store_key` (32 bytes, base64url) opens what this user's phones have sealed: always the
    same; null for an access token. With `seal` they seal what they store under it from now on, without it what is stored lies open.
    """

    user: Me
    must_change: bool
    permissions: list[Permission]
    csrf: str
    server_time: str
    demo: bool
    packing: Packing | None
    store_key: str | None
    seal: bool


@route(
    api,
    "/session",
    methods=("POST",),
    public=True,
    body=Credentials,
    opens_work=False,
    token=False,
    answers={200: Session},
    summary="Sign in",
)
def sign_in(_office: Office, body: Credentials) -> Session:
    """Sign in by name and password; answers with a session cookie.

    No token is asked for: the phone may only know that of a sign-in whose cookie another user's has replaced in this browser, and a
    foreign page can send no JSON.
    """
    _enter(body.username, body.password)
    # A phone's browser is ended by its system at any time; the console's sign-in ends with its window.
    session.permanent = True
    with office().work(viewer(), write=False) as work:
        return _session(work)


@route(api, "/session", answers={200: Session}, summary="Who am I")
def who_am_i(work: Work) -> Session:
    """Who is signed in; from now on the sign-in lasts as long again."""
    session.modified = True
    return _session(work)


@route(api, "/session", methods=("DELETE",), summary="Sign out", answers={204: None})
def sign_out(work: Work) -> tuple[str, int, dict[str, str]]:
    """End this sign-in on the server; what the browser kept of its pictures goes, the app that it kept stays.

    The cookie stays too, and opens nothing any more: by the time of the answer it may be that of the next sign-in.
    """
    _leave(work)
    return "", 204, {"Clear-Site-Data": '"cache"'}


@route(
    api,
    "/session/password",
    methods=("PUT",),
    body=NewPassword,
    opens_work=False,
    answers={204: None},
    summary="Change the own password; every other sign-in ends",
)
def change_password(office: Office, body: NewPassword) -> tuple[str, int]:
    """Change the own password from the phone."""
    if body.new == body.old:
        raise WrongDocument(faults=(Fault("/new", "password_same"),))
    try:
        people.change_password(office, viewer(), body.old, body.new, keep=current_user.sign_in)
    except WrongPassword:
        # Not the 401 of a sign-in: whoever mistypes the present password is signed in all the same.
        raise WrongDocument(faults=(Fault("/old", "password_wrong"),)) from None
    return "", 204


@route(pages, "/login", methods=("GET", "POST"), public=True, opens_work=False, summary="The sign-in page")
def login(_office: Office) -> Response | str | tuple[str, int]:
    """The sign-in page of the console."""
    wrong = ""
    if request.method == "POST":
        try:
            _enter(request.form.get("username", "")[:60], request.form.get("password", "")[:200])
        except (WrongPassword, LoginLocked) as problem:
            wrong = problem_text(problem)
        else:
            return redirect(_safe(request.args.get("next")))  # type: ignore[return-value]
    elif current_user.is_authenticated:
        return redirect(url_for("session.home"))  # type: ignore[return-value]
    return render_template(
        "session/login.html",
        wrong=wrong,
        username=request.form.get("username", "")[:60],
        demo=office().settings.demo,
    ), 401 if wrong else 200


@route(pages, "/logout", methods=("POST",), summary="Sign out of the console")
def logout(work: Work) -> Response:
    """End this sign-in and go back to the sign-in page."""
    _leave(work)
    logout_user()
    return redirect(url_for("session.login"))  # type: ignore[return-value]


@route(pages, "/password", methods=("GET", "POST"), opens_work=False, summary="Change the own password")
def password(office: Office) -> Response | str | tuple[str, int]:
    """The page on which a user changes the own password; every other sign-in ends."""
    if request.method == "GET":
        return render_template("session/password.html", wrong="", least=people.LEAST_PASSWORD)
    old, new, again = (request.form.get(name, "")[:200] for name in ("old", "new", "again"))
    if new != again:
        wrong = filled("两次输入的新密码不一样。", {})
    elif new == old:
        wrong = filled(FAULTS["password_same"], {})
    else:
        try:
            people.change_password(office, viewer(), old, new, keep=current_user.sign_in)
        except WrongPassword:
            wrong = filled(FAULTS["password_wrong"], {})
        except (PasswordTooShort, LoginLocked) as problem:
            wrong = problem_text(problem)
        else:
            flash(filled("密码已改，其他地方的登录都已结束。", {}), "good")
            return redirect(url_for("session.home"))  # type: ignore[return-value]
    return render_template("session/password.html", wrong=wrong, least=people.LEAST_PASSWORD), 422


@pages.before_app_request
def first_password() -> Response | None:
    """Whoever still has the password that somebody else chose is led to change it, before any console page.

    The phone's app and API go on: what was filled in offline must not wait for it.
    """
    if request.path.startswith(("/api/", "/app/")) or request.endpoint in _WITH_FIRST_PASSWORD:
        return None
    known = getattr(current_app.view_functions.get(request.endpoint or ""), "guarded", None)
    if known is None or (known.public and request.endpoint != "session.home"):
        return None
    if current_user.is_authenticated and current_user.sign_in and current_user.viewer.must_change:
        return redirect(url_for("session.password"))  # type: ignore[return-value]
    return None


@route(pages, "/", public=True, opens_work=False, summary="Where each role begins")
def home(_office: Office) -> Response:
    """The desk for who works at one; the phone app for shoppers, and on a phone for who inspects beside other work."""
    if not current_user.is_authenticated:
        return redirect(url_for("session.login"))  # type: ignore[return-value]
    who = viewer()
    on_phone = "Mobi" in request.headers.get("User-Agent", "")
    in_field = who.role in (Role.AREA_MANAGER, Role.HALL_MANAGER) and on_phone
    at_desk = who.may(Permission.SEE_VISITS) and not in_field
    return redirect("/desk" if at_desk else "/app/")  # type: ignore[return-value]


def _enter(username: str, password: str) -> None:
    user, opened = people.sign_in(
        office(), username, password, request.remote_addr or "", request.headers.get("User-Agent", "")
    )
    login_user(SignedIn(people.viewer_of(user), opened.id))
    g.language = user.language


def _leave(work: Work) -> None:
    if current_user.sign_in:
        people.sign_out(work, UUID(str(current_user.sign_in)))


def _session(work: Work) -> Session:
    who = viewer()
    invited = rescue.invitation(office().settings, who)
    return Session(
        user=Me(id=who.user_id, username=who.username, name=who.name, role=who.role, language=who.language),
        must_change=who.must_change,
        permissions=sorted(ROLES[who.role]),
        csrf=csrf_token(),
        server_time=office().clock().isoformat().replace("+00:00", "Z"),
        demo=office().settings.demo,
        packing=Packing(**asdict(invited)) if invited else None,
        store_key=phone_keys.own_key(work.session, who) if current_user.sign_in else None,
        seal=office().settings.seal_phones,
    )


def _safe(target: str | None) -> str:
    """Only our own paths: never a place that somebody put into a link."""
    if not target or not target.startswith("/") or "\\" in target or not target.isprintable():
        # Browsers leave tabs and line ends out and read a backslash as a slash.
        return url_for("session.home")
    try:
        parts = urlsplit(target)
    except ValueError:
        return url_for("session.home")
    return url_for("session.home") if parts.scheme or parts.netloc or target.startswith("//") else target
