"""PAdES B-B: put the organisation's signature into a report, and say whether a file is one of ours, unchanged."""

from __future__ import annotations

import asyncio
import hashlib
import io
import re
import secrets
import string
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from typing import Literal

from asn1crypto import cms
from asn1crypto.x509 import Certificate
from fontTools import subset
from pyhanko.pdf_utils.font import FontEngine, FontEngineFactory
from pyhanko.pdf_utils.font.opentype import GlyphAccumulator
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.pdf_utils.layout import AxisAlignment, Margins, SimpleBoxLayoutRule
from pyhanko.pdf_utils.metadata.info import update_info_dict
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.pdf_utils.text import TextBoxStyle
from pyhanko.pdf_utils.writer import BasePdfFileWriter
from pyhanko.sign.fields import SigSeedSubFilter, enumerate_sig_fields
from pyhanko.sign.signers.cms_embedder import PdfCMSEmbedder, SigAppearanceSetup, SigIOSetup, SigObjSetup
from pyhanko.sign.signers.pdf_byterange import SignatureObject
from pyhanko.sign.timestamps import HTTPTimeStamper, TimeStamper
from pyhanko.sign.validation import (
    EmbeddedPdfSignature,
    PdfSignatureStatus,
    SignatureCoverageLevel,
    validate_pdf_signature,
)
from pyhanko.sign.validation.settings import KeyUsageConstraints
from pyhanko.stamp import TextStampStyle
from pyhanko_certvalidator import ValidationContext

from server.domain import dates
from server.reports.authority import Authority
from server.reports.facts import Language
from server.reports.pdf import Fonts

State = Literal["genuine", "changed", "unsigned", "untrusted"]

_STAMP_SIZE = 9
_DIGEST = "sha256"
_ROOM, _ROOM_WITH_TIME_STAMP = 12_000, 32_000
_STAMP: dict[str, tuple[str, str]] = {"zh": ("数字签名", "签署时间"), "en": ("Digitally signed", "Signed at")}
_TRACES = (b"/ByteRange", b"/ETSI.CAdES.detached")
_USAGE = KeyUsageConstraints(key_usage={"digital_signature", "non_repudiation"}, match_all_key_usages=False)


@dataclass(frozen=True)
class SignatureSeen:
    """One signature found in a file: the name in its certificate, and the time that it claims."""

    signer: str
    signed_at: datetime | None
    field: str


@dataclass(frozen=True)
class Verification:
    """What a file is. `report_id` and `edition` are what it says of itself; believe them when it is genuine.

    `genuine`: ours, whole, unchanged. `changed`: a byte differs from what was signed, something was
    added, or a signature was taken away. `unsigned`: carries no signature. `untrusted`: unchanged,
    but signed by a key that is not ours.
    """

    state: State
    report_id: str | None = None
    edition: str | None = None
    signatures: tuple[SignatureSeen, ...] = ()

    @property
    def signer(self) -> str | None:
        """The name in the last signature's certificate."""
        return self.signatures[-1].signer if self.signatures else None

    @property
    def signed_at(self) -> datetime | None:
        """The time that the last signature claims."""
        return self.signatures[-1].signed_at if self.signatures else None


def sign(
    pdf: bytes,
    authority: Authority,
    *,
    field: str,
    at: datetime,
    fonts: Fonts,
    language: Language = "zh",
    timestamper: TimeStamper | None = None,
    signer: str = "",
) -> bytes:
    """Fill the empty signature field `field` and give the signed file; `pdf` stays its beginning, byte for byte.

    Sign fields in their order. `signer` says in the box for whom, in which role and of when. `at` (aware) goes into the signature and its visible box. Raises
    `pyhanko.sign.general.SigningError` when the field is filled or missing.
    """
    if at.tzinfo is None:
        raise ValueError("the time of a signature needs its zone")
    writer = _DatedWriter(pdf, at)
    room = _ROOM_WITH_TIME_STAMP if timestamper else _ROOM
    embedder = PdfCMSEmbedder().write_cms(field_name=field, writer=writer, existing_fields_only=True)
    next(embedder)
    embedder.send(
        SigObjSetup(
            sig_placeholder=SignatureObject(
                timestamp=at, bytes_reserved=room, subfilter=SigSeedSubFilter.PADES
            ),
            appearance_setup=SigAppearanceSetup(
                style=_stamp(authority, at, fonts, language, signer), timestamp=at, name=authority.name
            ),
        )
    )
    prepared, out = embedder.send(SigIOSetup(md_algorithm=_DIGEST))
    made = asyncio.run(
        authority.signer.async_sign(
            prepared.document_digest, _DIGEST, use_pades=True, timestamper=timestamper
        )
    )
    embedder.send(made)
    signed: bytes = out.getvalue()
    return signed


