"""What somebody can read in a PDF: in the bytes of fonts, pictures, drawings and signatures any few letters turn up by chance."""

from __future__ import annotations

import subprocess
import tempfile
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

from pyhanko.pdf_utils.generic import (
    ArrayObject,
    DictionaryObject,
    IndirectObject,
    PdfObject,
    TextStringObject,
)
from pyhanko.pdf_utils.reader import PdfFileReader

_RANDOM = ("/Contents", "/CheckSum", "/ID")


def words(pdf: bytes) -> str:
    """The text of its pages, its properties, every string of its objects, and the files attached to it."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "report.pdf"
        file.write_bytes(pdf)

        def said(*command: str | Path) -> str:
            done = subprocess.run(command, check=True, capture_output=True, cwd=folder)
            return done.stdout.decode("utf-8", "replace")

        # Our reader goes through a packed stream of objects from its start for each of them: that took most of the time.
        loose = Path(folder) / "loose.pdf"
        said("qpdf", "--object-streams=disable", file, loose)
        objects = PdfFileReader(BytesIO(loose.read_bytes()))
        loose.unlink()
        read = [
            said("pdftotext", "-layout", file, "-"),
            said("pdfinfo", file),
            said("pdfinfo", "-meta", file),
            *_strings(objects.root, objects.trailer["/Info"]),
        ]
        said("pdfdetach", "-saveall", "-o", folder, file)
        attached = [one for one in Path(folder).iterdir() if one != file]
        read += [one.name + one.read_text(encoding="utf-8", errors="replace") for one in attached]
    return "\n".join(read)


def _strings(*roots: PdfObject) -> Iterator[str]:
    """Every text string that can be reached from them; objects point at each other in circles."""
    seen = set()
    todo = list(roots)
    while todo:
        one = todo.pop()
        if isinstance(one, TextStringObject):
            yield one
        elif isinstance(one, IndirectObject):
            if one.reference not in seen:
                seen.add(one.reference)
                todo.append(one.get_object())
        elif isinstance(one, ArrayObject):
            todo += [one.raw_get(place) for place in range(len(one))]
        elif isinstance(one, DictionaryObject):
            todo += [one.raw_get(name) for name in one if name not in _RANDOM]
