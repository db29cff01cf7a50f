"""The demonstration's inputs: replies, logs, complaints, audits, staff and customers of eight months, and two veto events."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from hashlib import sha256
from random import Random

from server.demo.history import quality
from server.demo.ids import SEED
from server.demo.inspecting import at
from server.demo.names import people as names
from server.demo.organisation import Organisation
from server.domain.access import SYSTEM
from server.domain.input_sorts import Sort
from server.domain.periods import Period
from server.storage.organisation import Outlet, OutletStatus, Setting, Tier
from server.usecases import inputs, people, vetoes
from server.usecases.imports import Fate
from server.usecases.input_cells import Count, Planned
from server.usecases.work import Work

MONTHS = 8
_KINDS = ("csat_hall", "csat_terminal", "csat_data", "csat_premium")
_REPLIES = {"A": (60, 140), "B": (35, 90), "C": (16, 45)}
# From how many customers a month an outlet is of class A, and of class B.
_CLASSES = {
    Tier.OWN_HALL: (9000, 5000),
    Tier.FRANCHISE: (3000, 1000),
    Tier.EXCLUSIVE: (1500, 500),
    Tier.ORDINARY: (600, 200),
    Tier.VILLAGE: (150, 50),
}
_STAFF = {Tier.OWN_HALL: 9, Tier.FRANCHISE: 6, Tier.EXCLUSIVE: 4, Tier.ORDINARY: 3, Tier.VILLAGE: 1}
_AREA = {Setting.CITY: 10, Setting.COUNTY_TOWN: 6, Setting.TOWNSHIP: 4}
_WHAT = ("服务态度", "等候时间", "资费解释", "办理差错")
_FILES = {
    Sort.SATISFACTION: "满意度",
    Sort.TIMES: "及时率",
    Sort.COMPLAINTS: "投诉清单",
    Sort.AUDIT: "业务稽核",
    Sort.STAFF: "人员名单",
    Sort.CUSTOMERS: "客户数",
    Sort.PRAISE: "表扬与建议",
}
_VETOES = (
    (Tier.ORDINARY, 17, "V7", 4, "携号转网投诉，核查记录 2-017"),
    (Tier.EXCLUSIVE, 9, "V2", 2, "实名制专项检查，核查记录 1-009"),
)


def past_inputs(work: Work, made: Organisation, today: date) -> None:
    """The eight months before today's, each taken in by head office in the first days of the month after it."""
    before = work.viewer, work.now
    work.viewer = people.viewer_of(made.user("hq1"))
    this = Period.of("month", today)
    outlets = [outlet for outlet in made.outlets if outlet.status is not OutletStatus.ONBOARDING]
    staff = _staff(outlets)
    for turn in range(MONTHS, 0, -1):
        month = this.back(turn)
        planned = _month(month, outlets, staff)
        for number, (sort, each) in enumerate(planned.items()):
            work.now = min(at(month.after + timedelta(days=2), 9, 5 * number), before[1])
            name = f"{_FILES[sort]}-{month.code}.xlsx"
            digest = sha256(f"{SEED}:{name}".encode()).hexdigest()
            each.months.add(month.code)
            each.fates += [Fate(n, "", "new") for n in range(2, 2 + max(len(each.counts), len(each.values)))]
            inputs.store(work, sort, each, name=name, digest=digest)
    for tier, number, code, months, note in _VETOES:
        day = this.back(months).first + timedelta(days=11)
        work.now = at(day + timedelta(days=3), 15)
        vetoes.enter(work, made.of_tier(tier)[number].code, code, day, note)
    work.session.flush()
    work.viewer, work.now = SYSTEM, before[1]


