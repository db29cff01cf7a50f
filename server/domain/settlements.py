"""What an outlet's month comes to: its commission, refunds that are due, differences of closed months, what is carried over.

Handbook 2.7 ("the difference is settled in the next"), 2.10.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction
from typing import ClassVar

from server.domain.commission import Commission, shared
from server.domain.errors import Problem
from server.domain.explain import Explanation, named, note
from server.domain.periods import Period
from server.domain.refunds import Month, Refund, balances, refunds, runs_whole
from server.domain.rules_pay import Refund as Rules


@dataclass(eq=False)
class CommissionNotPublished(Problem):
    """The commission rests on published figures, and those of this month are not."""

    code: ClassVar[str] = "commission-not-published"
    month: str = ""


@dataclass(eq=False)
class CommissionClosed(Problem):
    """The commission of this month, or of a later one, is closed; a difference is settled in the next month."""

    code: ClassVar[str] = "commission-closed"
    month: str = ""


@dataclass(eq=False)
class CommissionEarlierOpen(Problem):
    """An earlier month is not closed yet, and this one rests on what it carries on."""

    code: ClassVar[str] = "commission-earlier-open"
    month: str = ""


@dataclass(eq=False)
class CommissionStale(Problem):
    """What the month was computed from has changed since; it must be computed and looked at again."""

    code: ClassVar[str] = "commission-stale"


@dataclass(eq=False)
class SamePayer(Problem):
    """Who computed the month may not close it too."""

    code: ClassVar[str] = "commission-same-person"


@dataclass(frozen=True, slots=True)
class Settled:
    """A closed month as it counts: its composite and veto, and what it came to in fen.

    `staff_fen` is what its staff has got, `refund_fen` what was paid back of it (None: nothing yet), `base_fen` its base where
    that is known.
    """

    month: Period
    composite: Fraction | None
    veto: bool
    amount_fen: int
    withheld_fen: int
    staff_fen: int
    refund_fen: int | None = None
    base_fen: int | None = None

    def counted(self) -> Month:
        """Return the month as refunds look at it."""
        return Month(self.month, self.composite, self.veto, self.withheld_fen, self.amount_fen)

    @classmethod
    def nothing(cls, month: Period) -> Settled:
        """Return a month that an outlet had no part in when it was paid."""
        return cls(month, None, veto=False, amount_fen=0, withheld_fen=0, staff_fen=0)

    @property
    def is_nothing(self) -> bool:
        """Whether the outlet had no part in the month: even who is not rated is paid."""
        return not self.base_fen and (self.composite, self.veto, self.amount_fen) == (None, False, 0)


@dataclass(frozen=True, slots=True)
class Staff:
    """The staff of a closed month: `now` the weights by number as the list is now, in its order.

    `then` the weights of those who got shares, `got_fen` what each has got of this month in all.
    """

    now: Mapping[str, int] = field(default_factory=dict)
    then: Mapping[str, int] = field(default_factory=dict)
    got_fen: Mapping[str, int] = field(default_factory=dict)

    def added(self, corrected: Commission, paid_fen: int) -> tuple[int, ...]:
        """Return what each of the list still gets of a month in fen; nobody gives back (handbook 2.10, "never from staff").

        Where nobody has got anything what is missing is divided like a share; else each gets what is missing of its own,
        and what others got too much stays with them.
        """
        weights = list(self.now.values())
        if not self.got_fen:
            return shared(max(0, corrected.staff_fen - paid_fen), weights)
        owed = shared(corrected.staff_fen, weights)
        return tuple(
            max(0, each - self.got_fen.get(number, 0)) for number, each in zip(self.now, owed, strict=True)
        )


@dataclass(frozen=True, slots=True)
class Settlement:
    """What a closed month counts from now on, and the difference that is settled for it.

    `staff_split_fen` is what each of its staff still gets, in the order of the list, `staff_fen` all of that.
    """

    now: Settled
    fen: int
    staff_fen: int
    staff_split_fen: tuple[int, ...]
    explanation: Explanation


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a month comes to, in fen; `paid_fen` holds all staff shares, and never less than them."""

    staff_fen: int
    refunds: tuple[Refund, ...]
    settlements: tuple[Settlement, ...]
    carried_in_fen: int
    paid_fen: int
    carried_on_fen: int
    explanation: Explanation

    @property
    def refunded_fen(self) -> int:
        """All that is paid back with this month."""
        return sum(each.fen for each in self.refunds)

    @property
    def settled_fen(self) -> int:
        """All differences that are settled with this month."""
        return sum(each.fen for each in self.settlements)


