"""A real gunicorn for tests that cut and kill."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests import gunicorn


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[gunicorn.Server]:
    """One server for all tests that cut and kill; each makes its own users and visits."""
    with gunicorn.running(Path(tmp_path_factory.mktemp("real"))) as running:
        yield running
