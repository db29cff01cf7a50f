"""Results, figures opened down to the visit, and the closing board, by role; nothing covert before its publication."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

import pytest

from server.domain.access import Role
from server.domain.visit import VisitState
from server.queries import figure_words, note_words
from server.queries.reports import report_id_of
from server.storage.inputs import InputImport, MonthCount
from server.storage.organisation import Outlet, Tier
from server.storage.visits import Visit
from server.usecases import periods, review
from server.usecases.work import Office
from tests import make, submitted
from tests.conftest import Clock
from tests.make import Caller

MONTH = "2026-11"
SERVER = Path(figure_words.__file__).resolve().parent.parent


@pytest.fixture
def outlet(office: Office, monkeypatch: pytest.MonkeyPatch) -> Outlet:
    """A village outlet with inputs and an accepted mystery visit in November."""
    monkeypatch.setattr(review, "second_review_for", lambda *_, **__: [])
    made = make.outlet(office, place=make.unit(office, "sx", "ty", "xd"), tier=Tier.VILLAGE)
    with office.work() as work:
        for code, part, whole in (("csat_hall", 98, 100), ("complaints", 0, None)):
            work.session.add(MonthCount(outlet_id=made.id, month=MONTH, code=code, part=part, whole=whole))
    return made


@pytest.fixture
def visit(office: Office, outlet: Outlet) -> Visit:
    shopper = make.user(office, role=Role.SHOPPER)
    sent = submitted.visit(office, shopper, outlet, answers={**submitted.GOOD, "A-01": {"value": "fail"}})
    with office.work(submitted.reviewer(office)) as work:
        return review.decide(work, sent.id, 1, "accept")


def published(office: Office, visit: Visit) -> None:
    with office.work() as work:
        found = work.session.get_one(Visit, visit.id)
        found.state, found.published_at = VisitState.PUBLISHED, work.now


def step(caller: Caller, name: str, **more: str) -> int:
    return caller.post("/close", data={"period": MONTH, "step": name, **more}).status_code


def test_head_office_closes_a_month_on_the_board_and_two_open_it_again(
    office: Office, clock: Clock, visit: Visit, client: Callable[..., Caller]
) -> None:
    hq = client(Role.HQ)
    assert "2 份数据没有导入" in hq.get("/close").get_data(as_text=True)
    assert step(hq, "draft") == 302
    clock.now = datetime(2026, 12, 1, 3, tzinfo=UTC)
    assert "结果比数据旧" in hq.get("/close").get_data(as_text=True)
    assert (step(hq, "open"), step(hq, "draft"), step(hq, "open")) == (409, 302, 409)
    published(office, visit)
    assert step(hq, "open") == 302
    assert step(hq, "publish") == 409
    clock.forward(days=9)
    assert (step(hq, "publish"), step(hq, "close")) == (302, 302)
    assert step(hq, "ask-reopen", why="漏了一次申诉") == 302
    assert step(hq, "reopen") == 409
    board = client(Role.HQ).get("/close").get_data(as_text=True)
    assert "漏了一次申诉" in board
    assert "同意重开" in board
    assert step(client(Role.HQ), "reopen") == 302


def test_a_month_that_is_older_than_its_inputs_says_so_on_the_board_and_its_page_and_is_not_given_out(
    office: Office, clock: Clock, visit: Visit, client: Callable[..., Caller]
) -> None:
    hq = client(Role.HQ)
    published(office, visit)
    clock.now = datetime(2026, 12, 1, 3, tzinfo=UTC)
    assert (step(hq, "draft"), step(hq, "open")) == (302, 302)
    clock.forward(days=9)
    counts = {"added": 1, "changed": 0, "same": 0, "at": office.clock()}
    with office.work() as work:
        name = {"sort": "audit", "name": "a.csv", "sha256": "0" * 64}
        work.session.add(InputImport(id=uuid4(), number=99, months=MONTH, **name, **counts))
    page = f"/results?kind=month&period={MONTH}"
    assert "结果比数据旧" in hq.get("/close").get_data(as_text=True)
    assert "这些结果比数据旧" in hq.get(page).get_data(as_text=True)
    refused = hq.post("/close", data={"period": MONTH, "step": "publish"})
    assert (refused.status_code, f"所用的数据又变了（{MONTH}）" in refused.get_data(as_text=True)) == (
        409,
        True,
    )
    assert (step(hq, "draft"), step(hq, "publish")) == (302, 302)
    assert "结果比数据旧" not in hq.get("/close").get_data(as_text=True)
    with office.work() as work:
        work.session.add(InputImport(id=uuid4(), number=100, months=MONTH, **name, **counts))
    assert "提出重开" in hq.get("/close").get_data(as_text=True)
    assert step(hq, "close") == 409


@pytest.mark.parametrize("role", [role for role in Role if role is not Role.HQ])
def test_nobody_else_has_the_board_but_the_auditor_who_changes_nothing(
    office: Office, visit: Visit, role: Role, client: Callable[..., Caller]
) -> None:
    step(client(Role.HQ), "draft")
    caller = client(role)
    board = caller.get("/close")
    assert board.status_code == (200 if role is Role.AUDITOR else 403)
    if role is Role.AUDITOR:
        text = board.get_data(as_text=True)
        assert "2 份数据没有导入" in text
        assert 'name="step"' not in text
    assert step(caller, "draft") == 403


def test_a_step_that_cannot_be_comes_back_with_the_board(
    office: Office, visit: Visit, client: Callable[..., Caller]
) -> None:
    hq = client(Role.HQ)
    step(hq, "draft")
    refused = hq.post("/close", data={"period": MONTH, "step": "close"})
    assert refused.status_code == 409
    text = refused.get_data(as_text=True)
    assert f"{MONTH} · " in text
    assert f'id="p-{MONTH}"' in text


def test_a_figure_opens_down_to_the_visit_and_its_items(
    office: Office, outlet: Outlet, visit: Visit, client: Callable[..., Caller]
) -> None:
    hq = client(Role.HQ)
    step(hq, "draft")
    assert outlet.name in hq.get("/results").get_data(as_text=True)
    page = hq.get(f"/figures/{MONTH}/{outlet.id}/composite").get_data(as_text=True)
    assert f"/figures/{MONTH}/visits/{visit.id}" in page
    assert "没有数据，权重" in page
    opened = hq.get(f"/figures/{MONTH}/visits/{visit.id}").get_data(as_text=True)
    assert "A-01 门头干净完好" in opened
    counted = hq.get(f"/api/v1/figures/{MONTH}/visits/{visit.id}").get_json()
    assert (counted["outlet"], counted["revision"], counted["state"]) == (str(outlet.id), 1, "draft")
    items = {
        item["subject"]: item["value"] for part in counted["explanation"]["parts"] for item in part["parts"]
    }
    assert items["item:A-01"] == 0
    with office.work() as work:
        work.session.get_one(Visit, visit.id).accepted_revision = 2
    # The round keeps the revision that it was made from.
    assert hq.get(f"/api/v1/figures/{MONTH}/visits/{visit.id}").get_json() == counted
    told = hq.get(f"/api/v1/figures/{MONTH}/{outlet.id}/composite").get_json()
    assert told["rules_version"] == told["explanation"]["rules"] == 1
    assert (told["value"], told["state"], told["rank"]) == (told["explanation"]["value"], "draft", 1)
    english = hq.get(f"/figures/{MONTH}/{outlet.id}/composite?lang=en").get_data(as_text=True)
    assert "its weight of" in english


def test_every_cell_of_results_says_what_it_is_where_the_table_has_no_head(
    visit: Visit, client: Callable[..., Caller]
) -> None:
    hq = client(Role.HQ)
    step(hq, "draft")
    page = hq.get("/results").get_data(as_text=True)
    assert all(f'data-label="{each}"' in page for each in ("类型", "综合评价", "县内名次"))


def test_what_the_rules_set_is_told_as_such_and_closing_is_not_closing_a_window(
    outlet: Outlet, visit: Visit, client: Callable[..., Caller]
) -> None:
    hq = client(Role.HQ)
    step(hq, "draft")
    page = hq.get(f"/figures/{MONTH}/{outlet.id}/composite").get_data(as_text=True)
    assert '<small><a href="/rules/1#part-composite">规则<span' in page
    assert "<h1>Closing of periods</h1>" in hq.get("/close?lang=en").get_data(as_text=True)
    opened = hq.get(f"/figures/{MONTH}/visits/{visit.id}").get_data(as_text=True)
    assert "<dd>50.00 %</dd>" in opened


def test_a_branch_and_an_owner_see_nothing_of_a_covert_visit_before_and_never_its_id(
    office: Office, clock: Clock, outlet: Outlet, visit: Visit, client: Callable[..., Caller]
) -> None:
    hq = client(Role.HQ)
    step(hq, "draft")
    branch = client(make.user(office, role=Role.BRANCH_MANAGER, unit_path="sx/ty/"))
    owner = client(make.user(office, role=Role.OUTLET_OWNER, outlet_id=outlet.id))
    other = client(make.user(office, role=Role.OUTLET_OWNER, outlet_id=make.outlet(office).id))
    path = f"/figures/{MONTH}/{outlet.id}/composite"
    for caller in (branch, owner, other):
        assert outlet.name not in caller.get("/results").get_data(as_text=True)
        assert caller.get(path).status_code == caller.get("/api/v1" + path).status_code == 404
    published(office, visit)
    clock.now = datetime(2026, 12, 1, 3, tzinfo=UTC)
    step(hq, "draft")
    step(hq, "open")
    assert branch.get(path).status_code == 200
    assert owner.get(path).status_code == 404
    clock.forward(days=9)
    step(hq, "publish")
    page_id = report_id_of(visit.id, 1, "outlet")
    for caller in (branch, owner):
        for place in (path, "/api/v1" + path):
            said = caller.get(place).get_data(as_text=True)
            assert str(visit.id) not in said
            assert str(page_id) in said
        for under in ("", "/api/v1"):
            opened = caller.get(f"{under}/figures/{MONTH}/visits/{page_id}")
            assert opened.status_code == 200
            assert str(visit.id) not in opened.get_data(as_text=True)
            assert caller.get(f"{under}/figures/{MONTH}/visits/{visit.id}").status_code == 404
    assert other.get(path).status_code == 404
    assert client(Role.SHOPPER).get(path).status_code == 403


def test_a_star_names_what_would_have_lifted_it(
    office: Office, visit: Visit, outlet: Outlet, client: Callable[..., Caller]
) -> None:
    with office.work(submitted.viewer(make.user(office, role=Role.HQ))) as work:
        periods.draft_at_once(work, "2026-H2")
    told = client(Role.HQ).get(f"/api/v1/figures/2026-H2/{outlet.id}/star").get_json()
    assert told["explanation"]["parts"][-1]["figure"] == "star-lift"
    page = client(Role.HQ).get(f"/figures/2026-H2/{outlet.id}/star")
    assert "差在哪几项" in page.get_data(as_text=True)


def test_the_branches_stand_in_a_league(
    office: Office, client: Callable[..., Caller], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(review, "second_review_for", lambda *_, **__: [])
    hall = make.outlet(office, place=make.unit(office, "sx", "ty", "xd"))
    sent = submitted.visit(office, make.user(office, role=Role.SHOPPER), hall)
    with office.work(submitted.reviewer(office)) as work:
        review.decide(work, sent.id, 1, "accept")
    with office.work(submitted.viewer(make.user(office, role=Role.HQ))) as work:
        periods.draft_at_once(work, "2026-Q4")
    page = client(Role.HQ).get("/results?kind=quarter").get_data(as_text=True)
    assert "/figures/2026-Q4/sx/ty/window" in page
    assert client(Role.HQ).get("/figures/2026-Q4/sx/ty/window").status_code == 200


def test_the_six_indicators_of_a_month_stand_with_target_source_number_and_the_other_reading(
    office: Office, outlet: Outlet, visit: Visit, client: Callable[..., Caller]
) -> None:
    hall = make.outlet(office, place=make.unit(office, "sx", "ty", "xd"), tier=Tier.OWN_HALL)
    with office.work() as work:
        for code, part, whole, strict in (
            ("csat_hall", 97, 100, None),
            ("handling_on_time", 96, 100, 90),
        ):
            row = MonthCount(outlet_id=hall.id, month=MONTH, code=code, part=part, whole=whole, strict=strict)
            work.session.add(row)
    hq = client(Role.HQ)
    step(hq, "draft")
    page = hq.get("/results?kind=indicators").get_data(as_text=True)
    assert page.count("目标高于 95 %") == 6
    # The agent's 98 of 100 are its composite's.
    assert f'<a href="/figures/{MONTH}/sx/ty/csat_hall">97.00 %</a><small>达到目标</small>' in page
    assert "<small>另一口径 90.00 %</small><small>系统日志，n=100</small>" in page
    assert hq.get(f"/figures/{MONTH}/sx/ty/csat_hall").status_code == 200
    assert hq.get("/results?kind=indicators&as=xlsx").status_code == 200
    rows = hq.get("/results?kind=indicators&as=csv").get_data(as_text=True).splitlines()
    assert next(row.split(",")[1:] for row in rows if "业务办理" in row) == [
        "业务办理及时率",
        "96.00%",
        "100",
        "系统日志",
        "90.00%",
        "95.00%",
        "达到目标",
    ]
    owner = client(Role.OUTLET_OWNER).get("/results?kind=indicators")
    assert "csat_hall" not in owner.get_data(as_text=True)


def codes(call: str) -> Iterator[str]:
    """The first texts of all calls of this name in the engine."""
    for path in [*SERVER.glob("domain/*.py"), *SERVER.glob("queries/*reckoning.py")]:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if (
                isinstance(node, ast.Call)
                and isinstance(node.func, ast.Name)
                and node.func.id == call
                and node.args
            ):
                if isinstance(node.args[0], ast.Constant) and isinstance(node.args[0].value, str):
                    yield node.args[0].value
                elif call == "named" and isinstance(node.args[0], ast.Dict):
                    for key in node.args[0].keys:
                        if isinstance(key, ast.Constant):
                            yield str(key.value)


def test_every_figure_input_and_note_of_the_engine_has_words_in_both_languages() -> None:
    assert {code for call in ("Explanation", "Share", "_share") for code in codes(call)} <= set(
        figure_words.FIGURES
    )
    assert set(codes("named")) <= set(figure_words.NAMES)
    assert set(codes("note")) <= set(note_words.NOTES)
    for words in (figure_words.FIGURES, figure_words.NAMES, figure_words.VALUES, note_words.NOTES):
        assert all(zh and en for zh, en in words.values())
