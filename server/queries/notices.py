"""What a person was told: sentences in both languages, the list with its pages, how much is unread, the phone's part."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Session, col, select

from server.domain.access import Viewer
from server.gateways import texts
from server.queries import decision_words, words
from server.queries.notice_words import NOTICES
from server.storage.notices import Notice

PAGE = 25
ON_PHONE = 30


@dataclass(frozen=True, slots=True)
class Line:
    """One notice: its sentence in the reader's language, what it leads to, and whether it was read."""

    id: UUID
    code: str
    text: str
    subject: str
    subject_id: str
    created_at: datetime
    read: bool


@dataclass(frozen=True, slots=True)
class Lines:
    """A page of notices, newest first."""

    rows: tuple[Line, ...]
    total: int
    unread: int
    page: int
    pages: int


def sentence(code: str, facts: Mapping[str, Any], language: str) -> str:
    """The sentence of a notice with its facts in words; a date that nobody knows yet is said to be so."""
    translate = texts.translator(language, texts.catalogue())
    said = dict(facts)
    if "kind" in said:
        said["kind"] = translate(words.KINDS[said["kind"]])
    if "decision" in said:
        said["decision"] = translate(decision_words.KINDS[said["decision"]])
    if "item_zh" in said:
        said["item"] = said[f"item_{language}"]
    # What an action asks for; notices of before it was kept say nothing of it.
    what = str(said.get(f"what_{language}") or "")
    said["what"] = translate("，{what}").replace("{what}", what) if what else ""
    if "outcome" in said:
        said["outcome"] = translate(words.WEAK_ITEM_CORRECTED[said["outcome"]])
    if "owner" in said:
        said["owner"] = said["owner"] or translate(words.NO_OWNER)
    if "until" in said:
        said["until"] = said["until"] or translate(words.NO_DAY)
    return filled(NOTICES[code], said, language)


def filled(text: str, facts: Mapping[str, Any], language: str) -> str:
    """A sentence of the catalogue with its facts in the braces."""
    said = texts.translator(language, texts.catalogue())(text)
    for name, value in facts.items():
        said = said.replace("{" + name + "}", str(value))
    return said


def unread(session: Session, viewer: Viewer) -> int:
    """How many notices the viewer has not read."""
    return session.exec(
        select(sa.func.count()).select_from(Notice).where(_own(viewer), col(Notice.read_at).is_(None))
    ).one()


def lines(session: Session, viewer: Viewer, language: str, *, only_unread: bool, page: int) -> Lines:
    """A page of the viewer's notices, newest first."""
    where = [_own(viewer), *([col(Notice.read_at).is_(None)] if only_unread else [])]
    total = session.exec(select(sa.func.count()).select_from(Notice).where(*where)).one()
    pages = max(1, -(-total // PAGE))
    page = min(max(1, page), pages)
    found = session.exec(
        select(Notice).where(*where).order_by(*_newest()).limit(PAGE).offset((page - 1) * PAGE)
    )
    rows = tuple(_line(notice, language) for notice in found)
    return Lines(rows, total, unread(session, viewer), page, pages)


def after(session: Session, viewer: Viewer, cursor: UUID | None) -> tuple[list[dict[str, Any]], str | None]:
    """Notices for programs, newest first, and the cursor of the next page: the id of the last one."""
    query = select(Notice).where(_own(viewer)).order_by(*_newest()).limit(PAGE + 1)
    last = session.exec(select(Notice).where(_own(viewer), Notice.id == cursor)).first() if cursor else None
    if last:
        query = query.where(
            sa.or_(
                col(Notice.created_at) < last.created_at,
                sa.and_(col(Notice.created_at) == last.created_at, col(Notice.id) < last.id),
            )
        )
    found = list(session.exec(query))
    more = len(found) > PAGE
    shown = found[:PAGE]
    return [_shown(notice) for notice in shown], str(shown[-1].id) if more else None


def one(session: Session, viewer: Viewer, notice_id: UUID, language: str) -> Line | None:
    """One of the viewer's notices."""
    found = session.exec(select(Notice).where(_own(viewer), Notice.id == notice_id)).first()
    return _line(found, language) if found else None


def for_phone(session: Session, viewer: Viewer) -> list[dict[str, Any]]:
    """The last unread notices, as the phone's sync brings them."""
    found = session.exec(
        select(Notice).where(_own(viewer), col(Notice.read_at).is_(None)).order_by(*_newest()).limit(ON_PHONE)
    )
    return [_shown(notice) for notice in found]


def _own(viewer: Viewer) -> sa.ColumnElement[bool]:
    return col(Notice.user_id) == (UUID(viewer.user_id) if viewer.user_id else None)


def _newest() -> tuple[Any, ...]:
    return (col(Notice.created_at).desc(), col(Notice.id).desc())


def _line(notice: Notice, language: str) -> Line:
    return Line(
        id=notice.id,
        code=notice.code,
        text=sentence(notice.code, json.loads(notice.facts), language),
        subject=notice.subject,
        subject_id=notice.subject_id,
        created_at=notice.created_at,
        read=notice.read_at is not None,
    )


def _shown(notice: Notice) -> dict[str, Any]:
    facts = json.loads(notice.facts)
    return {
        "id": str(notice.id),
        "code": notice.code,
        "text": {language: sentence(notice.code, facts, language) for language in texts.LANGUAGES},
        "subject": notice.subject,
        "subject_id": notice.subject_id,
        "at": notice.created_at.isoformat(timespec="seconds").replace("+00:00", "Z"),
        "read": notice.read_at is not None,
    }
