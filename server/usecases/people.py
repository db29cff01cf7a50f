"""Users and their sign-ins: signing in and out, adding, resetting, disabling and enabling users."""

from collections.abc import Iterable
from datetime import timedelta
from hashlib import sha256
from math import ceil
from typing import Any
from uuid import UUID, uuid4

import sqlalchemy as sa
from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerifyMismatchError
from sqlmodel import SQLModel, col, func, select

from server.domain.access import Permission, Role, Viewer
from server.domain.errors import (
    LoginLocked,
    NameTaken,
    NameWrong,
    PasswordTooShort,
    PlaceMissing,
    UnknownPlace,
    UnknownUser,
    WrongPassword,
)
from server.domain.people import PlaceNotForRole, UsernameWrong, name_fits
from server.storage.organisation import AccessToken, LoginAttempt, Outlet, SignIn, Tier, Unit, UnitKind, User
from server.usecases.work import Office, Work

# 19 MiB, two passes, one lane: OWASP's smallest advice, 40 ms, so that eight phones at once do not stop the server.
_HASHER = PasswordHasher(time_cost=2, memory_cost=19_456, parallelism=1)
LEAST_PASSWORD = 8
SLOWED_FROM = 3
"""From this failure of an account on, the next try has to wait."""
_AT_AN_OUTLET = frozenset({Role.HALL_MANAGER, Role.OUTLET_OWNER})
_UNITS = {
    Role.AREA_MANAGER: frozenset({UnitKind.AREA}),
    Role.BRANCH_MANAGER: frozenset({UnitKind.BRANCH, UnitKind.COUNTY}),
}

# Spent on unknown names too, so that the time of an answer does not tell which names exist.
_NOBODY = _HASHER.hash("nobody")


def hashed(password: str) -> str:
    """The Argon2id hash of a password."""
    return _HASHER.hash(password)


def matches(hash_: str, password: str) -> bool:
    """Whether this is the password behind an Argon2id hash."""
    try:
        return _HASHER.verify(hash_, password)
    except (VerifyMismatchError, InvalidHashError):
        return False


def sign_in(office: Office, username: str, password: str, address: str, device: str) -> tuple[User, SignIn]:
    """Check name and password and open a sign-in.

    Failures are counted by account and by address and committed even though the sign-in fails; from the
    third on, the account waits for one second, then twice as long each time; after `login_tries` of them the
    account (and, at four times as many, the address) is locked for minutes.
    Raises WrongPassword, LoginLocked.
    """
    keys = {
        _account(username): office.settings.limits.login_tries,
        f"address:{address[:60]}": office.settings.limits.login_tries * 4,
    }
    with office.work(write=False) as work:
        _refuse_locked(work, keys)
        user = work.session.exec(select(User).where(User.username == username)).first()
    right = matches(user.password_hash if user and not user.disabled_at else _NOBODY, password)
    with office.work() as work:
        attempts = {
            a.key: a for a in work.session.exec(select(LoginAttempt).where(col(LoginAttempt.key).in_(keys)))
        }
        if user and right and not user.disabled_at:
            mine = attempts.get(_account(username))
            if mine:
                work.session.delete(mine)
            opened = SignIn(id=uuid4(), user_id=user.id, created_at=work.now, device=device[:200])
            work.session.add(opened)
            work.viewer = viewer_of(user)
            work.record("user.signed-in", "user", user.id)
            return user, opened
        for key, tries in keys.items():
            _count_failure(work, attempts.get(key), key, tries, slowed=key.startswith("user:"))
        work.record("user.sign-in-failed", "user", user.id if user else "unknown")
    raise WrongPassword()


def sign_out(work: Work, sign_in_id: UUID) -> None:
    """End a sign-in on the server."""
    opened = work.session.get(SignIn, sign_in_id)
    if opened and not opened.ended_at:
        opened.ended_at = work.now
        work.record("user.signed-out", "user", opened.user_id)


def signed_in(office: Office, sign_in_id: UUID) -> Viewer | None:
    """Whose open sign-in this is; None when it ended or the user was disabled."""
    row = office.database.row(_SIGNED_IN, {"sought": sign_in_id})
    return _viewer(row) if row else None


