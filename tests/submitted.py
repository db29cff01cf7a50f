"""Makers of visits that have arrived whole, with a small checklist that has one item of each kind that matters."""

from __future__ import annotations

import json
from hashlib import sha256
from typing import Any
from uuid import UUID, uuid4

from server.domain.access import Role, Viewer
from server.domain.checklist import canonical, fingerprint, read_checklist
from server.domain.checklist_plain import plain
from server.domain.visit import VisitDocument, VisitKind, VisitState, digest, visit_date
from server.queries.answers import scored
from server.storage.organisation import Outlet, User
from server.storage.standards import ChecklistVersion
from server.storage.visits import Revision, Visit, VisitFile
from server.usecases import people
from server.usecases.work import Office, Work
from tests import make

WRITTEN: dict[str, Any] = {
    "id": "small-hall",
    "version": 1,
    "title": {"zh": "小厅检查表", "en": "Small hall checklist"},
    "visit_kinds": ["mystery", "announced", "area_visit", "patrol"],
    "tiers": ["own_hall"],
    "points": 1000,
    "prohibition_scoring": "all_or_nothing",
    "critical_cap": 60,
    "fail_below": 500,
    "prohibitions": {"P1": {"zh": "禁止推诿客户", "en": "No brushing off"}},
    "sections": [
        {
            "id": "A",
            "title": {"zh": "营业环境", "en": "Environment"},
            "points": 500,
            "items": [
                {
                    "id": "A-01",
                    "text": {"zh": "门头干净完好", "en": "Fascia clean and whole"},
                    "source": "S3 §2.1",
                    "kind": "pass_fail",
                    "points": 300,
                    "na": True,
                    "photo": "optional",
                },
                {
                    "id": "A-02",
                    "text": {"zh": "排队等候时间", "en": "Waiting time"},
                    "source": "S3 §4.3.2.1",
                    "kind": "timer",
                    "points": 200,
                    "bands": [[600, 1000], [900, 500], [None, 0]],
                },
            ],
        },
        {
            "id": "B",
            "title": {"zh": "柜台服务", "en": "Counter"},
            "points": 500,
            "items": [
                {
                    "id": "B-01",
                    "text": {"zh": "不推诿客户", "en": "Does not brush off"},
                    "source": "S3 §4.6",
                    "kind": "pass_fail",
                    "points": 300,
                    "prohibition": "P1",
                    "critical": True,
                },
                {
                    "id": "B-02",
                    "text": {"zh": "短信账单与告知一致", "en": "Bill as told"},
                    "source": "S3 §4.5",
                    "kind": "pass_fail",
                    "points": 200,
                    "na": True,
                    "later": "72h",
                },
                {
                    "id": "B-03",
                    "text": {"zh": "是否被认出", "en": "Recognised"},
                    "source": "S3 §5",
                    "kind": "choice",
                    "points": 0,
                    "required": True,
                    "options": {
                        "no": {"zh": "没有", "en": "No"},
                        "yes": {"voids": True, "zh": "肯定", "en": "Yes"},
                    },
                },
                {
                    "id": "B-04",
                    "text": {"zh": "经过", "en": "What happened"},
                    "source": "S3 §5",
                    "kind": "text",
                    "points": 0,
                },
                {
                    "id": "B-05",
                    "text": {"zh": "进厅时刻", "en": "Entered at"},
                    "source": "S3 §5",
                    "kind": "instant",
                    "points": 0,
                },
                {
                    "id": "B-06",
                    "text": {"zh": "离店时刻", "en": "Left at"},
                    "source": "S3 §5",
                    "kind": "instant",
                    "leaving": True,
                    "points": 0,
                },
            ],
        },
    ],
}
GOOD: dict[str, Any] = {
    "A-01": {"value": "pass"},
    "A-02": {
        "value": 412,
        "timer": {"laps": [["2026-11-21T01:20:00Z", "2026-11-21T01:26:52Z"]], "edited": None, "jump": False},
    },
    "B-01": {"value": "pass"},
    "B-02": {"value": "pass"},
    "B-03": {"value": "no"},
    "B-05": {"value": "2026-11-21T01:11:37Z"},
}
SIGNED = [
    {"role": "inspector", "name": "柳清远", "at": "2026-11-21T01:45:00Z"},
    {"role": "outlet", "name": "王有福", "title": "店主", "at": "2026-11-21T01:45:30Z"},
]
PLACE = {
    "start": {"lat": 37.8601, "lng": 112.5601, "accuracy_m": 20.0, "at": "2026-11-21T01:10:05Z"},
    "end": {"lat": 37.8601, "lng": 112.5601, "accuracy_m": 20.0, "at": "2026-11-21T01:40:05Z"},
}


