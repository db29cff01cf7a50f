"""What somebody can read in a PDF: in the bytes of fonts, pictures, drawings and signatures any few letters turn up by chance."""

from __future__ import annotations

import json
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

_RANDOM = ("/Contents", "/CheckSum", "/ID")


def words(pdf: bytes) -> str:
    """The text of its pages, its properties, every string of its objects, and the files attached to it."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "report.pdf"
        file.write_bytes(pdf)

        def said(*command: str | Path) -> str:
            done = subprocess.run(command, check=True, capture_output=True, cwd=folder)
            return done.stdout.decode("utf-8", "replace")

        objects = json.loads(said("qpdf", "--json=2", "--json-key=qpdf", "--json-stream-data=none", file))
        read = [
            said("pdftotext", "-layout", file, "-"),
            said("pdfinfo", file),
            said("pdfinfo", "-meta", file),
            *(
                text
                for name, one in objects["qpdf"][1].items()
                if name != "trailer"
                for text in _strings(one)
            ),
        ]
        said("pdfdetach", "-saveall", "-o", folder, file)
        attached = [one for one in Path(folder).iterdir() if one != file]
        read += [one.name + one.read_text(encoding="utf-8", errors="replace") for one in attached]
    return "\n".join(read)


def _strings(value: Any) -> Iterator[str]:
    if isinstance(value, str) and value.startswith("u:"):
        yield value[2:]
    elif isinstance(value, list):
        for each in value:
            yield from _strings(each)
    elif isinstance(value, dict):
        for name, each in value.items():
            if name not in _RANDOM:
                yield from _strings(each)
