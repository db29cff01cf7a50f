"""Drafts of checklists: saved, said what changed, proposed, confirmed by another person, retired."""

from __future__ import annotations

import json
from copy import deepcopy
from typing import Any

import pytest
from sqlmodel import select

from server.domain.access import Role, Viewer
from server.domain.draft_errors import (
    AlreadyRetired,
    DraftChanged,
    DraftExists,
    DraftOutdated,
    DraftStateForbids,
    NoteMissing,
    NothingChanged,
    OtherStandard,
    OwnProposal,
    WrongStandard,
)
from server.domain.errors import NotAllowed, NotFound, Problem, ReasonMissing, UnknownChecklist
from server.queries import checklists as published
from server.storage.events import Event
from server.storage.standards import ChecklistVersion, DraftState, StandardDraft
from server.usecases import campaigns, checklists, drafts
from server.usecases.checklists import CHECKLISTS
from server.usecases.rules import RULES
from server.usecases.work import Office
from tests import make, submitted


@pytest.fixture
def people(both: Office) -> dict[str, Viewer]:
    submitted.checklist(both)
    roles = {"hq": Role.HQ, "admin": Role.ADMIN, "third": Role.HQ, "reviewer": Role.REVIEWER}
    return {name: submitted.viewer(make.user(both, role=role, username=name)) for name, role in roles.items()}


def reworded() -> dict[str, Any]:
    written = deepcopy(submitted.WRITTEN)
    written["sections"][0]["items"][0]["text"] = {"zh": "别的说法", "en": "Other words"}
    return dict(written)


FIRST = submitted.WRITTEN["sections"][0]["items"][0]["id"]


def saved(office: Office, who: Viewer, written: dict[str, Any] | None = None) -> StandardDraft:
    with office.work(who) as work:
        return checklists.save(work, written or reworded())


def said(office: Office, who: Viewer, draft: StandardDraft, note: str = "说法更清楚") -> StandardDraft:
    with office.work(who) as work:
        return checklists.say_meanings(work, draft.id, draft.revision, {FIRST: "same"}, note)


def proposed(office: Office, who: Viewer) -> StandardDraft:
    draft = said(office, who, saved(office, who))
    with office.work(who) as work:
        return drafts.propose(work, CHECKLISTS, draft.id, draft.revision)


def refused(office: Office, who: Viewer, problem: type[Problem], act: Any) -> Problem:
    with pytest.raises(problem) as caught, office.work(who) as work:
        act(work)
    return caught.value


def test_a_version_is_written_by_one_and_confirmed_by_another(
    both: Office, people: dict[str, Viewer]
) -> None:
    draft = proposed(both, people["hq"])
    refused(
        both,
        people["hq"],
        OwnProposal,
        lambda work: drafts.publish(work, CHECKLISTS, draft.id, draft.revision),
    )
    with both.work(people["admin"]) as work:
        assert drafts.publish(work, CHECKLISTS, draft.id, draft.revision) == 2
    with both.work(write=False) as work:
        row = work.session.get_one(ChecklistVersion, ("small-hall", 2))
        assert (str(row.proposed_by), str(row.confirmed_by)) == (
            people["hq"].user_id,
            people["admin"].user_id,
        )
        compiled = published.compiled(work.connection, "small-hall", 2)
        assert compiled["sections"][0]["items"][0]["text"]["zh"] == "别的说法"
        assert compiled["sections"][0]["items"][0]["indicator"] == FIRST
        assert published.compiled(work.connection, "small-hall", 1)["version"] == 1
        assert json.loads(row.written)["changes"] == {"since": 1, "note": "说法更清楚", "same": [FIRST]}
        assert campaigns.newest(work, "small-hall").version == 2
        assert work.session.get_one(StandardDraft, draft.id).state is DraftState.PUBLISHED
        names = [each.name for each in work.session.exec(select(Event)).all()]
        assert names[-4:] == ["draft.saved", "draft.proposed", "checklist.published", "draft.confirmed"]


