"""Stored figures as viewers may read them."""

from __future__ import annotations

import json
import zlib
from fractions import Fraction

import pytest

from server.domain.access import SYSTEM, Role, Viewer
from server.domain.errors import NotFound
from server.queries import results
from server.storage.organisation import Outlet, Tier
from server.storage.periods import Figure, PeriodOutlet, PeriodRow, PeriodState
from server.usecases.work import Office
from tests import make, submitted

MONTH = "2026-10"


def stored(office: Office, outlets: list[Outlet], state: PeriodState = PeriodState.PUBLISHED) -> None:
    """A month of these outlets in two rounds, with the composite 80 and then 90, and the window score of a branch."""
    with office.work() as work:
        now = work.now
        work.session.add(
            PeriodRow(
                code=MONTH,
                kind="month",
                state=state,
                round=2,
                rules_version=1,
                drafted_at=now,
                changed_at=now,
            )
        )
        why = zlib.compress(json.dumps({"figure": "composite"}).encode())
        for number in (1, 2):
            score = 70 + 10 * number
            for outlet in outlets:
                work.session.add(
                    PeriodOutlet(
                        period=MONTH,
                        round=number,
                        until=number,
                        outlet_id=outlet.id,
                        unit_path=outlet.unit_path,
                        tier=outlet.tier,
                        class_="A",
                        setting="city",
                    )
                )
                work.session.add(
                    Figure(
                        period=MONTH,
                        round=number,
                        until=number,
                        subject=str(outlet.id),
                        code="composite",
                        value=str(score),
                        hundredths=100 * score,
                        rank=1,
                        of=2,
                        explanation=why,
                    )
                )
            work.session.add(
                Figure(
                    period=MONTH,
                    round=number,
                    until=number,
                    subject="sx/ty/",
                    code="window",
                    value="272/3",
                    hundredths=9067,
                    explanation=why,
                )
            )


@pytest.fixture
def outlets(both: Office) -> list[Outlet]:
    places = [make.unit(both, "sx", code, "xd") for code in ("ty", "dt")]
    return [make.outlet(both, place=place, tier=Tier.VILLAGE) for place in places]


def read(office: Office, viewer: Viewer = SYSTEM, **given: object) -> list[results.Result]:
    with office.work(viewer, write=False) as work:
        return results.results(work.connection, viewer, MONTH, **given)  # type: ignore[arg-type]


def test_the_latest_round_is_read_and_an_earlier_one_by_its_number(
    both: Office, outlets: list[Outlet]
) -> None:
    stored(both, outlets)
    found = read(both, codes=["composite"], subjects=[str(outlets[0].id)])
    assert [(each.value, each.exact, each.rank, each.of) for each in found] == [("90", Fraction(90), 1, 2)]
    assert {each.value for each in read(both, codes=["composite"], round_=1)} == {"80"}
    assert {each.exact for each in read(both, codes=["window"])} == {Fraction(272, 3)}
    with both.work(write=False) as work:
        then = results.outlets_then(work.connection, MONTH, 2)
        assert {(each.outlet_id, each.class_) for each in then} == {(each.id, "A") for each in outlets}
        assert results.explanation(work.connection, SYSTEM, MONTH, "sx/ty/", "window") == {
            "figure": "composite"
        }
        with pytest.raises(NotFound):
            results.explanation(work.connection, SYSTEM, MONTH, "sx/dt/", "window")


def once(office: Office) -> None:
    """Let the month be in its first round."""
    with office.work() as work:
        work.session.get_one(PeriodRow, MONTH).round = 1


def test_a_branch_sees_its_own_part_from_the_day_on_which_it_stands_open(
    both: Office, outlets: list[Outlet]
) -> None:
    branch = submitted.viewer(make.user(both, role=Role.BRANCH_MANAGER, unit_path="sx/ty/"))
    stored(both, outlets, PeriodState.OPEN)
    assert {each.subject for each in read(both, branch)} == {str(outlets[0].id), "sx/ty/"}
    with both.work() as work:
        work.session.get_one(PeriodRow, MONTH).state = PeriodState.DRAFT
    # It was opened again: the round that was given out before is read.
    assert {each.value for each in read(both, branch, codes=["composite"])} == {"80"}
    once(both)
    assert read(both, branch) == []
    assert len(read(both, submitted.viewer(make.user(both, role=Role.HQ)))) == 3


def test_an_owner_sees_what_is_published_of_the_own_outlet(both: Office, outlets: list[Outlet]) -> None:
    owner = submitted.viewer(make.user(both, role=Role.OUTLET_OWNER, outlet_id=outlets[0].id))
    stored(both, outlets)
    assert {each.subject for each in read(both, owner)} == {str(outlets[0].id)}
    with both.work() as work:
        work.session.get_one(PeriodRow, MONTH).state = PeriodState.OPEN
    assert {each.value for each in read(both, owner)} == {"80"}
    once(both)
    assert read(both, owner) == []
    shopper = submitted.viewer(make.user(both, role=Role.SHOPPER))
    assert read(both, shopper) == []
