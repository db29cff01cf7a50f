"""Users and their sign-ins: signing in and out, adding, resetting and disabling users."""

from datetime import timedelta
from hashlib import sha256
from uuid import UUID, uuid4

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerifyMismatchError
from sqlmodel import col, select

from server.domain.access import Role, Viewer
from server.domain.errors import LoginLocked, WrongPassword
from server.storage.organisation import AccessToken, LoginAttempt, SignIn, User
from server.usecases.work import Office, Work

# 19 MiB, two passes, one lane: OWASP's smallest advice, 40 ms, so that eight phones at once do not stop the server.
_HASHER = PasswordHasher(time_cost=2, memory_cost=19_456, parallelism=1)
# Spent on unknown names too, so that the time of an answer does not tell which names exist.
_NOBODY = _HASHER.hash("nobody")


def hashed(password: str) -> str:
    """The Argon2id hash of a password."""
    return _HASHER.hash(password)


def sign_in(office: Office, username: str, password: str, address: str, device: str) -> tuple[User, SignIn]:
    """Check name and password and open a sign-in.

    Failures are counted by account and by address and committed even though the sign-in fails; after
    `login_tries` of them the account (and, at four times as many, the address) is locked for minutes.
    Raises WrongPassword, LoginLocked.
    """
    keys = {
        f"user:{username.lower()[:60]}": office.settings.limits.login_tries,
        f"address:{address[:60]}": office.settings.limits.login_tries * 4,
    }
    with office.work(write=False) as work:
        for attempt in work.session.exec(select(LoginAttempt).where(col(LoginAttempt.key).in_(keys))):
            if attempt.locked_until and attempt.locked_until > work.now:
                raise LoginLocked(retry_after=int((attempt.locked_until - work.now).total_seconds()) + 1)
        user = work.session.exec(select(User).where(User.username == username)).first()
    right = _matches(user.password_hash if user and not user.disabled_at else _NOBODY, password)
    with office.work() as work:
        attempts = {
            a.key: a for a in work.session.exec(select(LoginAttempt).where(col(LoginAttempt.key).in_(keys)))
        }
        if user and right and not user.disabled_at:
            mine = attempts.get(f"user:{username.lower()[:60]}")
            if mine:
                work.session.delete(mine)
            opened = SignIn(id=uuid4(), user_id=user.id, created_at=work.now, device=device[:200])
            work.session.add(opened)
            work.viewer = viewer_of(user)
            work.record("user.signed-in", "user", user.id)
            return user, opened
        for key, tries in keys.items():
            _count_failure(work, attempts.get(key), key, tries)
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
    with office.work(write=False) as work:
        user = work.session.exec(
            select(User)
            .join(SignIn, col(SignIn.user_id) == col(User.id))
            .where(
                SignIn.id == sign_in_id,
                col(SignIn.ended_at).is_(None),
                col(User.disabled_at).is_(None),
            )
        ).first()
    return viewer_of(user) if user else None


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
    )


def _matches(hash_: str, password: str) -> bool:
    try:
        return _HASHER.verify(hash_, password)
    except (VerifyMismatchError, InvalidHashError):
        return False


def _count_failure(work: Work, attempt: LoginAttempt | None, key: str, tries: int) -> None:
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
