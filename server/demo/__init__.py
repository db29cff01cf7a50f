"""A made-up province, so that the first start shows something; the same for each day on which it is made."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

from sqlmodel import col, select

from server.demo.ids import named
from server.storage.organisation import User
from server.usecases import people
from server.usecases.work import Office

DEFAULT_PASSWORD = "xunting-demo"  # noqa: S105
_ACCOUNTS = (
    "shopper1",
    "manager1",
    "hall1",
    "owner1",
    "reviewer1",
    "branch1",
    "hq1",
    "hq2",
    "admin1",
    "auditor1",
)


def create(office: Office, say: Callable[[str], None] = lambda _: None, *, every: int = 1) -> None:
    """Make the whole demonstration in one transaction, in an empty database; `say` hears of the progress.

    `every` takes only every so many of the past's visits, for tests that need no more.
    """
    # Only the first start draws and fills a province; every later one need not load what that takes.
    from server.demo.actions import followed_up
    from server.demo.appeals import said
    from server.demo.commission import paid
    from server.demo.decisions import decided
    from server.demo.history import past, recent, today_in_shanxi
    from server.demo.inputs import past_inputs
    from server.demo.organisation import organisation
    from server.demo.periods import closed
    from server.demo.plan import walked
    from server.demo.weak_items import tracked
    from server.demo.webhooks import webhook
    from server.usecases import checklists, rules

    checklists.publish_standards(office)
    rules.publish_rules(office)
    with office.work() as work:
        now = work.now
        today = today_in_shanxi(now)
        made = organisation(now, people.hashed(office.settings.demo_password))
        for rows in (made.units, made.outlets, made.users):
            work.session.add_all(rows)
            work.session.flush()
        work.record("demonstration.made", "demonstration", today.isoformat())
        say(f"网点 outlets {len(made.outlets)}，用户 users {len(made.users)}")
        # The province is a telecom operator's: the power hall's list is there to be seen, and given to nobody.
        checklists.retire(work, "power-hall", 1, "本省没有供电营业厅")
        past_inputs(work, made, today)
        past(work, made, today, say, every)
        recent(work, made, now, today)
        followed_up(work, made, now)
        said(work, made, now, today)
        webhook(work, made)
        walked(work, made, now, today)
        closed(work, made, today)
        paid(work, made)
        decided(work, made, now, today)
        tracked(work, made, now, today)


def keep_password(office: Office) -> None:
    """Let the demonstration's accounts follow the demonstration's password.

    Otherwise the well-known one of the first start would still open a server that listens to others now.
    Accounts whose password was changed by hand keep it.
    """
    with office.work(write=False) as work:
        known = work.session.exec(
            select(User.password_hash).where(col(User.id).in_([named("user", name) for name in _ACCOUNTS]))
        ).all()
    if not known:
        return
    shared, _ = Counter(known).most_common(1)[0]
    if people.matches(shared, office.settings.demo_password):
        return
    with office.work() as work:
        people.replace_hash(work, shared, office.settings.demo_password)
