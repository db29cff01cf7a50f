"""Every event that any use case records has words, so that no history and no log shows a bare code."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from server.domain import actions, deciding, tracking
from server.domain.notices import TABLE
from server.queries.event_words import EVENTS
from server.queries.notice_words import NOTICES
from server.storage.visits import AssignmentState
from server.usecases import work

SERVER = Path(work.__file__).resolve().parent.parent
CODE = re.compile(r"[a-z]+(-[a-z]+)*\.[a-z]+(-[a-z]+)*")
BUILT = re.compile(r"f['\"]([a-z-]+)\.\{")
# What looks alike and is none: names of files and of loggers.
OTHERS = re.compile(r"xunting\..*|.*\.(csv|json|jsonl|pdf|xlsx|zip|yaml|txt)")
STATES = {
    "action": {*(step.value for step in actions.Step), *(state.value for state in actions.ActionState)},
    "assignment": {state.value for state in AssignmentState},
    "decision": {state.value for state in deciding.DecisionState},
    "weak-item": {step.value for step in tracking.Step},
}
# An action that is open was made, and one that is compared again says so by its recheck.
NEVER = {"action.open", "action.recheck-passed", "action.recheck-failed"}


def recorded() -> Iterator[tuple[str, str]]:
    """Each code of an event in the sources, with its file; those that are built from a state, for each state."""
    for path in [*SERVER.glob("usecases/*.py"), *SERVER.glob("demo/*.py")]:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                if CODE.fullmatch(node.value) and not OTHERS.fullmatch(node.value):
                    yield node.value, path.name
            elif isinstance(node, ast.JoinedStr) and (built := BUILT.match(ast.unparse(node))):
                for state in STATES[built[1]]:
                    yield f"{built[1]}.{state}", path.name


def test_no_event_is_without_words() -> None:
    found = set(recorded())
    assert len(found) > 100
    assert sorted((code, file) for code, file in found if code not in EVENTS and code not in NEVER) == []


def test_no_notice_is_without_its_sentence() -> None:
    assert {rule.code for rule in TABLE} <= set(NOTICES)
    assert {rule.event for rule in TABLE} <= set(EVENTS)
