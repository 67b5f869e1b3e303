"""The routes of the HTTP API: one row for each path and method, which the template is held against.

A route takes a request and returns a response, or raises RequestError, SecretError or SettingsError.
"""

from collections.abc import Callable
from functools import cache
from http import HTTPStatus
from pathlib import Path
from typing import Final

from ingest import browser, events
from ingest.dependencies import Dependencies
from ingest.http import Request, Response
from ingest.tiktok_compat import track
from relay import __version__
from relay.auth import api_keys
from relay.destination import TRACK_PATH
from relay.webhooks import registry

Route = Callable[[Request, Callable[[], Dependencies]], Response]
"""The dependencies come as a call, so that what needs none of it answers even where it can't be made."""


def post_webhook(request: Request, get_dependencies: Callable[[], Dependencies]) -> Response:
    """Verify and enqueue a webhook of the provider that the path names."""
    # Imported late: who sends events doesn't wait for what only webhooks need.
    from ingest import webhooks
    from relay.webhooks.history import NO_HISTORY

    dependencies = get_dependencies()
    return webhooks.answer(request, dependencies, dependencies.visits or NO_HISTORY)


def health(_request: Request, get_dependencies: Callable[[], Dependencies]) -> Response:
    """Report the version, and that settings and secret can be used. Raises SettingsError and SecretError."""
    api_keys.check_usable(get_dependencies().secret)
    return Response.json(HTTPStatus.OK, {"status": "ok", "version": __version__})


def openapi(_request: Request, _get_dependencies: Callable[[], Dependencies]) -> Response:
    """Return the description of all routes, OpenAPI 3.1, as `make openapi` wrote it."""
    headers = {"content-type": "application/json", "cache-control": "public, max-age=3600"}
    return Response(HTTPStatus.OK, _description(), headers)


@cache
def _description() -> str:
    return Path(__file__).with_name("openapi.json").read_text(encoding="utf-8")


TIKTOK: Final[str] = TRACK_PATH
TIKTOK_PREFIX: Final[str] = "/open_api/"
"""All paths below are answered as TikTok answers: with and without the last slash, and wrong ones."""

GATEWAY_PATHS: Final[dict[str, str]] = {TIKTOK: "/open_api/{proxy+}"}
"""Paths that API Gateway has under another key: it takes no key that ends in a slash."""

ROUTES: Final[dict[str, dict[str, Route]]] = {
    "/v1/events": {"POST": events.post_events, "OPTIONS": browser.preflight},
    TIKTOK: {"POST": track},
    **{path: {"POST": post_webhook} for path in registry.routes()},
    **{f"/{name}": {"GET": browser.get_script} for name in browser.SCRIPT_NAMES},
    "/v1/visits": {"POST": browser.post_visit, "OPTIONS": browser.preflight},
    "/v1/health": {"GET": health},
    "/v1/openapi.json": {"GET": openapi},
}
"""Path → method → what answers it. The template names the same ones to API Gateway."""

FROM_PAGES: Final[frozenset[str]] = frozenset({"/v1/events", "/v1/visits"})
"""Paths that pages of allowed origins may call."""


def gateway_keys() -> list[str]:
    """The route keys of the template, but for `$default`, which gets all other requests."""
    return [
        f"{method} {GATEWAY_PATHS.get(path, path)}" for path, methods in ROUTES.items() for method in methods
    ]
