"""Takes jobs off the event log: flags, photo sizes, acceptance by rule, reports; expires uploads and voice notes."""

from __future__ import annotations

import logging
import signal
import threading
import traceback
from collections.abc import Callable
from datetime import datetime, timedelta
from uuid import UUID

from server.config import Settings
from server.reports.warm_press import WarmPress
from server.usecases import (
    action_times,
    appeal_answers,
    appeals,
    decision_letters,
    decision_proposals,
    decisions,
    evidence,
    expiry,
    input_followup,
    jobs,
    notices,
    period_corrections,
    period_orders,
    period_reports,
    photos,
    releases,
    report_folders,
    reports,
    retention,
    review,
    trials,
    uploads,
    weak_item_plans,
    webhooks,
)
from server.usecases.work import Office

LOG = logging.getLogger("xunting.worker")
PAUSE_SECONDS = 0.5
EXPIRY = timedelta(hours=1)

JOBS: dict[str, tuple[str, ...]] = {
    "visit.whole": ("flag_evidence",),
    "visit.flagged": ("accept_by_rule",),
    "visit.accepted": ("issue_report", "propose_masks", "expire_voice", "recompute_periods"),
    "visit.voided": ("expire_voice", "recompute_periods"),
    "visit.discarded": ("expire_voice",),
    "visit.published": ("issue_outlet_report", "recompute_periods", "redraft_outdated"),
    "period.published": ("redraft_outdated",),
    "photo.withheld": ("issue_without",),
    "visit.pictures-expired": ("replace_reports",),
    "visit.masked-expired": ("replace_reports",),
    "visit.corrected": ("issue_again", "recompute_periods"),
    "input.imported": ("redraft_periods",),
    "veto.entered": ("redraft_periods",),
    "veto.withdrawn": ("redraft_periods",),
    "report.asked": ("make_period",),
    "rules.tried": ("try_rules",),
    "decision.approved": ("issue_letter", "take_effect"),
    "decision.withdrawn": ("issue_letter",),
    "decision.held": ("issue_letter",),
    "decision.rejected": ("issue_letter",),
}
"""Event → handlers. Each handler may run twice for one event and must leave the same behind."""
TELL = "tell"
JOBS.update({name: (TELL, *JOBS.get(name, ())) for name in sorted(notices.EVENTS)})

Handler = Callable[[Office, UUID], object]


def flag_evidence(office: Office, visit_id: UUID) -> None:
    """Find the reviewer's flags of a visit that arrived whole; likeness is seen in the sizes of its pictures."""
    photos.make_sizes(office, visit_id)
    with office.work() as work:
        evidence.flag(work, visit_id)


def accept_by_rule(office: Office, visit_id: UUID) -> None:
    """Accept a patrol or area visit that nothing speaks against."""
    with office.work() as work:
        review.accept_by_rule(work, visit_id)


def issue_report(office: Office, visit_id: UUID) -> None:
    """Sign the inner edition at acceptance."""
    reports.issue(office, visit_id, "inner")


def issue_outlet_report(office: Office, visit_id: UUID) -> None:
    """Sign the outlet's edition at publication."""
    reports.issue(office, visit_id, "outlet")


def issue_again(office: Office, visit_id: UUID) -> None:
    """Sign both editions of a corrected visit, as far as they may exist; each supersedes the older one."""
    reports.issue(office, visit_id, "inner")
    reports.issue(office, visit_id, "outlet")


def issue_without(office: Office, visit_id: UUID) -> None:
    """Sign anew what shows a photograph that was withheld after its publication: the visit's report and those of periods."""
    reports.issue_without(office, visit_id)
    period_reports.issue_without(office, visit_id)


HANDLERS: dict[str, Handler] = {
    "make_sizes": photos.make_sizes,
    "flag_evidence": flag_evidence,
    "accept_by_rule": accept_by_rule,
    "issue_report": issue_report,
    "issue_outlet_report": issue_outlet_report,
    "issue_again": issue_again,
    "issue_without": issue_without,
    "replace_reports": retention.replace_reports,
    "issue_letter": decision_letters.issue,
    "take_effect": decisions.take_effect_now,
    "expire_voice": expiry.expire_voice,
    "propose_masks": releases.propose,
    "make_period": period_orders.make,
    "recompute_periods": period_corrections.follow,
    "redraft_periods": input_followup.follow,
    "try_rules": trials.make,
}


