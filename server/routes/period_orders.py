"""Orders for period reports: how far one is, and the draft that came of it."""

from __future__ import annotations

from uuid import UUID

from flask import Blueprint, Response, make_response, render_template

from server.domain.access import Permission
from server.queries import period_orders as shown
from server.routes.errors import title_of
from server.routes.guard import route, viewer
from server.usecases import period_orders
from server.usecases.work import Work

pages = Blueprint("period_orders", __name__)
REFRESH_SECONDS = 3


@route(
    pages, "/periods/orders/<uuid:order_id>", needs=Permission.REPORT_PERIODS, summary="A report being made"
)
def one(work: Work, order_id: UUID) -> Response:
    """How far the report is; while it is being made the page asks again by itself, without a script."""
    order = shown.by_id(work.session, viewer(), order_id)
    response = make_response(
        render_template(
            "periods/order.html", order=order, why=title_of(order.refused) if order.refused else ""
        )
    )
    if order.state == "waiting":
        response.headers["Refresh"] = str(REFRESH_SECONDS)
    return response


@route(
    pages,
    "/periods/orders/<uuid:order_id>.pdf",
    needs=Permission.REPORT_PERIODS,
    summary="Look at the draft of a period report",
)
def draft(work: Work, order_id: UUID) -> Response:
    """The PDF as it would be, unsigned and marked as a draft."""
    response = Response(period_orders.draft(work, order_id), mimetype="application/pdf")
    response.headers["Content-Disposition"] = 'inline; filename="draft.pdf"'
    response.headers["Cache-Control"] = "private, no-cache"
    return response