def timestamper(url: str) -> TimeStamper:
    """The time-stamping authority at `url` (RFC 3161); with it a signature is PAdES B-T."""
    return HTTPTimeStamper(url)


def verify(pdf: bytes, roots: Sequence[Certificate]) -> Verification:
    """Say what the file is, by `roots` alone: no network, no certificate store of the machine.

    Certificates are judged at the time that the signature claims, so a report outlives its key.
    Any bytes may come here, also hostile ones; the answer is always a Verification.
    """
    try:
        reader = PdfFileReader(io.BytesIO(pdf), strict=False)
        found = list(reader.embedded_regular_signatures)
        state = _state(pdf, reader, found, roots)
        # Reading the claims comes last: it unpacks objects that the comparison of revisions wants untouched.
        return Verification(state, *_claims(reader), tuple(_seen(signature) for signature in found))
    except Exception:
        # Whatever the reader stumbles over, a file with traces of a signature is not as it was signed.
        return Verification("changed" if any(trace in pdf for trace in _TRACES) else "unsigned")


def attached(pdf: bytes) -> bytes:
    """The JSON attached to a report. Raises LookupError when there is none."""
    root = PdfFileReader(io.BytesIO(pdf), strict=False).root
    names = root["/Names"]["/EmbeddedFiles"]["/Names"]
    content: bytes = names[1]["/EF"]["/F"].data
    return content


def _state(
    pdf: bytes, reader: PdfFileReader, found: Sequence[EmbeddedPdfSignature], roots: Sequence[Certificate]
) -> State:
    if not found and not any(trace in pdf for trace in _TRACES):
        return "unsigned"
    if not found or len(found) != len(list(enumerate_sig_fields(reader))):
        # Every field is made before the first signature: an empty one means that a signature was cut off.
        return "changed"
    trusted = []
    for signature in found:
        status = validate_pdf_signature(
            signature,
            ValidationContext(
                trust_roots=list(roots),
                moment=signature.self_reported_timestamp,
                allow_fetching=False,
                revocation_mode="soft-fail",
            ),
            key_usage_settings=_USAGE,
            # No judging of later revisions by their kind: the last signature has to cover the whole file,
            # so everything that follows an earlier one is vouched for by a key, which has to be ours too.
            skip_diff=True,
        )
        if not _intact(status, last=signature is found[-1]) or not _exact(pdf, signature):
            return "changed"
        if status.trusted and not _only_the_path(signature, status):
            return "changed"
        trusted.append(status.trusted)
    if all(trusted):
        return "genuine"
    return "changed" if any(trusted) else "untrusted"


def _intact(status: PdfSignatureStatus, *, last: bool) -> bool:
    """Whether digest and signature hold, the last over the whole file, an earlier one over its whole revision."""
    stamp = status.timestamp_validity
    wanted = SignatureCoverageLevel.ENTIRE_FILE if last else SignatureCoverageLevel.ENTIRE_REVISION
    return (
        status.intact
        and status.valid
        and (stamp is None or (stamp.intact and stamp.valid))
        and status.coverage >= wanted
    )


def _exact(pdf: bytes, signature: EmbeddedPdfSignature) -> bool:
    """Whether the signature's own bytes, which no digest covers, are written the one way that we write them."""
    start, length, rest, _ = (int(n) for n in signature.sig_object.raw_get("/ByteRange"))
    gap = pdf[start + length : rest]
    content = cms.ContentInfo.load(bytes.fromhex(gap[1:-1].decode("ascii")))
    if gap != b"<" + content.dump(force=True).hex().upper().encode().ljust(len(gap) - 2, b"0") + b">":
        return False
    data = content["content"]
    info = data["signer_infos"][0]
    return bool(
        data["version"].native == "v1"
        and len(data["digest_algorithms"]) == len(data["signer_infos"]) == 1
        and data["digest_algorithms"][0].dump() == info["digest_algorithm"].dump()
        and data["encap_content_info"]["content_type"].native == "data"
        and data["encap_content_info"]["content"].native is None
        and data["crls"].native is None
        and info["version"].native == "v1"
        # Names are matched without regard to case; here only the certificate's own writing counts.
        and info["sid"].chosen["issuer"].dump() == signature.signer_cert.issuer.dump()
    )


