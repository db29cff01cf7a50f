"""Every way in is guarded, every Problem has its answer, and every sentence has its English."""

from __future__ import annotations

import ast
import inspect
import re
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules

from babel.messages.extract import extract_from_file
from flask import Flask

import server.queries
import server.usecases
from server.config import ROOT
from server.domain.errors import Problem
from server.gateways.texts import catalogue
from server.routes.errors import FAULTS, HTTP_TEXTS, HTTP_TITLES, TABLE
from server.storage import visit_rows
from server.usecases.work import Office, Work

# Views that Flask's own error handling or the static pages of the phone need no guard for: none so far.
UNGUARDED: frozenset[str] = frozenset()
SILENT = {
    "server.usecases.sync.pull": "what a phone was told is no change of anything it was told about",
    "server.usecases.notices.tell": "notices follow from events, which are recorded themselves",
    "server.usecases.webhooks.queue": "messages follow from events, which are recorded themselves",
    "server.usecases.actions.note": "a line of the history of an action, whose use case records the event",
    "server.usecases.weak_items.say": "a line of the history of a tracked item, whose use case records the event",
    "server.usecases.facts.keep": "facts follow from an acceptance or a correction, which record themselves",
    "server.usecases.facts.fill": "the facts of acceptances that were recorded long ago",
    "server.usecases.facts.fill_all": "the facts of acceptances that were recorded long ago",
}
CHINESE = re.compile("[\u4e00-\u9fff]")
SENTENCES = ("say", "text", "complain", "Refused", "CellFault", "fault", "command", "_", "gettext", "Fault")


def problems(kind: type[Problem] = Problem) -> list[type[Problem]]:
    return [found for sub in kind.__subclasses__() for found in (sub, *problems(sub))]


def test_every_route_is_guarded(app: Flask) -> None:
    bare = [
        rule.endpoint
        for rule in app.url_map.iter_rules()
        if not hasattr(app.view_functions[rule.endpoint], "guarded") and rule.endpoint not in UNGUARDED
    ]
    assert not bare
    assert len(list(app.url_map.iter_rules())) > 10


def test_every_route_is_public_on_purpose_or_asks_who_comes(app: Flask) -> None:
    public = {
        rule.rule
        for rule in app.url_map.iter_rules()
        if (known := getattr(app.view_functions[rule.endpoint], "guarded", None))
        and known.public
        and set(known.methods) != {"OPTIONS"}
    }
    private = [rule for rule in public if re.search(r"visits|photos|uploads|sync|export|users", rule)]
    assert not private


def test_every_problem_has_its_row_and_a_code_of_its_own() -> None:
    found = problems()
    assert not [kind.__name__ for kind in found if kind not in TABLE]
    codes = [kind.code for kind in found]
    assert len(codes) == len(set(codes))
    assert all(re.fullmatch(r"[a-z]+(-[a-z]+)*", code) for code in codes)


def test_every_fact_in_a_sentence_is_one_that_the_problem_carries() -> None:
    for kind, (_, title, sentence) in TABLE.items():
        named = set(re.findall(r"{(\w+)}", title + sentence)) - {"count"}
        assert named <= set(kind.__dataclass_fields__), kind.__name__


def test_every_problem_is_told_in_both_languages() -> None:
    english = catalogue()
    sentences = [text for _, *texts in TABLE.values() for text in texts]
    sentences += [*FAULTS.values(), *HTTP_TITLES.values(), *HTTP_TEXTS.values()]
    assert not sorted({text for text in sentences if text not in english})


def test_every_sentence_of_the_server_has_its_english_with_the_same_facts() -> None:
    english = catalogue()
    missing: dict[str, list[str]] = {}
    for path in [*(ROOT / "server").rglob("*.py"), *(ROOT / "server/templates").rglob("*.html")]:
        if "demo" in path.relative_to(ROOT).parts:
            continue  # what is drawn into the demonstration's photographs
        texts = _of_python(path) if path.suffix == ".py" else _of_template(path)
        lacking = sorted({text for text in texts if text not in english})
        if lacking:
            missing[path.relative_to(ROOT).as_posix()] = lacking
    assert not missing
    uneven = [
        text
        for text, translated in english.items()
        if set(re.findall(r"{(\w+)}", text)) != set(re.findall(r"{(\w+)}", translated))
    ]
    assert not uneven
    assert not [
        text for text, translated in english.items() if CHINESE.search(translated) and "zh" not in text
    ]


