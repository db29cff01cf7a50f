"""Webhooks: the bytes and their signature, what counts as taken, how long to wait, when to give up."""

from __future__ import annotations

import hmac
import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from hashlib import sha256

import pytest

from server.domain.webhooks import (
    GIVE_UP,
    MOST_TRIES,
    PAUSES,
    ROBOT_BYTES,
    Format,
    Message,
    body,
    given_up,
    masked,
    pause,
    refusal,
    signature,
)

NOW = datetime(2026, 11, 21, 3, 0, tzinfo=UTC)
MESSAGE = Message(
    id="17",
    event="visit.published",
    at=NOW,
    subject="visit",
    subject_id="0d1f",
    facts={"outlet": "太原迎泽大街营业厅", "grave": False},
    text="检查结果已发布：太原迎泽大街营业厅。",
    link="https://xunting.example/visits/0d1f",
)


def test_the_signature_is_what_a_receiver_computes_from_header_and_body() -> None:
    sent = body(Format.JSON, MESSAGE)
    stamp, made = (part.partition("=")[2] for part in signature("s3cret", NOW, sent).split(","))
    assert datetime.fromtimestamp(int(stamp), UTC) == NOW
    assert hmac.compare_digest(made, hmac.new(b"s3cret", f"{stamp}.".encode() + sent, sha256).hexdigest())
    assert made not in signature("s3cret", NOW, sent + b" ")
    assert made not in signature("s3cret", NOW + timedelta(seconds=1), sent)


def test_our_own_form_says_event_subject_and_facts() -> None:
    assert json.loads(body(Format.JSON, MESSAGE)) == {
        "id": "17",
        "event": "visit.published",
        "at": "2026-11-21T03:00:00Z",
        "subject": {"type": "visit", "id": "0d1f"},
        "facts": {"outlet": "太原迎泽大街营业厅", "grave": False},
        "text": "检查结果已发布：太原迎泽大街营业厅。",
        "link": "https://xunting.example/visits/0d1f",
    }


def test_a_robot_gets_markdown_with_the_link_and_never_more_than_it_takes() -> None:
    said = json.loads(body(Format.WECOM, MESSAGE))
    assert said["msgtype"] == "markdown"
    assert said["markdown"]["content"].endswith("[查看](https://xunting.example/visits/0d1f)")
    long = json.loads(body(Format.WECOM, replace(MESSAGE, text="厅" * 3000)))["markdown"]["content"]
    assert ROBOT_BYTES - 3 < len(long.encode()) <= ROBOT_BYTES
    assert long.endswith("0d1f)")


def test_a_name_cannot_put_a_link_or_a_colour_into_the_groups_chat() -> None:
    sly = replace(MESSAGE, text="[点我](https://evil.example) <font color=red>`x`</font>\n# 大字", link="")
    content = json.loads(body(Format.WECOM, sly))["markdown"]["content"]
    assert not set(content) & set("<>[]`*\n")


@pytest.mark.parametrize(
    ("form", "status", "answer", "why"),
    [
        (Format.JSON, 200, b"", None),
        (Format.JSON, 204, b"", None),
        (Format.JSON, 301, b"", "HTTP 301"),
        (Format.JSON, 500, b"", "HTTP 500"),
        (Format.WECOM, 200, b'{"errcode":0,"errmsg":"ok"}', None),
        (Format.WECOM, 200, b'{"errcode":45009,"errmsg":"api freq out of limit"}', "errcode 45009"),
        (Format.WECOM, 200, b"<html>", "no errcode"),
        (Format.WECOM, 200, b"[0]", "no errcode"),
        (Format.WECOM, 502, b'{"errcode":0}', "HTTP 502"),
    ],
)
def test_what_counts_as_taken(form: Format, status: int, answer: bytes, why: str | None) -> None:
    assert refusal(form, status, answer) == why


def test_pauses_grow_and_are_spread_by_their_key() -> None:
    for tries, whole in enumerate(PAUSES, 1):
        found = {pause(tries, str(n)) for n in range(50)}
        assert all(whole * 0.8 <= each <= whole * 1.2 for each in found)
        assert len(found) > 20
    assert pause(3, "a") == pause(3, "a")
    assert pause(99, "a") >= PAUSES[-1] * 0.8
    for key in "abcdefgh":
        waits = [pause(tries, key) for tries in range(1, len(PAUSES) + 1)]
        assert waits == sorted(waits)


def test_it_is_given_up_after_ten_tries_or_a_day() -> None:
    assert not given_up(MOST_TRIES - 1, NOW, NOW)
    assert given_up(MOST_TRIES, NOW, NOW)
    assert not given_up(1, NOW, NOW + GIVE_UP - timedelta(seconds=1))
    assert given_up(1, NOW, NOW + GIVE_UP)


def test_the_key_of_a_robot_is_not_shown() -> None:
    assert masked("https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=abc") == (
        "https://qyapi.weixin.qq.com/cgi-bin/webhook/send?…"
    )
    assert masked("https://a.example/x") == "https://a.example/x"
