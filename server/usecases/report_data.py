"""Turning a visit's revision into ReportData: the words and figures of its report, in either edition."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlmodel import col, select

from server.domain import dates
from server.domain.access import Role
from server.domain.actions import ActionState
from server.domain.bands import band_of
from server.domain.evidence import departed, distance_m
from server.domain.exact import decimal
from server.domain.periods import Period
from server.domain.review import is_covert
from server.domain.rules import RuleSet, fingerprint
from server.domain.scoring import Score
from server.domain.units import paths_of
from server.domain.visit import SHANGHAI, Fix, NoFix, VisitDocument, corrected
from server.gateways import masking
from server.queries import checklists, words
from server.queries.answers import (
    Answered,
    Part,
    facts_at,
    parts,
    points_text,
    scored,
    timer_limits,
    untraced,
)
from server.queries.rules import rules_on
from server.queries.visit_reviews import reviewed_revision
from server.reports import facts as report
from server.reports.words import Translate, translator
from server.storage.actions import Action
from server.storage.organisation import Outlet, Unit, UnitKind, User
from server.storage.standards import ChecklistVersion
from server.storage.visits import Review, Revision, Visit, VisitFile
from server.usecases import report_past
from server.usecases.report_photos import Photos, photos_of
from server.usecases.work import Work

_LEVELS = {"excellent": "优秀", "meets": "达标", "below": "未达标"}


@dataclass(frozen=True, slots=True)
class Ready:
    """Everything needed to render one report outside of any transaction."""

    data: report.ReportData
    photos: tuple[tuple[str, str], ...]
    """(sha256, kind) of each file that the page shows."""


def gather(
    work: Work,
    visit: Visit,
    revision: Revision,
    edition: report.Edition,
    report_id: UUID,
    number: str,
    language: report.Language = "zh",
) -> Ready:
    """Read what the report of this revision shows, in the words of `language`. Nothing is written."""
    session, say = work.session, translator(language)
    document = VisitDocument.model_validate_json(revision.document)
    version = session.get_one(ChecklistVersion, (visit.checklist_id, visit.checklist_version))
    checklist = checklists.of_visit(
        work.connection, visit.checklist_id, visit.checklist_version, visit.kind, visit.assignment_id
    )
    outlet = session.get_one(Outlet, visit.outlet_id)
    inspector = session.get_one(User, visit.inspector_id)
    facts = facts_at(revision, visit, outlet)
    result = scored(checklist, facts, document)
    rules = rules_on(work.connection, visit.visit_date)
    covert = is_covert(visit.kind, Role(inspector.role))
    inner = edition == "inner"
    bare = covert and not inner
    shown = parts(checklist, document, result, language, say)
    if bare:
        shown = untraced(shown, checklist, say)
    arrived = {
        file.sha256: file for file in session.exec(select(VisitFile).where(VisitFile.visit_id == visit.id))
    }
    photos = photos_of(work, visit, arrived, say, bare=bare)
    sections = tuple(_section(part, photos, language, inner=inner) for part in shown)
    asked = tuple(item for section in sections for item in section.items)
    recheck = report_past.recheck(work, visit, asked, language, inner=inner)
    started = corrected(document.started_at, document.clock_offset_ms)
    data = report.ReportData(
        edition=edition,
        language=language,
        report_id=str(report_id),
        number=number,
        issuer=_issuer(work, outlet),
        issued_at=work.now,
        outlet=_outlet(work, outlet, say),
        kind=say(words.KINDS[visit.kind.value]),
        covert=covert,
        campaign=dates.period(Period.of("quarter", visit.visit_date), language),
        visit_date=visit.visit_date,
        half_day="morning" if started.astimezone(SHANGHAI).hour < 12 else "afternoon",
        checklist=report.Standard(
            title=checklist["title"][language], version=version.version, sha256=version.sha256
        ),
        rules=report.Standard(title=say("规则集"), version=rules.version, sha256=fingerprint(rules)),
        verdict=_verdict(result, rules, recheck, say),
        score=result.score,
        prohibition_score=result.prohibition_score,
        touchpoint_score=result.touchpoint_score,
        cap=str(checklist["critical_cap"]) if result.grave else None,
        sections=sections,
        prohibitions=_prohibitions(checklist, result, language),
        timers=_timers(shown, facts, document, result, language),
        flags=flag_sentences(visit, say) if inner else (),
        notes=_notes(document),
        actions=_actions(work, visit, document, bare=bare),
        instants=None if bare else _instants(departed(document, checklist), visit),
        inspector=None if bare else inspector.name,
        device=None if bare or not inner else document.device,
        place=_place(document, outlet, say) if inner else None,
        signatures=() if bare else _signatures(document, say),
        reviewers=_reviewers(work, visit, revision, say) if inner else (),
        evidence=_evidence(work, visit, revision, document, photos, inner=inner),
        verify_url=f"{work.settings.public_url}/verify/{report_id}",
        attachment=revision.document.encode() if inner else _reduced(visit, outlet, sections, result, number),
        supersedes=report_past.older(work, visit, revision, edition, language, report_id),
        corrections=report_past.corrections(work, visit, revision, checklist, language),
        recheck=recheck,
        withheld=photos.withheld(document),
    )
    return Ready(data, _files_of(data, arrived, report_past.kinds(work, visit)))


def _verdict(result: Score, rules: RuleSet, recheck: report.Recheck | None, say: Translate) -> report.Verdict:
    """The word on the cover; of a recheck how many items were put right: a few items are no level of service."""
    if recheck is None:
        found = verdict(result, rules)
        return report.Verdict(level=found.level, text=say(found.text))
    said = say("复查 {n} 项，合格 {met} 项").format(n=len(recheck.items), met=recheck.met)
    return report.Verdict(level="none", text=said)


def verdict(result: Score, rules: RuleSet) -> report.Verdict:
    """The window standard's word for the score (S3 5.2.2.2.1)."""
    if result.score is None:
        return report.Verdict(level="none", text="没有得分")
    if result.grave:
        return report.Verdict(level="grave", text="有重大不合格项")
    level = band_of(rules.window.levels, decimal(result.score)).level
    return report.Verdict(level=level, text=_LEVELS[level])


