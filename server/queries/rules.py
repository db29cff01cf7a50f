"""The rule set that holds on a day, or one by its version: published ones, each parsed once in a process."""

from __future__ import annotations

import json
from datetime import date
from weakref import WeakKeyDictionary

import sqlalchemy as sa
from sqlmodel import col

from server.domain.rules import RuleSet, read_rules
from server.storage.standards import RuleSet as Published

_ON_DAY = (
    sa.select(col(Published.version))
    .where(col(Published.valid_from) <= sa.bindparam("day"), col(Published.retired_at).is_(None))
    .order_by(col(Published.valid_from).desc(), col(Published.version).desc())
    .limit(1)
)
_WRITTEN = sa.select(col(Published.written)).where(col(Published.version) == sa.bindparam("nth"))
# What is published never changes, so what is held of a database is never wrong; there are a few versions.
_held: WeakKeyDictionary[sa.Engine, dict[int, RuleSet]] = WeakKeyDictionary()


class NoRules(LookupError):
    """No rule set is published that was asked for."""


def rules_on(connection: sa.Connection, day: date) -> RuleSet:
    """The published rule set for a day (Asia/Shanghai): the latest valid, the higher version of two. Raises NoRules.

    Retired sets are left out; what was computed with one asks for it by its version.
    """
    version = connection.execute(_ON_DAY, {"day": day}).scalar()
    if version is None:
        raise NoRules(
            f"{day.isoformat()} 没有有效的规则集，请运行 xunting migrate。 "
            f"No rule set is valid on {day.isoformat()}: run xunting migrate."
        )
    return rule_set(connection, version)


def first_day(connection: sa.Connection) -> date:
    """The first day for which any rule set holds; the last day of the calendar where none is published."""
    statement = sa.select(sa.func.min(col(Published.valid_from))).where(col(Published.retired_at).is_(None))
    return connection.execute(statement).scalar() or date.max


def rule_set(connection: sa.Connection, version: int) -> RuleSet:
    """A published rule set by its version, retired or not. Raises NoRules."""
    held = _held.setdefault(connection.engine, {})
    found = held.get(version)
    if found is None:
        written = connection.execute(_WRITTEN, {"nth": version}).scalar()
        if written is None:
            raise NoRules(f"没有第 {version} 版规则集。 There is no rule set {version}.")
        found, findings = read_rules(json.loads(written))
        if found is None:
            raise NoRules(f"rule set {version} cannot be read by this program: {findings[0]}")
        held[version] = found
    return found
