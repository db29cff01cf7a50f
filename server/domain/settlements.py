"""What an outlet's month comes to: its commission, refunds that are due, differences of closed months, what is carried over.

Handbook 2.7 ("the difference is settled in the next"), 2.10.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import ClassVar

from server.domain.commission import Commission
from server.domain.errors import Problem
from server.domain.explain import Explanation, named, note
from server.domain.periods import Period
from server.domain.refunds import Month, Refund, balances, refunds
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

    `staff_fen` is what its staff has got, `refund_fen` what was paid back of it (None: nothing yet).
    """

    month: Period
    composite: Fraction | None
    veto: bool
    amount_fen: int
    withheld_fen: int
    staff_fen: int
    refund_fen: int | None = None

    def counted(self) -> Month:
        """Return the month as refunds look at it."""
        return Month(self.month, self.composite, self.veto, self.withheld_fen, self.amount_fen)


@dataclass(frozen=True, slots=True)
class Settlement:
    """What a closed month counts from now on, and the difference that is settled for it; shares of it for its staff."""

    now: Settled
    fen: int
    staff_fen: int
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
    before: Settled, composite: Fraction | None, corrected: Commission, version: int, *, veto: bool
) -> Settlement | None:
    """Return the difference of a closed month from its commission as it is now; None where nothing of it changed.

    What was paid back of the month belongs to it: of a month that is withheld no more nothing is paid twice. Staff
    gets what is added and never gives back.
    """
    if (composite, veto) == (before.composite, before.veto) and corrected.amount_fen == before.amount_fen:
        return None
    refund = before.refund_fen
    if refund is not None:
        refund = 0 if veto else corrected.withheld_fen
    staff = max(0, corrected.staff_fen - before.staff_fen)
    fen = corrected.amount_fen - before.amount_fen + (refund or 0) - (before.refund_fen or 0)
    now = Settled(
        before.month,
        composite,
        veto,
        corrected.amount_fen,
        corrected.withheld_fen,
        before.staff_fen + staff,
        refund,
    )
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
                "staff_fen": staff,
            }
        ),
        notes=(note("veto-changed"),) if veto != before.veto else (),
        parts=(corrected.explanation,),
        subject=f"period:{before.month.code}",
        rules=version,
    )
    return Settlement(now, fen, staff, why)


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

    `history` are all closed months before it as they counted so far, `corrections` what some of them count from now on.
    The staff's shares are never used up by what is carried over.
    """
    counting = [
        corrections[each.month.code].now if each.month.code in corrections else each for each in history
    ]
    open_ = {each.month.code for each in counting if each.refund_fen is None}
    months = [each.counted() for each in counting]
    code = month.month.code
    due = tuple(
        replace(each, paid_with=code)
        for each in refunds([*months, month], rules, version)
        if each.month in open_ and each.fen > 0
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