def flag_sentences(visit: Visit, say: Translate = str) -> tuple[str, ...]:
    """The visit's flags as sentences, each with its item."""
    found = []
    for flag in json.loads(visit.flags):
        facts = words.flag_facts(flag)
        facts |= {name: say(str(facts[name])) for name in ("at", "reason") if name in facts}
        text = say(words.FLAGS[flag["code"]][1]).format(**facts)
        found.append(f"{flag['item']}：{text}" if flag["item"] else text)
    return tuple(found)


def _section(
    part: Part,
    photos: Photos,
    language: report.Language,
    *,
    inner: bool,
) -> report.Section:
    return report.Section(
        code=part.section["id"],
        title=part.section["title"][language],
        score=part.score,
        items=tuple(_item(one, photos, language, inner=inner) for one in part.items),
    )


def _item(one: Answered, photos: Photos, language: report.Language, *, inner: bool) -> report.Item:
    answer = one.answer
    no_photo = words.no_photo(answer.no_photo) if answer and inner else None
    if no_photo is not None and no_photo in words.NO_PHOTO.values():
        no_photo = photos.say(no_photo)
    return report.Item(
        ref=one.item["id"],
        text=one.item["text"][language],
        source=words.source(one.item["source"], photos.say),
        answer=one.words,
        result="record" if one.result == "missing" else one.result,
        points=points_text(one.points),
        earned=points_text(one.earned) if one.earned is not None else None,
        zeroed=one.zeroed,
        critical=one.item["critical"],
        prohibition=one.item["prohibition"],
        note=words.note(answer.note, photos.say) if answer and answer.note else "",
        free=one.item["kind"] == "text" and bool(answer and answer.value),
        no_photo=no_photo,
        photos=photos.of(one),
    )


def _prohibitions(
    checklist: dict[str, Any], result: Score, language: report.Language
) -> tuple[report.Prohibition, ...]:
    counted = set(result.counted)
    applicable = {
        item["prohibition"]
        for section in checklist["sections"]
        for item in section["items"]
        if item["id"] in counted
    }
    return tuple(
        report.Prohibition(
            code=each["id"],
            text=each["text"][language],
            violated=each["id"] in result.violated if each["id"] in applicable else None,
        )
        for each in checklist["prohibitions"]
    )


