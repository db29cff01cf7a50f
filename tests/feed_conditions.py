"""Conditions on feeds as chance makes them, and how each is written in an address."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from functools import cache
from typing import Any

from hypothesis import strategies as st

from server.domain.feed_filters import Among, Both, Compared, Condition, Either, Not, Texts
from server.domain.feed_terms import Constant, Joined, Name, Operand, Part, Reckoned
from server.domain.feeds import Feed, Type

TEXTS = ["", "a", "A", "ab", "b'", "%", "_", "太原", "Z", "50%"]
VALUES: dict[Type, st.SearchStrategy[Any]] = {
    Type.TEXT: st.sampled_from(TEXTS),
    Type.WHOLE: st.integers(-2, 6),
    Type.DECIMAL: st.sampled_from(
        [Decimal(each) for each in ("0", "60", "87.5", "92.25", "92.255", "100", "-1")]
    ),
    Type.DATE: st.dates(date(2020, 1, 1), date(2027, 1, 1)),
    Type.INSTANT: st.sampled_from(
        [datetime(2026, 11, 21, 3, 0, tzinfo=UTC), datetime(2020, 1, 1, tzinfo=UTC)]
    ),
    Type.YES_NO: st.booleans(),
}


# Chance draws from it hundreds of times, and making and checking a strategy costs more than drawing.
@cache
def conditions(feed: Feed) -> st.SearchStrategy[Condition]:
    """Conditions on any properties of the feed but its ids."""
    named = {each.name: each.type for each in feed.properties if each.type is not Type.GUID}
    names = st.sampled_from(sorted(named))
    textual = st.sampled_from(sorted(name for name, type_ in named.items() if type_ is Type.TEXT))

    def constant(type_: Type) -> st.SearchStrategy[Constant]:
        return st.one_of(VALUES[type_], st.none()).map(Constant)

    @cache
    def compared(name: str) -> st.SearchStrategy[Condition]:
        type_ = named[name]
        hows = st.sampled_from(["eq", "ne"] + ([] if type_ is Type.YES_NO else ["gt", "ge", "lt", "le"]))
        turned = st.booleans()

        def built(parts: Any) -> Condition:
            how, value, swap = parts
            return Compared(how, value, Name(name)) if swap else Compared(how, Name(name), value)

        return st.tuples(hows, constant(type_), turned).map(built)

    @cache
    def among(name: str) -> st.SearchStrategy[Condition]:
        values = st.lists(VALUES[named[name]].map(Constant), min_size=1, max_size=3)
        return values.map(lambda found: Among(Name(name), tuple(found)))

    made = st.one_of(
        st.builds(Part, st.sampled_from(["tolower", "toupper", "trim"]), textual.map(Name)),
        st.builds(
            Part,
            st.just("substring"),
            textual.map(Name),
            st.one_of(st.tuples(st.integers(0, 3)), st.tuples(st.integers(0, 3), st.integers(0, 3))),
        ),
        st.builds(
            Joined, textual.map(Name), st.one_of(textual.map(Name), st.sampled_from(TEXTS).map(Constant))
        ),
    )
    leaves = [
        names.flatmap(compared),
        names.flatmap(among),
        st.builds(
            Texts,
            st.sampled_from(["contains", "startswith", "endswith"]),
            textual.map(Name),
            st.sampled_from(TEXTS),
        ),
        st.builds(
            Texts,
            st.sampled_from(["contains", "startswith", "endswith"]),
            made,
            st.sampled_from(TEXTS),
        ),
        st.builds(
            Compared,
            st.sampled_from(["eq", "ne", "gt", "le"]),
            st.one_of(
                st.builds(Part, st.just("length"), st.one_of(textual.map(Name), made)),
                st.builds(Part, st.just("indexof"), textual.map(Name), st.tuples(st.sampled_from(TEXTS))),
            ),
            st.integers(-1, 4).map(Constant),
        ),
        st.builds(
            Compared,
            st.sampled_from(["eq", "ne", "gt", "le"]),
            made,
            st.sampled_from(TEXTS).map(Constant),
        ),
    ]
    numbers = [name for name, type_ in named.items() if type_ in (Type.WHOLE, Type.DECIMAL)]
    if numbers:
        leaves.append(
            st.builds(
                Compared,
                st.sampled_from(["eq", "ne", "gt", "ge", "lt", "le"]),
                reckonings(st.sampled_from(numbers).map(Name)),
                st.one_of(
                    st.sampled_from(numbers).map(Name),
                    VALUES[Type.DECIMAL].map(Constant),
                    VALUES[Type.WHOLE].map(Constant),
                    st.just(Constant(None)),
                    reckonings(st.sampled_from(numbers).map(Name)),
                ),
            )
        )
    dates = sorted(name for name, type_ in named.items() if type_ is Type.DATE)
    if dates:
        leaves.append(
            st.builds(
                Compared,
                st.sampled_from(["eq", "lt", "ge"]),
                st.builds(Part, st.sampled_from(["year", "month", "day"]), st.sampled_from(dates).map(Name)),
                st.sampled_from([1, 4, 11, 21, 2024, 2026]).map(Constant),
            )
        )
    instants = sorted(name for name, type_ in named.items() if type_ is Type.INSTANT)
    if instants:
        leaves += [
            st.builds(
                Compared,
                st.sampled_from(["eq", "ne", "lt", "ge", "gt", "le"]),
                st.builds(
                    Part,
                    st.sampled_from(["year", "month", "day", "hour", "minute", "second"]),
                    st.sampled_from(instants).map(Name),
                ),
                st.sampled_from([0, 1, 3, 11, 16, 21, 2026, None]).map(Constant),
                # There is no year 0, which is refused.
            ).filter(lambda made: (made.left.function, made.right.value) != ("year", 0)),
            st.builds(
                Compared,
                st.sampled_from(["eq", "ne", "lt", "ge", "gt", "le"]),
                st.builds(Part, st.just("date"), st.sampled_from(instants).map(Name)),
                st.one_of(
                    st.sampled_from([date(2026, 11, 21), date(2026, 11, 22), None]).map(Constant),
                    st.sampled_from(dates).map(Name) if dates else st.just(Constant(None)),
                    st.builds(Part, st.just("date"), st.sampled_from(instants).map(Name)),
                ),
            ),
        ]
    if any(type_ is Type.YES_NO for type_ in named.values()):
        leaves.append(st.sampled_from(sorted(n for n, t in named.items() if t is Type.YES_NO)).map(Name))
    return st.recursive(
        st.one_of(leaves),
        lambda inner: st.one_of(
            inner.map(Not),
            st.lists(inner, min_size=2, max_size=3).map(lambda found: Both(tuple(found))),
            st.lists(inner, min_size=2, max_size=3).map(lambda found: Either(tuple(found))),
        ),
        max_leaves=5,
    )


def reckonings(of: st.SearchStrategy[Operand]) -> st.SearchStrategy[Operand]:
    """Sums, products and quotients of numbers; whoever takes quotients of decimals too gets no remainder."""
    small = st.sampled_from([1, 2, 3, -2, Decimal("0.9"), Decimal("1.5")]).map(Constant)
    one = st.one_of(
        st.builds(Reckoned, st.sampled_from(["add", "sub", "mul"]), of, st.one_of(of, small)),
        st.builds(Reckoned, st.just("div"), of, small),
    )
    return st.one_of(one, st.builds(Reckoned, st.sampled_from(["add", "sub"]), one, st.one_of(of, small)))


def as_written(node: Any) -> str:
    """A condition as OData writes it."""
    if isinstance(node, Both | Either):
        word = " and " if isinstance(node, Both) else " or "
        return word.join(f"({as_written(each)})" for each in node.conditions)
    if isinstance(node, Not):
        return f"not ({as_written(node.condition)})"
    if isinstance(node, Compared):
        return f"{as_written(node.left)} {node.how} {as_written(node.right)}"
    if isinstance(node, Among):
        return f"{node.name.name} in ({','.join(map(as_written, node.values))})"
    if isinstance(node, Texts):
        return f"{node.function}({as_written(node.name)},{as_written(Constant(node.text))})"
    if isinstance(node, Part):
        more = "".join(f",{as_written(Constant(each))}" for each in node.more)
        return f"{node.function}({as_written(node.of)}{more})"
    if isinstance(node, Joined):
        return f"concat({as_written(node.left)},{as_written(node.right)})"
    if isinstance(node, Reckoned):
        return f"({as_written(node.left)} {node.how} {as_written(node.right)})"
    if isinstance(node, Name):
        return node.name
    return _value(node.value)


def _value(value: Any) -> str:
    if value is None or isinstance(value, bool):
        return "null" if value is None else str(value).lower()
    if isinstance(value, str):
        return "'" + value.replace("'", "''") + "'"
    if isinstance(value, datetime):
        return value.isoformat().replace("+00:00", "Z")
    return value.isoformat() if isinstance(value, date) else str(value)
