"""Settings: the environment of each function as a typed value. The only module that reads the environment."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit


class SettingsError(ValueError):
    """A variable that is missing or can't be right. Names the variable, what was found and what is wanted."""


@dataclass(frozen=True, slots=True)
class IngestSettings:
    """What the ingest function is told by the template."""

    queue_url: str
    secret_arn: str
    pixel_id: str
    allowed_origins: tuple[str, ...]
    test_event_code: str
    default_country: str | None

    @classmethod
    def read(cls, environment: Mapping[str, str] = os.environ) -> "IngestSettings":
        """Reads the environment. Raises SettingsError."""
        return cls(
            queue_url=_wanted(environment, "QUEUE_URL"),
            secret_arn=_wanted(environment, "INGEST_SECRET_ARN"),
            pixel_id=_wanted(environment, "PIXEL_ID"),
            allowed_origins=_origins(environment.get("ALLOWED_ORIGINS", "")),
            test_event_code=environment.get("TEST_EVENT_CODE", "").strip(),
            default_country=_country(environment.get("DEFAULT_COUNTRY", "")),
        )


@dataclass(frozen=True, slots=True)
class DispatchSettings:
    """What the dispatch function is told by the template."""

    queue_url: str
    dead_letter_queue_url: str
    secret_arn: str
    tiktok_api_url: str
    pixel_id: str

    @classmethod
    def read(cls, environment: Mapping[str, str] = os.environ) -> "DispatchSettings":
        """Reads the environment. Raises SettingsError."""
        return cls(
            queue_url=_wanted(environment, "QUEUE_URL"),
            dead_letter_queue_url=_wanted(environment, "DEAD_LETTER_QUEUE_URL"),
            secret_arn=_wanted(environment, "TIKTOK_SECRET_ARN"),
            tiktok_api_url=_url(environment, "TIKTOK_API_URL"),
            pixel_id=_wanted(environment, "PIXEL_ID"),
        )


_COUNTRY_LETTERS: Final[int] = 2


def _wanted(environment: Mapping[str, str], name: str) -> str:
    value = environment.get(name, "").strip()
    if not value:
        raise SettingsError(f"{name} is not set; the template sets it.")
    return value


def _url(environment: Mapping[str, str], name: str) -> str:
    value = _wanted(environment, name).rstrip("/")
    parts = urlsplit(value)
    if parts.scheme not in ("http", "https") or not parts.netloc or parts.path or parts.query:
        raise SettingsError(
            f"{name} is {value!r}; wanted is scheme and host, such as https://business-api.tiktok.com."
        )
    return value


def _origins(text: str) -> tuple[str, ...]:
    origins = tuple(origin.strip().lower().rstrip("/") for origin in text.split(",") if origin.strip())
    for origin in origins:
        parts = urlsplit(origin)
        if (
            parts.scheme not in ("http", "https")
            or not parts.netloc
            or parts.path
            or parts.query
            or "*" in origin
        ):
            raise SettingsError(
                f"ALLOWED_ORIGINS holds {origin!r}; wanted are origins such as https://shop.example."
            )
    return origins


def _country(text: str) -> str | None:
    code = text.strip().upper()
    if not code:
        return None
    if len(code) != _COUNTRY_LETTERS or not (code.isascii() and code.isalpha()):
        raise SettingsError(f"DEFAULT_COUNTRY is {code!r}; wanted is an ISO 3166 alpha-2 code such as US.")
    return code