def _timers(
    shown: list[Part],
    facts: dict[str, str],
    document: VisitDocument,
    result: Score,
    language: report.Language,
) -> tuple[report.Timer, ...]:
    found = []
    for part in shown:
        for one in part.items:
            value = one.answer.value if one.answer else None
            if one.item["kind"] != "timer" or not isinstance(value, int):
                continue
            limits = timer_limits(one.item, facts, document, result)
            found.append(
                report.Timer(
                    ref=one.item["id"],
                    text=one.item["text"][language],
                    seconds=value,
                    full_seconds=limits.full,
                    half_seconds=limits.half,
                    result="record" if one.result == "missing" else one.result,
                    edited=bool(one.answer and one.answer.timer and one.answer.timer.edited),
                )
            )
    return tuple(found)


def _notes(document: VisitDocument) -> report.Notes:
    notes = document.notes
    if notes is None:
        return report.Notes()
    return report.Notes(
        strengths=notes.strengths or "",
        watch=notes.watch or "",
        improve=notes.improve or "",
        how=notes.how or "",
    )


def _instants(document: VisitDocument, visit: Visit) -> report.Instants:
    def right(instant: datetime | None) -> datetime | None:
        return corrected(instant, document.clock_offset_ms) if instant else None

    return report.Instants(
        started=corrected(document.started_at, document.clock_offset_ms),
        left=right(document.left_at),
        finished=right(document.finished_at),
        received=visit.whole_at,
    )


def _place(document: VisitDocument, outlet: Outlet, say: Translate) -> report.Place:
    start = document.position.start if document.position else None
    if isinstance(start, Fix):
        known = outlet.lat is not None and outlet.lng is not None
        return report.Place(
            distance_m=distance_m(start.lat, start.lng, outlet.lat or 0.0, outlet.lng or 0.0)
            if known
            else None,
            accuracy_m=round(start.accuracy_m),
            reason=None if known else say("网点没有登记坐标"),
        )
    return report.Place(reason=say(words.NO_POSITION[start.missing if isinstance(start, NoFix) else "none"]))


def _actions(work: Work, visit: Visit, document: VisitDocument, *, bare: bool) -> tuple[report.Action, ...]:
    """What is to be put right, as it was asked of the outlet; before that, what was agreed on the spot."""
    asked = work.session.exec(
        select(Action)
        .where(Action.visit_id == visit.id, Action.state != ActionState.WITHDRAWN)
        .order_by(col(Action.due_at), col(Action.item), col(Action.what))
    ).all()
    if asked:
        # A day ends at 24:00, which is the next one's beginning.
        last = timedelta(microseconds=1)
        return tuple(
            report.Action(
                item=each.item or "",
                what=each.what,
                due=(each.due_at - last).astimezone(SHANGHAI).date(),
                who=each.who,
            )
            for each in asked
        )
    # Whom the inspector of a covert visit spoke with would tell who he was.
    return tuple(
        report.Action(
            item=each.item or "", what=each.what, due=each.due, who="" if bare else (each.who or "")
        )
        for each in document.actions
    )


def _signatures(document: VisitDocument, say: Translate) -> tuple[report.Handwritten, ...]:
    return tuple(
        report.Handwritten(
            role=say("检查人") if signed.role == "inspector" else (signed.title or say("网点代表")),
            name=signed.name or "",
            sha256=signed.file,
            refused=signed.refused,
            at=corrected(signed.at, document.clock_offset_ms),
        )
        for signed in document.signatures
    )


def _reviewers(work: Work, visit: Visit, revision: Revision, say: Translate) -> tuple[report.Reviewer, ...]:
    """Who accepted the visit; of a revision that an appeal led to also who decided that, its author."""
    reviewed = reviewed_revision(work.session, visit.id)
    accepted = work.session.exec(
        select(Review, User)
        .join(User, col(User.id) == col(Review.reviewer_id))
        .where(Review.visit_id == visit.id, Review.revision == reviewed, Review.decision == "accept")
        .order_by(col(Review.round))
    ).all()
    roles = {1: "初审", 2: "复审", 3: "裁定"}
    people = [
        report.Reviewer(role=say(roles[review.round]), name=user.name, at=review.at)
        for review, user in accepted
    ]
    if revision.number > (reviewed or 1) and revision.author_id != visit.inspector_id:
        decider = work.session.get_one(User, revision.author_id)
        people.append(report.Reviewer(role=say("申诉改判"), name=decider.name, at=revision.created_at))
    return tuple(people)


