"""Makers for the tests of appeals: a published visit that lost points, an appeal about it, and what answers it."""

from __future__ import annotations

from hashlib import sha256
from typing import Any
from uuid import UUID, uuid4

from server.domain.access import Role, Viewer
from server.domain.appeals import AnswerSent, AppealSent
from server.storage.appeals import Appeal
from server.storage.organisation import Outlet, User
from server.storage.visits import Visit
from server.usecases import appeal_answers, appeals, record_files, review
from server.usecases.work import Office
from tests import make, submitted

LOST = {**submitted.GOOD, "A-01": {"value": "fail", "note": "门头不亮"}, "A-02": {"value": 700}}
"""Answers that lose all of A-01 and half of A-02: 60 points of 100."""
GROUND = "当天门头亮着，灯箱是上午检修后拍的。"


def published(office: Office, inspector: User, hall: Outlet, **given: Any) -> tuple[Visit, Viewer, Viewer]:
    """A visit that two reviewers accepted and that was published, with both of them."""
    visit = submitted.visit(office, inspector, hall, **{"answers": LOST, **given})
    first, second = submitted.reviewer(office), submitted.reviewer(office)
    for who in (first, second):
        with office.work(who) as work:
            visit = review.decide(work, visit.id, 1, "accept")
    with office.work(submitted.reviewer(office, Role.HQ)) as work:
        visit = review.publish(work, visit.id)
    return visit, first, second


def proof(number: int = 1) -> bytes:
    return make.picture(700 + number)


def sent(visit_id: UUID, item: str = "A-01", *, turn: int = 1, **given: Any) -> AppealSent:
    """An appeal as a phone sends it, with one photograph as its proof."""
    data = proof(turn)
    file = {"sha256": sha256(data).hexdigest(), "bytes": len(data), "type": "image/jpeg"}
    return AppealSent.model_validate(
        {
            "visit_id": str(visit_id),
            "item": item,
            "turn": turn,
            "ground": GROUND,
            "files": [file] if turn == 1 else [],
            **given,
        }
    )


def made(office: Office, who: Viewer, visit: Visit, item: str = "A-01") -> Appeal:
    """An appeal that is whole and waits for its answer."""
    appeal_id = uuid4()
    with office.work(who) as work:
        record_files.keep(work, "appeal", appeal_id, proof(), "proof.jpg")
        return appeals.save(work, appeal_id, sent(visit.id, item), only_new=True).appeal


def answered(
    office: Office, who: Viewer, appeal: Appeal, *, uphold: bool = False, value: Any = "pass", turn: int = 1
) -> Appeal:
    """The appeal after somebody's answer."""
    given = AnswerSent(
        turn=turn,
        decision="uphold" if uphold else "reject",
        why="照片显示当时亮着。" if uphold else "照片看不出拍摄时间。",
        value=value if uphold else None,
    )
    with office.work(who) as work:
        return appeal_answers.answer(work, appeal.id, given)


def again(office: Office, who: Viewer, appeal: Appeal) -> Appeal:
    """The appeal, asked a second time."""
    with office.work(who) as work:
        return appeals.save(
            work, appeal.id, sent(appeal.visit_id, appeal.item_id, turn=2), if_match={appeal.etag}
        ).appeal
