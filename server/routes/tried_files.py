"""What the pages of imports share: the file that is sent, within its limits, and what is told of it once it was tried."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Generic, TypeVar

from flask import flash, g, render_template, request

from server.domain.errors import TooLarge
from server.domain.imports import Column
from server.gateways.spreadsheet import MAX_ROWS, CellFault, SheetWrong
from server.gateways.workbook_file import MAX_BYTES
from server.queries import import_words
from server.routes import show
from server.usecases.imports import Import
from server.usecases.tried_files import digest_of, keep_tried
from server.usecases.work import Work

I = TypeVar("I", bound=Import)  # noqa: E741
SHOWN = 200
"""So many rows of a file are told on the page, those that are wrong first."""
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_ORDER = {"wrong": 0, "gone": 1, "changed": 2, "new": 3, "same": 4}
_FORM_AROUND = 100_000


@dataclass(frozen=True, slots=True)
class Tried(Generic[I]):
    """A file that was tried, by its name and SHA-256: what becomes of its rows, or why it is no table (`faults`)."""

    name: str = ""
    sha256: str = ""
    planned: I | None = None
    faults: tuple[CellFault, ...] = ()


def try_sent(work: Work, plan: Callable[[Path], I]) -> Tried[I] | None:
    """Keep the file of the request and read it; where none was chosen, say so and return None. Raises TooLarge."""
    if (request.content_length or 0) > MAX_BYTES + _FORM_AROUND:
        raise TooLarge(limit=MAX_BYTES)
    sent = request.files.get("file")
    if not sent or not sent.filename:
        flash(show.say("请先选择文件。"), "warn")
        return None
    name = sent.filename[-200:]
    path = keep_tried(work, name, sent.stream)
    try:
        return Tried(name, digest_of(path), plan(path))
    except SheetWrong as wrong:
        return Tried(name, faults=wrong.faults)


def page(template: str, columns: Iterable[Column], tried: Tried[Any], **more: Any) -> tuple[str, int]:
    """The page of a file to import, with what becomes of its rows; 422 where it cannot be taken in."""
    planned: Import | None = tried.planned
    fates = sorted(planned.fates, key=lambda fate: (_ORDER[fate.outcome], fate.number)) if planned else []
    text = render_template(
        template,
        columns=columns,
        planned=planned,
        sums=planned.sums() if planned else {},
        fates=fates[:SHOWN],
        more=max(0, len(fates) - SHOWN),
        told=lambda fate: import_words.told(fate.changes, fate.counts, g.translate),
        joined=lambda said: import_words.joined(said, g.language),
        waits=import_words.WAITS,
        faults=tried.faults,
        name=tried.name,
        sha256=tried.sha256,
        most_rows=MAX_ROWS,
        most_megabytes=MAX_BYTES // 1_000_000,
        **more,
    )
    return text, 422 if tried.faults or (planned and not planned.clean) else 200


def say_taken_in(planned: Import) -> None:
    """Say how many rows were stored."""
    flash(
        show.say("已写入：新增 {new}，更新 {changed}。", **planned.sums())
        if planned.changes
        else show.say("没有变化，什么都没有写入。"),
        "good",
    )
