"""The web: parse, one call, answer. Each blueprint is one desk; all are registered here."""

from flask import Flask

from server.routes import (
    api_assignments,
    api_sync,
    api_uploads,
    api_visits,
    checklist_drafts,
    checklists,
    field_app,
    health,
    language,
    openapi,
    reports,
    rescue,
    review,
    rules,
    session,
    show,
    trust,
)


def register(app: Flask) -> None:
    """Register every blueprint."""
    show.install(app)
    for blueprint in (
        session.api,
        session.pages,
        trust.pages,
        api_sync.api,
        api_assignments.api,
        api_uploads.api,
        api_visits.api,
        field_app.pages,
        health.pages,
        openapi.api,
        language.pages,
        rescue.api,
        rescue.pages,
        review.api,
        review.pages,
        reports.api,
        reports.pages,
        checklists.pages,
        checklist_drafts.pages,
        rules.pages,
    ):
        app.register_blueprint(blueprint)
