"""The JSON Schema of the notation: it takes what the reader takes, and refuses what an editor should mark."""

import copy
import json
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest

from server.config import ROOT
from server.domain.checklist import read_checklist
from server.domain.checklist_schema import checklist_schema
from server.gateways.yaml_lines import read_yaml

FILES = sorted((ROOT / "checklists").glob("*/v*.yaml"))
FILES = [file for file in FILES if file.parent.name != "rules"]
VALIDATOR = jsonschema_rs.validator_for(checklist_schema())


def item(**more: Any) -> dict[str, Any]:
    words = {"zh": "字", "en": "word"}
    return {"id": "A-1", "text": words, "source": "S3", "kind": "pass_fail", "points": 100, **more}


def checklist(one: dict[str, Any]) -> dict[str, Any]:
    words = {"zh": "字", "en": "word"}
    section = {"id": "a", "title": words, "points": 100, "items": [one]}
    return {
        "id": "x",
        "version": 1,
        "title": words,
        "visit_kinds": ["mystery"],
        "tiers": ["own_hall"],
        "points": 100,
        "prohibition_scoring": "per_item",
        "sections": [section],
    }


def test_the_file_beside_the_checklists_is_what_the_models_say() -> None:
    written = json.loads((ROOT / "checklists" / "checklist.schema.json").read_text(encoding="utf-8"))
    assert written == checklist_schema(), "run: xunting checklists schema --write"


@pytest.mark.parametrize("file", FILES, ids=lambda file: f"{file.parent.name}-{file.stem}")
def test_every_checklist_of_ours_fits(file: Path) -> None:
    VALIDATOR.validate(read_yaml(file, file.name).value)


@pytest.mark.parametrize(
    "more",
    [
        {"colour": "red"},
        {"kind": "colour"},
        {"points": "2"},
        {"options": {"a": {"zh": "字", "en": "word"}}},
        {"kind": "scale", "min": 0, "max": 3, "credits": [0, 1, 2, 1001]},
        {"kind": "timer", "bands": [[300, 1000], [None, 1001]]},
        {"kind": "timer", "bands": [[300]]},
        {"when": {"item": "A-0"}},
        {"when": {"fact": "weather", "is": "fine"}},
        {"when": {"all": []}},
        {"when": {"item": "A-0", "fact": "tier", "is": "village"}},
        {"photo": "sometimes"},
        {"photo": {"when": "always", "colour": 1}},
        {"later": "72"},
        {"text": {"zh": "字"}},
        {"source": None},
    ],
)
def test_what_the_reader_refuses_is_marked(more: dict[str, Any]) -> None:
    VALIDATOR.validate(checklist(item()))
    wrong = checklist(item(**more))
    assert read_checklist(copy.deepcopy(wrong)).findings
    assert not VALIDATOR.is_valid(wrong)


@pytest.mark.parametrize(
    "more",
    [
        {"photo": "always"},
        {"photo": {"when": "on_fail", "below": 500, "hint": {"zh": "字", "en": "word"}}},
        {"kind": "choice", "options": {"a": {"zh": "字", "en": "w", "credit": 1000}, "b": {"zh": "字", "en": "w", "credit": 0}}},
        {"when": {"not": {"any": [{"fact": "tier", "in": ["own_hall"]}, {"fact": "class", "is": "A"}]}}},
        {"kind": "number", "bands": [["7.5", 1000], [None, 0]]},
        {"required": "any_failed", "kind": "text", "points": 0, "min_chars": 20},
    ],
)  # fmt: skip
def test_what_the_reader_takes_fits(more: dict[str, Any]) -> None:
    VALIDATOR.validate(checklist(item(**more)))


def test_every_key_has_its_help() -> None:
    schema = checklist_schema()
    shapes = [
        schema,
        *(
            schema["$defs"][name]
            for name in ("Section", "Item", "Option", "PhotoDemand", "Case", "Words", "Changes")
        ),
    ]
    without = {
        key for shape in shapes for key, each in shape["properties"].items() if "description" not in each
    }
    assert without == set()
