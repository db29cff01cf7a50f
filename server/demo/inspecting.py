"""One made-up inspection, through the real use cases at instants of the past: fill, photograph, send, review."""

from __future__ import annotations

import io
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from hashlib import sha256
from random import Random
from typing import Any
from uuid import UUID

from PIL import Image

from server.demo import names
from server.demo.answers import NOTES, fill
from server.demo.ids import SEED, named
from server.demo.organisation import Organisation
from server.demo.pictures import picture
from server.domain.access import SYSTEM
from server.domain.errors import VisitIncomplete
from server.domain.review import Reason, Verdict
from server.domain.scoring import Answer, score
from server.domain.signatures import SIGNED
from server.domain.visit import COVERT, SHANGHAI, VisitDocument, VisitKind, VisitState, facts_of
from server.gateways.pictures import dhash
from server.queries import checklists
from server.storage.organisation import Outlet, User
from server.storage.pictures import remember
from server.storage.visits import Assignment, AssignmentState, Visit, VisitFile
from server.usecases import people, review, visits
from server.usecases.campaigns import end_of, newest
from server.usecases.work import Work

APP = "0.1.0"
CHECKLISTS = {
    VisitKind.MYSTERY: {"own_hall": "own-hall-mystery"},
    VisitKind.AREA_VISIT: dict.fromkeys(("franchise", "exclusive", "ordinary", "village"), "area-check"),
    VisitKind.PATROL: {"own_hall": "own-hall-patrol"},
    VisitKind.ONBOARDING: dict.fromkeys(("franchise", "exclusive", "ordinary", "village"), "onboarding"),
}
_DEVICES = ("Redmi Note 12", "HUAWEI Enjoy 60", "vivo Y78", "OPPO A2", "HONOR X50")
_SUBJECTS = (("front", "门招牌外观"), ("ticket", "号等候"), ("slip", "单据票受理"), ("counter", ""))


@dataclass(frozen=True, slots=True)
class Plan:
    """One inspection: by whom, where, what, when it begins, how good the outlet is that day (0..1)."""

    user: User
    outlet: Outlet
    kind: VisitKind
    begun: datetime
    quality: float
    part: str | None = None
    photos: int = 2
    checklist: str | None = None
    """Where it is not the one of the outlet's tier: a hall of another trade."""
    weaker: tuple[str, float] | None = None
    """A prohibition that the outlet keeps less well than all else, and which share of the quality it has there."""

    @property
    def key(self) -> str:
        """What the ids are made from."""
        return f"{self.kind}:{self.outlet.code}:{self.begun:%Y%m%d%H%M}:{self.part or ''}"


def checklist_for(kind: VisitKind, tier: str) -> str:
    """The checklist's id: own halls have theirs, each agent tier has one of its name."""
    return CHECKLISTS[kind].get(tier, tier)


def assigned(
    work: Work,
    user: User | None,
    outlet: Outlet,
    kind: VisitKind,
    window: tuple[date, date],
    *,
    key: str,
    part: str | None = None,
    due: datetime | None = None,
    note: str = "",
    checklist: str | None = None,
) -> Assignment:
    """Plan an inspection with the newest version of a checklist, by default the one for its kind and tier."""
    version = newest(work, checklist or checklist_for(kind, outlet.tier))
    made = Assignment(
        id=named("assignment", key),
        outlet_id=outlet.id,
        user_id=user.id if user else None,
        kind=kind,
        part=part,
        checklist_id=version.id,
        checklist_version=version.version,
        window_from=window[0],
        window_to=window[1],
        due_at=due or end_of(window[1]),
        state=AssignmentState.ASSIGNED,
        note=note,
        changed_at=work.now,
    )
    work.session.add(made)
    work.record("assignment.made", "assignment", made.id)
    return made


def inspect(work: Work, plan: Plan) -> Visit:
    """Plan, fill and send one visit with all its photographs; it is whole and waits for its review."""
    chance = Random(f"{SEED}:{plan.key}")
    day = plan.begun.astimezone(SHANGHAI).date()
    work.now, work.viewer = plan.begun - timedelta(days=4), SYSTEM
    window = (day - timedelta(days=3), day + timedelta(days=4))
    if plan.kind is VisitKind.PATROL:
        window = (day, day)
    task = assigned(
        work,
        plan.user,
        plan.outlet,
        plan.kind,
        window,
        key=plan.key,
        part=plan.part,
        checklist=plan.checklist,
    )
    work.session.flush()
    form = checklists.compiled(work.connection, task.checklist_id, task.checklist_version)
    document, photographs = _document(plan, task, form, chance)
    work.viewer = people.viewer_of(plan.user)
    work.now = document.finished_at or plan.begun
    for data, item in photographs:
        _arrive(work, UUID(document.id), data, item)
    work.session.flush()
    saved = visits.save(work, document, only_new=True)
    if isinstance(saved, VisitIncomplete):
        raise AssertionError(f"the demonstration left something out: {plan.key} {saved.missing}")
    return work.session.get_one(Visit, UUID(document.id))


