"""The web: parse, one call, answer. Each blueprint is one desk; all are registered here."""

from flask import Flask

from server.routes import (
    actions,
    agreement,
    api_actions,
    api_appeals,
    api_assignments,
    api_sync,
    api_uploads,
    api_visits,
    appeals,
    checklist_drafts,
    checklists,
    desk,
    field_app,
    health,
    language,
    notices,
    openapi,
    periods,
    publishing,
    report_folders,
    reports,
    rescue,
    review,
    rules,
    session,
    show,
    trust,
    webhooks,
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
        api_actions.api,
        actions.pages,
        api_appeals.api,
        appeals.pages,
        api_uploads.api,
        api_visits.api,
        field_app.pages,
        health.pages,
        openapi.api,
        language.pages,
        desk.pages,
        notices.api,
        notices.pages,
        webhooks.pages,
        rescue.api,
        rescue.pages,
        publishing.pages,
        review.api,
        review.pages,
        agreement.pages,
        reports.api,
        reports.pages,
        report_folders.pages,
        periods.pages,
        checklists.pages,
        checklist_drafts.pages,
        rules.pages,
    ):
        app.register_blueprint(blueprint)
