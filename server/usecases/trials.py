"""Trials of rules: asked for in a moment, reckoned by the worker portion by portion, kept for some days; no figure is touched."""

from __future__ import annotations

import json
import zlib
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from server.domain.access import SYSTEM, Permission
from server.domain.closing import PeriodUnknown, read_period
from server.domain.draft_errors import WrongStandard
from server.domain.errors import NotFound
from server.domain.rules import RuleSet, plain, read_rules
from server.domain.trial_packing import packed
from server.domain.trials import DAYS_KEPT, PeriodAhead, Result, Sums, Tried
from server.domain.visit import SHANGHAI
from server.queries import reckoning, results, trial_runs
from server.queries import trials as shown
from server.queries.rules import rule_set, rules_on
from server.storage.database import hold
from server.storage.files import Files
from server.storage.organisation import Outlet
from server.usecases import cores, trial_inputs, trial_quarters, trial_rows
from server.usecases.rules import changed
from server.usecases.trial_grounds import Grounds, grounds, outlets
from server.usecases.trial_portion import Portion, portion
from server.usecases.work import Office, Work

_ASKED, _DONE, _RESULT = trial_runs.ASKED, trial_runs.PROGRESS, shown.RESULT
_FEW = 3000


def ask(work: Work, base: str, period: str, values: Mapping[str, Any]) -> UUID:
    """Ask for a trial of a version (`v2`) or draft (`draft-<id>`), with some values put in by their pointers.

    The same rules on the same period are one trial, whoever asks; it is reckoned again where nothing of
    it is kept. Raises NotAllowed, NotFound, PeriodUnknown, PeriodAhead, and WrongStandard with all that is wrong.
    """
    work.needs(Permission.TRY_RULES)
    span = read_period(period)
    if span.kind not in shown.KINDS:
        raise PeriodUnknown()
    if span.first > work.now.astimezone(SHANGHAI).date():
        raise PeriodAhead(period=period)
    rules, findings = read_rules(changed(shown.written_of(work.session, work.viewer, base), values))
    if rules is None or findings:
        raise WrongStandard(findings=tuple(findings))
    trial = shown.id_of(span, rules)
    order = shown.asked(work.files, trial)
    if order is None or not shown.kept(work.files, trial):
        if order is not None and trial_runs.waits(work.session, trial):
            return trial
        asked_at = work.now.isoformat()
        _put(
            work.files,
            f"{_ASKED}/{trial}",
            {"period": period, "base": base, "at": asked_at, "written": plain(rules)},
        )
        work.record(trial_runs.TRIED, "trial", trial, period=period, base=base)
    return trial


def again(work: Work, trial: UUID) -> None:
    """Reckon a trial again on the facts of now. Raises NotAllowed, NotFound."""
    work.needs(Permission.TRY_RULES)
    order = shown.asked(work.files, trial)
    if order is None:
        raise NotFound()
    if not trial_runs.waits(work.session, trial):
        _put(work.files, f"{_ASKED}/{trial}", order.as_json() | {"at": work.now.isoformat()})
        work.record(trial_runs.TRIED, "trial", trial, period=order.period.code, base=order.base)


def cancel(work: Work, trial: UUID) -> bool:
    """Cancel a trial that waits or is being reckoned; False: it was over before. Raises NotAllowed, NotFound.

    A trial belongs to all who may try rules, as it is one for all who ask for it. What was asked for stays, so that it can be
    asked for again, and what came of an earlier time stays too.
    """
    work.needs(Permission.TRY_RULES)
    order = shown.asked(work.files, trial)
    if order is None:
        raise NotFound()
    hold(work.connection, trial)
    if not trial_runs.waits(work.session, trial) or _over(work.files, trial, order):
        return False
    work.record(trial_runs.CANCELLED, "trial", trial, period=order.period.code, base=order.base)
    return True


def make(office: Office, trial: UUID) -> None:
    """Reckon what was asked for; doing it again changes nothing, and nothing but its own result is written.

    Of what is cancelled meanwhile nothing is left: before each portion, and before its result is kept, it is asked for.
    """
    order = shown.asked(office.files, trial)
    if order is None:
        return
    result = _reckoned(office, trial, order)
    if result is not None:
        with office.work() as work:
            hold(work.connection, trial)
            if trial_runs.stands(work.session, trial, order.when):
                office.files.put_named(f"{_RESULT}/{trial}", result)
    office.files.delete_named(f"{_DONE}/{trial}")