def _only_the_path(signature: EmbeddedPdfSignature, status: PdfSignatureStatus) -> bool:
    """Whether every certificate in the signature was used, and so checked, on the way to the root."""
    path = status.validation_path
    checked = {certificate.dump() for certificate in path.iter_certs(include_root=True)} if path else set()
    embedded = {choice.chosen.dump() for choice in signature.signed_data["certificates"]}
    return embedded <= checked


def _seen(signature: EmbeddedPdfSignature) -> SignatureSeen:
    subject = signature.signer_cert.subject.native
    name = subject.get("common_name") or subject.get("organization_name") or ""
    return SignatureSeen(str(name), signature.self_reported_timestamp, signature.field_name)


def _claims(reader: PdfFileReader) -> tuple[str | None, str | None]:
    """Report id and edition from the XMP packet; by pattern, so that no XML of a stranger is ever parsed."""
    packet = reader.root["/Metadata"].data if "/Metadata" in reader.root else b""
    # pyHanko writes the packet anew with each signature and makes simple elements attributes.
    report = re.search(rb'dc:identifier(?:>|=")urn:uuid:([0-9a-f-]{36})[<"]', packet)
    edition = re.search(rb"<dc:type\b[^>]*><rdf:Bag><rdf:li>(inner|outlet)</rdf:li>", packet)
    return (report[1].decode() if report else None, edition[1].decode() if edition else None)


class _DatedWriter(IncrementalPdfFileWriter):
    """Dates its change by the instant handed in; pyHanko asks the machine's clock, and writes the machine's zone."""

    def __init__(self, pdf: bytes, at: datetime) -> None:
        super().__init__(io.BytesIO(pdf))
        self._at = at.astimezone(UTC)

    def _update_meta(self) -> None:
        super()._update_meta()
        self._meta.last_modified = self._at
        update_info_dict(self._meta, self._info.get_object(), only_update_existing=True)
        self.root["/Metadata"].update_xmp_with_meta(self._meta)


def _stamp(
    authority: Authority, at: datetime, fonts: Fonts, language: Language, signer: str
) -> TextStampStyle:
    signed, when = _STAMP[language]
    moment = f"{dates.instant(at, seconds=True)} +08:00"
    lines = [signed, authority.name, *([signer] if signer else []), f"{when} {moment}"]
    text = "\n".join(lines).replace("%", "%%")
    return TextStampStyle(
        stamp_text=text,
        border_width=0,
        text_box_style=TextBoxStyle(
            font=_StampFont(_cut(fonts, authority.name + signer)),
            font_size=_STAMP_SIZE,
            leading=12 if signer else 14,
        ),
        inner_content_layout=SimpleBoxLayoutRule(
            x_align=AxisAlignment.ALIGN_MIN,
            y_align=AxisAlignment.ALIGN_MID,
            margins=Margins(left=10, right=10, top=6, bottom=6),
        ),
    )


@dataclass(frozen=True)
class _StampFont(FontEngineFactory):
    """A font from memory; pyHanko's own factory leaves its file open."""

    face: bytes

    def create_font_engine(self, writer: BasePdfFileWriter, obj_stream: object = None) -> FontEngine:
        return GlyphAccumulator(writer, io.BytesIO(self.face), font_size=_STAMP_SIZE)


@lru_cache(maxsize=4)
def _cut(fonts: Fonts, name: str) -> bytes:
    """The regular face cut to what a visible signature can say, once: the whole face would cost half a second each time."""
    glyphs = "".join(sorted(set(string.printable + "".join(sum(_STAMP.values(), ())) + name)))
    file = fonts.folder / f"stamp-{hashlib.sha256(glyphs.encode()).hexdigest()[:16]}.ttf"
    if not file.exists():
        options = subset.Options(layout_features=[], notdef_outline=True, hinting=False)
        face = subset.load_font(str(fonts.regular), options)
        cutter = subset.Subsetter(options)
        cutter.populate(text=glyphs)
        cutter.subset(face)
        beside = file.with_suffix(f".{secrets.token_hex(4)}")
        subset.save_font(face, str(beside), options)
        face.close()
        beside.replace(file)
    return file.read_bytes()
