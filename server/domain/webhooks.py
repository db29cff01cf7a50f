"""Webhooks: what is told to other systems, how it is signed, when it is tried again, and what counts as taken."""

from __future__ import annotations

import hmac
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from hashlib import sha256
from typing import Any, ClassVar

from server.domain.errors import Problem

SIGNATURE = "X-Xunting-Signature"
EVENTS = (
    "visit.accepted",
    "visit.published",
    "appeal.made",
    "appeal.asked-again",
    "appeal.escalated",
    "appeal.upheld",
    "appeal.rejected",
    "action.made",
    "action.answered",
    "action.accepted",
    "action.reopened",
    "action.escalated",
    "action.overdue",
    "action.withdrawn",
    "folder.ready",
)
"""What a webhook may be told. Never a plan; of a covert visit nothing before its publication."""
MOST_TRIES = 10
GIVE_UP = timedelta(hours=24)
"""However few the tries: what is older than this when it fails again is not worth telling any more."""
PAUSES = tuple(timedelta(seconds=each) for each in (10, 60, 300, 1200, 3600, 10800))
KEPT = timedelta(days=30)
"""So long what was delivered stays in the list."""
ROBOT_PACE = timedelta(seconds=4)
"""A WeCom group robot takes 20 messages a minute; 15 leave room for what else the group sends through it."""
ROBOT_BYTES = 4096
"""The most that its Markdown message holds, in UTF-8."""


class Format(StrEnum):
    """What the receiver understands: our own JSON, or the message of a WeCom group robot."""

    JSON = "json"
    WECOM = "wecom"


@dataclass(eq=False)
class WebhookAddressWrong(Problem):
    """The address cannot be a webhook's: not HTTPS, with a name and password in it, or inside our own network."""

    code: ClassVar[str] = "webhook-address-wrong"


@dataclass(frozen=True, slots=True)
class Message:
    """What is told: the event, when, about what, facts without personal data, and the sentence and link for people."""

    id: str
    event: str
    at: datetime
    subject: str
    subject_id: str
    facts: Mapping[str, str | int | bool | None]
    text: str
    link: str


def body(form: Format, message: Message) -> bytes:
    """The bytes that are sent, UTF-8 JSON."""
    if form is Format.WECOM:
        return _json({"msgtype": "markdown", "markdown": {"content": _markdown(message)}})
    return _json(
        {
            "id": message.id,
            "event": message.event,
            "at": message.at.isoformat(timespec="seconds").replace("+00:00", "Z"),
            "subject": {"type": message.subject, "id": message.subject_id},
            "facts": dict(message.facts),
            "text": message.text,
            "link": message.link,
        }
    )


def signature(secret: str, at: datetime, sent: bytes) -> str:
    """The value of the header `X-Xunting-Signature`: `t=<Unix seconds>,v1=<HMAC-SHA256 of "t.body" in hex>`."""
    stamp = str(int(at.timestamp()))
    made = hmac.new(secret.encode(), stamp.encode() + b"." + sent, sha256).hexdigest()
    return f"t={stamp},v1={made}"


def refusal(form: Format, status: int, answer: bytes) -> str | None:
    """Why an answer does not count as taken, in a few words; None when it does.

    A robot answers 200 also when it refuses, and says so as `errcode` in the body.
    """
    if not 200 <= status < 300:
        return f"HTTP {status}"
    if form is not Format.WECOM:
        return None
    try:
        said = json.loads(answer)
        code = said.get("errcode") if isinstance(said, dict) else None
    except ValueError:
        code = None
    if code == 0:
        return None
    return f"errcode {code}" if isinstance(code, int) else "no errcode"


def pause(tries: int, key: str) -> timedelta:
    """How long to wait after so many failures: growing, and up to a fifth shorter or longer by `key`.

    Many that failed together are so spread; the same key always gives the same pause.
    """
    whole = PAUSES[min(tries, len(PAUSES)) - 1]
    turn = sha256(f"{key}:{tries}".encode()).digest()[0]
    return whole * (204 + turn * 102 // 255) / 255


def given_up(tries: int, made_at: datetime, now: datetime) -> bool:
    """Whether a message that failed again is given up; somebody may still send it again by hand."""
    return tries >= MOST_TRIES or now - made_at >= GIVE_UP


def masked(url: str) -> str:
    """The address without its query, which in a robot's is the key that lets anybody write into the group."""
    plain, mark, _ = url.partition("?")
    return plain + ("?…" if mark else "")


def _markdown(message: Message) -> str:
    link = f"\n[查看]({message.link})" if message.link else ""
    room = ROBOT_BYTES - len(link.encode())
    return _plain(message.text).encode()[:room].decode(errors="ignore") + link


def _plain(text: str) -> str:
    """What somebody named an outlet must not become a link or a colour in the group's chat."""
    return text.translate({ord(sign): " " for sign in "<>[]`*\r\n"})


def _json(value: Mapping[str, Any]) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()