def reviewed(
    work: Work, made: Organisation, visit: Visit, hours: int = 20, *, published: bool = True
) -> Visit:
    """Have it accepted, by a second person too where the rules ask for one, and published by itself unless told not to."""
    first, second = made.user("reviewer1"), made.user("reviewer2")
    # Nothing is found in what the demonstration made up, and nobody accepts what has not been looked through.
    work.viewer = SYSTEM
    work.record("visit.flagged", "visit", visit.id, revision=visit.revision, codes=[])
    if visit.kind in (VisitKind.PATROL, VisitKind.AREA_VISIT):
        work.viewer, work.now = SYSTEM, work.now + timedelta(minutes=5)
        review.accept_by_rule(work, visit.id)
    for reviewer in (first, second):
        if visit.state is not VisitState.ACCEPTED:
            work.viewer, work.now = people.viewer_of(reviewer), work.now + timedelta(hours=hours)
            otherwise = _otherwise(visit) if reviewer is second else []
            review.decide(work, visit.id, visit.revision, "accept", verdicts=otherwise)
    if visit.state is VisitState.SECOND_REVIEW:
        work.viewer, work.now = people.viewer_of(made.user("hq1")), work.now + timedelta(hours=2)
        review.decide(work, visit.id, visit.revision, "accept", note="看过两位的意见和照片，按初审认定。")
    if published:
        work.viewer, work.now = people.viewer_of(made.user("hq1")), work.now + timedelta(hours=hours)
        review.publish(work, visit.id)
    return visit


def _otherwise(visit: Visit) -> list[Verdict]:
    """Now and then the second reader judges an item otherwise; then head office decides."""
    if visit.id.int % 9:
        return []
    answers = json.loads(visit.document)["answers"]
    right = [item for item, answer in sorted(answers.items()) if answer.get("value") == "pass"]
    return [Verdict(item=right[visit.id.int % len(right)], agree=False, value="fail")] if right else []


def returned(work: Work, made: Organisation, visit: Visit, at: datetime) -> None:
    """Have it sent back with a reviewer's words about a photograph and about a fail without its story."""
    document = json.loads(visit.document)
    pictured = next(file["item"] for file in document["files"] if file["item"])
    answers = document["answers"].items()
    failed = next(item for item, answer in answers if answer.get("value") == "fail" and item != pictured)
    work.viewer, work.now = people.viewer_of(made.user("reviewer1")), at
    review.decide(
        work,
        visit.id,
        visit.revision,
        "return",
        [
            Reason(item=pictured, text="照片看不清，请补一张正面的。"),
            Reason(item=failed, text="选了“不合格”，但说明里没有写清楚看到了什么，请补充具体情形。"),
        ],
        due=at + timedelta(hours=24),
        note="其他内容没有问题，补好后直接提交即可。",
    )


def _document(
    plan: Plan, task: Assignment, form: Mapping[str, Any], chance: Random
) -> tuple[VisitDocument, Sequence[tuple[bytes, str]]]:
    outlet = plan.outlet
    place = {"tier": outlet.tier.value, "class": outlet.class_, "setting": outlet.setting.value}
    facts = facts_of(plan.kind.value, plan.part, place)
    answers = fill(form, facts, plan.quality, plan.begun, chance, plan.weaker)
    found = score(form, facts, {name: Answer.of(answer) for name, answer in answers.items()}, {})
    photographs: list[tuple[bytes, str]] = []
    files = []
    items = {item["id"]: item for section in form["sections"] for item in section["items"]}
    for each in found.missing:
        if each.what == "photo" and len(files) < plan.photos:
            at = plan.begun + timedelta(minutes=2 + 4 * len(files), seconds=chance.randrange(60))
            subject = subject_of(items[each.item]["text"]["zh"], len(files))
            data = picture(subject, outlet.name, at.astimezone(SHANGHAI), f"{plan.key}:{each.item}")
            photographs.append((data, each.item))
            files.append(
                {
                    "sha256": sha256(data).hexdigest(),
                    "item": each.item,
                    "kind": "photo",
                    "origin": "camera",
                    "taken_at": _text(at),
                    "bytes": len(data),
                    "type": "image/jpeg",
                }
            )
        elif each.what == "photo":
            answers[each.item]["no_photo"] = chance.choice(NOTES["no_photo"])
        elif each.what == "note":
            answers[each.item]["note"] = chance.choice(NOTES["fail"])
    stay = timedelta(
        minutes=chance.randrange(22, 46) if outlet.tier == "own_hall" else chance.randrange(9, 26)
    )
    left = plan.begun + stay
    if form["leaving"] in answers:
        answers[form["leaving"]]["value"] = _text(left)
    finished = left + timedelta(minutes=chance.randrange(10, 180) if plan.kind in COVERT else 2)
    document = {
        "id": str(named("visit", plan.key)),
        "outlet_id": str(outlet.id),
        "assignment_id": str(task.id),
        "kind": plan.kind.value,
        "part": plan.part,
        "checklist": {"id": task.checklist_id, "version": task.checklist_version},
        "intent": "submit",
        "started_at": _text(plan.begun),
        "left_at": _text(left),
        "finished_at": _text(finished),
        "clock_offset_ms": chance.randrange(-2500, 2500),
        "app": APP,
        "device": chance.choice(_DEVICES),
        "position": {"start": _fix(outlet, plan.begun, chance), "end": _fix(outlet, left, chance)},
        "answers": answers,
        "files": files,
        "phone_score": found.score,
        **_words(plan, found.failed, left, chance),
    }
    return VisitDocument.model_validate_json(json.dumps(document)), photographs


