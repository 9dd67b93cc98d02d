"""The API on the command line."""

from __future__ import annotations

import json

import click

from config import Config
from wms.cli import application, verbs


@verbs.command()
def openapi() -> None:
    """Print the document of the API (OpenAPI 3.1) as JSON."""
    with application(Config.from_env()) as app:
        from wms.web import openapi as document

        with app.test_request_context():
            click.echo(json.dumps(document.build(app), indent=2, ensure_ascii=False))