def _evidence(
    work: Work,
    visit: Visit,
    revision: Revision,
    document: VisitDocument,
    photos: Photos,
    *,
    inner: bool,
) -> report.Evidence:
    """The hashes by which it is checked; of a covert visit its outlet gets those of the masked pictures alone."""
    arrived, say = photos.arrived, photos.say
    receipt = json.loads(revision.receipt) if revision.receipt and inner else {}
    received = receipt.get("at")
    masked = {**photos.released, **photos.gone}
    return report.Evidence(
        revision=revision.number,
        corrected=report_past.is_correction(work, visit, revision),
        answers_sha256=revision.sha256,
        files=tuple(
            report.EvidenceFile(
                sha256=masked.get(file.sha256, file.sha256),
                belongs_to=file.item or say(_belongs(file.kind)),
                bytes=None if photos.bare else arrived[file.sha256].bytes,
            )
            for file in document.files
            if file.sha256 in (masked if photos.bare else arrived) and (inner or file.kind != "audio")
        ),
        voices=sum(file.kind == "audio" for file in document.files) if inner else 0,
        receipt=receipt.get("number"),
        receipt_of=receipt.get("revision"),
        received_at=datetime.fromisoformat(received) if received else None,
    )


def _belongs(kind: str) -> str:
    return {"signature": "签名", "audio": "录音", "proof": "证明"}.get(kind, "整次检查")


def _reduced(
    visit: Visit, outlet: Outlet, sections: tuple[report.Section, ...], result: Score, number: str
) -> bytes:
    """What the outlet gets as data: results and words, nothing about who, when exactly, where or with what."""
    data = {
        "report": number,
        "outlet": outlet.code,
        "kind": visit.kind.value,
        "visit_date": visit.visit_date.isoformat(),
        "checklist": {"id": visit.checklist_id, "version": visit.checklist_version},
        "score": result.score,
        "prohibition_score": result.prohibition_score,
        "sections": {section.code: section.score for section in sections},
        "items": [
            {
                "id": item.ref,
                "answer": item.answer,
                "result": item.result,
                "points": item.points,
                "earned": item.earned,
                "note": item.note,
            }
            for section in sections
            for item in section.items
        ],
    }
    return json.dumps(data, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()


def _outlet(work: Work, outlet: Outlet, say: Translate) -> report.Outlet:
    names = {unit.kind: unit.name for unit in _above(work, outlet)}
    return report.Outlet(
        name=outlet.name,
        code=outlet.code,
        tier=say(words.TIERS[outlet.tier.value]),
        outlet_class=outlet.class_ or None,
        star=outlet.star,
        branch=names.get(UnitKind.BRANCH, ""),
        county=names.get(UnitKind.COUNTY, ""),
        area=names.get(UnitKind.AREA, ""),
    )


def _issuer(work: Work, outlet: Outlet) -> str:
    names = {unit.kind: unit.name for unit in _above(work, outlet)}
    return names.get(UnitKind.PROVINCE, "省公司") + "客户服务部"


def _above(work: Work, outlet: Outlet) -> list[Unit]:
    return list(work.session.exec(select(Unit).where(col(Unit.path).in_(paths_of(outlet.unit_path)))))


def _files_of(
    data: report.ReportData, arrived: dict[str, VisitFile], earlier: dict[str, str]
) -> tuple[tuple[str, str], ...]:
    names = [photo.sha256 for photo in data.photos if photo.state == "shown"]
    names += [signed.sha256 for signed in data.signatures if signed.sha256]
    kinds = earlier | {name: file.kind for name, file in arrived.items()}
    # What did not arrive as a file of a visit was made of one: a masked picture.
    return tuple((name, kinds.get(name, masking.KIND)) for name in dict.fromkeys(names))