def token_holder(office: Office, token: str) -> Viewer | None:
    """Whose access token this is; None when it is unknown, ended, or the user disabled."""
    with office.work(write=False) as work:
        user = work.session.exec(
            select(User)
            .join(AccessToken, col(AccessToken.user_id) == col(User.id))
            .where(
                AccessToken.sha256 == sha256(token.encode()).hexdigest(),
                col(AccessToken.ended_at).is_(None),
                col(User.disabled_at).is_(None),
            )
        ).first()
    return viewer_of(user) if user else None


def add(
    work: Work, *, username: str, name: str, role: Role, password: str, unit: str = "", outlet: str = ""
) -> User:
    """Add a user who must change the password at the first sign-in.

    `unit` and `outlet` are codes: owners and hall managers belong to an outlet, area and branch managers to
    a unit. Raises NotAllowed, UsernameWrong, NameWrong, NameTaken, PasswordTooShort, UnknownPlace,
    PlaceMissing, PlaceNotForRole.
    """
    work.needs(Permission.ADMINISTER)
    _long_enough(password)
    if not name_fits(username, 60) or any(sign.isspace() for sign in username):
        raise UsernameWrong(most=60)
    if not name_fits(name, 80):
        raise NameWrong(most=80)
    if work.session.exec(select(User).where(func.lower(User.username) == username.lower())).first():
        raise NameTaken(name=username)
    user = User(
        id=uuid4(),
        username=username,
        name=name,
        role=role,
        password_hash=hashed(password),
        must_change=True,
        created_at=work.now,
    )
    if outlet:
        place = work.session.exec(select(Outlet).where(Outlet.code == outlet)).first()
        if not place:
            raise UnknownPlace(place=outlet)
        if role in _UNITS or (role in _AT_AN_OUTLET and _own(place) != (role is Role.HALL_MANAGER)):
            raise PlaceNotForRole(role=role, place=outlet)
        user.outlet_id, user.unit_id, user.unit_path = place.id, place.unit_id, place.unit_path
    elif role in _AT_AN_OUTLET:
        raise PlaceMissing(role=role)
    elif unit:
        found = work.session.exec(select(Unit).where(Unit.code == unit)).first()
        if not found:
            raise UnknownPlace(place=unit)
        if found.kind not in _UNITS.get(role, {found.kind}):
            raise PlaceNotForRole(role=role, place=unit)
        user.unit_id, user.unit_path = found.id, found.path
    elif role in _UNITS:
        raise PlaceMissing(role=role)
    work.session.add(user)
    work.record("user.added", "user", user.id)
    return user


def _own(outlet: Outlet) -> bool:
    return outlet.tier == Tier.OWN_HALL


def reset(work: Work, username: str, password: str) -> User:
    """Give a user a new password, to be changed at the next sign-in, and end every sign-in.

    A disabled user stays out with it. Raises NotAllowed, UnknownUser, PasswordTooShort.
    """
    work.needs(Permission.ADMINISTER)
    _long_enough(password)
    user = _named(work, username)
    user.password_hash, user.must_change = hashed(password), True
    _end_sign_ins(work, user.id)
    work.record("user.password-reset", "user", user.id)
    return user


def disable(work: Work, username: str) -> None:
    """Let a user in no longer and end every sign-in. Raises NotAllowed, UnknownUser."""
    work.needs(Permission.ADMINISTER)
    user = _named(work, username)
    user.disabled_at = user.disabled_at or work.now
    _end_sign_ins(work, user.id)
    work.record("user.disabled", "user", user.id)


def enable(work: Work, username: str) -> bool:
    """Let a disabled user in again, with the password of before; False where the user was not disabled.

    Raises NotAllowed, UnknownUser.
    """
    work.needs(Permission.ADMINISTER)
    user = _named(work, username)
    if user.disabled_at is None:
        return False
    user.disabled_at = None
    work.record("user.enabled", "user", user.id)
    return True


def change_password(office: Office, viewer: Viewer, old: str, new: str, *, keep: UUID | None = None) -> None:
    """Change the viewer's own password; every other sign-in than `keep` ends.

    Tries with a wrong old one count like those of a sign-in, and hashing keeps no writer waiting.
    Raises WrongPassword where `old` is not the present one, PasswordTooShort, LoginLocked.
    """
    me, key = UUID(viewer.user_id), _account(viewer.username)
    with office.work(viewer, write=False) as work:
        _refuse_locked(work, [key])
        present = work.session.get_one(User, me).password_hash
    right = matches(present, old)
    if right:
        _long_enough(new)
    made = hashed(new) if right else ""
    with office.work(viewer) as work:
        user = work.session.get_one(User, me)
        if right and user.password_hash == present:
            user.password_hash, user.must_change = made, False
            _end_sign_ins(work, user.id, keep=keep)
            work.record("user.password-changed", "user", user.id)
            return
        _count_failure(
            work, work.session.get(LoginAttempt, key), key, work.settings.limits.login_tries, slowed=True
        )
        work.record("user.password-refused", "user", user.id)
    raise WrongPassword()


