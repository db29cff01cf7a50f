"""Proposals of the rules: kept once for each outlet, kind and period, renewed, taken back; never applied."""

from __future__ import annotations

import json
import zlib
from collections import defaultdict
from collections.abc import Callable, Collection, Mapping, Sequence
from functools import cache, partial
from typing import Any
from uuid import NAMESPACE_URL, UUID, uuid5

from sqlmodel import col, select

from server.domain.access import SYSTEM, Permission
from server.domain.deciding import OF_ITS_PERIOD, OF_THE_TIER, WAITING, DecisionKind, DecisionState
from server.queries import entry_proposals, incentives, proposals, results
from server.queries.decision_grounds import SOUGHT, grounds_of, seen
from server.queries.proposals import Found
from server.storage.decisions import Decision
from server.storage.events import Event
from server.storage.periods import PeriodRow
from server.usecases.decisions import begin, locking, move, say
from server.usecases.work import Office, Work

K, S = DecisionKind, DecisionState
FIGURES_CHANGED = "figures-changed"
"""What the system writes as the reason of taking one back."""
FIGURES_RENEWED = "figures-renewed"
"""What it writes, with the period after a colon, where newer figures rewrote what waits."""
FIGURES_STANDING = "figures-standing"
"""What it writes so where they ask for it no longer and it stands on an earlier period again."""


def propose(work: Work, code: str) -> int:
    """Propose what the published figures of a period ask for; returns how many proposals are new.

    Once for each outlet, kind and period: doing it again renews the evidence of what nobody decided yet, and takes back
    what the figures no longer ask for. While one of the kind waits for its outlet, a later period renews that one and asks
    for no second; incentives alone are each quarter's own. What is rewritten gets a step in its history and is proposed
    again, also where it was held: the reason was about other grounds. Nothing is ever applied here. Raises NotAllowed.
    """
    work.needs(Permission.DECIDE)
    found = proposals.of_period(work.connection, code)
    asked = set(proposals.asked_of(work.connection, code))
    for quarter in incentives.quarters_of(code):
        risen = incentives.of_quarter(work.session, quarter)
        if risen is not None:
            asked.add((K.INCENTIVE, quarter))
            found += risen
    return _kept(work, found, asked)


def propose_entries(work: Work) -> int:
    """Propose entry for outlets whose accepted entry check asks for it, and take back what no check asks for any more.

    Returns how many proposals are new.
    """
    found = entry_proposals.of_checks(work.connection)
    waiting = select(Decision.period).where(Decision.kind == K.ENTRY, col(Decision.state).in_(WAITING))
    return _kept(work, found, {(K.ENTRY, period) for period in work.session.exec(waiting)})


def _kept(work: Work, found: Sequence[Found], asked: Collection[tuple[DecisionKind, str]]) -> int:
    """Keep what was found; of the kinds and periods that were asked for, take back what waits and was not found.

    What an earlier period asked for before these renewed it stands on that one again, if it still asks.
    """
    new = sum([_keep(work, each) for each in found])
    asks = cache(partial(proposals.of_period, work.connection))
    there = {(each.outlet, each.kind, each.period) for each in found}
    waiting = select(Decision).where(
        col(Decision.by_rule),
        col(Decision.period).in_({period for _, period in asked}),
        col(Decision.state).in_(WAITING),
    )
    for decision in work.session.exec(locking(waiting)).all():
        key = (decision.kind, decision.period)
        if key not in asked or (decision.outlet_id, *key) in there:
            continue
        earlier = _earlier(work, decision, asks)
        if earlier is not None:
            _rewrite(work, decision, earlier, FIGURES_STANDING)
        else:
            decision.reason, decision.decided_by, decision.decided_at = FIGURES_CHANGED, None, None
            move(work, decision, S.WITHDRAWN, FIGURES_CHANGED)
    return new


def _earlier(work: Work, decision: Decision, asks: Callable[[str], Sequence[Found]]) -> Found | None:
    """What the latest of the earlier periods still asks for, of those whose proposal later ones renewed; None where none does.

    An upgrade asks for two good halves that end now: it stands on no earlier ones.
    """
    if decision.kind is K.UPGRADE or decision.id == _id_of(
        decision.outlet_id, decision.kind, decision.period
    ):
        return None
    for row in results.periods(work.connection, SYSTEM):
        for kind, period in proposals.asked_of(work.connection, row.code):
            if kind is not decision.kind or period >= decision.period:
                continue
            key = (decision.outlet_id, kind, period)
            found = next(
                (each for each in asks(row.code) if (each.outlet, each.kind, each.period) == key), None
            )
            if found is not None or decision.id == _id_of(*key):
                return found
    return None


def _propose_again(work: Work, code: str) -> int:
    """Propose what a period asks for by others that have changed; what it asks for by itself alone was asked.

    Its classes above all: what an outlet got since was decided by later ones.
    """
    found = [
        each for each in proposals.of_period(work.connection, code) if each.kind in proposals.LOOKING_BACK
    ]
    asked = [each for each in proposals.asked_of(work.connection, code) if each[0] in proposals.LOOKING_BACK]
    return _kept(work, found, asked)


