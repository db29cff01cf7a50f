"""What the API tells outlets and branches of a covert visit that was published."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from server.domain.access import Role
from server.domain.visit import VisitState
from server.usecases.work import Office
from tests import make, submitted


@pytest.mark.parametrize(
    "role", [Role.AREA_MANAGER, Role.HALL_MANAGER, Role.OUTLET_OWNER, Role.BRANCH_MANAGER]
)
def test_the_api_tells_no_minute_of_a_published_covert_visit(
    office: Office, client: Callable[..., make.Caller], role: Role
) -> None:
    seen = {**submitted.GOOD, "A-01": {"value": "pass", "note": "门头缺字", "at": "2026-11-21T01:12:00Z"}}
    hall = make.outlet(office)
    shopper = make.user(office, role=Role.SHOPPER)
    visit = submitted.visit(office, shopper, hall, answers=seen, state=VisitState.PUBLISHED)
    viewer = make.user(office, role=role, outlet_id=hall.id, unit_path="sx/")
    answer = client(viewer).get(f"/api/v1/visits/{visit.id}")
    answers = answer.get_json()["document"]["answers"]
    assert {name: value for name, value in answers["A-01"].items() if value} == {
        "value": "pass",
        "note": "门头缺字",
    }
    assert answers["A-02"]["value"] == 412
    assert "B-05" not in answers
    assert "T01:" not in answer.get_data(as_text=True)
