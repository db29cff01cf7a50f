"""A power utility's hall: filled, scored, reviewed and reported without a word of telecom anywhere."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path

import pytest
from sqlmodel import select

from server.demo import answers
from server.demo.inspecting import Plan, inspect, reviewed
from server.demo.organisation import Organisation
from server.domain.access import Role
from server.domain.visit import VisitKind, VisitState
from server.gateways.standards import read_standards
from server.reports.facts import Edition
from server.storage.organisation import Outlet, Unit
from server.storage.visits import Revision, Visit
from server.usecases import checklists, photos, reports, review
from server.usecases.work import Office
from tests import make, pdf_words

TELECOM = (
    *(
        "10086",
        "移动",
        "联通",
        "电信",
        "通信",
        "通讯",
        "运营商",
        "全球通",
        "套餐",
        "入网",
        "携转",
        "携号",
        "补卡",
    ),
    *("购机", "售卡", "卡品", "代办", "话费", "流量", "宽带"),
    *("SIM", "GoTone", "telecom", "operator", "handset", "porting", "China Mobile"),
)
NAMES = {"sx": "省电力公司", "ty": "城东供电公司", "xd": "城东县供电公司", "d1": "营业部", "a1": "城东片区"}
WORDS = (
    "大厅整洁，引导员主动迎上来问办什么业务，缴费很快；书写台上没有老花镜，问了才从柜台里拿出来，窗口前没有一米线。",
    "办理增容时先说缺一份资料，问了才讲清还要带产权证明；叫号清楚，等候约十二分钟，没有人解释原因，离开时有人送。",
)


@pytest.fixture
def utility(office: Office, monkeypatch: pytest.MonkeyPatch) -> Organisation:
    """A power company with one hall and the people who inspect, review and publish."""
    monkeypatch.setattr(review, "drawn", lambda visit_id, seed, percent: False)
    monkeypatch.setitem(answers.NOTES, "text", WORDS)
    checklists.publish_standards(office)
    area = make.unit(office, *NAMES)
    with office.work() as work:
        for unit in work.session.exec(select(Unit)):
            unit.name = NAMES[unit.code.rpartition("-")[2]]
            work.session.add(unit)
    make.outlet(office, place=area, name="城东供电营业厅", pinyin="cdgdyyt")
    people = {
        "shopper1": Role.SHOPPER,
        "branch1": Role.BRANCH_MANAGER,
        "reviewer1": Role.REVIEWER,
        "reviewer2": Role.REVIEWER,
        "hq1": Role.HQ,
    }
    users = [
        make.user(office, username=name, role=role, **({"unit_path": "sx/ty/"} if name == "branch1" else {}))
        for name, role in people.items()
    ]
    return Organisation(users=users)


@pytest.mark.parametrize(
    ("who", "kind", "parts"),
    [
        ("shopper1", VisitKind.MYSTERY, ("PU-18", "PU-35")),
        ("branch1", VisitKind.ANNOUNCED, ("PU-05", "PU-13")),
    ],
)
def test_a_whole_visit_to_a_power_hall_becomes_a_report_without_a_word_of_telecom(
    office: Office, utility: Organisation, who: str, kind: VisitKind, parts: tuple[str, str]
) -> None:
    with office.work() as work:
        hall = work.session.exec(select(Outlet)).one()
        plan = Plan(
            utility.user(who), hall, kind, work.now - timedelta(days=3), 0.7, photos=2, checklist="power-hall"
        )
        visit = inspect(work, plan)
        reviewed(work, utility, visit, hours=6)
    assert visit.state is VisitState.PUBLISHED
    assert visit.checklist_id == "power-hall"
    assert visit.score is not None
    assert 3000 < visit.score < 10_000
    kept = _revision(office, visit)
    assert set(parts) <= set(json.loads(kept.result)["credits"])
    photos.make_sizes(office, visit.id)
    printed = [_printed(office, visit, edition) for edition in ("inner", "outlet")]
    for words in (kept.document, kept.result, *printed):
        assert _telecom(words) == []
    assert all("城东供电营业厅" in words and "95598" in words for words in printed)


def test_the_list_itself_has_none_either() -> None:
    compiled = read_standards(Path(__file__).parents[2] / checklists.FOLDER)["power-hall", 1].compiled
    assert _telecom(json.dumps(compiled, ensure_ascii=False)) == []
    assert _telecom("发10086短信查SIM卡") == ["10086", "SIM"]


def _telecom(words: str) -> list[str]:
    return [word for word in TELECOM if word in words]


def _revision(office: Office, visit: Visit) -> Revision:
    with office.work(write=False) as work:
        return work.session.exec(select(Revision).where(Revision.visit_id == visit.id)).one()


def _printed(office: Office, visit: Visit, edition: Edition) -> str:
    """All words of the signed report, with its properties and what is attached to it."""
    made = reports.issue(office, visit.id, edition)
    assert made is not None
    return pdf_words.words(office.files.get(made.sha256, kind=reports.KIND))