def _month(
    month: Period, outlets: list[Outlet], staff: dict[str, list[dict[str, object]]]
) -> dict[Sort, Planned]:
    planned = {sort: Planned() for sort in _FILES}
    planned[Sort.COMPLAINTS].complete = month.code
    tickets = 0
    for outlet in outlets:
        if outlet.cooperation_since is not None and outlet.cooperation_since > month.last:
            continue
        chance = Random(f"{SEED}:inputs:{outlet.code}:{month.code}")
        # 0 for the worst, 1 for the best of them: what visits find and what customers say go together.
        good = min(max((quality(outlet, _noon(month)) - 0.68) / 0.3, 0.0), 1.0)
        for sort, code, count in _counts(outlet, chance, good):
            planned[sort].counts[outlet.id, month.code, code] = count
        logged = sum(chance.random() < 0.4 * (1.3 - good) for _ in range(3))
        proven = 0
        for _ in range(logged):
            tickets += 1
            fault = chance.random() < 0.55
            proven += fault
            planned[Sort.COMPLAINTS].values.append(
                {
                    "number": f"TS{month.code.replace('-', '')}{tickets:04d}",
                    "outlet_id": outlet.id,
                    "day": month.first + timedelta(days=chance.randrange(28)),
                    "proven": fault,
                    "kind": chance.choice(_WHAT),
                }
            )
        planned[Sort.COMPLAINTS].counts[outlet.id, month.code, "complaints"] = (proven, logged, None)
        members = staff[outlet.code]
        planned[Sort.STAFF].values += [{"month": month.code, **member} for member in members]
        certified = sum(bool(member["certified"]) for member in members)
        planned[Sort.STAFF].counts[outlet.id, month.code, "certified"] = (certified, len(members), None)
    return planned


def _counts(outlet: Outlet, chance: Random, good: float) -> Iterator[tuple[Sort, str, Count]]:
    """What is counted of an outlet's month, but complaints and staff."""
    hall = outlet.tier is Tier.OWN_HALL
    share = 0.835 + 0.135 * good
    for kind in _KINDS if hall or outlet.tier is Tier.FRANCHISE else _KINDS[:1]:
        replies = chance.randint(*_REPLIES[outlet.class_]) * (3 if hall else 1)
        # Those who were content, of so many, without a draw for each.
        content = round(replies * min(share + chance.uniform(-0.03, 0.03), 1.0))
        yield Sort.SATISFACTION, kind, (content, replies, None)
    if hall:
        for code, level in (("handling_on_time", 0.945), ("waiting_on_time", 0.925)):
            served = chance.randint(4000, 8000)
            on_time = round(served * min(level + 0.05 * good + chance.uniform(-0.01, 0.01), 1.0))
            yield Sort.TIMES, code, (on_time, served, round(on_time * 0.96))
    errors = sum(chance.random() < 0.45 * (1.2 - good) for _ in range(4))
    yield Sort.AUDIT, "audit", (errors, None, None)
    least_a, least_b = (bound * _AREA[outlet.setting] // 10 for bound in _CLASSES[outlet.tier])
    least, most = {
        "A": (least_a, least_a * 3 // 2),
        "B": (least_b, least_a - 1),
        "C": (least_b * 2 // 5, least_b - 1),
    }[outlet.class_]
    yield Sort.CUSTOMERS, "customers", (chance.randint(least, max(least, most)), None, None)
    yield (
        Sort.PRAISE,
        "praises",
        (int(chance.random() < 0.18 * good) + int(chance.random() < 0.05), None, None),
    )
    yield Sort.PRAISE, "ideas", (int(chance.random() < 0.03), None, None)


def _staff(outlets: list[Outlet]) -> dict[str, list[dict[str, object]]]:
    """Who works where; the first of each outlet, who leads it, has twice the share."""
    named = names(f"{SEED}:staff")
    chance = Random(f"{SEED}:staff")
    found: dict[str, list[dict[str, object]]] = {}
    number = 1000
    for outlet in outlets:
        members = found.setdefault(outlet.code, [])
        for turn in range(max(1, _STAFF[outlet.tier] + chance.choice((-1, 0, 0, 1)))):
            number += 1
            members.append(
                {
                    "outlet_id": outlet.id,
                    "number": str(number),
                    "name": next(named),
                    "certified": chance.random() < 0.88,
                    "weight": 2 if turn == 0 else 1,
                }
            )
    return found


def _noon(month: Period) -> datetime:
    return at(month.first + timedelta(days=14), 12)
