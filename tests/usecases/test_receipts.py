"""Receipts beside the database, on both kinds of it: found by number, and all of them examined."""

from __future__ import annotations

import json
from uuid import UUID

from server.domain.access import Role
from server.storage.visits import Revision
from server.usecases import receipts
from server.usecases.work import Office
from tests import make, submitted


def test_receipts_are_found_by_number_and_examined_one_by_one(both: Office) -> None:
    where, user = make.outlet(both), make.user(both, role=Role.SHOPPER)
    numbers: dict[str, str] = {}
    for _ in range(3):
        visit = submitted.visit(both, user, where)
        with both.work() as work:
            found = work.session.get_one(Revision, (visit.id, 1))
            row = {"visit_id": visit.id, "number": 1, "sha256": found.sha256}
            found.receipt = receipts.made(work, row, ["b" * 64, "a" * 64])
            numbers[str(visit.id)] = json.loads(found.receipt)["number"]
    with both.work(write=False) as work:
        for visit_id, number in numbers.items():
            [given] = receipts.with_number(work, number)
            assert UUID(given["visit"]) == UUID(visit_id)
            assert given["files"] == ["a" * 64, "b" * 64]
        promised, broken = receipts.examined(work)
    assert broken == []
    assert promised == {(visit, sha * 64): number for visit, number in numbers.items() for sha in "ab"}


def test_a_receipt_that_stands_with_another_visit_is_broken(office: Office) -> None:
    where, user = make.outlet(office), make.user(office, role=Role.SHOPPER)
    one, two = (submitted.visit(office, user, where) for _ in range(2))
    with office.work() as work:
        ours, theirs = (work.session.get_one(Revision, (visit.id, 1)) for visit in (one, two))
        row = {"visit_id": one.id, "number": 1, "sha256": ours.sha256}
        ours.receipt = theirs.receipt = receipts.made(work, row, [])
    with office.work(write=False) as work:
        broken = receipts.examined(work)[1]
    assert ("changed", str(two.id)) in [(each.what, each.visit) for each in broken]
    assert str(one.id) not in [each.visit for each in broken]
