"""Every Problem: what can go wrong, under a stable code, with the facts that a sentence about it needs.

A Problem knows no HTTP status and no sentence; `server/routes/errors.py` holds both.
"""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from typing import Any, ClassVar


@dataclass(frozen=True, slots=True)
class Fault:
    """One fault in what was sent: a JSON pointer (RFC 6901) and the key and facts of its sentence."""

    pointer: str
    message: str
    facts: dict[str, Any] = field(default_factory=dict)


@dataclass(eq=False)
class Problem(Exception):
    """Something that cannot be done, and why. Subclasses carry typed facts as fields."""

    code: ClassVar[str] = "problem"

    def facts(self) -> dict[str, Any]:
        """The facts by name."""
        return {f.name: getattr(self, f.name) for f in fields(self)}


@dataclass(eq=False)
class NotSignedIn(Problem):
    code: ClassVar[str] = "not-signed-in"


@dataclass(eq=False)
class WrongPassword(Problem):
    code: ClassVar[str] = "wrong-password"


@dataclass(eq=False)
class LoginLocked(Problem):
    code: ClassVar[str] = "login-locked"
    retry_after: int = 0


@dataclass(eq=False)
class NotAllowed(Problem):
    code: ClassVar[str] = "not-allowed"


@dataclass(eq=False)
class ForeignRequest(Problem):
    """A write by cookie without our CSRF token, or from another site."""

    code: ClassVar[str] = "foreign-request"


@dataclass(eq=False)
class NotFound(Problem):
    code: ClassVar[str] = "not-found"


@dataclass(eq=False)
class WrongDocument(Problem):
    """What was sent has faults; nothing of it was stored."""

    code: ClassVar[str] = "wrong-document"
    faults: tuple[Fault, ...] = ()


@dataclass(eq=False)
class BodyCut(Problem):
    """Fewer bytes arrived than the sender announced."""

    code: ClassVar[str] = "body-cut"
    announced: int = 0
    arrived: int = 0


@dataclass(eq=False)
class TooLarge(Problem):
    code: ClassVar[str] = "too-large"
    limit: int = 0


@dataclass(eq=False)
class VisitEtagOld(Problem):
    """Somebody saved the visit since; `current` is what the server has."""

    code: ClassVar[str] = "visit-etag-old"
    current: dict[str, Any] = field(default_factory=dict)


@dataclass(eq=False)
class EtagMissing(Problem):
    code: ClassVar[str] = "etag-missing"


@dataclass(eq=False)
class VisitStateForbids(Problem):
    """The visit's present state does not allow what was asked."""

    code: ClassVar[str] = "visit-state-forbids"
    state: str = ""


@dataclass(eq=False)
class VisitIncomplete(Problem):
    """A submission with something missing, items or signatures; it was kept as a draft."""

    code: ClassVar[str] = "visit-incomplete"
    missing: tuple[dict[str, str], ...] = ()
    faults: tuple[Fault, ...] = ()
    etag: str = ""


@dataclass(eq=False)
class VisitNotYours(Problem):
    code: ClassVar[str] = "visit-not-yours"


@dataclass(eq=False)
class UnknownChecklist(Problem):
    code: ClassVar[str] = "unknown-checklist"
    checklist: str = ""
    version: int = 0
    faults: tuple[Fault, ...] = ()


@dataclass(eq=False)
class UploadOffsetWrong(Problem):
    code: ClassVar[str] = "upload-offset-wrong"
    offset: int = 0


@dataclass(eq=False)
class UploadGone(Problem):
    code: ClassVar[str] = "upload-gone"


@dataclass(eq=False)
class UploadBusy(Problem):
    code: ClassVar[str] = "upload-busy"


@dataclass(eq=False)
class UploadMetadataWrong(Problem):
    code: ClassVar[str] = "upload-metadata-wrong"
    field_name: str = ""


@dataclass(eq=False)
class TusVersionWrong(Problem):
    """The client speaks another version of tus than we do."""

    code: ClassVar[str] = "tus-version-wrong"


@dataclass(eq=False)
class NotBuilt(Problem):
    """The phone's app and the console's script were not built yet."""

    code: ClassVar[str] = "not-built"


@dataclass(eq=False)
class StorageFull(Problem):
    """The disk is full; what was stored before is whole."""

    code: ClassVar[str] = "storage-full"


