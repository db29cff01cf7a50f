"""What the tests of the rules share: the phone's scoring, bundled once."""

from pathlib import Path

import pytest

from tests.domain.twin import bundle


@pytest.fixture(scope="session")
def phone_script(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return bundle(tmp_path_factory.mktemp("twin"))
