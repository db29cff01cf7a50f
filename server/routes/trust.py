"""What others check us by: the demonstration authority's certificate, and the public keys of receipts."""

from flask import Blueprint, Response

from server.domain.errors import NotFound
from server.routes.guard import route
from server.usecases import receipts
from server.usecases.work import Office

pages = Blueprint("trust", __name__)


@route(pages, "/ca.crt", public=True, opens_work=False, summary="The demonstration authority's certificate")
def authority(office: Office) -> Response:
    """The certificate alone, never its key; there is none unless the demonstration runs with TLS=1."""
    path = office.settings.data / "tls" / "authority.crt"
    if not (office.settings.demo and office.settings.tls and path.is_file()):
        raise NotFound()
    return Response(path.read_bytes(), mimetype="application/x-x509-ca-cert")


@route(
    pages, "/receipt-keys.pem", public=True, opens_work=False, summary="The public keys that check receipts"
)
def receipt_keys(office: Office) -> Response:
    """All public keys by which a receipt of ours can be checked without us."""
    return Response(receipts.public_keys(office.settings), mimetype="application/x-pem-file")
