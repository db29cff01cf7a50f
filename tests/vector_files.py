"""The vector files: cases of the rules that the server and the phone both have to meet."""

import json
import os
from pathlib import Path
from typing import Any

FOLDER = Path(os.environ.get("XUNTING_VECTORS") or Path(__file__).parent / "vectors")


def groups(name: str) -> list[dict[str, Any]]:
    """Return the groups of `<name>.json` in the folder XUNTING_VECTORS, by default tests/vectors."""
    document = json.loads((FOLDER / f"{name}.json").read_text(encoding="utf-8"))
    found: list[dict[str, Any]] = document["groups"]
    return found


def cases(name: str, of: str = "cases") -> list[dict[str, Any]]:
    """Return the cases of `<name>.json`, a file without groups."""
    document = json.loads((FOLDER / f"{name}.json").read_text(encoding="utf-8"))
    found: list[dict[str, Any]] = document[of]
    return found
