"""Photographs after they arrived: their sizes, their difference hash, and those that cannot be decoded."""

from __future__ import annotations

import io
import json

import pytest
from PIL import Image
from sqlmodel import select

from server import worker
from server.domain.access import Role
from server.storage.events import Job, JobState
from server.storage.visits import Visit, VisitFile
from server.usecases import evidence, photos, reports
from server.usecases.work import Office
from tests import make, submitted


def damaged(seed: int) -> bytes:
    """A JPEG with all its segments and its end, whose tables make no sense to a decoder."""
    data = bytearray(make.picture(seed))
    table = data.find(b"\xff\xc4")
    data[table + 5 : table + 21] = bytes([255] * 16)
    return bytes(data)


def test_likeness_is_found_when_the_sizes_are_made(office: Office) -> None:
    hall = make.outlet(office)
    shopper = make.user(office, role=Role.SHOPPER)
    first = submitted.visit(office, shopper, hall, photos=[make.picture(7)])
    softer = io.BytesIO()
    Image.open(io.BytesIO(make.picture(7))).save(softer, "JPEG", quality=60)
    other = submitted.visit(office, make.user(office, role=Role.SHOPPER), hall, photos=[softer.getvalue()])
    with office.work() as work:
        for file in work.session.exec(select(VisitFile)):
            file.dhash = None
    for visit in (first, other):
        worker.flag_evidence(office, visit.id)
    with office.work(write=False) as work:
        codes = [flag["code"] for flag in json.loads(work.session.get_one(Visit, other.id).flags)]
    assert "photo_similar" in codes
    assert "photo_damaged" not in codes


def test_a_damaged_photo_is_flagged_and_holds_nothing_up(office: Office) -> None:
    with pytest.raises(OSError, match="broken data stream"):
        Image.open(io.BytesIO(damaged(3))).load()
    hall = make.outlet(office)
    shopper = make.user(office, role=Role.SHOPPER)
    visit = submitted.visit(office, shopper, hall, photos=[damaged(3), make.picture(4)])
    with office.work() as work:
        for file in work.session.exec(select(VisitFile)):
            file.dhash = None
    worker.run_once(office)
    with office.work(write=False) as work:
        assert {job.state for job in work.session.exec(select(Job))} == {JobState.DONE}
        flags = json.loads(work.session.get_one(Visit, visit.id).flags)
        files = {file.sha256: file.dhash for file in work.session.exec(select(VisitFile))}
    (flag,) = [flag for flag in flags if flag["code"] == "photo_damaged"]
    assert flag["item"] == "A-01"
    assert [sha256 for sha256, known in files.items() if known is None] == [flag["facts"]["sha256"]]
    look = photos.Look(flag["facts"]["sha256"], "photo", "image/jpeg", "thumb")
    with Image.open(io.BytesIO(photos.read(office, look))) as sign:
        assert sign.size == (320, 240)
    assert photos.for_page(office, flag["facts"]["sha256"], "photo").startswith(b"\xff\xd8")
    with office.work() as work:
        assert [one.code for one in evidence.flag(work, visit.id)].count("photo_damaged") == 1
    assert reports.issue(office, visit.id, "inner") is None
