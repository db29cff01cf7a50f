"""Answers to assignments: taken, or declined with a reason; the last word counts, and a finished one takes none."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from sqlmodel import select

from server.cli import run
from server.domain.access import Role
from server.storage.events import Event
from server.storage.visits import Assignment, AssignmentState
from server.usecases.work import Office
from tests import make, phone, submitted
from tests.conftest import Clock
from tests.make import Caller

World = tuple[Caller, Assignment]


@pytest.fixture
def world(office: Office, client: Callable[..., Caller]) -> World:
    submitted.checklist(office)
    user = make.user(office, role=Role.SHOPPER)
    task = make.assignment(office, user, make.outlet(office, code="O1"), checklist_id="small-hall")
    return client(user), task


def said(world: World, answer: str, reason: str = "") -> Any:
    caller, task = world
    return caller.post(f"/api/v1/assignments/{task.id}/answer", json={"answer": answer, "reason": reason})


def kept(office: Office, task: Assignment) -> Assignment:
    with office.work(write=False) as work:
        return work.session.get_one(Assignment, task.id)


def told(office: Office) -> list[str]:
    with office.work(write=False) as work:
        return [event.name for event in work.session.exec(select(Event).where(Event.subject == "assignment"))]


def synced(caller: Caller) -> dict[str, Any] | None:
    changes = caller.get("/api/v1/sync").get_json()["changes"]
    return next((change["data"] for change in changes if change["type"] == "assignment"), None)


def test_the_last_word_counts_and_the_same_again_changes_nothing(office: Office, world: World) -> None:
    caller, task = world
    assert said(world, "declined", " 那天不在太原 ").get_json() == {
        "id": str(task.id),
        "state": "declined",
        "reason": "那天不在太原",
    }
    assert said(world, "declined", "那天不在太原").status_code == 200
    assert told(office) == ["assignment.declined"]
    assert kept(office, task).answered_at == office.clock()
    found = synced(caller)
    assert found
    assert (found["state"], found["answer"]) == ("declined", "那天不在太原")
    assert said(world, "taken").get_json()["state"] == "taken"
    assert told(office) == ["assignment.declined", "assignment.taken"]
    assert kept(office, task).answer == ""


def test_declining_needs_a_reason(office: Office, world: World) -> None:
    assert said(world, "declined", "  ").get_json()["type"] == "/problems/reason-missing"
    assert "停用" not in said(world, "declined").get_json()["detail"]
    assert said(world, "perhaps").status_code == 422
    assert kept(office, world[1]).state is AssignmentState.ASSIGNED


@pytest.mark.parametrize("state", [AssignmentState.WITHDRAWN, AssignmentState.DONE])
def test_a_finished_assignment_takes_no_answer_and_says_how_it_stands(
    office: Office, world: World, state: AssignmentState
) -> None:
    with office.work() as work:
        work.session.get_one(Assignment, world[1].id).state = state
    for refused in (said(world, "taken"), said(world, "declined", "没空")):
        assert refused.status_code == 409
        assert refused.get_json()["state"] == state.value
    assert told(office) == []


def test_only_the_assignee_answers(world: World, client: Callable[..., Caller]) -> None:
    assert said((client(Role.SHOPPER), world[1]), "taken").status_code == 404


def test_a_declined_one_stays_on_the_phone_and_may_be_taken_until_its_window_ends(
    office: Office, world: World, clock: Clock
) -> None:
    caller, task = world
    assert task.window_to == date(2026, 11, 30)
    said(world, "declined", "没空")
    clock.forward(days=9)
    assert synced(caller)
    clock.forward(days=1)
    assert synced(caller) is None
    refused = said(world, "taken")
    assert (refused.status_code, refused.get_json()["state"]) == (409, "declined")


def test_beginning_the_visit_takes_a_declined_one_and_then_it_is_declined_no_more(
    office: Office, world: World
) -> None:
    caller, task = world
    said(world, "declined", "没空")
    document = submitted.document(task.outlet_id, assignment_id=str(task.id), intent="draft")
    assert phone.put(caller, document).status_code == 200
    found = kept(office, task)
    assert (found.state, found.answer) == (AssignmentState.TAKEN, "")
    refused = said(world, "declined", "还是没空")
    assert (refused.status_code, refused.get_json()["state"]) == (409, "taken")


def test_head_office_reads_the_answers_on_the_command_line(
    office: Office, world: World, capsys: pytest.CaptureFixture[str]
) -> None:
    said(world, "declined", "那天不在太原")
    environment = {"XUNTING_DATA": str(office.settings.data), "XUNTING_SECRET": "s" * 32, "LANG": "en"}
    assert run(["assignments", "--state", "declined"], environment) == 0
    printed = capsys.readouterr().out
    assert "declined\t那天不在太原" in printed
    assert "1 assignments" in printed
    with office.work() as work:
        work.session.get_one(Assignment, world[1].id).answer = "没\x1b[2J空\r\n\u202e明天"
    assert run(["assignments", "--state", "declined"], environment) == 0
    assert "declined\t没 [2J空 明天\n" in capsys.readouterr().out


@pytest.mark.parametrize("reason", ["没\x1b[2J空", "没空\n明天", "没\x9b空", "没\u2028空"])
def test_a_reason_is_one_line_without_control_characters(office: Office, world: World, reason: str) -> None:
    assert said(world, "declined", reason).status_code == 422
    assert kept(office, world[1]).state is AssignmentState.ASSIGNED
