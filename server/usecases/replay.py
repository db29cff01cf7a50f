"""Replay: a stored period computed again from its outlets, visits, inputs and rules, and compared byte for byte."""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

import sqlalchemy as sa

from server.domain.engine import ENGINE
from server.domain.errors import NotFound
from server.storage.periods import Figure, PeriodRow, in_round
from server.usecases import period_rounds, round_portions
from server.usecases.period_rounds import stored_round
from server.usecases.work import Work


@dataclass(frozen=True, slots=True)
class Difference:
    """A figure that does not come out as it is stored: another value, another explanation or rank, missing, or one too many."""

    subject: str
    code: str
    what: Literal["value", "explanation", "missing", "extra"]
    stored: str | None
    replayed: str | None


@dataclass(frozen=True, slots=True)
class Replayed:
    """What a replay found: the digest that is stored, the one of the stored figures, the one that came out, how many figures.

    `engine` is the number of the engine that computed the period; with another than this one nothing is computed, since
    its figures may be told otherwise.
    """

    period: str
    round: int
    rules_version: int
    engine: int
    digest: str
    stored: str
    replayed: str
    figures: int
    differences: tuple[Difference, ...]

    @property
    def comparable(self) -> bool:
        """Whether this engine computed the period."""
        return self.engine == ENGINE

    @property
    def same(self) -> bool:
        """Whether every byte is as it was."""
        return self.comparable and not self.differences and self.digest == self.stored == self.replayed


def replay(work: Work, code: str) -> Replayed:
    """Compute the latest round of a period again. Nothing is written. Raises NotFound."""
    row = work.session.get(PeriodRow, code)
    if row is None or not row.digest:
        raise NotFound()
    round_ = stored_round(work.connection, row)
    stored = period_rounds.stored_hashes(work.connection, code, row.round)
    if row.engine != ENGINE:
        kept = period_rounds.digest_of(stored)
        return Replayed(code, row.round, row.rules_version, row.engine, row.digest, kept, "", len(stored), ())
    differences: list[Difference] = []
    portions = round_portions.listed(work.connection, round_.frame, round_.places)
    for step in round_portions.here(work.connection, round_.frame, portions):
        round_.note(step)
        different = [
            each for each in step.rows if stored.get((each["subject"], each["code"])) != each["sha256"]
        ]
        differences += _differences(work.connection, row.round, different)
    extra = sorted(set(stored) - set(round_.hashes))
    differences += [Difference(subject, figure, "extra", None, None) for subject, figure in extra]
    return Replayed(
        code,
        row.round,
        row.rules_version,
        row.engine,
        row.digest,
        period_rounds.digest_of(stored),
        round_.digest,
        len(round_.hashes),
        tuple(differences),
    )


def _differences(
    connection: sa.Connection, number: int, fresh: list[dict[str, object]]
) -> Iterator[Difference]:
    table = Figure.__table__  # type: ignore[attr-defined]
    keys = ("period", "subject", "code")
    for row in fresh:
        there = (
            connection.execute(
                sa.select(table).where(
                    in_round(table.c, number), *(table.c[name] == row[name] for name in keys)
                )
            )
            .mappings()
            .first()
        )
        subject, code, value = str(row["subject"]), str(row["code"]), row["value"]
        now = None if value is None else str(value)
        if there is None:
            yield Difference(subject, code, "missing", None, now)
        elif there["value"] != now:
            yield Difference(subject, code, "value", there["value"], now)
        else:
            yield Difference(subject, code, "explanation", _rank(there), _rank(row))


def _rank(row: object) -> str:
    """What may differ where the value does not: the rank, or else the explanation, by its length."""
    told = zlib.decompress(row["explanation"])  # type: ignore[index]
    return f"{row['rank']}/{row['of']}, {len(told)} bytes"  # type: ignore[index]
