"""The index of fingerprints: on both databases it finds exactly what comparing with every picture would find."""

from __future__ import annotations

from datetime import timedelta
from random import Random
from uuid import UUID

import pytest
from sqlmodel import col, select

from server.domain.access import Role
from server.domain.likeness import difference, fingerprint
from server.storage import pictures
from server.storage.visits import VisitFile
from server.usecases.work import Office
from tests import make

DAYS = 180
MINE = UUID(int=1)


def fill(office: Office, dhashes: list[str], chance: Random) -> list[VisitFile]:
    """Pictures of a few visits, some of them too old, some of them no photographs, several arriving at once."""
    uploader = make.user(office, role=Role.SHOPPER)
    rows = [
        VisitFile(
            visit_id=UUID(int=chance.randrange(1, 8)),
            sha256=f"{chance.getrandbits(256):064x}",
            kind=chance.choice(("photo", "photo", "original", "signature")),
            type="image/jpeg",
            bytes=1,
            dhash=dhash,
            uploader_id=uploader.id,
            arrived_at=office.clock() - timedelta(days=chance.choice((0, 0, 1, 100, 180, 181, 400))),
        )
        for dhash in dhashes
    ]
    with office.work() as work:
        work.session.add_all(rows)
        pictures.remember(work.session, dhashes)
        # Doing it again is harmless.
        pictures.remember(work.session, dhashes[:3])
    return rows


def by_force(rows: list[VisitFile], dhash: str, office: Office) -> tuple[int, str]:
    """The bits in which the nearest picture differs, and its name."""
    since = office.clock() - timedelta(days=DAYS)
    known = [
        (difference(fingerprint(row.dhash or ""), fingerprint(dhash)), row.arrived_at, row.sha256)
        for row in rows
        if row.visit_id != MINE and row.arrived_at >= since and row.kind in pictures.PICTURES
    ]
    bits, _, name = min(known)
    return bits, name


def cluster(chance: Random, around: int, many: int) -> list[str]:
    """Fingerprints that differ from one another in a few bits."""
    found = []
    for _ in range(many):
        number = around
        for place in chance.sample(range(64), chance.randrange(12)):
            number ^= 1 << place
        found.append(f"{number:016x}")
    return found


@pytest.mark.parametrize("seed", range(3))
def test_the_index_finds_what_comparing_with_every_picture_finds(both: Office, seed: int) -> None:
    chance = Random(seed)
    dhashes = [f"{chance.getrandbits(64):016x}" for _ in range(300)]
    dhashes += cluster(chance, 0, 120) + cluster(chance, chance.getrandbits(64), 120) + ["0" * 16] * 20
    rows = fill(both, dhashes, chance)
    asked = [*chance.sample(dhashes, 40), "0" * 16, "f" * 16, *cluster(chance, 0, 20)]
    hits = 0
    with both.work(write=False) as work:
        for dhash in asked:
            apart, name = by_force(rows, dhash, both)
            for bits in (0, 3, 6, 7, 8, 13):
                since = work.now - timedelta(days=DAYS)
                found = pictures.nearest(work.session, dhash, bits, since, MINE)
                assert (found.sha256 if found else None) == (name if apart <= bits else None)
                hits += found is not None
    assert hits > 100


def test_a_rule_may_ask_for_more_bits_than_the_bands_can_promise(both: Office) -> None:
    fill(both, ["f" * 8 + "0" * 8], Random(4))
    with both.work() as work:
        for file in work.session.exec(select(VisitFile)):
            file.kind, file.arrived_at, file.visit_id = "photo", work.now, UUID(int=2)
    with both.work(write=False) as work:
        assert pictures.nearest(work.session, "0" * 16, 32, work.now, MINE)
        assert not pictures.nearest(work.session, "0" * 16, 31, work.now, MINE)


def test_a_fingerprint_that_thousands_have_costs_one_row_and_no_sorting(office: Office) -> None:
    fill(office, ["0" * 16] * 3_000, Random(5))
    with office.work(write=False) as work:
        assert len(work.session.exec(select(pictures.PictureHash)).all()) == 1
        asked = (
            select(VisitFile.sha256)
            .where(VisitFile.dhash == "0" * 16, col(VisitFile.arrived_at) >= work.now)
            .order_by(col(VisitFile.arrived_at), col(VisitFile.sha256), col(VisitFile.visit_id))
        )
        text = asked.compile(work.session.get_bind(), compile_kwargs={"literal_binds": True})
        told = str(work.connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {text}").all())
    assert "ix_visit_file_dhash_arrived" in told
    assert "TEMP B-TREE" not in told
