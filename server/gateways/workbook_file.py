"""Opens an XLSX workbook of any origin safely: limits, formulas and merged cells first, then its cells as values.

Every part is read as a bounded stream before calamine sees it, and calamine gets a copy that has only parts
whose sizes are known: a workbook may declare small parts and unpack to terabytes.
"""

import io
import re
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from xml.parsers import expat

from python_calamine import CalamineError, CalamineWorkbook

from server.domain.findings import Finding
from server.gateways.cell_names import letters

MAX_BYTES = 20_000_000
MOST_FINDINGS = 500

_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
CHUNK = 1 << 16
_PARTS = re.compile(
    r"\[Content_Types\]\.xml|_rels/\.rels|xl/[^/]+\.xml|xl/_rels/[^/]+\.rels|xl/worksheets/[^/]+\.xml"
)
Value = str | float | bool | None
READ_ERRORS = (zipfile.BadZipFile, zlib.error, CalamineError, OSError, ValueError, EOFError, NotImplementedError,
                RuntimeError, KeyError, IndexError)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Limits:
    """How far a workbook may reach: bytes unpacked in all and of a sheet, rows, columns, cells that hold something."""

    unpacked: int = 80_000_000
    sheet: int = 40_000_000
    rows: int = 20_000
    columns: int = 100
    cells: int = 400_000


CHECKLIST = Limits()


class WorkbookWrong(Exception):
    """The file is no workbook that we read; holds the findings, each placed."""

    def __init__(self, findings: list[Finding]) -> None:
        super().__init__(findings[0].message_key)
        self.findings = findings


@dataclass(slots=True)
class Marks:
    """What the stream of a sheet's XML shows and its values do not; keys are cells such as D7."""

    formulas: list[str] = field(default_factory=list)
    percents: set[str] = field(default_factory=set)
    errors: dict[str, str] = field(default_factory=dict)
    merged: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class BookSheet:
    """One sheet: its name, its rows of cells from the first row and column on, and its marks."""

    name: str
    rows: list[list[object]]
    marks: Marks

    def cell(self, column: int, row: int) -> str:
        """Return the name of a cell, `检查项!D7`; column and row count from 0."""
        return place(self.name, f"{letters(column)}{row + 1}")


def place(sheet: str, cell: str = "") -> str:
    """Return how findings name a cell, or a whole sheet."""
    return f"{sheet}!{cell}" if cell else sheet


