"""What a decision letter says: plain frozen values, and the data that goes into its PDF."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, replace
from datetime import date, datetime
from typing import Literal

from server.reports.facts import Language, Outlet, Reviewer, Standard, Superseded

FIELDS = ("signature-1", "signature-2")
Notice = Literal["withdrawn", "held"]
"""What a letter says of the one before: the decision is taken back, or not carried out for now."""


@dataclass(frozen=True, kw_only=True)
class Ground:
    """A fact that the decision stands on, the rule that it meets, and where it is proved."""

    text: str
    rule: str
    evidence: str


@dataclass(frozen=True, kw_only=True)
class Letter:
    """A decision about an outlet (handbook 2.9): what, from when, why, and how to object; in words of `language`.

    `signers` are who proposed and who approved; two of them, two signatures. `adverse`: the outlet loses by it;
    `incentive`: it honours people. `period` is empty where none was looked at. A `notice` takes the letter before it back,
    for its `reason` and from its own `effective` day on; it has no grounds.
    """

    language: Language
    report_id: str
    number: str
    issuer: str
    issued_at: datetime
    verify_url: str
    outlet: Outlet
    decision: str
    adverse: bool
    period: str
    effective: date
    grounds: tuple[Ground, ...]
    objection: str
    rules: Standard
    reason: str = ""
    signers: tuple[Reviewer, ...] = ()
    supersedes: Superseded | None = None
    incentive: bool = False
    notice: Notice | None = None

    @property
    def draft(self) -> bool:
        """Letters have no drafts: what is not decided is not written."""
        return False


def fields(data: Letter) -> tuple[str, ...]:
    """The signature fields in signing order."""
    return FIELDS[: 2 if len(data.signers) > 1 else 1]


def attachment(data: Letter) -> bytes:
    """The decision as data; that a letter is none about an incentive and no notice was always so, and is not said."""
    told = asdict(data)
    for name in ("incentive", "notice"):
        if not told[name]:
            del told[name]
    return json.dumps(
        told,
        ensure_ascii=False,
        sort_keys=True,
        separators=(",", ":"),
        default=lambda v: v.isoformat(),
    ).encode()


def content(data: Letter) -> bytes:
    """What the letter says, without its number, instant and predecessor."""
    bare = replace(data, report_id="", number="", verify_url="", issued_at=datetime.min, supersedes=None)  # noqa: DTZ901
    return attachment(bare)
