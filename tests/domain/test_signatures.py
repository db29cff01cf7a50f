"""Signatures: who has to sign which kinds of visit, and what stands for a signature."""

from __future__ import annotations

import json
from typing import Any
from uuid import uuid4

import pytest

from server.domain.signatures import unsigned
from server.domain.visit import VisitDocument, VisitKind
from tests import make

AT = "2026-11-21T01:45:00Z"
INSPECTOR = {"role": "inspector", "name": "慕容雪岭", "at": AT}
OUTLET = {"role": "outlet", "name": "王有福", "title": "店主", "at": AT}
REFUSED = {"role": "outlet", "refused": "店主不在，店员不肯签", "at": AT}


def lacking(*signatures: dict[str, Any], **given: Any) -> list[str]:
    sent = make.document(
        uuid4(), **{"kind": "area_visit", "intent": "submit", "signatures": list(signatures), **given}
    )
    found = unsigned(VisitDocument.model_validate_json(json.dumps(sent)))
    assert {fault.pointer for fault in found} <= {"/signatures"}
    return [fault.message.removeprefix("unsigned_") for fault in found]


@pytest.mark.parametrize("kind", list(VisitKind))
def test_only_visits_with_somebody_of_the_outlet_standing_by_are_signed(kind: VisitKind) -> None:
    signed = kind in (VisitKind.ANNOUNCED, VisitKind.AREA_VISIT, VisitKind.ONBOARDING)
    assert lacking(kind=kind.value) == (["inspector", "outlet"] if signed else [])
    assert lacking(INSPECTOR, OUTLET, kind=kind.value) == []


def test_a_draft_is_not_signed_yet() -> None:
    assert lacking(intent="draft") == []


@pytest.mark.parametrize(
    ("signatures", "wanted"),
    [
        ([INSPECTOR], ["outlet"]),
        ([OUTLET], ["inspector"]),
        ([INSPECTOR, REFUSED], []),
        ([INSPECTOR, {**REFUSED, "refused": " "}], ["outlet"]),
        ([INSPECTOR, {**REFUSED, "refused": " ", "name": "王有福"}], ["outlet"]),
        ([INSPECTOR, {**OUTLET, "name": "  "}], ["outlet"]),
        ([INSPECTOR, {**OUTLET, "name": None, "file": "a" * 64}], ["outlet"]),
        ([{**INSPECTOR, "name": None, "refused": "不想签"}, OUTLET], ["inspector"]),
        ([{**INSPECTOR, "refused": "不想签"}, OUTLET], ["inspector"]),
    ],
)
def test_a_name_signs_and_a_refusal_of_the_outlet_with_its_reason_stands_for_it(
    signatures: list[dict[str, Any]], wanted: list[str]
) -> None:
    assert lacking(*signatures) == wanted