def test_who_saved_last_does_not_confirm_what_another_proposed(
    both: Office, people: dict[str, Viewer]
) -> None:
    draft = said(both, people["hq"], saved(both, people["hq"]))
    with both.work(people["admin"]) as work:
        draft = drafts.propose(work, CHECKLISTS, draft.id, draft.revision)
    for name in ("hq", "admin"):
        refused(
            both,
            people[name],
            OwnProposal,
            lambda work: drafts.publish(work, CHECKLISTS, draft.id, draft.revision),
        )
    with both.work(people["third"]) as work:
        assert drafts.publish(work, CHECKLISTS, draft.id, draft.revision) == 2


def test_what_changed_must_be_said_before_it_is_proposed(both: Office, people: dict[str, Viewer]) -> None:
    draft = saved(both, people["hq"])
    found = refused(
        both,
        people["hq"],
        WrongStandard,
        lambda work: drafts.propose(work, CHECKLISTS, draft.id, draft.revision),
    )
    assert [each.message_key for each in found.findings] == ["change_undeclared"]  # type: ignore[attr-defined]
    draft = said(both, people["hq"], draft, note=" ")
    refused(
        both,
        people["hq"],
        NoteMissing,
        lambda work: drafts.propose(work, CHECKLISTS, draft.id, draft.revision),
    )


def test_nothing_changed_is_not_published(both: Office, people: dict[str, Viewer]) -> None:
    draft = saved(both, people["hq"], dict(submitted.WRITTEN))
    refused(
        both,
        people["hq"],
        NothingChanged,
        lambda work: drafts.propose(work, CHECKLISTS, draft.id, draft.revision),
    )


def test_a_wrong_checklist_is_not_stored(both: Office, people: dict[str, Viewer]) -> None:
    wrong = reworded()
    wrong["sections"][0]["items"][0]["points"] += 1
    found = refused(both, people["hq"], WrongStandard, lambda work: checklists.save(work, wrong))
    assert {each.message_key for each in found.findings} == {"total_differs"}  # type: ignore[attr-defined]
    refused(both, people["hq"], WrongStandard, lambda work: checklists.save(work, {"sections": 5}))
    with both.work(write=False) as work:
        assert work.session.exec(select(StandardDraft)).all() == []


def test_one_draft_of_a_checklist_lives_and_old_pages_change_nothing(
    both: Office, people: dict[str, Viewer]
) -> None:
    draft = saved(both, people["hq"])
    refused(both, people["admin"], DraftExists, lambda work: checklists.save(work, reworded()))
    with both.work(people["admin"]) as work:
        again = checklists.save(work, reworded(), draft_id=draft.id, revision=1)
    assert again.revision == 2
    for act in (
        lambda work: checklists.save(work, reworded(), draft_id=draft.id, revision=1),
        lambda work: drafts.propose(work, CHECKLISTS, draft.id, 1),
        lambda work: drafts.discard(work, CHECKLISTS, draft.id, 1),
    ):
        refused(both, people["hq"], DraftChanged, act)
    with both.work(people["hq"]) as work:
        drafts.discard(work, CHECKLISTS, draft.id, 2)
    refused(both, people["hq"], DraftStateForbids, lambda work: drafts.discard(work, CHECKLISTS, draft.id, 3))
    assert saved(both, people["hq"]).id != draft.id


def test_a_proposal_is_sent_back_with_a_reason(both: Office, people: dict[str, Viewer]) -> None:
    draft = proposed(both, people["hq"])
    refused(
        both,
        people["admin"],
        ReasonMissing,
        lambda work: drafts.send_back(work, CHECKLISTS, draft.id, draft.revision, " "),
    )
    with both.work(people["admin"]) as work:
        draft = drafts.send_back(work, CHECKLISTS, draft.id, draft.revision, "英文没有改")
        assert (draft.state, draft.reason) == (DraftState.OPEN, "英文没有改")


