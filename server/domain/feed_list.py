"""All feeds by their names: those of visits and figures, and those of what follows from them, decisions to commission."""

from __future__ import annotations

from server.domain.feeds import ANSWERS, FIGURES, OUTLETS, REMOVED, UNITS, VISITS, Feed, Property, Type

_T = Type
_OF_OUTLET = (
    Property("outlet_id", _T.GUID, "the outlet", False),
    Property("outlet_code", _T.TEXT, "the outlet's code", False),
    Property("unit_path", _T.TEXT, "codes of the units above the outlet, from the province down", False),
)

DECISIONS = Feed(
    "Decisions",
    "Decision",
    ("decision_id",),
    (
        Property("decision_id", _T.GUID, "the decision", False),
        *_OF_OUTLET,
        Property(
            "kind",
            _T.TEXT,
            "upgrade, downgrade, warning, probation, exit, entry, class, restore or incentive",
            False,
        ),
        Property("before", _T.TEXT, "the tier, class or status before; empty for a warning", False),
        Property("after", _T.TEXT, "the one after", False),
        Property("by_rule", _T.YES_NO, "whether the rules proposed it; else a person did", False),
        Property("period", _T.TEXT, "the period that it rests on, of an entry check its day", False),
        Property(
            "state", _T.TEXT, "proposed, held, approved, effective, given, rejected or withdrawn", False
        ),
        Property("why", _T.TEXT, "the reason of the person who proposed it", False),
        Property("reason", _T.TEXT, "what was said when it was decided", False),
        Property("proposed_at", _T.INSTANT, "when it was proposed", False),
        Property("decided_at", _T.INSTANT, "when it was decided"),
        Property("effective_on", _T.DATE, "from which day on it holds"),
    ),
)

ACTIONS = Feed(
    "Actions",
    "Action",
    ("action_id",),
    (
        Property("action_id", _T.GUID, "the corrective action", False),
        *_OF_OUTLET,
        Property("visit_id", _T.GUID, "the visit in Visits where its item failed"),
        Property("item", _T.TEXT, "the item of the checklist"),
        Property("checklist_id", _T.TEXT, "the checklist"),
        Property("sort", _T.TEXT, "grave, premises, other or coaching", False),
        Property("what", _T.TEXT, "what is to be put right", False),
        Property("who", _T.TEXT, "who is responsible at the outlet", False),
        Property("state", _T.TEXT, "open, answered, accepted, reopened or withdrawn", False),
        Property("level", _T.WHOLE, "whose business it is: 0 area, 1 county, 2 branch, 3 province", False),
        Property("repeats", _T.YES_NO, "whether the same item failed before", False),
        Property("made_at", _T.INSTANT, "when it was made; null to whom the visit's instants are not told"),
        Property("due_at", _T.INSTANT, "until when it is to be done", False),
        Property("answered_at", _T.INSTANT, "when the outlet answered last"),
        Property("decided_at", _T.INSTANT, "when the answer was accepted or refused"),
        Property("recheck_passed", _T.YES_NO, "what the recheck found; null before it"),
    ),
)

APPEALS = Feed(
    "Appeals",
    "Appeal",
    ("appeal_id",),
    (
        Property("appeal_id", _T.GUID, "the appeal", False),
        Property("visit_id", _T.GUID, "the visit in Visits that it is about", False),
        *_OF_OUTLET,
        Property("item", _T.TEXT, "the item of the checklist", False),
        Property(
            "state",
            _T.TEXT,
            "receiving, asked, raised, asked_again, rejected, upheld or dismissed",
            False,
        ),
        Property("turn", _T.WHOLE, "1, or 2 where it was asked a second time", False),
        Property("ground", _T.TEXT, "why the outlet asks, in its last turn"),
        Property("upheld", _T.YES_NO, "the answer to the last turn; null before it"),
        Property("why", _T.TEXT, "what was said with the answer"),
        Property("score_before", _T.DECIMAL, "the visit's score before"),
        Property("score_after", _T.DECIMAL, "the visit's score afterwards, where it was upheld"),
        Property("made_at", _T.INSTANT, "when it was asked", False),
        Property("due_at", _T.INSTANT, "until when it must be answered"),
        Property("answered_at", _T.INSTANT, "when the last turn was answered"),
        REMOVED,
    ),
)

