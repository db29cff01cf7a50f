"""Makers: users, outlets, assignments, visit documents and photographs for the tests."""

from __future__ import annotations

import io
import random
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import cache
from hashlib import sha256
from typing import Any
from uuid import UUID, uuid4

import sqlalchemy as sa
from argon2 import PasswordHasher
from flask.testing import FlaskClient
from PIL import Image
from sqlmodel import Session, select
from werkzeug.test import TestResponse

from server.config import ROOT
from server.domain.access import Role
from server.domain.rules import RuleSet, canonical
from server.domain.visit import VisitKind
from server.gateways.rules import read_rule_files
from server.storage.organisation import Outlet, OutletStatus, Setting, Tier, Unit, UnitKind, User
from server.storage.standards import RuleSet as Published
from server.storage.visits import Assignment, AssignmentState
from server.usecases.work import Office

PASSWORD = "correct horse"


@cache
def password_hash() -> str:
    """The cheapest hash of it: its cost is its own, and thousands of tests sign in."""
    return PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash(PASSWORD)


def rules(engine: sa.Engine) -> None:
    """The published rule sets of our folder, without the events of a start."""
    with Session(engine) as session:
        for file in read_rule_files(ROOT / "checklists").values():
            if file.published and isinstance(file.content, RuleSet):
                session.add(
                    Published(
                        version=file.content.version,
                        valid_from=file.content.valid_from,
                        sha256=file.sha256,
                        written=canonical(file.content).decode(),
                        published_at=datetime(2020, 1, 1, tzinfo=UTC),
                    )
                )
        session.commit()


@dataclass
class Caller:
    """A browser that is signed in."""

    browser: FlaskClient
    user: User | None
    csrf: str

    @classmethod
    def sign_in(cls, browser: FlaskClient, user: User) -> Caller:
        answer = browser.post("/api/v1/session", json={"username": user.username, "password": PASSWORD})
        assert answer.status_code == 200, answer.get_data(as_text=True)
        return cls(browser, user, answer.get_json()["csrf"])

    def call(self, method: str, path: str, **options: Any) -> TestResponse:
        headers = dict(options.pop("headers", {}))
        if self.csrf:
            headers.setdefault("X-CSRF-Token", self.csrf)
        return self.browser.open(path, method=method, headers=headers, **options)

    def get(self, path: str, **options: Any) -> TestResponse:
        return self.call("GET", path, **options)

    def post(self, path: str, **options: Any) -> TestResponse:
        return self.call("POST", path, **options)

    def put(self, path: str, **options: Any) -> TestResponse:
        return self.call("PUT", path, **options)


def unit(office: Office, *codes: str) -> Unit:
    """The unit at the end of a path of codes such as ("sx", "ty", "xd"), making what is missing."""
    kinds = list(UnitKind)
    parent: Unit | None = None
    with office.work() as work:
        for depth, _ in enumerate(codes):
            code = "-".join(codes[: depth + 1])
            found = work.session.exec(select(Unit).where(Unit.code == code)).first()
            if not found:
                found = Unit(
                    id=uuid4(),
                    parent_id=parent.id if parent else None,
                    kind=kinds[depth],
                    code=code,
                    name=f"单位{code}",
                    path=(parent.path if parent else "") + codes[depth] + "/",
                )
                work.session.add(found)
                work.session.flush()
            parent = found
    assert parent
    return parent


def outlet(office: Office, *, tier: Tier = Tier.OWN_HALL, place: Unit | None = None, **given: Any) -> Outlet:
    place = place or unit(office, "sx", "ty", "xd", "d1", "a1")
    made = Outlet(
        **{
            "id": uuid4(),
            "code": f"O{uuid4().hex[:8]}",
            "name": "太原迎泽大街营业厅",
            "pinyin": "tyyzdjyyt",
            "unit_id": place.id,
            "unit_path": place.path,
            "tier": tier,
            "class_": "A",
            "setting": Setting.CITY,
            "status": OutletStatus.ACTIVE,
            "address": "迎泽大街 1 号",
            "phone": "0351-1234567",
            "lat": 37.86,
            "lng": 112.56,
            "changed_at": office.clock(),
            **given,
        }
    )
    with office.work() as work:
        work.session.add(made)
    return made


def user(office: Office, *, role: Role, username: str = "", **given: Any) -> User:
    made = User(
        **{
            "id": uuid4(),
            "username": username or f"u{uuid4().hex[:8]}",
            "name": f"某{uuid4().hex[:4]}",
            "role": role,
            "unit_path": "sx/",
            "password_hash": password_hash(),
            "created_at": office.clock(),
            **given,
        }
    )
    with office.work() as work:
        work.session.add(made)
    return made


def assignment(office: Office, who: User, where: Outlet, **given: Any) -> Assignment:
    made = Assignment(
        **{
            "id": uuid4(),
            "outlet_id": where.id,
            "user_id": who.id,
            "kind": VisitKind.MYSTERY,
            "checklist_id": "own-hall-mystery",
            "checklist_version": 1,
            "window_from": date(2026, 11, 16),
            "window_to": date(2026, 11, 30),
            "due_at": datetime(2026, 11, 30, 10, 0, tzinfo=UTC),
            "state": AssignmentState.ASSIGNED,
            "changed_at": office.clock(),
            **given,
        }
    )
    with office.work() as work:
        work.session.add(made)
    return made


def picture(seed: int = 0, size: tuple[int, int] = (320, 240)) -> bytes:
    """A small JPEG of its own for each seed. Not a photograph: those come from tests/photographs.py."""
    noise = random.Random(seed)
    image = Image.new("RGB", (16, 12))
    image.putdata([tuple(noise.randrange(256) for _ in range(3)) for _ in range(16 * 12)])
    out = io.BytesIO()
    image.resize(size).save(out, "JPEG", quality=80)
    return out.getvalue()


def pdf() -> bytes:
    """A PDF of one empty page."""
    objects = (
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 100 100]>>",
    )
    made, places = b"%PDF-1.4\n", []
    for number, each in enumerate(objects, 1):
        places.append(len(made))
        made += b"%d 0 obj%s endobj\n" % (number, each)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    head = b"xref\n0 4\n0000000000 65535 f \n"
    tail = b"trailer<</Size 4/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF\n" % len(made)
    return made + head + table + tail


def file_entry(data: bytes, item: str | None, **given: Any) -> dict[str, Any]:
    """The entry of a picture in a visit document's `files`."""
    return {
        "sha256": sha256(data).hexdigest(),
        "item": item,
        "kind": "photo",
        "origin": "camera",
        "taken_at": "2026-11-21T02:15:00Z",
        "bytes": len(data),
        "type": "image/jpeg",
        **given,
    }


def document(where: Outlet | UUID, **given: Any) -> dict[str, Any]:
    """A visit document as the phone would send it: a draft without answers unless told otherwise."""
    return {
        "id": str(uuid4()),
        "outlet_id": str(where if isinstance(where, UUID) else where.id),
        "kind": "mystery",
        "checklist": {"id": "own-hall-mystery", "version": 1},
        "intent": "draft",
        "started_at": "2026-11-21T02:10:05.120Z",
        "clock_offset_ms": -830,
        "app": "0.1.0",
        "answers": {},
        **given,
    }