def settlement(
    before: Settled,
    composite: Fraction | None,
    corrected: Commission,
    staff: Staff,
    version: int,
    *,
    veto: bool,
    visits: Sequence[str] = (),
    base_fen: int | None = None,
) -> Settlement | None:
    """Return the difference of a closed month from its commission as it is now; None where nothing of it changed.

    What was paid back of the month belongs to it: of a month that is withheld no more nothing is paid twice. `visits` are
    the ids of those that were corrected or voided since, and `base_fen` is the base as it is now, for the explanation alone.
    """
    split = staff.added(corrected, before.staff_fen)
    added = sum(split)
    # Where the factor is 0 nothing is paid whatever the base, and the base is what is withheld.
    was = before.composite, before.veto, before.amount_fen, before.withheld_fen
    if was == (composite, veto, corrected.amount_fen, corrected.withheld_fen) and not added:
        return None
    refund = before.refund_fen
    if refund is not None:
        refund = 0 if veto else corrected.withheld_fen
    fen = corrected.amount_fen - before.amount_fen + (refund or 0) - (before.refund_fen or 0)
    now = Settled(
        before.month,
        composite,
        veto,
        corrected.amount_fen,
        corrected.withheld_fen,
        before.staff_fen + added,
        refund,
    )
    whole = before.is_nothing
    other_base = not whole and None not in (base_fen, before.base_fen) and base_fen != before.base_fen
    why = Explanation(
        "settlement",
        fen,
        named(
            {
                "before_fen": before.amount_fen,
                "now_fen": corrected.amount_fen,
                "composite_before": before.composite,
                "composite": composite,
                "refund_before_fen": before.refund_fen,
                "refund_fen": refund,
                "staff_fen": added,
            }
            | ({"base_before_fen": before.base_fen} if other_base else {})
            | ({"base_fen": base_fen} if other_base or whole else {})
        ),
        notes=tuple(
            note(each)
            for each, holds in (
                ("month-added", whole),
                ("veto-changed", veto != before.veto),
                ("base-changed", other_base),
                ("visits-corrected", bool(visits)),
                ("staff-list-changed", added > 0 and not whole and staff.then != staff.now),
            )
            if holds
        ),
        parts=(
            corrected.explanation,
            *([_visits(visits)] if visits else []),
        ),
        subject=f"period:{before.month.code}",
        rules=version,
    )
    return Settlement(now, fen, added, split, why)


def _with_runs(
    month: Month,
    history: Sequence[Settled],
    corrections: Mapping[str, Settlement],
    rules: Rules,
    version: int,
) -> Mapping[str, Settlement]:
    """The corrections with what they do to the refunds that were paid already.

    A run is held against the same rules as it counted so far and as it counts from now on, so that a refund of other rules is
    not taken back by these.
    """
    found = dict(corrections)
    counting = {
        each.month.code: corrections[each.month.code].now if each.month.code in corrections else each
        for each in history
    }
    before = runs_whole([*(each.counted() for each in history), month], rules)
    after = runs_whole([*(each.counted() for each in counting.values()), month], rules)
    for each in history:
        code = each.month.code
        now = counting[code]
        if each.refund_fen is None:
            continue
        holds = code in after or (code not in before and each.refund_fen > 0)
        back = now.withheld_fen if holds and not now.veto else 0
        if back != now.refund_fen:
            found[code] = _refunded_anew(found.get(code), each, back, version)
    return found


def _refunded_anew(known: Settlement | None, before: Settled, back: int, version: int) -> Settlement:
    """A settlement of which `back` is what is paid back of the month from now on."""
    said = note("run-mended" if back else "run-broken")
    if known is None:
        fen = back - (before.refund_fen or 0)
        inputs = {
            "before_fen": before.amount_fen,
            "now_fen": before.amount_fen,
            "composite_before": before.composite,
            "composite": before.composite,
            "refund_before_fen": before.refund_fen,
            "refund_fen": back,
            "staff_fen": 0,
        }
        subject = f"period:{before.month.code}"
        why = Explanation("settlement", fen, named(inputs), notes=(said,), subject=subject, rules=version)
        return Settlement(replace(before, refund_fen=back), fen, 0, (), why)
    fen = known.fen + back - (known.now.refund_fen or 0)
    told = known.explanation
    why = replace(
        told,
        value=fen,
        inputs=tuple((name, back if name == "refund_fen" else value) for name, value in told.inputs),
        notes=(*told.notes, said),
    )
    return replace(known, now=replace(known.now, refund_fen=back), fen=fen, explanation=why)


def _visits(visits: Sequence[str]) -> Explanation:
    told = tuple(Explanation("corrected-visit", None, subject=f"visit:{each}") for each in visits)
    return Explanation("corrected-visits", len(visits), parts=told)


def outcome(
    month: Month,
    paid: Commission,
    history: Sequence[Settled],
    corrections: Mapping[str, Settlement],
    carried_in_fen: int,
    rules: Rules,
    version: int,
) -> Outcome:
    """Return what a month comes to after the months before it, each of which is refunded at most once.

    `history` are all closed months before it as they counted so far, `corrections` what some of them count from now on. A
    refund whose run they break is taken back, and paid again where they mend the run (handbook 2.10, 2.7). The staff's
    shares are never used up by what is carried over.
    """
    if corrections:
        corrections = _with_runs(month, history, corrections, rules, version)
    counting = [
        corrections[each.month.code].now if each.month.code in corrections else each for each in history
    ]
    open_ = {each.month.code for each in counting if each.refund_fen is None}
    code = month.month.code
    due = tuple(
        replace(each, paid_with=code)
        for each in refunds([*(each.counted() for each in counting), month], rules, version)
        if each.month in open_
        and each.fen > 0
        # A run that ended before was not one under the rules of then, unless something of it is corrected now.
        and (each.paid_with == code or any(each.month <= one <= each.paid_with for one in corrections))
    )
    settlements = tuple(corrections[each] for each in sorted(corrections))
    added = sum(each.staff_fen for each in settlements)
    settled = sum(each.fen for each in settlements)
    mine = replace(month, amount_fen=paid.amount_fen - paid.staff_fen + settled - added + carried_in_fen)
    [balance] = balances([mine], due)
    staff = paid.staff_fen + added
    why = Explanation(
        "commission-month",
        staff + balance.paid_fen,
        named(
            {
                "amount_fen": paid.amount_fen,
                "refunded_fen": balance.refunded_fen,
                "settled_fen": settled,
                "carried_in_fen": carried_in_fen,
                "carried_on_fen": balance.carried_on_fen,
                "staff_fen": staff,
            }
        ),
        parts=(
            paid.explanation,
            *(each.explanation for each in due),
            *(each.explanation for each in settlements),
        ),
        rules=version,
    )
    return Outcome(
        staff, due, settlements, carried_in_fen, staff + balance.paid_fen, balance.carried_on_fen, why
    )
