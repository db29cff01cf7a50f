"""The six indicators of one own hall in a month, as a round has them: out of the figures of the unit right above it."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import col

from server.domain.access import SYSTEM, Viewer
from server.domain.errors import NotFound
from server.domain.service_indicators import CODES, of_hall
from server.domain.units import paths_of
from server.queries import results, scope
from server.queries.rules import rule_set
from server.storage.organisation import Outlet, Tier
from server.storage.periods import PeriodRow


def told(
    connection: sa.Connection, viewer: Viewer, row: PeriodRow, outlet: UUID
) -> dict[str, dict[str, Any]]:
    """The explanation of each indicator (JSON values) by its code; `row` is the month with the round that the viewer sees.

    The six are stored of units, whose explanations have each hall as a part. Of a hall in sight its own part is told, with
    the month's target: nothing of the unit or of other halls. Raises NotFound, also for what was no own hall then.
    """
    seen = sa.select(col(Outlet.id)).where(col(Outlet.id) == outlet, scope.outlets(viewer))
    then = results.outlets_then(connection, row.code, row.round, [outlet])
    if row.kind != "month" or connection.execute(seen).first() is None or not then:
        raise NotFound()
    if then[0].tier != Tier.OWN_HALL:
        raise NotFound()
    paths = paths_of(then[0].unit_path)
    of_units = results.explanations(connection, SYSTEM, row, CODES, paths)
    rules = rule_set(connection, row.rules_version)
    found = {}
    for code in CODES:
        mine = next(
            (
                part
                for path in reversed(paths)
                for part in of_units.get((path, code), {}).get("parts", ())
                if part.get("subject") == f"outlet:{outlet}"
            ),
            None,
        )
        rate = None if mine is None else Fraction(str(mine["value"]))
        found[code] = _joined(of_hall(code, rate, rules.indicators, rules.version).as_json(), mine or {})
    return found


def _joined(figure: Mapping[str, Any], part: Mapping[str, Any]) -> dict[str, Any]:
    """The figure of a hall with what its part in the unit's was computed from."""
    inputs = {**figure["inputs"], **part.get("inputs", {})}
    below = {name: part[name] for name in ("notes", "parts") if name in part}
    return {**figure, "inputs": inputs, **below}