def open_workbook(
    data: bytes, name: str, limits: Limits = CHECKLIST, *, first_only: bool = False
) -> list[BookSheet]:
    """Return every sheet of an XLSX file with its marks, or the first one that is not hidden alone.

    Raises WorkbookWrong for what is no XLSX file, is encrypted or has macros, and for a sheet with too many
    rows, columns or bytes; reading stops there.
    """
    if len(data) > MAX_BYTES:
        _refuse(name, "book_too_large", limit=MAX_BYTES // 1_000_000)
    if data.startswith(_OLE):
        _refuse(
            name, "book_encrypted" if "EncryptedPackage".encode("utf-16-le") in data else "book_old_format"
        )
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as packed:
            return _open(packed, name, limits, first_only=first_only)
    except WorkbookWrong:
        raise
    except expat.ExpatError:
        _refuse(name, "book_xml")
    except READ_ERRORS:
        _refuse(name, "book_not_xlsx")
    raise AssertionError("every way out of the reading returns or raises")


def _open(packed: zipfile.ZipFile, name: str, limits: Limits, *, first_only: bool) -> list[BookSheet]:
    entries = {entry.filename: entry for entry in packed.infolist()}
    if any(entry.flag_bits & 1 for entry in entries.values()):
        _refuse(name, "book_encrypted")
    if "[Content_Types].xml" not in entries or "xl/workbook.xml" not in entries:
        _refuse(name, "book_not_xlsx")
    if "xl/vbaProject.bin" in entries or b"macroEnabled" in _whole(
        packed, entries["[Content_Types].xml"], name, limits.unpacked
    ):
        _refuse(name, "book_macros")
    names = {part: sheet for part, (sheet, _) in sheet_names(packed, entries, name, limits).items()}
    if first_only:
        names = dict(list(names.items())[:1])
    percents = _percent_styles(packed, entries, name, limits)
    marks: dict[str, Marks] = {}
    budget = _Budget(limits, limits.unpacked, limits.cells)
    for part, sheet in names.items():
        if part in entries:
            marks[sheet] = _scanned(packed, entries[part], sheet, name, percents, budget)
    copy = io.BytesIO()
    left = limits.unpacked
    with zipfile.ZipFile(copy, "w", zipfile.ZIP_STORED) as fresh:
        for part, entry in entries.items():
            if _PARTS.fullmatch(part) and (part in names or not part.startswith("xl/worksheets/")):
                content = _whole(packed, entry, name, left)
                left -= len(content)
                fresh.writestr(part, content)
    with CalamineWorkbook.from_filelike(io.BytesIO(copy.getvalue())) as book:
        return [
            BookSheet(sheet, book.get_sheet_by_name(sheet).to_python(skip_empty_area=False), marks[sheet])  # type: ignore[arg-type]
            for sheet in book.sheet_names
            if sheet in marks
        ]


def _whole(packed: zipfile.ZipFile, entry: zipfile.ZipInfo, name: str, limit: int) -> bytes:
    with packed.open(entry) as stream:
        content = stream.read(limit + 1)
    if len(content) > limit:
        _refuse(name, "book_bomb", limit=limit // 1_000_000)
    if b"<!DOCTYPE" in content[:4096] or b"<!ENTITY" in content:
        _refuse(name, "book_xml")
    return content


def sheet_names(
    packed: zipfile.ZipFile, entries: Mapping[str, zipfile.ZipInfo], name: str, limits: Limits
) -> dict[str, tuple[str, bool]]:
    """Return the name of each sheet's part and whether it is hidden: in the workbook's order, the hidden ones last."""
    targets: dict[str, str] = {}
    rels = entries.get("xl/_rels/workbook.xml.rels")
    for tag, attributes in _elements(_whole(packed, rels, name, limits.sheet)) if rels else ():
        if tag == "Relationship" and "Id" in attributes:
            target = attributes.get("Target", "")
            targets[attributes["Id"]] = target[1:] if target.startswith("/") else f"xl/{target}"
    names = {}
    for tag, attributes in _elements(_whole(packed, entries["xl/workbook.xml"], name, limits.sheet)):
        if tag == "sheet" and "name" in attributes:
            identity = next((value for key, value in attributes.items() if key.endswith(":id")), "")
            hidden = attributes.get("state", "visible") != "visible"
            names[targets.get(identity, "")] = attributes["name"], hidden
    return dict(sorted(names.items(), key=lambda each: each[1][1]))


def _percent_styles(
    packed: zipfile.ZipFile, entries: Mapping[str, zipfile.ZipInfo], name: str, limits: Limits
) -> frozenset[str]:
    """Return the numbers of the cell styles that show a number as a percentage: there, 50% is stored as 0.5."""
    styles = entries.get("xl/styles.xml")
    if styles is None:
        return frozenset()
    formats = {"9", "10"}
    found, inside, number = set(), False, 0
    for tag, attributes in _elements(_whole(packed, styles, name, limits.sheet)):
        if tag == "numFmt" and "%" in attributes.get("formatCode", ""):
            formats.add(attributes.get("numFmtId", ""))
        if tag in ("cellXfs", "cellStyles", "cellStyleXfs", "dxfs"):
            inside = tag == "cellXfs"
        elif tag == "xf" and inside:
            if attributes.get("numFmtId") in formats:
                found.add(str(number))
            number += 1
    return frozenset(found)


def _elements(content: bytes) -> Iterator[tuple[str, dict[str, str]]]:
    """Yield each element's local name and attributes."""
    found: list[tuple[str, dict[str, str]]] = []
    parser = parser_of_parts()
    parser.StartElementHandler = lambda tag, attributes: found.append((tag.rpartition(":")[2], attributes))
    parser.Parse(content, True)
    return iter(found)


def parser_of_parts() -> expat.XMLParserType:
    """Return a parser that refuses a document type."""
    parser = expat.ParserCreate()

    def refuse(*_: object) -> None:
        raise expat.ExpatError("a document type is not read")

    parser.StartDoctypeDeclHandler = refuse
    return parser


@dataclass(slots=True)
class _Budget:
    """How much of the whole workbook may still be read: it may have very many sheets."""

    limits: Limits
    bytes: int
    cells: int


class _Scan:
    """Takes the elements of a sheet's XML one by one and stops at a cell outside the limits."""

    def __init__(self, sheet: str, file: str, percents: frozenset[str], budget: _Budget) -> None:
        self.marks = Marks()
        self._budget = budget
        self._sheet, self._file, self._percents = sheet, file, percents
        self._row, self._column, self._cell, self._type = 0, 0, "", ""
        self._value: list[str] | None = None

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        local = tag.rpartition(":")[2]
        if local == "row":
            self._row = int(attributes.get("r", self._row + 1))
            self._column = 0
        elif local == "c":
            self._at(attributes.get("r"))
            self._type = attributes.get("t", "")
            if self._type in ("", "n") and attributes.get("s") in self._percents:
                self.marks.percents.add(self._cell)
        elif local == "f":
            self._check()
            self.marks.formulas.append(self._cell)
        elif local in ("v", "is"):
            self._check()
            self._value = [] if self._type == "e" else None
        elif local == "mergeCell":
            self.marks.merged.append(attributes.get("ref", ""))

    def data(self, text: str) -> None:
        if self._value is not None:
            self._value.append(text)

    def end(self, tag: str) -> None:
        if tag.rpartition(":")[2] == "v" and self._value is not None:
            self.marks.errors[self._cell] = "".join(self._value)
            self._value = None

    def _at(self, reference: str | None) -> None:
        found = re.fullmatch(r"([A-Z]{1,3})([0-9]{1,7})", reference or "")
        if found:
            column = 0
            for letter in found[1]:
                column = column * 26 + ord(letter) - 64
            self._row, self._column = int(found[2]), column
        else:
            self._column += 1
        self._cell = f"{letters(self._column - 1)}{self._row}"

    def _check(self) -> None:
        """Only cells that hold something count: a form may be formatted far beyond its end."""
        limits = self._budget.limits
        if self._row > limits.rows:
            raise WorkbookWrong([self._finding("sheet_rows", limits.rows)])
        if self._column > limits.columns:
            raise WorkbookWrong([self._finding("sheet_columns", limits.columns)])
        self._budget.cells -= 1
        if self._budget.cells < 0:
            raise WorkbookWrong([self._finding("sheet_cells", limits.cells)])
        if len(self.marks.formulas) > MOST_FINDINGS:
            raise WorkbookWrong([self._finding("cell_formula", 0)])

    def _finding(self, key: str, limit: int) -> Finding:
        return Finding("", key, {"limit": limit}).in_cell(self._file, place(self._sheet, self._cell))


def _scanned(
    packed: zipfile.ZipFile,
    entry: zipfile.ZipInfo,
    sheet: str,
    file: str,
    percents: frozenset[str],
    budget: _Budget,
) -> Marks:
    scan = _Scan(sheet, file, percents, budget)
    parser = parser_of_parts()
    parser.buffer_text = True
    parser.StartElementHandler = scan.start
    parser.EndElementHandler = scan.end
    parser.CharacterDataHandler = scan.data
    read = 0
    try:
        with packed.open(entry) as stream:
            while chunk := stream.read(CHUNK):
                read += len(chunk)
                budget.bytes -= len(chunk)
                if budget.bytes < 0:
                    _refuse(file, "book_bomb", limit=budget.limits.unpacked // 1_000_000)
                if read > budget.limits.sheet:
                    found = Finding("", "sheet_large", {"limit": budget.limits.sheet // 1_000_000})
                    raise WorkbookWrong([found.in_cell(file, place(sheet))])
                parser.Parse(chunk)
        parser.Parse(b"", True)
    except (expat.ExpatError, ValueError) as error:
        raise WorkbookWrong([Finding("", "book_xml").in_cell(file, place(sheet))]) from error
    return scan.marks


def _refuse(name: str, key: str, **facts: object) -> None:
    raise WorkbookWrong([Finding("", key, facts).in_cell(name, None)])


def as_text(value: object) -> str:
    """Return a cell's value as a text, kept as it is; whole numbers without a point, decimals as written."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, float):
        return plain_number(value)
    if isinstance(value, datetime | date | time | timedelta):
        return str(value)
    return str(value)


def plain_number(value: float) -> str:
    """Return a cell's number in plain decimals, without an exponent."""
    if value.is_integer() and abs(value) < 1e18:
        return str(int(value))
    return f"{value:.10f}".rstrip("0").rstrip(".")


def is_date(value: object) -> bool:
    """Tell whether Excel made a date or time of a cell."""
    return isinstance(value, datetime | date | time | timedelta)
