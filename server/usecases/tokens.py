"""Tokens with which programs read feeds: made and ended by their owner, shown once, kept as a hash, good for nothing else."""

from __future__ import annotations

import base64
import binascii
import secrets
from hashlib import sha256

from sqlmodel import col, func, select

from server.domain.access import Permission, Viewer
from server.domain.errors import NameWrong, NotFound
from server.domain.feeds import TooManyTokens
from server.domain.people import name_fits
from server.storage.organisation import AccessToken
from server.usecases import people
from server.usecases.work import Office, Work

PREFIX = "feed-"
"""A token that begins like this opens feeds alone; since its hash is of the whole, nobody can take the beginning off."""
MOST = 10
_LONGEST_NAME = 40


def make(work: Work, name: str) -> str:
    """Make a token for the actor and return it, this once. Raises NameWrong, TooManyTokens."""
    work.needs(Permission.READ_FEEDS)
    if not name_fits(name, _LONGEST_NAME):
        raise NameWrong(most=_LONGEST_NAME)
    mine = (AccessToken.user_id == work.actor_id, col(AccessToken.ended_at).is_(None))
    if work.session.exec(select(func.count()).select_from(AccessToken).where(*mine)).one() >= MOST:
        raise TooManyTokens(most=MOST)
    token = PREFIX + secrets.token_urlsafe(32)
    digest = sha256(token.encode()).hexdigest()
    assert work.actor_id is not None
    work.session.add(AccessToken(sha256=digest, user_id=work.actor_id, name=name, created_at=work.now))
    work.record("token.made", "user", work.actor_id, token=digest[:12])
    return token


def end(work: Work, digest: str) -> None:
    """End an own token. Raises NotFound."""
    found = work.session.get(AccessToken, digest)
    if found is None or found.user_id != work.actor_id or found.ended_at is not None:
        raise NotFound()
    found.ended_at = work.now
    work.record("token.ended", "user", found.user_id, token=digest[:12])


def holder(office: Office, authorization: str, *, feeds: bool, secret: bool) -> Viewer | None:
    """Whose token a request carries; None without one that opens what is asked for.

    A bearer's token opens everything that the user may do, one of feeds the feeds alone. Feeds (`feeds`) also take it as
    the password of HTTP Basic with the user's name, as spreadsheets send it, where nobody can listen (`secret`).
    """
    scheme, _, given = authorization.partition(" ")
    name: str | None = None
    if scheme.lower() == "basic" and feeds and secret:
        try:
            name, _, given = base64.b64decode(given, validate=True).decode().partition(":")
        except (ValueError, binascii.Error):
            return None
        if not given.startswith(PREFIX):
            return None
    elif scheme.lower() != "bearer":
        return None
    if not given or (given.startswith(PREFIX) and not feeds):
        return None
    who = people.token_holder(office, given)
    return who if who and name in (None, who.username) else None
