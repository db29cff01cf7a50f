"""The OpenAPI document is true: schemathesis finds nothing between it and what the server answers."""

from __future__ import annotations

import json
from collections.abc import Iterator
from hashlib import sha256
from typing import Any

import hypothesis
import pytest
import schemathesis
from flask import Flask
from hypothesis import HealthCheck, Phase
from hypothesis.errors import Unsatisfiable
from schemathesis import GenerationMode
from schemathesis.core.failures import FailureGroup
from schemathesis.specs.openapi.checks import ignored_auth

from server.app import create_app
from server.config import Settings
from server.domain.access import Role
from server.routes import openapi
from server.storage import migrations
from server.storage.organisation import AccessToken
from server.usecases.work import Office
from tests import make, submitted

TOKEN = "schemathesis-token"


@schemathesis.serializer("application/offset+octet-stream")
def octets(_context: schemathesis.SerializationContext, value: Any) -> bytes:
    """The body of an upload is bytes, whatever they are."""
    return value if isinstance(value, bytes) else str(value).encode()


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Flask]:
    """An application with one inspector who holds a token, for all examples of this module."""
    data = tmp_path_factory.mktemp("openapi")
    settings = Settings.from_env({"XUNTING_DATA": str(data), "XUNTING_SECRET": "s" * 32})
    office = Office.of(settings)
    migrations.upgrade(office.database.engine)
    make.rules(office.database.engine)
    submitted.checklist(office)
    user = make.user(office, role=Role.AREA_MANAGER)
    make.outlet(office)
    with office.work() as work:
        work.session.add(
            AccessToken(
                sha256=sha256(TOKEN.encode()).hexdigest(), user_id=user.id, name="test", created_at=work.now
            )
        )
    office.database.close()
    app = create_app(settings)
    yield app
    app.extensions["office"].database.close()


@pytest.fixture(scope="module")
def api(served: Flask) -> Any:
    schema = schemathesis.openapi.from_wsgi("/api/v1/openapi.json", served)
    checks = schema.config.checks
    # 412 is how tus answers another version of itself.
    checks.negative_data_rejection.expected_statuses = [
        *checks.negative_data_rejection.expected_statuses,
        "412",
    ]
    # 422: well formed, but about an outlet, a checklist, a file that does not exist or fit.
    checks.positive_data_acceptance.expected_statuses = [
        *checks.positive_data_acceptance.expected_statuses,
        "422",
    ]
    return schema


MODES = [GenerationMode.POSITIVE, GenerationMode.NEGATIVE]


def test_the_server_answers_as_the_document_says(api: Any) -> None:
    tried = 0
    found: list[str] = []
    for operation in (each.ok() for each in api.get_all_operations()):
        # Ending the session of the token's holder would only test that the others answer 401.
        if operation.path.endswith("/session"):
            continue
        for mode in MODES:
            try:
                tried += _try(operation, mode)
            except (Exception, FailureGroup) as problem:
                found.append(f"{operation.label} ({mode.value}): {problem}")
    assert not found, "\n\n".join(found)
    assert tried > 100


def _try(operation: Any, mode: GenerationMode) -> int:
    tried = 0

    @hypothesis.given(case=operation.as_strategy(generation_mode=mode))
    @hypothesis.settings(
        max_examples=12,
        deadline=None,
        derandomize=True,
        database=None,
        phases=[Phase.explicit, Phase.generate],
        suppress_health_check=list(HealthCheck),
        print_blob=False,
    )
    def run(case: schemathesis.Case) -> None:
        nonlocal tried
        tried += 1
        # Every call here is signed in by our own header; that others are refused is in the table of roles.
        case.call_and_validate(headers={"Authorization": f"Bearer {TOKEN}"}, excluded_checks=[ignored_auth])

    try:
        run()
    except Unsatisfiable:
        # There is no wrong way to ask for something that takes no parameters.
        assert mode is GenerationMode.NEGATIVE
    return tried


def test_the_document_is_the_same_each_time_and_names_no_machine(served: Flask) -> None:
    text = json.dumps(openapi.document(served))
    assert text == json.dumps(openapi.document(served))
    assert "127.0.0.1" not in text
    document = json.loads(text)
    assert document["openapi"] == "3.1.0"
    put = document["paths"]["/api/v1/visits/{visit_id}"]["put"]
    assert put["requestBody"]["content"]["application/json"]["schema"]["$ref"].endswith("/VisitDocument")
