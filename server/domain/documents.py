"""What was sent as JSON, read as one of our models: all that is wrong with it, each fault with its place."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from server.domain.errors import Fault, WrongDocument
from server.domain.findings import at

MOST_FAULTS = 100

_Model = TypeVar("_Model", bound=BaseModel)


def read_document(model: type[_Model], sent: bytes) -> _Model:
    """Return JSON as a model. Raises WrongDocument with a JSON pointer for each fault, one a place, at most 100.

    Beside what the model forbids no key may stand twice in an object, since readers differ in which one they take, and
    no text may hold a NUL, which PostgreSQL does not keep.
    """
    document = None
    faults: dict[str, Fault] = {}
    try:
        document = model.model_validate_json(sent, strict=True)
        whole, doubled = _loaded(sent)
    except ValidationError as error:
        found = error.errors(include_url=False, include_input=False)
        if found[0]["type"] == "json_invalid":
            raise WrongDocument(faults=(Fault("", "json_invalid"),)) from error
        whole, doubled = _loaded(sent)
        faults = _of_pydantic(whole, found)
    if doubled or b"\\u0000" in sent:
        faults |= {fault.pointer: fault for fault in _odd(whole, "")}
    if document is None or faults:
        raise WrongDocument(faults=tuple(faults.values())[:MOST_FAULTS])
    return document


class _Doubled(dict[str, Any]):
    """An object in which `twice` are the keys that stand there more than once."""

    def __init__(self, pairs: list[tuple[str, Any]]) -> None:
        super().__init__(pairs)
        self.twice = [name for name, times in Counter(name for name, _ in pairs).items() if times > 1]


def _loaded(sent: bytes) -> tuple[Any, bool]:
    """The whole of it, and whether a key stands twice anywhere. Numbers stay texts: they may be too long for an int."""
    doubled = False

    def kept(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        nonlocal doubled
        made = dict(pairs)
        if len(made) == len(pairs):
            return made
        doubled = True
        return _Doubled(pairs)

    return json.loads(sent, object_pairs_hook=kept, parse_int=str), doubled


def _of_pydantic(whole: Any, found: list[Any]) -> dict[str, Fault]:
    """Pydantic's findings by their places. Of a value that may be of several types each says that it is not its own:
    none of these is told where something else is wrong with it, or inside of it."""
    faults: dict[str, Fault] = {}
    for each in found:
        pointer = at("", *_steps(whole, each["loc"], absent=each["type"] == "missing"))
        facts = {
            name: fact for name, fact in each.get("ctx", {}).items() if isinstance(fact, str | int | float)
        }
        if "expected" in facts:
            facts["expected"] = str(facts["expected"]).replace(" or ", ", ")
        fault = Fault(pointer, each["type"], facts)
        known = faults.setdefault(pointer, fault)
        if known.message != fault.message and known.message.endswith("_type"):
            faults[pointer] = Fault(pointer, "no_type") if fault.message.endswith("_type") else fault
    outer = {parent for pointer in faults for parent in _parents(pointer)}
    return {
        place: fault for place, fault in faults.items() if fault.message != "no_type" or place not in outer
    }


def _parents(pointer: str) -> Iterator[str]:
    while pointer:
        pointer = pointer.rpartition("/")[0]
        yield pointer


def _steps(whole: Any, loc: tuple[int | str, ...], *, absent: bool) -> list[int | str]:
    """The steps of pydantic's location that exist in what was sent: it also names members of unions."""
    steps: list[int | str] = []
    for number, step in enumerate(loc):
        if isinstance(whole, list):
            inside = isinstance(step, int) and step < len(whole)
        else:
            inside = isinstance(whole, dict) and step in whole
        if inside:
            whole = whole[step]
        if inside or (absent and number == len(loc) - 1):
            steps.append(step)
    return steps


def _odd(value: Any, pointer: str) -> Iterator[Fault]:
    """What no model sees: keys that stand twice, and NUL in a text or a key."""
    if isinstance(value, str) and "\0" in value:
        yield Fault(pointer, "nul_character")
    elif isinstance(value, list):
        for number, inner in enumerate(value):
            yield from _odd(inner, at(pointer, number))
    elif isinstance(value, dict):
        for name in value.twice if isinstance(value, _Doubled) else ():
            yield Fault(at(pointer, name), "key_twice")
        for name, inner in value.items():
            if "\0" in name:
                yield Fault(at(pointer, name.replace("\0", "")), "nul_character")
            yield from _odd(inner, at(pointer, name))