def test_every_query_takes_the_viewer_or_the_work_first() -> None:
    wrong = []
    for module in _modules(server.queries):
        for name, function in _public_functions(module):
            first = next(iter(inspect.signature(function).parameters.values()), None)
            asks = first is not None and first.name in ("viewer", "work", "session", "connection")
            if not asks and _reads(function):
                wrong.append(f"{module.__name__}.{name}")
    assert not wrong


def test_every_use_case_that_writes_records_an_event() -> None:
    """Whatever adds, deletes or sets a row, by itself or by what it calls in its module, also records."""
    assert {"insert", "update"} <= _ROW_WRITES
    silent = []
    for module in _modules(server.usecases):
        source = ast.parse(Path(module.__file__ or "").read_text(encoding="utf-8"))
        functions = {node.name: node for node in ast.walk(source) if isinstance(node, ast.FunctionDef)}
        for name, node in functions.items():
            if name.startswith("_") or not _acts(module, name):
                continue
            bodies = _reach(node, functions)
            if _writes(bodies) and not any(".record(" in body for body in bodies):
                silent.append(f"{module.__name__}.{name}")
    assert sorted(silent) == sorted(SILENT)


def _of_python(path: Path) -> list[str]:
    """The Chinese first arguments of the functions that speak to people."""
    found = []
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if not isinstance(node, ast.Call):
            continue
        name = getattr(node.func, "id", getattr(node.func, "attr", ""))
        if name in SENTENCES:
            found += [
                argument.value
                for argument in node.args
                if isinstance(argument, ast.Constant)
                and isinstance(argument.value, str)
                and CHINESE.search(argument.value)
            ]
    return found


def _of_template(path: Path) -> list[str]:
    extracted = extract_from_file("jinja2.ext:babel_extract", path, options={"trimmed": "true"})
    return [message for _, message, *_ in extracted if isinstance(message, str) and CHINESE.search(message)]


def _modules(package: object) -> list:  # type: ignore[type-arg]
    path, name = package.__path__, package.__name__  # type: ignore[attr-defined]
    return [import_module(f"{name}.{found.name}") for found in iter_modules(path)]


def _public_functions(module: object) -> list:  # type: ignore[type-arg]
    return [
        (name, value)
        for name, value in vars(module).items()
        if inspect.isfunction(value) and value.__module__ == module.__name__ and not name.startswith("_")  # type: ignore[attr-defined]
    ]


def _reads(function: object) -> bool:
    return "session" in inspect.getsource(function)  # type: ignore[arg-type]


def _acts(module: object, name: str) -> bool:
    """Whether a function is a use case: one that gets the work, or the office and opens it."""
    function = getattr(module, name, None)
    if not inspect.isfunction(function):
        return False
    first = next(iter(inspect.signature(function).parameters.values()), None)
    return first is not None and first.annotation in (Work, "Work", Office, "Office")


# What the rows without the ORM offer either reads and gives an answer, or writes and gives none.
_ROW_WRITES = {
    name
    for name, function in _public_functions(visit_rows)
    if inspect.signature(function).return_annotation in (None, "None")
}


def _writes(bodies: list[str]) -> bool:
    calls = ["session.add(", "session.delete(", *(f"rows.{name}(" for name in sorted(_ROW_WRITES))]
    return any(call in body for call in calls for body in bodies)


def _reach(node: ast.FunctionDef, functions: dict[str, ast.FunctionDef]) -> list[str]:
    seen: dict[str, str] = {}
    waiting = [node]
    while waiting:
        one = waiting.pop()
        if one.name in seen:
            continue
        seen[one.name] = ast.unparse(one)
        called = {
            call.func.id
            for call in ast.walk(one)
            if isinstance(call, ast.Call) and isinstance(call.func, ast.Name)
        }
        waiting += [functions[name] for name in called if name in functions]
    return list(seen.values())
