"""Inputs that came after a period was computed: where a trial looks at them, its differences are not of the rules alone."""

from __future__ import annotations

import sqlalchemy as sa
from sqlmodel import col

from server.domain.trial_narrowing import asks_inputs
from server.storage.inputs import InputImport
from server.usecases.trial_grounds import Grounds, Stage


def newer(connection: sa.Connection, of: Grounds) -> tuple[str, ...]:
    """The stored periods whose inputs are looked at again and were imported anew since they were computed."""
    return tuple(
        stage.code
        for stage in of.stages
        if stage.at is not None
        and asks_inputs(stage.rules, of.rules, stage.period)
        and _imported_since(connection, stage, of)
    )


def _imported_since(connection: sa.Connection, stage: Stage, of: Grounds) -> bool:
    missing = [rules.composite.missing for rules in (stage.rules, of.rules)]
    back = max(max(each.months_before, each.replies_months - 1) for each in missing)
    months = stage.period.split("month")
    mine = {month.code for month in months} | {months[0].back(turn).code for turn in range(1, back + 1)}
    imports = connection.execute(sa.select(col(InputImport.months)).where(col(InputImport.at) > stage.at))
    return any(not mine.isdisjoint(told.split()) for told in imports.scalars())
