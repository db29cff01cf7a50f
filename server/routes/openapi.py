"""The OpenAPI 3.1 document, made from the routes and their models."""

from __future__ import annotations

import re
from typing import Any

from flask import Blueprint, Flask, current_app
from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from server.routes.guard import SAFE, Guarded, route
from server.usecases.work import Office

api = Blueprint("openapi", __name__, url_prefix="/api/v1")
PREFIX = "/api/v1"
_REF = "#/components/schemas/{model}"
_PART = re.compile(r"<(?:\w+:)?(\w+)>")

PROBLEM = {
    "type": "object",
    "description": "RFC 9457; `errors` points into what was sent. Some problems carry more facts.",
    "required": ["type", "title", "status", "detail"],
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["pointer", "detail"],
                "properties": {"pointer": {"type": "string"}, "detail": {"type": "string"}},
            },
        },
        "missing": {"type": "array", "items": {"type": "object"}},
        "current": {"type": ["object", "null"]},
    },
}
CSRF = {
    "name": "X-CSRF-Token",
    "in": "header",
    "required": False,
    "schema": {"type": "string"},
    "description": "Needed with the session cookie, not with a token; GET /session tells it.",
}


@route(api, "/openapi.json", public=True, opens_work=False, summary="This document")
def show(_office: Office) -> Any:
    """The OpenAPI document of this server."""
    return document(current_app)


def document(app: Flask) -> dict[str, Any]:
    """The OpenAPI 3.1 document of everything under /api/v1."""
    views = _views(app)
    models: dict[Any, Any] = {}
    wanted: list[tuple[type[BaseModel], str]] = []
    for _, _, known in views:
        if known.body:
            wanted.append((known.body, "validation"))
        wanted += [(model, "serialization") for model in known.answers.values() if _is_model(model)]
    models, schemas = models_json_schema(
        list(dict.fromkeys(wanted)),  # type: ignore[arg-type]
        ref_template=_REF,
    )
    paths: dict[str, dict[str, Any]] = {}
    for path, method, known in views:
        paths.setdefault(path, {})[method.lower()] = _operation(known, method, path, models)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "巡厅 Xunting",
            "version": "1",
            "description": "The API between phone and server. Every write is idempotent.",
        },
        "paths": paths,
        "components": {
            "schemas": {**schemas.get("$defs", {}), "Problem": PROBLEM},
            "securitySchemes": {
                "session": {"type": "apiKey", "in": "cookie", "name": "xunting"},
                "token": {"type": "http", "scheme": "bearer"},
            },
        },
    }


def _views(app: Flask) -> list[tuple[str, str, Guarded]]:
    found = []
    for rule in app.url_map.iter_rules():
        known: Guarded | None = getattr(app.view_functions[rule.endpoint], "guarded", None)
        if known is None or not rule.rule.startswith(PREFIX):
            continue
        for method in known.methods:
            found.append((_PART.sub(r"{\1}", rule.rule), method, known))
    return sorted(found, key=lambda each: each[:2])


def _operation(known: Guarded, method: str, path: str, models: dict[Any, Any]) -> dict[str, Any]:
    parameters = list(known.parameters)
    named = {each["name"] for each in parameters}
    for part in re.findall(r"{(\w+)}", path):
        if part not in named:
            parameters.append({"name": part, "in": "path", "required": True, "schema": {"type": "string"}})
    if method not in SAFE:
        parameters.append(CSRF)
    operation: dict[str, Any] = {
        "operationId": f"{method.lower()}{re.sub(r'[^A-Za-z]+', '_', path.removeprefix(PREFIX))}".rstrip("_"),
        "summary": known.summary,
        "parameters": parameters,
        "responses": {
            **{
                str(status): _answer(model, models)
                for status, model in (known.answers or {200: None}).items()
            },
            "default": {
                "description": "A problem",
                "content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}},
            },
        },
        "security": [] if known.public else [{"session": []}, {"token": []}],
    }
    if known.body:
        operation["requestBody"] = {
            "required": True,
            "content": {"application/json": {"schema": models[known.body, "validation"]}},
        }
    if known.octets:
        operation["requestBody"] = {
            "required": path != f"{PREFIX}/uploads",
            "content": {known.octets: {"schema": {}}},
        }
    return operation


def _answer(model: Any, models: dict[Any, Any]) -> dict[str, Any]:
    if model is None:
        return {"description": "Done"}
    if model is bytes:
        return {"description": "The file", "content": {"*/*": {}}}
    schema = models[model, "serialization"] if _is_model(model) else {"type": "object"}
    return {"description": "Done", "content": {"application/json": {"schema": schema}}}


def _is_model(model: Any) -> bool:
    return isinstance(model, type) and issubclass(model, BaseModel)
