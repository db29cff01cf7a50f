"""Checklists as files that people keep: read whole before anything is stored, written for them to take away."""

from __future__ import annotations

import base64
import binascii
import json
import zlib
from collections.abc import Sequence
from typing import Any

from server.domain.checklist import read_checklist
from server.domain.draft_errors import WrongStandard
from server.domain.findings import Finding
from server.gateways import checklist_sheets, checklist_workbook, xlsform
from server.gateways.checklist_yaml import yaml_text
from server.gateways.preview import preview_data
from server.gateways.sheets_read import SheetsRead
from server.gateways.yaml_lines import read_yaml_text

MOST_BYTES = 20_000_000
_MOST_WRITTEN = 8_000_000

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
FORMS = {
    "workbook": ("xlsx", XLSX),
    "xlsform": ("xlsform.xlsx", XLSX),
    "yaml": ("yaml", "application/yaml; charset=utf-8"),
}
"""The forms in which a checklist leaves: the ending of the file's name, and its type."""


def read_file(data: bytes, name: str) -> SheetsRead:
    """Read a checklist from a workbook, an XLSForm or YAML; every finding at once, nothing is stored."""
    if not name.lower().endswith((".yaml", ".yml")):
        return checklist_sheets.read_any(data, name)
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return SheetsRead(None, [Finding("", "file_unreadable", {"reason": "UTF-8"}).placed(name, None)])
    written = read_yaml_text(text, name)
    if written.findings:
        return SheetsRead(None, written.findings, format="yaml")
    reading = read_checklist(written.value)
    return SheetsRead(
        written.value,
        written.place(reading.findings),
        reading.draft,
        reading.compiled,
        format="yaml",
        placed=lambda finding: written.place([finding])[0],
    )


def write_file(
    form: str, written: dict[str, Any], language: str, history: Sequence[Sequence[object]] = ()
) -> bytes:
    """The file of a checklist in the written notation, in one of FORMS; `history` is for the workbook.

    Raises WrongStandard for what the form cannot hold, such as a text longer than a cell.
    """
    try:
        if form == "workbook":
            return checklist_workbook.workbook(written, language=language, history=history)
        if form == "yaml":
            return yaml_text(written).encode()
        return xlsform.xlsform(written, compiled(written))
    except checklist_workbook.NotForSheets as unfit:
        raise WrongStandard(findings=tuple(unfit.findings)) from unfit


def compiled(written: dict[str, Any]) -> dict[str, Any]:
    """The compiled form of a checklist in the written notation. Raises WrongStandard."""
    reading = read_checklist(written)
    if reading.compiled is None:
        raise WrongStandard(findings=tuple(reading.findings))
    return reading.compiled


def preview(written: dict[str, Any], language: str) -> str:
    """What the phone's preview needs, as JSON that can stand in a page."""
    return preview_data(compiled(written), None, language)


def packed(read: SheetsRead) -> str:
    """What a clean dry run read, as text that a page carries until somebody says: store it."""
    content = json.dumps([read.written, read.declared], ensure_ascii=False).encode()
    return base64.b64encode(zlib.compress(content)).decode()


def unpacked(text: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """What `packed` carried: the written checklist and the declared meanings. Raises WrongStandard."""
    try:
        opened = zlib.decompressobj()
        content = opened.decompress(base64.b64decode(text, validate=True), _MOST_WRITTEN)
        written, declared = json.loads(content)
        if opened.unconsumed_tail or not isinstance(written, dict) or not isinstance(declared, dict):
            raise ValueError("not what was packed")
    except (binascii.Error, zlib.error, ValueError, TypeError, RecursionError):
        raise WrongStandard(findings=(Finding("", "file_package_broken"),)) from None
    return written, declared
