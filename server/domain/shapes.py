"""From pydantic's errors to findings of ours: each place where what was written has another form than its model."""

from dataclasses import dataclass
from typing import Any, TypeVar

from pydantic import BaseModel, GetCoreSchemaHandler, ValidationError
from pydantic_core import CoreSchema, ErrorDetails, PydanticCustomError, core_schema

from server.domain.findings import Finding, at

OWN = "finding."
"""How the kind of an error begins that a validator of ours raises; what follows is the finding's message key."""


@dataclass(frozen=True, slots=True)
class Within:
    """What limits an integer to `least`..`most`: of one that lies beyond, the finding tells both limits."""

    least: int
    most: int

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        """Return the schema of an integer, with its limits where JSON Schema has them."""
        limited = core_schema.int_schema(ge=self.least, le=self.most)
        return core_schema.no_info_before_validator_function(self._held, limited)

    def _held(self, written: object) -> object:
        if (
            isinstance(written, int)
            and not isinstance(written, bool)
            and not self.least <= written <= self.most
        ):
            raise outside(self.least, self.most)
        return written


def outside(least: int | str, most: int | str) -> PydanticCustomError:
    """Return the error of a number that lies beyond its limits."""
    return PydanticCustomError(f"{OWN}out_of_range", "outside the limits", {"least": least, "most": most})


_Model = TypeVar("_Model", bound=BaseModel)

_EXPECTED = {
    "int": "whole_number",
    "string": "words",
    "bool": "true_or_false",
    "list": "list",
    "tuple": "list",
    "dict": "mapping",
    "mapping": "mapping",
    "model": "mapping",
}


def validated(model: type[_Model], raw: object, path: str, findings: list[Finding]) -> _Model | None:
    """Return the model of plain values, or None with every finding about their shape added to `findings`.

    `path` is the JSON pointer of the values in their file. One finding for each place.
    """
    try:
        return model.model_validate(raw)
    except ValidationError as error:
        found: dict[str, Finding] = {}
        for detail in error.errors(include_url=False, include_context=True):
            finding = _finding(detail, raw, path)
            found.setdefault(finding.path, finding)
        findings.extend(found.values())
        return None


def _finding(detail: ErrorDetails, raw: object, path: str) -> Finding:
    """Turn one of pydantic's errors into a finding of ours; its sentences are English only."""
    kind = detail["type"]
    place = at(path, *_steps(raw, detail["loc"], absent=kind == "missing"))
    name = str(detail["loc"][-1]) if detail["loc"] else ""
    context = detail.get("ctx", {})
    if kind.startswith(OWN):
        return Finding(place, kind.removeprefix(OWN), context)
    if kind == "extra_forbidden":
        return Finding(place, "unknown_key", {"key": name})
    if kind == "missing":
        return Finding(place, "missing_key", {"key": name})
    if kind in ("literal_error", "enum"):
        return Finding(
            place, "not_one_of", {"allowed": str(context.get("expected", "")).replace(" or ", ", ")}
        )
    if kind == "string_pattern_mismatch":
        return Finding(place, "wrong_form", {"pattern": str(context.get("pattern"))})
    expected = next((word for start, word in _EXPECTED.items() if kind.startswith(start)), "other")
    return Finding(place, "wrong_type", {"expected": expected})


def _steps(raw: object, loc: tuple[int | str, ...], *, absent: bool) -> list[int | str]:
    """Return the steps of pydantic's location that exist in the document: it also names union members."""
    steps: list[int | str] = []
    here: Any = raw
    for step in loc:
        inside = (
            step in here if isinstance(here, dict) else isinstance(here, list) and step in range(len(here))
        )
        if inside:
            here = here[step]
        if inside or (absent and step == loc[-1]):
            steps.append(step)
    return steps