WEAK_ITEMS = Feed(
    "WeakItems",
    "WeakItem",
    ("item_id",),
    (
        Property("item_id", _T.GUID, "the tracked weak item", False),
        Property("unit_path", _T.TEXT, "the unit in Units", False),
        Property("indicator", _T.TEXT, "the indicator, as in Figures", False),
        Property("state", _T.TEXT, "open, closed or withdrawn", False),
        Property("since", _T.TEXT, "the quarter of its last turn", False),
        Property("owner", _T.TEXT, "who owns it"),
        Property("cause", _T.TEXT, "the cause that was found", False),
    ),
)

WEAK_ITEM_ACTIONS = Feed(
    "WeakItemActions",
    "WeakItemAction",
    ("item_id", "number"),
    (
        Property("item_id", _T.GUID, "the weak item in WeakItems", False),
        Property("number", _T.WHOLE, "which of its actions", False),
        Property("what", _T.TEXT, "what is to be done", False),
        Property("due", _T.DATE, "until when", False),
        Property("done_on", _T.DATE, "when it was done"),
    ),
)

COMMISSION = Feed(
    "Commission",
    "CommissionMonth",
    ("month", "outlet_id"),
    (
        Property("month", _T.TEXT, "2026-11", False),
        Property("state", _T.TEXT, "computed, which may change, or closed", False),
        *_OF_OUTLET[:2],
        Property("unit_path", _T.TEXT, "codes of the units above the outlet in that month", False),
        Property("tier", _T.TEXT, "the outlet's tier in that month", False),
        Property("class", _T.TEXT, "its class in that month", False),
        Property("setting", _T.TEXT, "city, county_town or township, in that month", False),
        Property("base", _T.DECIMAL, "the monthly base; this and all sums in yuan", False),
        Property("years_factor", _T.DECIMAL, "the factor of the years of cooperation", places=4),
        Property("pay_factor", _T.DECIMAL, "the factor of the composite", places=4),
        Property("composite", _T.DECIMAL, "the composite of the month; null where there is none"),
        Property("veto", _T.YES_NO, "whether a veto of the first sort holds", False),
        Property("amount", _T.DECIMAL, "base by both factors", False),
        Property(
            "withheld", _T.DECIMAL, "what of base by years_factor is withheld, and may be earned back", False
        ),
        Property("staff", _T.DECIMAL, "the shares of the staff, which `paid` holds", False),
        Property("refunded", _T.DECIMAL, "what was withheld earlier and is paid back with this month", False),
        Property("settled", _T.DECIMAL, "differences of closed months settled with this one", False),
        Property("carried_in", _T.DECIMAL, "what was carried over from the month before", False),
        Property("paid", _T.DECIMAL, "what is paid", False),
        Property("carried_on", _T.DECIMAL, "what is carried over to the next month", False),
    ),
)

SHARES = Feed(
    "CommissionShares",
    "CommissionShare",
    ("month", "outlet_id", "of_month", "number"),
    (
        Property("month", _T.TEXT, "the month in Commission with which it is paid", False),
        Property("outlet_id", _T.GUID, "the outlet", False),
        Property("of_month", _T.TEXT, "the month that the person is named for", False),
        Property("number", _T.TEXT, "the person's staff number", False),
        Property("name", _T.TEXT, "the person's name", False),
        Property("weight", _T.WHOLE, "the weight of the share", False),
        Property("amount", _T.DECIMAL, "the share in yuan", False),
    ),
)

REFUNDS = Feed(
    "CommissionRefunds",
    "CommissionRefund",
    ("outlet_id", "withheld_month"),
    (
        Property("outlet_id", _T.GUID, "the outlet", False),
        Property("withheld_month", _T.TEXT, "the month that was withheld", False),
        Property("paid_with", _T.TEXT, "the month in Commission with which it is paid back", False),
        Property("amount", _T.DECIMAL, "what is paid back, in yuan", False),
    ),
)

FEEDS = {
    feed.name: feed
    for feed in (
        VISITS,
        ANSWERS,
        FIGURES,
        OUTLETS,
        UNITS,
        DECISIONS,
        ACTIONS,
        APPEALS,
        WEAK_ITEMS,
        WEAK_ITEM_ACTIONS,
        COMMISSION,
        SHARES,
        REFUNDS,
    )
}