def checklist(office: Office, written: dict[str, Any] = WRITTEN) -> dict[str, Any]:
    """The small checklist, or one like it, published; publishing it twice is harmless."""
    reading = read_checklist(written)
    assert reading.compiled is not None, reading.findings
    assert reading.draft is not None
    with office.work() as work:
        if not work.session.get(ChecklistVersion, (written["id"], written["version"])):
            work.session.add(
                ChecklistVersion(
                    id=written["id"],
                    version=written["version"],
                    sha256=fingerprint(reading.compiled),
                    compiled=canonical(reading.compiled).decode(),
                    written=json.dumps(plain(reading.draft), ensure_ascii=False),
                    published_at=work.now,
                )
            )
    return dict(reading.compiled)


def document(where: Outlet, **given: Any) -> dict[str, Any]:
    """A clean submission: half an hour at the right place, finished at once."""
    return make.document(
        where,
        **{
            "checklist": {"id": "small-hall", "version": 1},
            "intent": "submit",
            "started_at": "2026-11-21T01:10:05Z",
            "left_at": "2026-11-21T01:40:05Z",
            "finished_at": "2026-11-21T01:50:00Z",
            "position": PLACE,
            "answers": GOOD,
            **given,
        },
    )


def visit(
    office: Office,
    inspector: User,
    where: Outlet,
    *,
    photos: list[bytes] | None = None,
    state: VisitState = VisitState.SUBMITTED,
    assignment_id: UUID | None = None,
    looked_through: bool = True,
    written: dict[str, Any] = WRITTEN,
    **given: Any,
) -> Visit:
    """A visit as the server has it once everything arrived, with its event `visit.whole`."""
    compiled = checklist(office, written)
    pictures = photos or []
    sent = document(
        where,
        **{"files": [make.file_entry(picture, "A-01") for picture in pictures], **given},
    )
    read = VisitDocument.model_validate_json(json.dumps(sent))
    facts = {
        "kind": read.kind.value,
        "tier": where.tier.value,
        "class": where.class_,
        "setting": where.setting.value,
    }
    if read.part:
        facts["part"] = read.part
    result = scored(compiled, facts, read)
    text = read.canonical()
    now = office.clock()
    made = Visit(
        id=UUID(read.id),
        outlet_id=where.id,
        assignment_id=assignment_id,
        inspector_id=inspector.id,
        kind=VisitKind(read.kind),
        part=read.part,
        checklist_id="small-hall",
        checklist_version=1,
        state=state,
        etag=uuid4().hex,
        revision=1,
        document=text,
        document_sha256=digest(text),
        visit_date=visit_date(read.started_at, read.clock_offset_ms),
        started_at=read.started_at,
        score=_hundredths(result.score),
        prohibition_score=_hundredths(result.prohibition_score),
        touchpoint_score=_hundredths(result.touchpoint_score),
        grave=bool(result.grave),
        voided=result.voided,
        created_at=now,
        submitted_at=now,
        whole_at=now,
        changed_at=now,
    )
    with office.work() as work:
        work.session.add(made)
        work.session.flush()
        work.session.add(
            Revision(
                visit_id=made.id,
                number=1,
                document=text,
                sha256=digest(text),
                result=json.dumps({**result.as_json(), "facts": facts}),
                author_id=inspector.id,
                created_at=now,
                whole_at=now,
                receipt=json.dumps({"number": f"R-{made.id.hex[:8]}", "at": now.isoformat()}),
            )
        )
        for picture in pictures:
            work.files.put(picture)
            work.session.add(
                VisitFile(
                    visit_id=made.id,
                    sha256=sha256(picture).hexdigest(),
                    kind="photo",
                    item_id="A-01",
                    type="image/jpeg",
                    bytes=len(picture),
                    width=320,
                    height=240,
                    uploader_id=inspector.id,
                    arrived_at=now,
                )
            )
        work.record("visit.whole", "visit", made.id, revision=1)
        if looked_through:
            flagged(work, made.id)
    return made


def flagged(work: Work, visit_id: UUID, revision: int = 1) -> None:
    """As the worker leaves a visit in which it found nothing; whoever wants real flags calls it instead."""
    work.record("visit.flagged", "visit", visit_id, revision=revision, codes=[])


def viewer(user: User) -> Viewer:
    """The viewer that a user is."""
    return people.viewer_of(user)


def reviewer(office: Office, role: Role = Role.REVIEWER) -> Viewer:
    """Somebody new who may review."""
    return viewer(make.user(office, role=role))


def _hundredths(text: str | None) -> int | None:
    return int(text.replace(".", "")) if text is not None else None
