"""Who may call what: every endpoint of the API by every role, in one table."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest
from flask import Flask

from server.domain.access import Role
from server.routes.guard import Guarded
from server.usecases.work import Office
from tests import make, phone, submitted
from tests.make import Caller

R = Role
SENDERS = {R.SHOPPER, R.AREA_MANAGER, R.HALL_MANAGER, R.OUTLET_OWNER, R.REVIEWER, R.BRANCH_MANAGER}
INSPECTORS = {R.SHOPPER, R.AREA_MANAGER, R.HALL_MANAGER, R.REVIEWER, R.BRANCH_MANAGER}
SEE_REPORTS = set(R) - {R.SHOPPER, R.ADMIN}
SEE_ACTIONS = set(R) - {R.SHOPPER, R.ADMIN}
HEAD_OFFICE = {R.REVIEWER, R.HQ, R.ADMIN, R.AUDITOR}
EVERYBODY = set(Role)
NOBODY: set[Role] = set()

# (method, rule) → (path, what else is sent, who is let in and hears what, what the others hear).
# The visit and the photo are a shopper's; where nobody is let in, the rule needs more than a role.
TABLE: dict[tuple[str, str], tuple[str, dict[str, Any], set[Role], int, int]] = {
    ("GET", "/session"): ("/session", {}, EVERYBODY, 200, 0),
    ("PUT", "/session/password"): (
        "/session/password",
        {"json": {"old": "not the one", "new": "a new one of mine"}},
        EVERYBODY,
        422,
        0,
    ),
    ("GET", "/sync"): ("/sync", {}, EVERYBODY, 200, 0),
    ("GET", "/visits"): ("/visits", {}, EVERYBODY, 200, 0),
    ("GET", "/visits/<visit_id>"): ("/visits/{visit}", {}, HEAD_OFFICE, 200, 404),
    ("GET", "/visits/<visit_id>/receipt"): ("/visits/{visit}/receipt", {}, HEAD_OFFICE, 200, 404),
    ("PUT", "/visits/<visit_id>"): ("/visits/{other}", {"json": {}}, INSPECTORS, 422, 403),
    ("POST", "/visits/<visit_id>/discard"): (
        "/visits/{other}/discard",
        {"json": {"reason": "x"}},
        INSPECTORS,
        404,
        403,
    ),
    ("POST", "/assignments/<uuid:assignment_id>/answer"): (
        "/assignments/{other}/answer",
        {"json": {"answer": "taken"}},
        INSPECTORS,
        404,
        403,
    ),
    ("GET", "/figures/<period>/<path:subject>/<code>"): (
        "/figures/2026-11/{other}/composite",
        {},
        set(R) - {R.SHOPPER},
        404,
        403,
    ),
    ("GET", "/figures/<period>/visits/<uuid:page_id>"): (
        "/figures/2026-11/visits/{other}",
        {},
        set(R) - {R.SHOPPER},
        404,
        403,
    ),
    ("GET", "/weak-items"): ("/weak-items", {}, set(R) - {R.SHOPPER}, 404, 403),
    ("PUT", "/actions/<uuid:action_id>"): ("/actions/{other}", {"json": {}}, SEE_ACTIONS, 422, 403),
    ("GET", "/actions/<uuid:action_id>"): ("/actions/{other}", {}, SEE_ACTIONS, 404, 403),
    ("POST", "/actions/<uuid:action_id>/decide"): (
        "/actions/{other}/decide",
        {"json": {"decision": "accept"}},
        {R.AREA_MANAGER, R.REVIEWER, R.BRANCH_MANAGER, R.HQ},
        404,
        403,
    ),
    ("GET", "/reports"): ("/reports", {}, SEE_REPORTS, 200, 403),
    ("GET", "/notices"): ("/notices", {}, EVERYBODY, 200, 0),
    ("POST", "/notices/read"): ("/notices/read", {"json": {}}, EVERYBODY, 200, 0),
    ("GET", "/appeals"): ("/appeals", {}, EVERYBODY - {R.SHOPPER, R.ADMIN}, 200, 403),
    ("GET", "/appeals/<appeal_id>"): ("/appeals/{other}", {}, EVERYBODY - {R.SHOPPER, R.ADMIN}, 404, 403),
    ("PUT", "/appeals/<appeal_id>"): (
        "/appeals/{other}",
        {"json": {"visit_id": "0" * 8 + "-0000-0000-0000-" + "0" * 12, "item": "A-01", "ground": "x"}},
        {R.HALL_MANAGER, R.OUTLET_OWNER},
        428,
        403,
    ),
    ("POST", "/appeals/<appeal_id>/answer"): (
        "/appeals/{other}/answer",
        {"json": {"turn": 1, "decision": "reject", "why": "x"}},
        {R.REVIEWER, R.HQ},
        404,
        403,
    ),
    ("POST", "/visits/<visit_id>/acknowledge"): (
        "/visits/{other}/acknowledge",
        {},
        {R.HALL_MANAGER, R.OUTLET_OWNER},
        404,
        403,
    ),
    ("GET", "/photos/<sha256>"): ("/photos/{photo}", {}, HEAD_OFFICE, 200, 404),
    ("GET", "/checklists/<checklist_id>/<int:version>"): ("/checklists/small-hall/1", {}, EVERYBODY, 200, 0),
    ("POST", "/rescue"): (
        "/rescue",
        {"data": b"x", "content_type": "application/octet-stream"},
        EVERYBODY - {R.OUTLET_OWNER, R.AUDITOR},
        422,
        403,
    ),
    ("POST", "/uploads"): ("/uploads", {"headers": phone.TUS}, SENDERS, 422, 403),
    ("HEAD", "/uploads/<upload_id>"): ("/uploads/{other}", {"headers": phone.TUS}, SENDERS, 404, 403),
    ("PATCH", "/uploads/<upload_id>"): (
        "/uploads/{other}",
        {"headers": {**phone.TUS, "Upload-Offset": "0"}, "content_type": phone.OCTETS},
        SENDERS,
        404,
        403,
    ),
    ("DELETE", "/uploads/<upload_id>"): ("/uploads/{other}", {"headers": phone.TUS}, SENDERS, 404, 403),
    ("POST", "/uploads/<upload_id>"): (
        "/uploads/{other}",
        {"headers": {**phone.TUS, "X-HTTP-Method-Override": "DELETE"}},
        SENDERS,
        404,
        403,
    ),
}
# Open to everybody without a login, and the end of a login, which every role may ask for.
OPEN = {
    ("POST", "/session"),
    ("DELETE", "/session"),
    ("GET", "/openapi.json"),
    ("OPTIONS", "/uploads"),
    ("OPTIONS", "/uploads/<upload_id>"),
}
# Held by the tests of the review and of the reports, beside their pages.
ELSEWHERE = (
    "/verify",
    "/visits/<visit_id>/review",
    "/visits/<visit_id>/report.pdf",
    "/visits/<uuid:",
)


@pytest.fixture
def names(office: Office, client: Callable[..., Caller]) -> dict[str, str]:
    submitted.checklist(office)
    where = make.outlet(office)
    user = make.user(office, role=Role.SHOPPER)
    task = make.assignment(office, user, where, checklist_id="small-hall")
    caller, data = client(user), make.picture(77)
    document = submitted.document(where, assignment_id=str(task.id), files=[make.file_entry(data, "A-01")])
    phone.send(caller, data, document["id"])
    assert phone.put(caller, document).get_json()["state"] == "submitted"
    return {"visit": document["id"], "other": str(uuid4()), "photo": document["files"][0]["sha256"]}


@pytest.mark.parametrize("role", list(Role))
def test_each_role_is_let_in_where_the_table_says(
    role: Role, names: dict[str, str], client: Callable[..., Caller]
) -> None:
    caller = client(role)
    for (method, rule), (path, sent, let_in, inside, outside) in TABLE.items():
        answer = caller.call(method, "/api/v1" + path.format(**names), **sent)
        assert answer.status_code == (inside if role in let_in else outside), (method, rule)


def test_without_a_login_nothing_but_the_open_ones_answers(
    names: dict[str, str], client: Callable[..., Caller]
) -> None:
    stranger = client()
    for (method, _), (path, sent, *_) in TABLE.items():
        answer = stranger.call(method, "/api/v1" + path.format(**names), **sent)
        assert answer.status_code == 401, (method, path)


def test_a_write_without_the_csrf_header_or_from_elsewhere_is_refused(
    names: dict[str, str], client: Callable[..., Caller]
) -> None:
    caller = client(Role.SHOPPER)
    path = f"/api/v1/visits/{names['other']}"
    for headers in (
        {"X-CSRF-Token": ""},
        {"X-CSRF-Token": "0" * 64},
        {"Origin": "https://evil.example"},
        {"Sec-Fetch-Site": "cross-site"},
    ):
        answer = caller.put(path, json={}, headers=headers)
        assert answer.status_code == 403
        assert answer.get_json()["type"] == "/problems/foreign-request"


def test_the_table_names_every_endpoint_of_the_api(app: Flask) -> None:
    known = set(TABLE) | OPEN
    for rule in app.url_map.iter_rules():
        guarded: Guarded | None = getattr(app.view_functions[rule.endpoint], "guarded", None)
        assert guarded is not None, f"{rule.rule} was not added by guard.route"
        if not rule.rule.startswith("/api/v1"):
            continue
        place = rule.rule.removeprefix("/api/v1")
        if place.startswith(ELSEWHERE):
            continue
        for method in guarded.methods:
            assert (method, place) in known, f"{method} {place} is not in the table"