def _reckoned(office: Office, trial: UUID, order: shown.Asked) -> bytes | None:
    """What comes of a trial, as it is kept; None where nobody wants it any more."""
    if not _stands(office, trial, order):
        return None
    today = office.clock().astimezone(SHANGHAI).date()
    before, after = Sums(), Sums()
    rows: list[Any] = []
    done = 0
    # Starting other processes pays for a province alone.
    with cores.ready(trial_rows.opened, cores=1 if _few(office) else None) as results:
        with office.work(write=False) as work:
            of = grounds(work.connection, order.period, order.rules, today)
            places, otherwise = outlets(work.connection, of)
            tasks = trial_rows.tasks(work.connection, places, otherwise)
        _put(office.files, f"{_DONE}/{trial}", {"done": done, "of": len(places)})
        for part in results((office.settings, of), tasks):
            if not _stands(office, trial, order):
                return None
            before.join(part.before)
            after.join(part.after)
            rows += part.rows
            done += part.outlets
            _put(office.files, f"{_DONE}/{trial}", {"done": done, "of": len(places)})
    with office.work(write=False) as work:
        quarters = trial_quarters.quarters(work.connection, of)
        newer = trial_inputs.newer(work.connection, of)
    result = Result(
        order.period.code,
        order.at,
        of.codes,
        of.stored,
        newer,
        order.period.kind in (of.whole.rules.stars.period, order.rules.stars.period),
        len(places),
        before,
        after,
        quarters,
        (),
    )
    return _packed(packed(result) | {"rows": rows})


def _few(office: Office) -> bool:
    with office.work(write=False) as work:
        many = work.connection.execute(sa.select(sa.func.count()).select_from(Outlet)).scalar_one()
    return many <= _FEW


def opened(work: Work, trial: UUID, outlet: UUID) -> tuple[Grounds, Portion, Tried]:
    """One outlet of a trial with the explanations of both sides, reckoned for whoever looks. Raises NotAllowed, NotFound."""
    work.needs(Permission.TRY_RULES)
    order = shown.asked(work.files, trial)
    if order is None:
        raise NotFound()
    of = grounds(work.connection, order.period, order.rules, work.now.astimezone(SHANGHAI).date())
    places, otherwise = outlets(work.connection, of)
    found = portion(work.connection, of, _neighbours(of, places, outlet), otherwise, str(outlet))
    rows = trial_rows.rows(work.connection, found)
    return of, found, next(row for row in rows if row.outlet == str(outlet))


def rules_of(work: Work, order: shown.Asked) -> RuleSet:
    """The rules that the period was computed with, or would be: what the tried ones are compared with."""
    row = results.period(work.connection, SYSTEM, order.period.code)
    if row is not None and row.digest:
        return rule_set(work.connection, row.rules_version)
    return rules_on(work.connection, order.period.first)


def expire(office: Office) -> int:
    """Forget the trials whose days are over; returns how many."""
    until = office.clock() - timedelta(days=DAYS_KEPT)
    gone = 0
    for name in list(office.files.names(kind=_ASKED)):
        order = shown.asked(office.files, UUID(name))
        if order is not None and datetime.fromisoformat(order.at) < until:
            for kind in (_RESULT, _DONE, _ASKED):
                office.files.delete_named(f"{kind}/{name}")
            gone += 1
    return gone


def _neighbours(of: Grounds, places: Sequence[reckoning.Place], outlet: UUID) -> list[reckoning.Place]:
    """The outlet, with its county where the period proposes exits: they go by its ranks."""
    mine = next((place for place in places if place.outlet == outlet), None)
    if mine is None:
        raise NotFound()
    if of.period.kind != "half_year" or of.period.number != 2:
        return [mine]
    county = reckoning.within(mine.unit_path, of.past.counties)
    if county is None:
        return [mine]
    return [place for place in places if place.unit_path.startswith(county)]


def _stands(office: Office, trial: UUID, order: shown.Asked) -> bool:
    with office.work(write=False) as work:
        return trial_runs.stands(work.session, trial, order.when)


def _over(files: Files, trial: UUID, order: shown.Asked) -> bool:
    """Whether the result is there, though the worker has not yet put its job away."""
    result = shown.kept(files, trial)
    return result is not None and result.at == order.at


def _put(files: Files, name: str, value: dict[str, Any]) -> None:
    files.put_named(name, _packed(value))


def _packed(value: dict[str, Any]) -> bytes:
    return zlib.compress(json.dumps(value, ensure_ascii=False).encode())
