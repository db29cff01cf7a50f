"""Webhooks sent to a real server: signed, once it is up; paused, given up, sent again; never inside the own network."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from uuid import UUID

import pytest
from sqlmodel import col, select

from server import worker
from server.domain.access import Role, Viewer
from server.domain.errors import NotAllowed
from server.domain.visit import VisitKind, VisitState
from server.domain.webhooks import (
    EVENTS,
    GIVE_UP,
    PAUSES,
    ROBOT_PACE,
    SIGNATURE,
    Format,
    WebhookAddressWrong,
    signature,
)
from server.gateways import webhooks as door
from server.storage.events import Event
from server.storage.notices import Delivery, DeliveryState, Notice, Webhook
from server.storage.visits import Visit
from server.usecases import people, webhooks
from server.usecases.work import Office
from tests import make, submitted
from tests.conftest import Clock


@dataclass
class Receiver:
    """A server that keeps what it gets and answers as it is told."""

    url: str = ""
    status: int = 200
    answer: bytes = b""
    location: str = ""
    got: list[tuple[dict[str, str], bytes]] = field(default_factory=list)
    paths: list[str] = field(default_factory=list)

    def events(self) -> list[str]:
        return [json.loads(body)["event"] for _, body in self.got]


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    made = Receiver()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            made.paths.append(self.path)
            made.got.append((dict(self.headers), body))
            self.send_response(made.status)
            if made.location:
                self.send_header("Location", made.location)
            self.send_header("Content-Length", str(len(made.answer)))
            self.end_headers()
            self.wfile.write(made.answer)

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    made.url = f"http://127.0.0.1:{server.server_address[1]}/hook?key=k1"
    yield made
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def inner(both: Office) -> Office:
    """The office where addresses of this machine are allowed, as for a trial."""
    both.settings = replace(both.settings, webhook_private=True)
    return both


def admin(office: Office) -> Viewer:
    return people.viewer_of(make.user(office, role=Role.ADMIN))


def hook(office: Office, url: str, form: Format = Format.JSON) -> tuple[UUID, str]:
    with office.work(admin(office)) as work:
        made, secret = webhooks.make(work, "事件总线", url, form, EVENTS)
    return made.id, secret


def published(office: Office, *, grave: bool = False) -> UUID:
    """A covert visit that has been published, and what follows from it for people and webhooks."""
    answers = {**submitted.GOOD, "B-01": {"value": "fail"}} if grave else submitted.GOOD
    visit = submitted.visit(
        office, make.user(office, role=Role.SHOPPER), make.outlet(office), answers=answers
    )
    say(office, visit.id, VisitState.PUBLISHED, "visit.published")
    return visit.id


def say(office: Office, visit_id: UUID, state: VisitState, *events: str) -> None:
    with office.work() as work:
        found = work.session.get_one(Visit, visit_id)
        found.state, found.accepted_revision = state, found.revision
        for event in events:
            work.record(event, "visit", visit_id)
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(worker, "JOBS", dict.fromkeys(worker.notices.EVENTS, (worker.TELL,)))
        worker.run_once(office)


def deliveries(office: Office) -> list[Delivery]:
    with office.work(write=False) as work:
        return list(work.session.exec(select(Delivery).order_by(col(Delivery.event_id))))


def test_what_happened_is_told_once_signed_and_without_anything_about_people(
    inner: Office, receiver: Receiver
) -> None:
    _, secret = hook(inner, receiver.url)
    visit_id = published(inner)
    assert webhooks.deliver(inner) == 1
    assert webhooks.deliver(inner) == 0
    ((headers, body),) = receiver.got
    assert receiver.paths == ["/hook?key=k1"]
    assert headers[SIGNATURE] == signature(secret, inner.clock(), body)
    said = json.loads(body)
    assert said["event"] == "visit.published"
    assert set(said["facts"]) == {"outlet", "outlet_code", "kind", "date", "grave"}
    # Of a covert visit neither the phone's id nor an instant of the visit leaves the house.
    assert str(visit_id) not in body.decode()
    assert "01:1" not in body.decode()
    (delivery,) = deliveries(inner)
    assert (delivery.state, delivery.last_error) == (DeliveryState.DELIVERED, "")


def test_of_a_covert_visit_nothing_goes_out_before_its_publication(inner: Office, receiver: Receiver) -> None:
    hook(inner, receiver.url)
    shopper, where = make.user(inner, role=Role.SHOPPER), make.outlet(inner)
    covert = submitted.visit(inner, shopper, where)
    say(inner, covert.id, VisitState.ACCEPTED, "visit.accepted")
    assert deliveries(inner) == []
    # Also when the worker was away so long that it comes to both at once.
    later = submitted.visit(inner, shopper, where)
    say(inner, later.id, VisitState.PUBLISHED, "visit.accepted", "visit.published")
    assert [each.event for each in deliveries(inner)] == ["visit.published"]
    open_ = submitted.visit(inner, make.user(inner, role=Role.REVIEWER), where, kind=VisitKind.ANNOUNCED)
    say(inner, open_.id, VisitState.ACCEPTED, "visit.accepted")
    assert [each.event for each in deliveries(inner)][1:] == ["visit.accepted"]


def test_an_event_that_is_told_twice_is_one_message(inner: Office, receiver: Receiver) -> None:
    hook(inner, receiver.url)
    published(inner)
    with inner.work(write=False) as work:
        event = work.session.exec(select(Event.id).where(Event.name == "visit.published")).one()
    worker.notices.tell(inner, event or 0)
    assert webhooks.deliver(inner) == 1


def test_a_failure_is_tried_again_after_growing_pauses_and_those_behind_it_wait(
    inner: Office, receiver: Receiver, clock: Clock
) -> None:
    hook(inner, receiver.url)
    first, second = published(inner), published(inner)
    assert first != second
    receiver.status = 500
    for pause in PAUSES[:4]:
        assert webhooks.deliver(inner) == 1
        assert webhooks.deliver(inner) == 0
        clock.now += pause * 1.2
    assert deliveries(inner)[0].last_error == "HTTP 500"
    receiver.status, receiver.got = 204, []
    assert webhooks.deliver(inner) == 2
    ids = [json.loads(body)["id"] for _, body in receiver.got]
    assert ids == sorted(ids, key=int)


def test_what_fails_for_a_day_is_given_up_told_to_the_administrator_once_and_sent_again_by_hand(
    inner: Office, receiver: Receiver, clock: Clock
) -> None:
    boss = make.user(inner, role=Role.ADMIN)
    hook_id, _ = hook(inner, receiver.url)
    published(inner)
    published(inner)
    receiver.status = 503
    webhooks.deliver(inner)
    clock.now += GIVE_UP
    assert webhooks.deliver(inner) == 2
    assert [each.state for each in deliveries(inner)] == [DeliveryState.FAILED] * 2
    worker.run_once(inner)
    with inner.work(write=False) as work:
        told = work.session.exec(select(Notice.code).where(Notice.user_id == boss.id)).all()
    assert told == ["webhook-failed"]
    receiver.status = 200
    assert webhooks.deliver(inner) == 0
    with inner.work(people.viewer_of(boss)) as work:
        assert webhooks.send_again(work, hook_id) == 2
    assert webhooks.deliver(inner) == 2
    assert [each.state for each in deliveries(inner)] == [DeliveryState.DELIVERED] * 2


def test_a_worker_that_dies_while_sending_loses_nothing(
    inner: Office, receiver: Receiver, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It dies after the message went out and before that was noted: the receiver hears it twice, by the same id."""
    hook(inner, receiver.url)
    published(inner)

    def dies(*_: Any) -> None:
        raise SystemExit

    with monkeypatch.context() as patched:
        patched.setattr(webhooks, "_note", dies)
        with pytest.raises(SystemExit):
            webhooks.deliver(inner)
    assert webhooks.deliver(inner) == 0
    clock.now += webhooks.LEASE
    assert webhooks.deliver(inner) == 1
    ids = {json.loads(body)["id"] for _, body in receiver.got}
    assert (len(receiver.got), len(ids)) == (2, 1)


