"""The web: parse, one call, answer. Each blueprint is one desk; all are registered here."""

from flask import Flask

from server.routes import session, trust


def register(app: Flask) -> None:
    """Register every blueprint."""
    for blueprint in (session.api, session.pages, trust.pages):
        app.register_blueprint(blueprint)
