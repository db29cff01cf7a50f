"""What became of the corrective actions: the past's are closed, of the last ones some are answered, late, sent back or withdrawn."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from hashlib import sha256

from sqlmodel import col, select

from server.demo.ids import named
from server.demo.inspecting import subject_of
from server.demo.organisation import Organisation
from server.demo.pictures import picture
from server.domain.actions import ActionState, MadeByHand, Proof, Reply, Step
from server.domain.visit import SHANGHAI, VisitDocument
from server.queries import actions as seen
from server.storage.actions import Action, ActionStep
from server.storage.organisation import Outlet, User
from server.storage.visits import Visit
from server.usecases import actions, hand_made, people, record_files
from server.usecases.work import Work

LATELY = timedelta(days=60)
_LEFT_OPEN = 40
"""One in so many of the past was never answered, and is on everybody's desk."""
_DONE = (
    "已经整改，照片附后，请验收。",
    "当天就处理了，班前会上向全员讲过。",
    "已更换新的，并指定专人每天检查。",
    "按要求重新摆放，多余的物品已清走。",
)
_WHY = "照片里看不出整改的地方，请从原来的位置重新拍一张。"


def followed_up(work: Work, made: Organisation, now: datetime) -> None:
    """Close what is long past, and carry the last ones on to different points of their way, through the real use cases."""
    rows = work.session.exec(
        select(Action, Outlet)
        .join(Outlet, col(Outlet.id) == col(Action.outlet_id))
        .order_by(col(Action.made_at), col(Outlet.code), col(Action.item))
    ).all()
    answerers = _answerers(made)
    past = [(action, outlet) for action, outlet in rows if action.made_at < now - LATELY]
    _close(work, made, [pair for n, pair in enumerate(past) if n % _LEFT_OPEN], answerers, now)
    lately = [(action, outlet) for action, outlet in rows if action.made_at >= now - LATELY]
    for number, (action, outlet) in enumerate(lately):
        _carry_on(work, made, number, action, outlet, answerers[outlet.unit_path], now)
    _by_hand(work, made, now)


def _answerers(made: Organisation) -> dict[str, User]:
    """Who answers for the outlets of an area: its manager, where an outlet has nobody of its own who signs in."""
    managers = made.managers()
    return {outlet.unit_path: managers.get(outlet.unit_path, made.user("branch1")) for outlet in made.outlets}


def _close(
    work: Work,
    made: Organisation,
    pairs: Sequence[tuple[Action, Outlet]],
    answerers: dict[str, User],
    now: datetime,
) -> None:
    """Answered within its time, accepted a day later and found in order at the next visit; written as rows, for there are many."""
    reviewer = made.user("reviewer1").id
    told = {
        action_id: (last, at)
        for action_id, last, at in work.session.exec(
            select(ActionStep.action_id, ActionStep.number, ActionStep.at).order_by(col(ActionStep.number))
        )
    }
    for number, (action, outlet) in enumerate(pairs):
        last, at = told[action.id]
        # Some failed again at another visit before anybody answered.
        answered = max(action.made_at + (action.due_at - action.made_at) / 2, at + timedelta(hours=1))
        accepted, seen = answered + timedelta(days=1), answered + timedelta(days=17)
        if seen > now:
            # It failed again so lately that its end lies ahead.
            continue
        action.answer, action.answered_by = _DONE[number % len(_DONE)], answerers[outlet.unit_path].id
        action.answered_at, action.decided_at, action.decided_by = answered, accepted, reviewer
        action.state, action.recheck_passed, action.changed_at = ActionState.ACCEPTED, True, seen
        for place, (step, at, by, text) in enumerate(
            (
                (Step.ANSWERED, answered, action.answered_by, action.answer),
                (Step.ACCEPTED, accepted, reviewer, ""),
                (Step.RECHECK_PASSED, seen, None, ""),
            ),
            last + 1,
        ):
            work.session.add(
                ActionStep(
                    action_id=action.id,
                    number=place,
                    step=step,
                    at=at,
                    actor_id=by,
                    text=text,
                    due_at=action.due_at,
                    sent_sha256=Reply(answer=text, at=at).digest() if step is Step.ANSWERED else "",
                )
            )
        for name, at in (("answered", answered), ("accepted", accepted)):
            work.now = at
            work.record(f"action.{name}", "action", action.id, outlet=str(outlet.id))