def test_a_receiver_that_was_killed_gets_everything_when_it_is_back(
    inner: Office, receiver: Receiver, clock: Clock
) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        gone = f"http://127.0.0.1:{taken.getsockname()[1]}/"
    hook_id, _ = hook(inner, gone)
    published(inner)
    assert webhooks.deliver(inner) == 1
    assert deliveries(inner)[0].last_error == "refused"
    with inner.work() as work:
        work.session.get_one(Webhook, hook_id).url = receiver.url
    clock.now += PAUSES[0] * 1.2
    assert webhooks.deliver(inner) == 1
    assert receiver.events() == ["visit.published"]


def test_a_robot_is_told_in_its_own_form_at_its_own_pace_and_its_no_is_heard(
    inner: Office, receiver: Receiver, clock: Clock
) -> None:
    hook(inner, receiver.url, Format.WECOM)
    published(inner)
    published(inner, grave=True)
    receiver.answer = b'{"errcode":0,"errmsg":"ok"}'
    assert webhooks.deliver(inner) == 1
    clock.now += ROBOT_PACE
    receiver.answer = b'{"errcode":45009,"errmsg":"api freq out of limit"}'
    assert webhooks.deliver(inner) == 1
    assert [each.state for each in deliveries(inner)] == [DeliveryState.DELIVERED, DeliveryState.WAITING]
    assert deliveries(inner)[1].last_error == "errcode 45009"
    content = json.loads(receiver.got[1][1])["markdown"]["content"]
    assert content.startswith("检查结果已发布，有重大不合格：太原迎泽大街营业厅")


