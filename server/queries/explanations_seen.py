"""Explanations as far as the viewer may see them: visits under the ids of their pages, imports as they may be known."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import col

from server.domain.access import Viewer
from server.queries import import_sources, scope
from server.queries.reports import report_id_of
from server.storage.visits import Visit

_AT_ONCE = 500


def for_viewer(
    connection: sa.Connection, viewer: Viewer, told: Mapping[str, Any], *, whole: bool = True
) -> dict[str, Any]:
    """A stored explanation without the ids of visits that the viewer may not know, and with the imports that it names.

    A covert visit goes under the id of its published report, one out of sight under none. `whole`: False tells of imports
    what everybody may know, whoever asks.
    """
    ids = {UUID(name) for sort, name in subjects(told) if sort == "visit"}
    names = page_ids(connection, viewer, ids)
    imports = import_sources.sources(connection, viewer, set(_imports(told)), whole=whole)
    return _renamed(told, {str(visit): str(page) for visit, page in names.items()}, imports)


def page_ids(connection: sa.Connection, viewer: Viewer, visits: Collection[UUID]) -> dict[UUID, UUID]:
    """The id of each visit's page for the viewer; those out of sight are left out."""
    found: dict[UUID, UUID] = {}
    listed = sorted(visits)
    for begin in range(0, len(listed), _AT_ONCE):
        rows = connection.execute(
            sa.select(
                col(Visit.id), col(Visit.accepted_revision), scope.as_taken(viewer).label("known")
            ).where(col(Visit.id).in_(listed[begin : begin + _AT_ONCE]), scope.visits(viewer))
        )
        for visit, revision, known in rows:
            found[visit] = visit if known else report_id_of(visit, revision or 1, "outlet")
    return found


def subjects(told: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """What a tree is about: sort and name of every node that may be opened."""
    sort, _, name = str(told.get("subject", "")).partition(":")
    if name:
        yield sort, name
    for part in told.get("parts", ()):
        yield from subjects(part)


def _imports(told: Mapping[str, Any]) -> Iterator[int]:
    number = told.get("inputs", {}).get("import")
    if number is not None:
        yield number
    for part in told.get("parts", ()):
        yield from _imports(part)


def _renamed(
    told: Mapping[str, Any], names: Mapping[str, str], imports: Mapping[int, dict[str, Any]]
) -> dict[str, Any]:
    found = dict(told)
    number = told.get("inputs", {}).get("import")
    if number in imports:
        found["source"] = imports[number]
    sort, _, name = str(told.get("subject", "")).partition(":")
    if sort == "visit":
        if name in names:
            found["subject"] = f"visit:{names[name]}"
        else:
            del found["subject"]
        if "inputs" in found:
            found["inputs"] = {key: value for key, value in found["inputs"].items() if key != "visit"}
    if "parts" in told:
        parts = [_renamed(part, names, imports) for part in told["parts"]]
        if parts and all(str(part.get("subject", "")).startswith("visit:") for part in told["parts"]):
            # The phone's id of a visit grows with the clock: kept in its order, visits of one day would tell who came first.
            parts.sort(key=lambda part: (part.get("inputs", {}).get("day", ""), part.get("subject", "")))
        found["parts"] = parts
    return found