def seek(office: Office) -> int:
    """Look for proposals wherever figures were published since it was done last, in the later periods that look at these, and
    where vetoes were entered or taken back; returns how many are new."""
    with office.work() as work:
        new = propose_entries(work)
        rows = reversed(results.periods(work.connection, SYSTEM))
        standing = [row for row in rows if row.state in results.STANDING]
        events = work.session.exec(select(Event.subject_id, Event.facts).where(Event.name == SOUGHT))
        said = [(code, json.loads(facts)) for code, facts in events]
        rounds = {(code, facts["round"]) for code, facts in said}
        changed = [row for row in standing if (row.code, row.round) not in rounds]
        others = [row for row in standing if (row.code, row.round) in rounds]
        again = _hanging_on(work, changed, others)
        known = {(code, facts["round"], facts.get("vetoes", 0)) for code, facts in said}
        vetoed = [
            row for row in others if (row.code, *grounds_of(work.connection, row).values()) not in known
        ]
    for row, ask in [(row, propose) for row in changed] + [(row, _propose_again) for row in vetoed]:
        with office.work() as work:
            # Before they are looked for, so that no veto of meanwhile is taken for one that was seen.
            grounds = grounds_of(work.connection, row)
            proposed = ask(work, row.code)
            proposed += sum([_propose_again(work, code) for code in again.get(row.code, ())])
            work.record(SOUGHT, "period", row.code, **grounds, proposed=proposed)
            new += proposed
    return new


def _hanging_on(work: Work, changed: Sequence[PeriodRow], rows: Sequence[PeriodRow]) -> dict[str, list[str]]:
    """Those of the periods that look at others which have changed, each once: with the last of these."""
    found: defaultdict[str, list[str]] = defaultdict(list)
    for row in rows if changed else ():
        looked_at = proposals.looked_at(work.connection, row)
        theirs = [each.code for each in changed if each.code in looked_at]
        if theirs:
            found[theirs[-1]].append(row.code)
    return found


def _keep(work: Work, found: Found) -> bool:
    """Keep a proposal of the rules; True when it is new."""
    decision_id = _id_of(found.outlet, found.kind, found.period)
    of_kind = select(Decision).where(
        Decision.outlet_id == found.outlet, Decision.kind == found.kind, col(Decision.by_rule)
    )
    known = work.session.exec(locking(of_kind)).all()
    decision = next((each for each in known if each.period == found.period), None)
    waiting = next((each for each in known if each.state in WAITING and each.kind not in OF_ITS_PERIOD), None)
    if waiting is not None and (decision is None or _taken_back(decision)):
        if waiting.period > found.period:
            return False
        decision = waiting
    if decision is None:
        # One that was asked for once, and that a later period has renewed since.
        decision = next((each for each in known if each.id == decision_id), None)
        if decision is not None and not _taken_back(decision):
            return False
    if (decision is None or _taken_back(decision)) and _decided_later(work, found):
        return False
    if decision is None:
        decision = Decision(
            id=decision_id,
            outlet_id=found.outlet,
            kind=found.kind,
            before=found.before,
            after=found.after,
            by_rule=True,
            period=found.period,
            rules_version=found.rules_version,
            proposed_at=work.now,
            evidence=packed(found.evidence),
            state=S.PROPOSED,
            changed_at=work.now,
        )
        begin(work, decision)
        return True
    again = _taken_back(decision)
    if decision.state not in WAITING and not again:
        return False
    _rewrite(work, decision, found, "" if again else FIGURES_RENEWED)
    return again


def _rewrite(work: Work, decision: Decision, found: Found, why: str) -> None:
    """Let a proposal stand on these grounds, and propose it again where they are others than before."""
    before, again = seen(decision), _taken_back(decision)
    decision.period = found.period
    decision.before, decision.after = found.before, found.after
    decision.evidence, decision.rules_version = packed(found.evidence), found.rules_version
    if again or seen(decision) != before:
        decision.state, decision.reason, decision.changed_at = S.PROPOSED, "", work.now
        decision.decided_by = decision.decided_at = None
        say(work, decision, f"{why}:{found.period}" if why else "")


def _decided_later(work: Work, found: Found) -> bool:
    """Whether somebody has decided about the same of this outlet by figures of a later period."""
    kinds = OF_THE_TIER if found.kind in OF_THE_TIER else {found.kind}
    later = select(Decision).where(
        Decision.outlet_id == found.outlet,
        col(Decision.kind).in_(kinds),
        Decision.period > found.period,
        col(Decision.by_rule),
    )
    return any(not (each.state in WAITING or _taken_back(each)) for each in work.session.exec(later))


def _taken_back(decision: Decision) -> bool:
    """Whether the rules themselves took a proposal back."""
    return decision.state is S.WITHDRAWN and decision.decided_by is None


def packed(explanation: Mapping[str, Any]) -> bytes:
    """The canonical JSON of an explanation, packed as figures keep theirs."""
    text = json.dumps(explanation, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return zlib.compress(text.encode())


def _id_of(outlet: UUID, kind: DecisionKind, period: str) -> UUID:
    return uuid5(NAMESPACE_URL, f"xunting:decision:{outlet}:{kind.value}:{period}")
