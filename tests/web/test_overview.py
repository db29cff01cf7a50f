"""The overview: the figures of /results and no others, against their targets, for whoever may see them and of nobody else's unit."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from fractions import Fraction
from html import unescape
from typing import Any

import pytest
from flask import Flask, g
from sqlmodel import select

from server.domain.access import SYSTEM, Role
from server.domain.visit import Answer, VisitState
from server.queries import results
from server.routes.overview import _source as source
from server.storage.inputs import MonthCount
from server.storage.organisation import Outlet, Tier
from server.storage.periods import Figure, PeriodRow, PeriodState
from server.storage.visits import Visit
from server.usecases import corrections, period_corrections, periods, replay, review
from server.usecases.work import Office
from tests import make, submitted
from tests.make import Caller

Client = Callable[..., Caller]
OCTOBER, NOVEMBER = "2026-10", "2026-11"
SEES = {Role.AREA_MANAGER, Role.BRANCH_MANAGER, Role.HQ, Role.AUDITOR, Role.REVIEWER}
SATISFIED = {("ty", OCTOBER): 94, ("ty", NOVEMBER): 98, ("dt", OCTOBER): 97, ("dt", NOVEMBER): 91}


@pytest.fixture
def outlets(office: Office) -> dict[str, Outlet]:
    """A village outlet and a hall in each of two branches with inputs of two months; October is published, November a draft."""
    made = {
        branch: make.outlet(
            office,
            tier=Tier.VILLAGE,
            name=f"{name}村服务站",
            place=make.unit(office, "sx", branch, "xd"),
            lat=lat,
            lng=112.5,
        )
        for branch, name, lat in (("ty", "太原", 37.9), ("dt", "大同", 40.1))
    }
    halls = {
        branch: make.outlet(
            office,
            tier=Tier.OWN_HALL,
            place=make.unit(office, "sx", branch, "xd"),
            lat=beside.lat,
            lng=beside.lng,
        )
        for branch, beside in made.items()
    }
    with office.work() as work:
        for (branch, month), satisfied in SATISFIED.items():
            hall = halls[branch].id
            work.session.add(
                MonthCount(outlet_id=hall, month=month, code="csat_hall", part=satisfied, whole=100)
            )
            for code, part, whole in (
                ("csat_hall", satisfied, 100),
                ("complaints", 0, None),
                ("audit", 1, None),
            ):
                outlet = made[branch].id
                work.session.add(MonthCount(outlet_id=outlet, month=month, code=code, part=part, whole=whole))
    for month in (OCTOBER, NOVEMBER):
        periods.draft(office, SYSTEM, month)
    with office.work() as work:
        work.session.get_one(PeriodRow, OCTOBER).state = PeriodState.PUBLISHED
    return made


def stored(office: Office, period: str, code: str) -> dict[str, results.Result]:
    with office.work(write=False) as work:
        return results.by_subject(work.connection, SYSTEM, period, code)


def page(caller: Caller, **asked: str) -> str:
    answer = caller.get("/overview", query_string=asked)
    assert answer.status_code == 200
    return unescape(answer.get_data(as_text=True))


def cards(text: str) -> dict[str, str]:
    """The text of each card by the address of its evidence."""
    found = re.findall(r'<a class="card gauge[^"]*" href="([^"]+)">(.*?)</a>', text, re.DOTALL)
    return {to: " ".join(re.sub(r"<[^>]+>", " ", inside).split()) for to, inside in found}


def ranked(text: str) -> list[tuple[str, str, str]]:
    """Rank, name and what the rank did of each line of the league."""
    table = text.split('id="league"')[1].split("</table>")[0]
    rows = [re.findall(r"<t[dh][^>]*>(.*?)</t[dh]>", row, re.DOTALL) for row in table.split("<tr>")[2:]]
    plain = [[" ".join(re.sub(r"<[^>]+>", " ", cell).split()) for cell in row] for row in rows]
    return [(row[0], row[1], row[3]) for row in plain]


def drawn(text: str) -> list[dict[str, Any]]:
    return [json.loads(each) for each in re.findall(r'<script type="application/json">(.*?)</script>', text)]


@pytest.mark.parametrize("role", list(Role))
def test_each_role_is_let_in_or_not_and_has_it_in_its_menu(role: Role, client: Client) -> None:
    caller = client(role)
    assert caller.get("/overview").status_code == (200 if role in SEES else 403)
    if role in SEES:
        assert 'href="/overview"' in caller.get("/desk").get_data(as_text=True)


def test_the_mean_of_a_unit_is_that_of_the_composites_in_results(
    office: Office, outlets: dict[str, Outlet]
) -> None:
    means = stored(office, OCTOBER, "composite-mean")
    composites = {subject: each.exact for subject, each in stored(office, OCTOBER, "composite").items()}
    of = {branch: composites[str(outlet.id)] for branch, outlet in outlets.items()}
    assert len(composites) == 2
    assert (means["sx/ty/"].exact, means["sx/ty/xd/"].exact) == (of["ty"], of["ty"])
    assert means["sx/"].exact == sum((each or Fraction(0) for each in of.values()), Fraction(0)) / 2
    assert (means["sx/dt/"].rank, means["sx/ty/"].rank, means["sx/dt/"].of) == (1, 2, 2)
    with office.work(write=False) as work:
        told = results.explanation(work.connection, SYSTEM, OCTOBER, "sx/ty/xd/", "composite-mean")
    assert [part["subject"] for part in told["parts"]] == [f"outlet:{outlets['ty'].id}"]


def test_the_latest_published_month_is_shown_with_each_figure_as_stored_against_its_target(
    office: Office, outlets: dict[str, Outlet], client: Client
) -> None:
    shown = cards(page(client(Role.HQ)))
    csat = shown[f"/figures/{OCTOBER}/sx/csat_hall"]
    assert "95.50 %" in csat
    assert "目标 > 95 %" in csat
    assert "达到目标" in csat
    assert "客户调查，n=200" in csat
    assert " 是" not in csat
    mean = stored(office, OCTOBER, "composite-mean")["sx/"].exact
    assert mean is not None
    assert f"{float(mean):.2f}" in shown[f"/figures/{OCTOBER}/sx/composite-mean"]
    assert all(client(Role.HQ).get(to).status_code == 200 for to in shown)


@pytest.mark.parametrize(
    ("earlier", "said"),
    [
        (("visits", 12), "系统日志，n=900（2026-10 是暗访计时，n=12）"),
        (("log", 880), "系统日志，n=900"),
        (None, "系统日志，n=900"),
    ],
)
def test_an_indicator_that_was_taken_from_something_else_before_says_so(
    app: Flask, earlier: tuple[str, int] | None, said: str
) -> None:
    with app.test_request_context("/overview"):
        g.language = "zh"
        assert source(("log", 900), earlier, OCTOBER) == said
        assert source(None, earlier, OCTOBER) == ""


def test_a_draft_is_chosen_by_head_office_with_the_difference_to_the_month_before(
    outlets: dict[str, Outlet], client: Client
) -> None:
    csat = cards(page(client(Role.HQ), period=NOVEMBER))[f"/figures/{NOVEMBER}/sx/csat_hall"]
    assert "94.50 %" in csat
    assert "未达目标" in csat
    assert "未发布" in csat
    assert f"比 {OCTOBER} 低 1.00 个百分点" in csat


def test_the_league_ranks_what_lies_below_and_says_who_rose(
    outlets: dict[str, Outlet], client: Client
) -> None:
    hq = client(Role.HQ)
    assert [line[:2] for line in ranked(page(hq))] == [("1", "单位sx-dt"), ("2", "单位sx-ty")]
    assert ranked(page(hq, period=NOVEMBER)) == [
        ("1", "单位sx-ty", "▲ 升 1 位"),
        ("2", "单位sx-dt", "▼ 降 1 位"),
    ]
    below = page(hq, unit="sx/ty/")
    assert outlets["ty"].name in below
    assert outlets["dt"].name not in below


def test_a_branch_has_its_own_unit_and_no_other_and_nothing_that_is_a_draft(
    office: Office, outlets: dict[str, Outlet], client: Client
) -> None:
    branch = client(make.user(office, role=Role.BRANCH_MANAGER, unit_path="sx/ty/"))
    text = page(branch)
    assert "<h1>单位sx-ty</h1>" in text
    assert outlets["dt"].name not in text
    assert "sx-dt" not in text
    draft = page(branch, period=NOVEMBER)
    assert f"/figures/{NOVEMBER}" not in draft
    assert f">{NOVEMBER}" not in draft
    for path in ("sx/", "sx/dt/", "sx/dt/xd/"):
        assert branch.get("/overview", query_string={"unit": path}).status_code == 404
    assert all(branch.get(to).status_code == 200 for to in cards(text))


def test_what_the_charts_draw_is_what_their_tables_say(outlets: dict[str, Outlet], client: Client) -> None:
    text = page(client(Role.HQ), period=NOVEMBER)
    charts = drawn(text)
    lines = next(each for each in charts if each["kind"] == "lines")
    assert lines["periods"] == [OCTOBER, NOVEMBER]
    assert lines["series"][0]["values"] == [95.5, 94.5]
    assert lines["target"] == 95.0
    table = text.split('id="indicators-table"')[1].split("</table>")[0]
    assert table.index("95.50 %") < table.index("94.50 %")
    places = next(each for each in charts if each["kind"] == "map")
    assert {point["lat"] for point in places["points"]} == {37.9, 40.1}
    assert all(re.search(rf">{point['text']}\s*<svg", text) for point in places["points"])


def test_the_league_is_a_file_with_real_numbers(outlets: dict[str, Outlet], client: Client) -> None:
    text = client(Role.HQ).get("/overview?as=csv").get_data().decode("utf-8-sig")
    head, first, second = text.splitlines()
    assert head.split(",")[:4] == ["名次", "单位", "网点数", "上期名次"]
    assert first.split(",")[:3] == ["1", "单位sx-dt", "2"]
    assert second.startswith("2,单位sx-ty,2,")


def test_a_corrected_visit_moves_the_means_above_its_outlet_as_a_new_computation_would(
    office: Office, outlets: dict[str, Outlet], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(review, "second_review_for", lambda *_, **__: [])
    shopper = make.user(office, role=Role.SHOPPER)
    failed = {**submitted.GOOD, "A-01": {"value": "fail"}}
    visit = submitted.visit(office, shopper, outlets["ty"], answers=failed)
    with office.work(submitted.reviewer(office)) as work:
        review.decide(work, visit.id, 1, "accept")
    periods.draft(office, SYSTEM, NOVEMBER)
    with office.work() as work:
        found = work.session.get_one(Visit, visit.id)
        found.state, found.published_at = VisitState.PUBLISHED, work.now
        work.session.get_one(PeriodRow, NOVEMBER).state = PeriodState.PUBLISHED
    before = stored(office, NOVEMBER, "composite-mean")
    compiled = submitted.checklist(office)
    with office.work() as work:
        wrong = work.session.get_one(Visit, visit.id)
        right = {"A-01": Answer(value="pass")}
        corrections.correct(work, wrong, compiled, right, "appeal")
    period_corrections.follow(office, visit.id)
    after = stored(office, NOVEMBER, "composite-mean")
    for path in ("sx/", "sx/ty/", "sx/ty/xd/"):
        was, now = before[path].exact, after[path].exact
        assert was is not None
        assert now is not None
        assert now > was
    assert after["sx/dt/"] == before["sx/dt/"]
    with office.work(write=False) as work:
        assert replay.replay(work, NOVEMBER).same


def test_the_period_that_has_no_figure_is_the_one_that_is_named(
    office: Office, outlets: dict[str, Outlet], client: Client
) -> None:
    with office.work() as work:
        mine = (Figure.period == NOVEMBER, Figure.subject == "sx/", Figure.code == "composite-mean")
        work.session.exec(select(Figure).where(*mine)).one().value = None
    shown = cards(page(client(Role.HQ), period=NOVEMBER))[f"/figures/{NOVEMBER}/sx/composite-mean"]
    assert f"{NOVEMBER} 没有数字" in shown
    assert f"{OCTOBER} 没有数字" not in shown


def test_whoever_may_not_see_the_period_of_an_address_is_told_that_another_is_shown(
    office: Office, outlets: dict[str, Outlet], client: Client
) -> None:
    branch, hq = client(make.user(office, role=Role.BRANCH_MANAGER, unit_path="sx/ty/")), client(Role.HQ)
    told = f"没有 {NOVEMBER} 的结果，或者对您还没有公布；下面是 {OCTOBER} 的。"
    for path in (f"/overview?period={NOVEMBER}", f"/results?period={NOVEMBER}"):
        assert told in branch.get(path).get_data(as_text=True)
        assert branch.get(f"{path}&as=xlsx").status_code == 404
        assert told not in hq.get(path).get_data(as_text=True)
        assert hq.get(f"{path}&as=xlsx").status_code == 200
    assert "没有 nope 的结果" in branch.get("/overview?period=nope").get_data(as_text=True)
