"""What reading a checklist from a workbook gives: the written checklist, its findings with their cells, notes."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Literal

from server.domain.checklist import Compiled, read_checklist
from server.domain.checklist_written import Draft
from server.domain.exact import two_decimals
from server.domain.findings import Finding, at
from server.gateways.workbook_file import MOST_FINDINGS


@dataclass(frozen=True, slots=True)
class SheetsRead:
    """The outcome of a dry run: `findings` forbid, `notes` tell what was not taken; written is None when broken.

    `declared` has what the author says of an item against the version before, `changed` or `new`.
    """

    written: dict[str, Any] | None
    findings: list[Finding]
    draft: Draft | None = None
    compiled: Compiled | None = None
    declared: dict[str, str] = field(default_factory=dict)
    notes: list[Finding] = field(default_factory=list)
    format: Literal["workbook", "xlsform", "yaml"] = "workbook"
    placed: Callable[[Finding], Finding] = field(default=lambda finding: finding, compare=False)
    """Gives a later finding about what was read its place in the file."""


@dataclass(slots=True)
class Places:
    """The cell of each JSON pointer, and the findings of the reading itself."""

    file: str
    cells: dict[str, str] = field(default_factory=dict)
    findings: list[Finding] = field(default_factory=list)
    heading: Callable[[str], str] = str
    """The column's name for the last step of a pointer's key."""

    def fault(self, cell: str, key: str, /, **facts: Any) -> None:
        """Note what is wrong with a cell."""
        self.findings.append(Finding("", key, facts).in_cell(self.file, cell))

    def put(self, finding: Finding) -> Finding:
        """Return the finding with the nearest cell that the workbook has for its pointer."""
        path = finding.path
        last = finding.facts.get("key") if finding.message_key == "missing_key" else None
        last = finding.facts.get("language") if finding.message_key == "text_missing" else last
        last = "1" if finding.message_key == "credit_range" else last
        for step in [last] if last else []:
            if at(path, step) in self.cells:
                path = at(path, step)
            elif at(path, step, "zh") in self.cells:
                path = at(path, step, "zh")
        while path and path not in self.cells:
            path = path.rpartition("/")[0]
        return finding.in_cell(self.file, self.cells.get(path))

    def checked(self, written: dict[str, Any], **more: Any) -> SheetsRead:
        """Check a checklist as written and return it with every finding, its own before those of its meaning."""
        reading = read_checklist(written)
        marked, own = {each.cell for each in self.findings}, bool(self.findings)
        for finding in map(self.put, reading.findings):
            # One slip is told once: where a cell cannot be read, its lack and the sums are no news.
            if finding.cell in marked or (own and finding.message_key == "total_differs"):
                continue
            self.findings.append(self._worded(finding))
        found = limited(self.findings, self.file)
        clean = not found
        return SheetsRead(
            written,
            found,
            reading.draft,
            reading.compiled if clean else None,
            placed=lambda finding: self._worded(self.put(finding)),
            **more,
        )

    def _worded(self, finding: Finding) -> Finding:
        """Say it in the units and names of a sheet: points, percentages, columns."""
        key, facts = finding.message_key, dict(finding.facts)
        if key == "missing_key":
            key, facts = "cell_needed", {"column": self.heading(f"{finding.path}/{facts['key']}")}
        elif key == "total_differs":
            key, facts = "cell_total", {name: two_decimals(value) for name, value in facts.items()}
        elif key == "credit_range":
            key, facts = "cell_credits", {"credit": _percent(facts["credit"])}
        elif key == "bands_not_covering":
            key = "band_end"
        elif key == "empty" and facts["key"] == "items":
            key = "section_empty"
        elif key == "cases_without_bands":
            key = "band_default"
        elif key == "wrong_form":
            starts = (
                ("^[A-Z][", "cell_item_id"),
                ("^[A-Za-z][", "cell_name"),
                ("^[a-z][", "cell_checklist_id"),
            )
            key = next((name for start, name in starts if facts["pattern"].startswith(start)), key)
        return Finding(finding.path, key, facts, None, finding.file, finding.cell)


def limited(findings: list[Finding], file: str) -> list[Finding]:
    """Return the first findings alone where there are too many to read."""
    if len(findings) <= MOST_FINDINGS:
        return findings
    more = Finding("", "too_many_findings", {"limit": MOST_FINDINGS}).in_cell(file, None)
    return [*findings[:MOST_FINDINGS], more]


def refused(findings: list[Finding], **more: Any) -> SheetsRead:
    """Return the outcome of a workbook of which nothing was read."""
    return SheetsRead(None, findings, **more)


def _percent(credit: object) -> str:
    text = str(credit)
    return f"{int(text) / 10:g}" if text.lstrip("-").isdecimal() and len(text) < 10 else text