KEEPING: tuple[Callable[[Office], object], ...] = (
    retention.expire_pictures,
    retention.expire_proofs,
    retention.expire_masked,
)
"""Not in the demonstration: its past was made up in a minute, to be looked at."""
SWEEPS: tuple[Callable[[Office], object], ...] = (
    uploads.expire,
    expiry.expire_left_voice,
    *KEEPING,
    action_times.sweep,
    appeals.put_unproved,
    appeal_answers.go_up,
    decision_proposals.seek,
    decisions.take_effect,
    weak_item_plans.find_overdue,
    notices.find_overdue,
    notices.tidy,
    report_folders.expire,
    period_orders.expire,
    trials.expire,
    input_followup.catch_up,
)
"""What time alone brings about, looked for each hour; each changes nothing where it did so before."""


OF_EVENTS: dict[str, Callable[[Office, int], object]] = {
    TELL: notices.tell,
    "redraft_outdated": input_followup.catch_up,
}
"""Handlers that ask what happened, and not only to which record, or to whichever."""


def run_once(office: Office, stop: threading.Event | None = None) -> int:
    """Seal and work off everything that is due now, also what follows from it; returns how many jobs were run."""
    ran = 0
    while not (stop and stop.is_set()) and jobs.anything_due(office):
        # Before each job: what happened meanwhile must not wait for all that are due.
        jobs.seal(office, JOBS)
        claimed = jobs.claim(office)
        if claimed is not None:
            _run(office, claimed)
            ran += 1
    return ran


def sweep(office: Office) -> None:
    """Do everything that time alone brings about; one that fails leaves the others, and comes again with the next hour."""
    for each in SWEEPS:
        if each in KEEPING and office.settings.demo:
            continue
        try:
            each(office)
        except Exception:
            LOG.exception("%s.%s failed", each.__module__, each.__name__)


def run(office: Office, stop: threading.Event) -> None:
    """Work until `stop` is set; a job that was begun is finished first."""
    swept: datetime | None = None
    # A receiver that hangs must not keep reports waiting.
    courier = threading.Thread(target=_deliver, args=(office, stop), name="courier")
    # Nor may a job that takes minutes keep the log open.
    sealer = threading.Thread(target=_seal, args=(office, stop), name="sealer")
    courier.start()
    sealer.start()
    while not stop.is_set():
        busy = False
        try:
            run_once(office, stop)
            if swept is None or office.clock() - swept >= EXPIRY:
                swept = office.clock()
                sweep(office)
            # One piece of a folder at a time: other jobs go on between its reports.
            busy = report_folders.step(office)
        except Exception:
            # A database that is away for a moment must not end the worker; the log says what happened.
            LOG.exception("the worker stumbled")
        if not busy:
            stop.wait(PAUSE_SECONDS)
    courier.join()
    sealer.join()


def _seal(office: Office, stop: threading.Event) -> None:
    while not stop.is_set():
        try:
            jobs.seal(office, JOBS)
        except Exception:
            LOG.exception("the sealer stumbled")
        stop.wait(PAUSE_SECONDS)


def _deliver(office: Office, stop: threading.Event) -> None:
    while not stop.is_set():
        try:
            webhooks.deliver(office, stop)
        except Exception:
            LOG.exception("the courier stumbled")
        stop.wait(PAUSE_SECONDS)


def serve(settings: Settings) -> None:
    """Run as a process of its own until SIGTERM or SIGINT."""
    stop = threading.Event()
    for name in (signal.SIGTERM, signal.SIGINT):
        signal.signal(name, lambda *_: stop.set())
    office, press = Office.of(settings), WarmPress()
    office.press = press
    LOG.info("worker started")
    try:
        run(office, stop)
    finally:
        press.close()
        office.database.close()
    LOG.info("worker stopped")


def _run(office: Office, claimed: jobs.Claimed) -> None:
    try:
        if claimed.handler in OF_EVENTS:
            OF_EVENTS[claimed.handler](office, claimed.event_id)
        else:
            HANDLERS[claimed.handler](office, UUID(claimed.subject))
    except Exception as error:
        # Whatever a handler raises is kept with the job and tried again; the next job must not wait for it.
        LOG.exception("job %s %s failed", claimed.id, claimed.handler)
        last = traceback.format_exception_only(error)[-1].strip()
        kept = jobs.failed(office, claimed, last)
    else:
        kept = jobs.done(office, claimed)
    if not kept:
        LOG.warning("job %s %s outlived its lease", claimed.id, claimed.handler)