def replace_hash(work: Work, old: str, password: str) -> None:
    """Give every account that holds this hash another password, and end their sign-ins (demonstration)."""
    work.needs(Permission.ADMINISTER)
    new = hashed(password)
    for user in work.session.exec(select(User).where(User.password_hash == old)):
        user.password_hash = new
        _end_sign_ins(work, user.id)
        work.record("user.password-reset", "user", user.id)


def viewer_of(user: User) -> Viewer:
    """The viewer that a user is."""
    return Viewer(
        user_id=str(user.id),
        username=user.username,
        name=user.name,
        role=Role(user.role),
        unit_path=user.unit_path,
        outlet_id=str(user.outlet_id) if user.outlet_id else None,
        language=user.language,
        must_change=user.must_change,
    )


def _account(username: str) -> str:
    return f"user:{username.lower()[:60]}"


def _refuse_locked(work: Work, keys: Iterable[str]) -> None:
    for attempt in work.session.exec(select(LoginAttempt).where(col(LoginAttempt.key).in_(list(keys)))):
        if attempt.locked_until and attempt.locked_until > work.now:
            raise LoginLocked(retry_after=ceil((attempt.locked_until - work.now).total_seconds()))


def _named(work: Work, username: str) -> User:
    user = work.session.exec(select(User).where(User.username == username)).first()
    if not user:
        raise UnknownUser(username=username)
    return user


def _end_sign_ins(work: Work, user_id: UUID, *, keep: UUID | None = None) -> None:
    for opened in work.session.exec(
        select(SignIn).where(SignIn.user_id == user_id, col(SignIn.ended_at).is_(None))
    ):
        if opened.id != keep:
            opened.ended_at = work.now
    for token in work.session.exec(
        select(AccessToken).where(AccessToken.user_id == user_id, col(AccessToken.ended_at).is_(None))
    ):
        token.ended_at = work.now


def _long_enough(password: str) -> None:
    if len(password) < LEAST_PASSWORD or not password.strip():
        raise PasswordTooShort(least=LEAST_PASSWORD)


def _count_failure(work: Work, attempt: LoginAttempt | None, key: str, tries: int, *, slowed: bool) -> None:
    limits = work.settings.limits
    if attempt is None:
        attempt = LoginAttempt(key=key, failures=0, last_at=work.now)
        work.session.add(attempt)
    if work.now - attempt.last_at > timedelta(minutes=limits.login_lock_minutes):
        attempt.failures = 0
    attempt.failures += 1
    attempt.last_at = work.now
    if attempt.failures >= tries:
        attempt.locked_until = work.now + timedelta(minutes=limits.login_lock_minutes)
        attempt.failures = 0
    elif slowed and attempt.failures >= SLOWED_FROM:
        attempt.locked_until = work.now + timedelta(seconds=2 ** (attempt.failures - SLOWED_FROM))


# Asked for by every request, so made once; columns, because tracking an object costs more than reading it.
_USER, _SIGN_IN = (SQLModel.metadata.tables[name] for name in ("user_account", "sign_in"))
_SIGNED_IN = (
    sa.select(
        *(
            _USER.c[name]
            for name in (
                *("id", "username", "name", "role", "unit_path", "outlet_id", "language"),
                "must_change",
            )
        )
    )
    .join(_SIGN_IN, _SIGN_IN.c.user_id == _USER.c.id)
    .where(
        _SIGN_IN.c.id == sa.bindparam("sought"), _SIGN_IN.c.ended_at.is_(None), _USER.c.disabled_at.is_(None)
    )
)


def _viewer(row: sa.Row[Any]) -> Viewer:
    return Viewer(
        user_id=str(row.id),
        username=row.username,
        name=row.name,
        role=row.role,
        unit_path=row.unit_path,
        outlet_id=str(row.outlet_id) if row.outlet_id else None,
        language=row.language,
        must_change=row.must_change,
    )