def _carry_on(
    work: Work, made: Organisation, number: int, action: Action, outlet: Outlet, answerer: User, now: datetime
) -> None:
    """One of six ways for an action; what would lie ahead of `now` has not happened yet."""
    way = number % 6
    if way == 0:
        # Nobody has answered it yet; some of these are late.
        return
    begun = action.made_at
    if begun + timedelta(hours=6) > now:
        return
    photos = [_shot(work, action, outlet, begun + timedelta(hours=5))] if way != 3 else []
    work.viewer, work.now = people.viewer_of(answerer), begun + timedelta(hours=6)
    _answer(work, action, _DONE[number % len(_DONE)], photos)
    reviewer = people.viewer_of(made.user("reviewer1"))
    if begun + timedelta(hours=30) > now:
        return
    if way in (1, 2):
        work.viewer, work.now = reviewer, begun + timedelta(hours=30)
        actions.decide(work, action.id, "accept")
    elif way == 4:
        work.viewer, work.now = reviewer, begun + timedelta(hours=30)
        actions.decide(work, action.id, "reopen", _WHY)


def _by_hand(work: Work, made: Organisation, now: datetime) -> None:
    """The area manager's coaching for the outlet of `owner1` and the hall of `hall1`, and one that was asked for in error."""
    manager, hall, owner = made.user("manager1"), made.user("hall1"), made.user("owner1")
    today = now.astimezone(SHANGHAI).date()
    asked = (
        (owner, "door", "门口台阶右侧地砖松动，请修好并拍照。", 4, 3),
        (owner, "prices", "把新版资费公示贴到受理台正面，撤下旧版。", 2, 5),
        (hall, "queue", "忙时请安排专人在叫号机旁引导，列出排班。", 1, 6),
        (owner, "wrong", "更换橱窗海报。", 3, 4),
    )
    for user, key, what, ago, days in asked:
        at = now - timedelta(days=ago)
        if user.outlet_id is None or at.astimezone(SHANGHAI).date() >= today:
            continue
        branch = people.viewer_of(made.user("branch1"))
        place = next(outlet for outlet in made.outlets if outlet.id == user.outlet_id)
        own = place.unit_path.startswith(manager.unit_path)
        work.viewer, work.now = people.viewer_of(manager) if own else branch, at
        due = at.astimezone(SHANGHAI).date() + timedelta(days=days)
        hand = MadeByHand(outlet_id=str(place.id), what=what, due=due)
        action = hand_made.make(work, named("action", key), hand).action
        if key == "wrong":
            actions.withdraw(work, action.id, "海报上月已经换过，记录有误。")
        elif key == "prices":
            work.viewer, work.now = people.viewer_of(user), at + timedelta(hours=20)
            _answer(work, action, "新版已贴，旧版收回库房。", [_shot(work, action, place, work.now)])


def _answer(work: Work, action: Action, text: str, photos: Sequence[bytes]) -> None:
    files = [
        Proof(
            sha256=sha256(data).hexdigest(),
            bytes=len(data),
            type="image/jpeg",
            taken_at=work.now,
            origin="camera",
        )
        for data in photos
    ]
    for data in photos:
        record_files.keep(work, "action", action.id, data)
    actions.answer(work, action.id, Reply(answer=text, files=files, at=work.now), {action.etag})


def _shot(work: Work, action: Action, outlet: Outlet, at: datetime) -> bytes:
    return picture(
        _subject(work, action), outlet.name, at.astimezone(SHANGHAI), f"fixed:{action.what}:{outlet.code}"
    )


def _subject(work: Work, action: Action) -> str:
    """What was photographed when it failed is photographed again."""
    item = seen.item_of(work.session, action)
    number = 0
    if item and action.visit_id:
        document = VisitDocument.model_validate_json(work.session.get_one(Visit, action.visit_id).document)
        number = next((n for n, file in enumerate(document.files) if file.item == action.item), 0)
    return subject_of(item["text"]["zh"] if item else action.what, number)
