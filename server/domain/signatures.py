"""Who signs a visit before it is submitted: its inspector and the outlet's person, who may also refuse (handbook 04, Finish)."""

from server.domain.errors import Fault
from server.domain.visit import Signature, VisitDocument, VisitKind

SIGNED = frozenset({VisitKind.ANNOUNCED, VisitKind.AREA_VISIT, VisitKind.ONBOARDING})
"""The kinds of visit at which somebody of the outlet stands by; a covert visit asks for no signature (01)."""


def unsigned(document: VisitDocument) -> tuple[Fault, ...]:
    """Whose signatures a submission still lacks.

    A name signs, drawn or typed; a refusal of the outlet's person stands for a signature when its reason is given.
    """
    if document.intent != "submit" or document.kind not in SIGNED:
        return ()
    there = {one.role for one in document.signatures if _name(one) or (one.role == "outlet" and _reason(one))}
    return tuple(
        Fault("/signatures", f"unsigned_{role}") for role in ("inspector", "outlet") if role not in there
    )


def _name(signature: Signature) -> bool:
    return bool((signature.name or "").strip()) and signature.refused is None


def _reason(signature: Signature) -> bool:
    return bool((signature.refused or "").strip())
