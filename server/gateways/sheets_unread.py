"""What a workbook has besides the sheet that is read: its other sheets, hidden ones too, each with how many rows hold something."""

import io
import zipfile
from xml.parsers import expat

from server.domain.findings import Finding
from server.gateways.workbook_file import (
    CHUNK,
    READ_ERRORS,
    Limits,
    WorkbookWrong,
    parser_of_parts,
    place,
    sheet_names,
)


def rows_beyond(data: bytes, limits: Limits) -> list[tuple[str, bool, int]]:
    """Return each sheet that holds something but the one that is read: its name, whether it is hidden, and its rows.

    Counting ends one behind the limit of rows or bytes. The first sheet that is not hidden is the one that is read.

    Raises WorkbookWrong for a sheet that cannot be read.
    """
    with zipfile.ZipFile(io.BytesIO(data)) as packed:
        entries = {entry.filename: entry for entry in packed.infolist()}
        names = list(sheet_names(packed, entries, "", limits).items())[1:]
        found = [
            (sheet, hidden, _rows(packed, entries[part], sheet, limits))
            for part, (sheet, hidden) in names
            if part in entries
        ]
    return [each for each in found if each[2]]


class _Counting:
    """Counts the rows of a sheet in which a value or a formula stands."""

    def __init__(self) -> None:
        self.rows = 0
        self._holds = False

    def start(self, tag: str, _attributes: dict[str, str]) -> None:
        self._holds = self._holds or tag.rpartition(":")[2] in ("v", "is", "f")

    def end(self, tag: str) -> None:
        if tag.rpartition(":")[2] == "row":
            self.rows += self._holds
            self._holds = False


def _rows(packed: zipfile.ZipFile, entry: zipfile.ZipInfo, sheet: str, limits: Limits) -> int:
    counting, parser, read = _Counting(), parser_of_parts(), 0
    parser.StartElementHandler, parser.EndElementHandler = counting.start, counting.end
    try:
        with packed.open(entry) as stream:
            while chunk := stream.read(CHUNK):
                read += len(chunk)
                parser.Parse(chunk)
                if counting.rows > limits.rows or read > limits.sheet:
                    return limits.rows + 1
        parser.Parse(b"", True)
    except (expat.ExpatError, *READ_ERRORS) as error:
        raise WorkbookWrong([Finding("", "book_xml").in_cell("", place(sheet))]) from error
    return counting.rows