def test_a_webhook_that_is_off_is_told_nothing_and_one_hears_only_what_it_asked_for(
    inner: Office, receiver: Receiver
) -> None:
    hook_id, _ = hook(inner, receiver.url)
    with inner.work(admin(inner)) as work:
        webhooks.change(work, hook_id, active=True, events=["appeal.made", "no such event"])
    published(inner)
    with inner.work(admin(inner)) as work:
        webhooks.change(work, hook_id, active=False, events=EVENTS)
    published(inner)
    assert deliveries(inner) == []


def test_a_redirect_is_not_followed(inner: Office, receiver: Receiver) -> None:
    hook(inner, receiver.url)
    published(inner)
    receiver.status, receiver.location = 302, receiver.url.replace("/hook", "/elsewhere")
    webhooks.deliver(inner)
    assert receiver.paths == ["/hook?key=k1"]
    assert deliveries(inner)[0].last_error == "HTTP 302"


def test_a_receiver_that_never_answers_or_drips_is_left(receiver: Receiver) -> None:
    """The deadline holds for the whole exchange: this one sends a byte of a header again and again."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        stop = threading.Event()

        def drip() -> None:
            wire, _ = listening.accept()
            with wire:
                wire.sendall(b"HTTP/1.1 200 OK\r\nX-Long: ")
                while not stop.wait(0.02):
                    try:
                        wire.sendall(b"x")
                    except OSError:
                        return

        thread = threading.Thread(target=drip)
        thread.start()
        try:
            with pytest.raises(door.NotSent, match="timeout"):
                door.post(
                    f"http://127.0.0.1:{listening.getsockname()[1]}/", b"{}", {}, private=True, seconds=0.2
                )
        finally:
            stop.set()
            thread.join()


@pytest.mark.parametrize(
    "url",
    [
        "http://example.com/",
        "ftp://example.com/",
        "https://user:word@example.com/",
        "https://localhost/",
        "https://127.0.0.1/",
        "https://10.0.0.8/",
        "https://192.168.1.1/",
        "https://169.254.169.254/latest/meta-data",
        "https://100.64.0.1/",
        "https://0.0.0.0/",
        "https://224.0.0.1/",
        "https://[::1]/",
        "https://[fd00::1]/",
        "https://[fe80::1]/",
        "https://[::ffff:10.0.0.1]/",
        "https://[64:ff9b::a00:1]/",
        "https://[2002:7f00:1::]/",
        "https://example.com:0/",
        "https://example.com/#part",
        "https://ex ample.com/",
        "https://",
        "not an address",
    ],
)
def test_an_address_inside_or_without_tls_is_refused(office: Office, url: str) -> None:
    with office.work(admin(office)) as work, pytest.raises(WebhookAddressWrong):
        webhooks.make(work, "内网", url, Format.JSON, EVENTS)
    with pytest.raises(door.NotSent):
        door.post(url, b"{}", {}, private=False)


@pytest.mark.parametrize("place", ["127.0.0.1", "10.1.2.3", "::1", "::ffff:192.168.0.1"])
def test_a_name_that_leads_inside_is_refused_when_it_is_resolved(
    place: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also when one of several addresses does: else the next try might take that one."""
    found = [(0, 0, 0, "", ("93.184.215.14", 443)), (0, 0, 0, "", (place, 443))]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_a, **_k: found)
    with pytest.raises(door.NotSent, match="inner address"):
        door.post("https://hooks.example.com/", b"{}", {}, private=False)


def test_plain_http_is_for_this_machine_alone_even_where_inner_addresses_are_allowed() -> None:
    assert door.address_fault("http://10.0.0.8/", private=True) == "not https"
    assert door.address_fault("https://10.0.0.8/", private=True) is None
    assert door.address_fault("http://127.0.0.1:9/", private=True) is None


def test_only_the_administrator_sets_webhooks(office: Office) -> None:
    for role in set(Role) - {Role.ADMIN}:
        viewer = people.viewer_of(make.user(office, role=role))
        with office.work(viewer) as work, pytest.raises(NotAllowed):
            webhooks.make(work, "x", "https://example.com/", Format.JSON, EVENTS)


def test_the_test_message_says_how_it_went(inner: Office, receiver: Receiver) -> None:
    hook_id, secret = hook(inner, receiver.url)
    viewer = admin(inner)
    assert webhooks.send_test(inner, viewer, hook_id) is None
    headers, body = receiver.got[0]
    assert headers[SIGNATURE] == signature(secret, inner.clock(), body)
    assert json.loads(body)["event"] == "test"
    receiver.status = 404
    assert webhooks.send_test(inner, viewer, hook_id) == "HTTP 404"
    assert deliveries(inner) == []


def test_a_webhook_that_is_taken_away_leaves_nothing_to_send(inner: Office, receiver: Receiver) -> None:
    hook_id, _ = hook(inner, receiver.url)
    published(inner)
    with inner.work(admin(inner)) as work:
        webhooks.remove(work, hook_id)
    assert webhooks.deliver(inner) == 0
    assert deliveries(inner) == []
