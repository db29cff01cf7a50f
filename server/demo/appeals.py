"""What the made-up outlets say to their results: one agrees, others appeal, and there is an appeal in each state."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from hashlib import sha256

from sqlmodel import col, select

from server.demo.ids import named
from server.demo.inspecting import Plan, at, inspect, reviewed
from server.demo.organisation import SHOPPERS, Organisation
from server.demo.pictures import picture
from server.demo.publishing import publish_batch, release_photos
from server.domain.access import SYSTEM
from server.domain.appeals import AnswerSent, AppealSent, lost
from server.domain.visit import SHANGHAI, VisitKind, VisitState
from server.queries import appeals as seen
from server.storage.appeals import Appeal
from server.storage.organisation import Outlet, Tier, User
from server.storage.visits import Visit
from server.usecases import appeal_answers, appeals, people, record_files
from server.usecases.work import Work

_GROUNDS = (
    "检查当天这一项是符合标准的，附上当天拍的照片，请复核。",
    "值班经理已核对当天的记录，与检查结果不一致，见附图。",
    "现场确实做到了，可能当时被排队的客户挡住，附照片说明。",
)
_HOUR = timedelta(hours=1)


def said(work: Work, made: Organisation, now: datetime, today: date) -> None:
    """Acknowledgements and appeals of earlier quarters and of the last days, through the real use cases."""
    halls = made.of_tier(Tier.OWN_HALL)
    franchise = next(outlet for outlet in made.outlets if outlet.id == made.user("owner1").outlet_id)
    others = made.users[4:SHOPPERS]

    # The owner's own result is left to whoever tries the demonstration.
    fresh, _ = (
        _visited(work, made, others[13 + n], outlet, at(today - timedelta(days=4), 10 + n, 20))
        for n, outlet in enumerate((halls[0], franchise))
    )
    silent = _visited(work, made, others[16], halls[13], at(today - timedelta(days=12), 11, 5))
    past = work.session.exec(
        select(Visit)
        .where(
            Visit.outlet_id == halls[0].id,
            Visit.kind == VisitKind.MYSTERY,
            Visit.state == VisitState.PUBLISHED,
            col(Visit.published_at) < now - timedelta(days=30),
        )
        .order_by(col(Visit.visit_date))
    ).all()

    if past:
        _appealed_before(work, made, max(past, key=lambda visit: len(_lost(work, visit))))
    _waiting(work, made, fresh)
    _raised(work, made, silent, now)
    work.viewer, work.now = SYSTEM, now


def _appealed_before(work: Work, made: Organisation, visit: Visit) -> None:
    """Of a visit of an earlier quarter one appeal was upheld, another rejected twice; then the hall agreed."""
    hall, reviewer, province = made.user("hall1"), made.user("reviewer3"), made.user("hq1")
    items = _lost(work, visit)
    if items:
        first = _appeal(work, hall, visit, items[0], _after(visit, 20))
        _answer(work, reviewer, first, _after(visit, 30), uphold=True)
    if len(items) > 1:
        second = _appeal(work, hall, visit, items[1], _after(visit, 21))
        _answer(work, reviewer, second, _after(visit, 31))
        _again(work, hall, visit, second, _after(visit, 40))
        _answer(work, province, second, _after(visit, 70))
    work.viewer, work.now = people.viewer_of(hall), _after(visit, 80)
    appeals.acknowledge(work, visit.id)


def _waiting(work: Work, made: Organisation, visit: Visit) -> None:
    """Of a visit of these days: one waits for its first answer, one for the last, one may be asked again."""
    hall, reviewer = made.user("hall1"), made.user("reviewer3")
    for number, item in enumerate(_lost(work, visit)[:3]):
        appeal = _appeal(work, hall, visit, item, _after(visit, 2 + number))
        if number:
            _answer(work, reviewer, appeal, _after(visit, 8))
        if number == 1:
            _again(work, hall, visit, appeal, _after(visit, 12))


def _raised(work: Work, made: Organisation, visit: Visit, now: datetime) -> None:
    """Nobody answered this one in time."""
    for item in _lost(work, visit)[:1]:
        appeal = _appeal(work, made.user("hall14"), visit, item, _after(visit, 3))
        if appeal.due_at is not None and appeal.due_at + _HOUR < now:
            work.viewer, work.now = SYSTEM, appeal.due_at + _HOUR
            appeal_answers.rise(work, appeal.id)


def _visited(work: Work, made: Organisation, who: User, outlet: Outlet, begun: datetime) -> Visit:
    plan = Plan(who, outlet, VisitKind.MYSTERY, begun, 0.8, photos=4)
    visit = reviewed(work, made, inspect(work, plan), hours=6, published=False)
    release_photos(work, made, visit)
    publish_batch(work, made, [visit])
    return visit


def _lost(work: Work, visit: Visit) -> list[str]:
    """The items that lost points by a plain fail, in the order of the checklist."""
    result = seen.result_of(work.session, visit)
    items = seen.items_of(seen.checklist_of(work.session, visit))
    return [name for name in result.counted if items[name]["kind"] == "pass_fail" and lost(result, name)]


def _appeal(work: Work, who: User, visit: Visit, item: str, when: datetime) -> Appeal:
    work.viewer, work.now = people.viewer_of(who), when
    appeal_id = named("appeal", f"{visit.id}:{item}")
    outlet = work.session.get_one(Outlet, visit.outlet_id)
    data = picture("front", outlet.name, when.astimezone(SHANGHAI), f"appeal:{appeal_id}")
    record_files.keep(work, "appeal", appeal_id, data)
    file = {"sha256": sha256(data).hexdigest(), "bytes": len(data), "type": "image/jpeg"}
    ground = _GROUNDS[appeal_id.int % len(_GROUNDS)]
    sent = AppealSent.model_validate(
        {"visit_id": str(visit.id), "item": item, "ground": ground, "files": [file]}
    )
    return appeals.save(work, appeal_id, sent, only_new=True).appeal


def _again(work: Work, who: User, visit: Visit, appeal: Appeal, when: datetime) -> None:
    work.viewer, work.now = people.viewer_of(who), when
    ground = "照片左下角有拍摄时间，与检查在同一个半天，请省公司复核。"
    sent = AppealSent(visit_id=str(visit.id), item=appeal.item_id, turn=2, ground=ground)
    appeals.save(work, appeal.id, sent, if_match={appeal.etag})


def _answer(work: Work, who: User, appeal: Appeal, when: datetime, *, uphold: bool = False) -> None:
    work.viewer, work.now = people.viewer_of(who), when
    given = AnswerSent(
        turn=appeal.turn,
        decision="uphold" if uphold else "reject",
        why="照片与检查在同一时段，能看出符合标准。" if uphold else "照片不能说明检查当时的情况。",
        value="pass" if uphold else None,
    )
    appeal_answers.answer(work, appeal.id, given)


def _after(visit: Visit, hours: int) -> datetime:
    """So many hours after the visit was published."""
    assert visit.published_at is not None
    return visit.published_at + timedelta(hours=hours)