def test_another_version_in_between_makes_a_draft_old(both: Office, people: dict[str, Viewer]) -> None:
    draft = proposed(both, people["hq"])
    with both.work() as work:
        first = work.session.get_one(ChecklistVersion, ("small-hall", 1))
        written = json.loads(first.written) | {"version": 2}
        work.session.add(
            ChecklistVersion(
                id="small-hall",
                version=2,
                sha256="x",
                compiled=first.compiled,
                written=json.dumps(written),
                published_at=work.now,
            )
        )
    refused(
        both,
        people["admin"],
        DraftOutdated,
        lambda work: drafts.publish(work, CHECKLISTS, draft.id, draft.revision),
    )
    with both.work(people["admin"]) as work:
        draft = drafts.send_back(work, CHECKLISTS, draft.id, draft.revision, "已有第2版")
    assert said(both, people["hq"], draft).base == 2


def test_a_retired_version_is_given_to_nobody_and_its_visits_keep_it(
    both: Office, people: dict[str, Viewer]
) -> None:
    refused(both, people["hq"], ReasonMissing, lambda work: checklists.retire(work, "small-hall", 1, ""))
    with both.work(people["hq"]) as work:
        checklists.retire(work, "small-hall", 1, "换成新标准")
    refused(both, people["hq"], AlreadyRetired, lambda work: checklists.retire(work, "small-hall", 1, "又"))
    with both.work(write=False) as work:
        assert published.compiled(work.connection, "small-hall", 1)["version"] == 1
        with pytest.raises(UnknownChecklist):
            campaigns.newest(work, "small-hall")


@pytest.mark.parametrize(
    "act",
    [
        lambda work, draft: checklists.save(work, reworded()),
        lambda work, draft: checklists.say_meanings(work, draft.id, draft.revision, {}, ""),
        lambda work, draft: drafts.propose(work, CHECKLISTS, draft.id, draft.revision),
        lambda work, draft: drafts.send_back(work, CHECKLISTS, draft.id, draft.revision, "x"),
        lambda work, draft: drafts.publish(work, CHECKLISTS, draft.id, draft.revision),
        lambda work, draft: drafts.discard(work, CHECKLISTS, draft.id, draft.revision),
        lambda work, draft: checklists.retire(work, "small-hall", 1, "x"),
    ],
)
def test_only_who_keeps_the_standards_changes_them(both: Office, people: dict[str, Viewer], act: Any) -> None:
    draft = saved(both, people["hq"])
    refused(both, people["reviewer"], NotAllowed, lambda work: act(work, draft))


def test_a_draft_takes_the_content_of_its_own_checklist_alone(
    both: Office, people: dict[str, Viewer]
) -> None:
    draft = saved(both, people["hq"])
    other = {**reworded(), "id": "other-hall"}
    found = refused(
        both,
        people["hq"],
        OtherStandard,
        lambda work: checklists.save(work, other, draft_id=draft.id, revision=draft.revision),
    )
    assert found.facts() == {"standard": "small-hall", "found": "other-hall"}


def test_a_draft_is_no_draft_of_another_sort(both: Office, people: dict[str, Viewer]) -> None:
    draft = saved(both, people["hq"])
    for act in (
        lambda work: drafts.propose(work, RULES, draft.id, draft.revision),
        lambda work: drafts.discard(work, RULES, draft.id, draft.revision),
    ):
        refused(both, people["hq"], NotFound, act)


def test_whoever_comes_late_is_told_who_was_earlier(both: Office, people: dict[str, Viewer]) -> None:
    draft = proposed(both, people["hq"])
    with both.work(people["third"]) as work:
        drafts.send_back(work, CHECKLISTS, draft.id, draft.revision, "再想想")
    late = refused(
        both,
        people["admin"],
        DraftChanged,
        lambda work: drafts.discard(work, CHECKLISTS, draft.id, draft.revision),
    )
    assert late.facts() == {"author": people["third"].name}


def test_another_order_is_published_as_a_version(both: Office, people: dict[str, Viewer]) -> None:
    written = deepcopy(dict(submitted.WRITTEN))
    items = written["sections"][-1]["items"]
    items.append(items.pop(0))
    with both.work(people["hq"]) as work:
        draft = checklists.save(work, written)
        draft = checklists.say_meanings(work, draft.id, draft.revision, {}, "先看后问")
        draft = drafts.propose(work, CHECKLISTS, draft.id, draft.revision)
    with both.work(people["admin"]) as work:
        assert drafts.publish(work, CHECKLISTS, draft.id, draft.revision) == 2
