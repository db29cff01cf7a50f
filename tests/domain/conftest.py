"""What the tests of the rules share: the phone's scoring, bundled once."""

from pathlib import Path

import pytest
from hypothesis import settings

from tests.domain.twin import bundle

# A busy machine is no reason to fail: no example is judged by the clock.
settings.register_profile("unhurried", deadline=None)
settings.load_profile("unhurried")


@pytest.fixture(scope="session")
def phone_script(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return bundle(tmp_path_factory.mktemp("twin"))