@dataclass(eq=False)
class ChecksumWrong(Problem):
    """The bytes of one request do not match their checksum (tus)."""

    code: ClassVar[str] = "checksum-wrong"


@dataclass(eq=False)
class PhotoHashWrong(Problem):
    code: ClassVar[str] = "photo-hash-wrong"


@dataclass(eq=False)
class PhotoUnreadable(Problem):
    code: ClassVar[str] = "photo-unreadable"


@dataclass(eq=False)
class AssignmentStateForbids(Problem):
    """The assignment's present state does not allow the answer."""

    code: ClassVar[str] = "assignment-state-forbids"
    state: str = ""


@dataclass(eq=False)
class PhotoTooLarge(Problem):
    code: ClassVar[str] = "photo-too-large"
    limit: int = 0


@dataclass(eq=False)
class PhotoTooManyPixels(Problem):
    code: ClassVar[str] = "photo-too-many-pixels"
    megapixels: int = 0


@dataclass(eq=False)
class TooManyPhotos(Problem):
    code: ClassVar[str] = "too-many-photos"
    limit: int = 0
    faults: tuple[Fault, ...] = ()


@dataclass(eq=False)
class OwnVisit(Problem):
    """Nobody reviews the own visit (handbook 01)."""

    code: ClassVar[str] = "own-visit"


@dataclass(eq=False)
class SameReviewer(Problem):
    """The second review must be somebody else's."""

    code: ClassVar[str] = "same-reviewer"


@dataclass(eq=False)
class RevisionOld(Problem):
    """The review was about a revision that is no longer the newest."""

    code: ClassVar[str] = "revision-old"
    revision: int = 0
    state: str = ""


@dataclass(eq=False)
class ReasonMissing(Problem):
    code: ClassVar[str] = "reason-missing"


@dataclass(eq=False)
class VoidingAnswer(Problem):
    """An answer voids the visit (the shopper was recognised): it can only be voided or returned."""

    code: ClassVar[str] = "voiding-answer"


@dataclass(eq=False)
class ProofAwaited(Problem):
    """Items that are proved after the visit are still open; it cannot be accepted yet."""

    code: ClassVar[str] = "proof-awaited"
    items: tuple[str, ...] = ()


@dataclass(eq=False)
class ReportNotReady(Problem):
    code: ClassVar[str] = "report-not-ready"


@dataclass(eq=False)
class StorageBusy(Problem):
    """The database could not take the write in time; sending again is safe."""

    code: ClassVar[str] = "storage-busy"


@dataclass(eq=False)
class NameTaken(Problem):
    code: ClassVar[str] = "name-taken"
    name: str = ""


@dataclass(eq=False)
class NameWrong(Problem):
    """A user's name is empty, too long, or holds what cannot be read."""

    code: ClassVar[str] = "name-wrong"
    most: int = 0


@dataclass(eq=False)
class UnknownUser(Problem):
    code: ClassVar[str] = "unknown-user"
    username: str = ""


@dataclass(eq=False)
class UnknownPlace(Problem):
    """No outlet, or no unit of the organisation, has this code."""

    code: ClassVar[str] = "unknown-place"
    place: str = ""


@dataclass(eq=False)
class PlaceMissing(Problem):
    """This role needs an outlet, or a unit of the organisation, to belong to."""

    code: ClassVar[str] = "place-missing"
    role: str = ""


@dataclass(eq=False)
class PasswordTooShort(Problem):
    code: ClassVar[str] = "password-too-short"
    least: int = 0


@dataclass(eq=False)
class KindNotForRole(Problem):
    """The role does not inspect visits of this kind (handbook 01)."""

    code: ClassVar[str] = "kind-not-for-role"
    kind: str = ""
    role: str = ""


@dataclass(eq=False)
class ChecklistNotForOutlet(Problem):
    code: ClassVar[str] = "checklist-not-for-outlet"
    checklist: str = ""
    tier: str = ""
    kind: str = ""


@dataclass(eq=False)
class WindowWrong(Problem):
    """An assignment's window ends before it begins, or lies in the past."""

    code: ClassVar[str] = "window-wrong"


@dataclass(eq=False)
class RotationForbids(Problem):
    """The same shopper was at the same outlet within the rotation (handbook 03); a reason lets it pass."""

    code: ClassVar[str] = "rotation-forbids"
    outlet: str = ""
    last: str = ""
    days: int = 0
