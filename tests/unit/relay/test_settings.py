"""Settings: what the template may say, and what is said of what can't be right."""

import pytest

from relay.settings import DispatchSettings, IngestSettings, SettingsError

INGEST = {"QUEUE_URL": "https://sqs/q", "INGEST_SECRET_ARN": "arn:s", "PIXEL_ID": "D179S7RC77UA68QT5U1G"}
DISPATCH = {
    "QUEUE_URL": "https://sqs/q",
    "DEAD_LETTER_QUEUE_URL": "https://sqs/d",
    "TIKTOK_SECRET_ARN": "arn:t",
    "TIKTOK_API_URL": "https://business-api.tiktok.com",
    "PIXEL_ID": "D179S7RC77UA68QT5U1G",
}


def test_what_is_optional_may_be_empty() -> None:
    settings = IngestSettings.read(
        INGEST | {"ALLOWED_ORIGINS": "", "TEST_EVENT_CODE": "", "DEFAULT_COUNTRY": ""}
    )
    assert (settings.allowed_origins, settings.test_event_code, settings.default_country) == ((), "", None)


def test_origins_are_a_comma_separated_list() -> None:
    settings = IngestSettings.read(
        INGEST | {"ALLOWED_ORIGINS": " https://Shop.example/ ,http://localhost:8000"}
    )
    assert settings.allowed_origins == ("https://shop.example", "http://localhost:8000")


@pytest.mark.parametrize("missing", INGEST)
def test_missing_variable_of_ingest_is_named(missing: str) -> None:
    with pytest.raises(SettingsError, match=missing):
        IngestSettings.read(INGEST | {missing: " "})


@pytest.mark.parametrize("missing", DISPATCH)
def test_missing_variable_of_dispatch_is_named(missing: str) -> None:
    with pytest.raises(SettingsError, match=missing):
        DispatchSettings.read(DISPATCH | {missing: ""})


@pytest.mark.parametrize(
    "origin", ["*", "shop.example", "https://shop.example/path", "https://*.shop.example"]
)
def test_origin_that_no_browser_sends_is_refused(origin: str) -> None:
    with pytest.raises(SettingsError, match="ALLOWED_ORIGINS"):
        IngestSettings.read(INGEST | {"ALLOWED_ORIGINS": origin})


@pytest.mark.parametrize(
    "url", ["business-api.tiktok.com", "https://business-api.tiktok.com/open_api", "ftp://a"]
)
def test_api_url_is_a_scheme_and_a_host(url: str) -> None:
    with pytest.raises(SettingsError, match="TIKTOK_API_URL"):
        DispatchSettings.read(DISPATCH | {"TIKTOK_API_URL": url})


@pytest.mark.parametrize("country", ["USA", "1", "ÄÖ"])
def test_country_is_two_letters(country: str) -> None:
    with pytest.raises(SettingsError, match="DEFAULT_COUNTRY"):
        IngestSettings.read(INGEST | {"DEFAULT_COUNTRY": country})