def _words(plan: Plan, failed: Sequence[str], left: datetime, chance: Random) -> dict[str, Any]:
    """What an announced visit adds: who signed, and an area manager's coaching."""
    if plan.kind not in SIGNED:
        return {}
    coaching = _coaching(plan, failed, left, chance) if plan.kind is VisitKind.AREA_VISIT else {}
    own = {"role": "inspector", "name": plan.user.name, "at": _text(left)}
    return {**coaching, "signatures": [own, _owners(plan, left, chance)]}


def _coaching(plan: Plan, failed: Sequence[str], left: datetime, chance: Random) -> dict[str, Any]:
    """Notes of what was shown, and what is to be put right by when."""
    day = left.astimezone(SHANGHAI).date()
    return {
        "notes": {
            "strengths": chance.choice(
                ("店内整洁，价签齐全。", "业主熟悉新套餐，讲解清楚。", "客户登记完整，字迹清楚。")
            ),
            "improve": chance.choice(
                ("宣传海报过期要换。", "受理后要请客户核对单据。", "店招灯箱有一半不亮。")
            ),
            "how": "已当场示范，下次走访时复看。",
        },
        "actions": [
            {
                "id": str(named("action", f"{plan.key}:{item}")),
                "item": item,
                "what": "按检查表要求整改，拍照上传。",
                "due": (day + timedelta(days=7)).isoformat(),
                "who": "店主",
            }
            for item in failed[:2]
        ],
    }


def _owners(plan: Plan, left: datetime, chance: Random) -> dict[str, Any]:
    """The outlet's signature as a typed name; now and then there is nobody who may sign."""
    title = "值班经理" if plan.outlet.tier == "own_hall" else "业主"
    if chance.random() < 0.1:
        return {"role": "outlet", "refused": f"{title}外出，店员不便代签", "at": _text(left)}
    owner = next(names.people(f"{SEED}:owner:{plan.outlet.code}"))
    return {"role": "outlet", "name": owner, "title": title, "at": _text(left)}


def _arrive(work: Work, visit_id: UUID, data: bytes, item: str) -> None:
    """Put a photograph where an upload would have put it."""
    with Image.open(io.BytesIO(data)) as opened:
        width, height = opened.size
        likeness = dhash(opened.convert("L"))
    work.session.add(
        VisitFile(
            visit_id=visit_id,
            sha256=work.files.put(data),
            kind="photo",
            item_id=item,
            type="image/jpeg",
            bytes=len(data),
            width=width,
            height=height,
            dhash=likeness,
            uploader_id=UUID(work.viewer.user_id),
            arrived_at=work.now,
        )
    )
    remember(work.session, [likeness])
    work.record("photo.arrived", "visit", visit_id, sha256=sha256(data).hexdigest(), bytes=len(data))


def subject_of(text: str, number: int) -> str:
    """What the nth photograph of a visit shows, by the words of its item."""
    return next(
        (name for name, signs in _SUBJECTS if any(sign in text for sign in signs)), _SUBJECTS[number % 4][0]
    )


def _fix(outlet: Outlet, at: datetime, chance: Random) -> dict[str, Any]:
    """A position within some forty metres of the outlet."""
    return {
        "lat": round((outlet.lat or 0) + chance.uniform(-0.0003, 0.0003), 6),
        "lng": round((outlet.lng or 0) + chance.uniform(-0.0003, 0.0003), 6),
        "accuracy_m": chance.choice((12, 18, 25, 40)),
        "at": _text(at),
    }


def _text(instant: datetime) -> str:
    return instant.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def at(day: date, hour: int, minute: int = 0) -> datetime:
    """An instant by the clocks of Shanxi."""
    return datetime.combine(day, time(hour, minute), SHANGHAI).astimezone(UTC)
