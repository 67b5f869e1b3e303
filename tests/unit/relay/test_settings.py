"""Settings: what the template may set, and the error for what can't be right."""

import pytest

from relay.settings import DispatchSettings, IngestSettings, SettingsError
from relay.webhooks.options import Options
from tests.support.rows import every_row

INGEST = {"QUEUE_URL": "https://sqs/q", "INGEST_SECRET_ARN": "arn:s", "PIXEL_ID": "D179S7RC77UA68QT5U1G"}
DISPATCH = {
    "RETRY_QUEUE_URL": "https://sqs/r",
    "DEAD_LETTER_QUEUE_URL": "https://sqs/d",
    "TIKTOK_SECRET_ARN": "arn:t",
    "TIKTOK_API_URL": "https://business-api.tiktok.com",
    "PIXEL_ID": "D179S7RC77UA68QT5U1G",
}


def test_what_is_optional_may_be_empty() -> None:
    settings = IngestSettings.from_environment(
        INGEST | {"ALLOWED_ORIGINS": "", "TEST_EVENT_CODE": "", "DEFAULT_COUNTRY": ""}
    )
    assert (settings.allowed_origins, settings.test_event_code, settings.default_country) == ((), "", None)


def test_origins_are_a_comma_separated_list() -> None:
    settings = IngestSettings.from_environment(
        INGEST | {"ALLOWED_ORIGINS": "https://Shop.example:443, http://localhost:8000, http://localhost:80"}
    )
    assert settings.allowed_origins == ("https://shop.example", "http://localhost:8000", "http://localhost")


@pytest.mark.parametrize("missing", INGEST)
def test_missing_variable_of_ingest_is_named(missing: str) -> None:
    with pytest.raises(SettingsError, match=missing):
        IngestSettings.from_environment(INGEST | {missing: " "})


@pytest.mark.parametrize("missing", DISPATCH)
def test_missing_variable_of_dispatch_is_named(missing: str) -> None:
    with pytest.raises(SettingsError, match=missing):
        DispatchSettings.from_environment(DISPATCH | {missing: ""})


@every_row(
    "origin",
    [
        "*",
        "shop.example",
        "https://shop.example/path",
        "https://shop.example/",
        "https://*.shop.example",
        "http://shop.example",
        " https://shop.example",
        "https://shop.example\n",
        "https://",
        "null",
    ],
)
def test_origin_that_no_browser_sends_or_without_tls_is_rejected(origin: str) -> None:
    with pytest.raises(SettingsError, match="ALLOWED_ORIGINS"):
        IngestSettings.from_environment(INGEST | {"ALLOWED_ORIGINS": origin})


@pytest.mark.parametrize(
    "url",
    [
        "business-api.tiktok.com",
        "https://business-api.tiktok.com/open_api",
        "ftp://a",
        "http://business-api.tiktok.com",
        "http://127.0.0.1.evil.example",
        "http://localhost@evil.example",
    ],
)
def test_api_url_is_https_and_a_host(url: str) -> None:
    with pytest.raises(SettingsError, match="TIKTOK_API_URL"):
        DispatchSettings.from_environment(DISPATCH | {"TIKTOK_API_URL": url})


@pytest.mark.parametrize(
    "url", ["http://127.0.0.1:8080", "http://localhost:1", "https://tiktok.example:8443"]
)
def test_api_url_may_be_a_simulator_on_loopback(url: str) -> None:
    assert DispatchSettings.from_environment(DISPATCH | {"TIKTOK_API_URL": url}).tiktok_api_url == url


def test_header_of_a_proxy_is_kept_in_lower_case() -> None:
    header = {"VISITOR_ADDRESS_HEADER": "CloudFront-Viewer-Address"}
    assert (
        IngestSettings.from_environment(INGEST | header).visitor_address_header == "cloudfront-viewer-address"
    )
    assert IngestSettings.from_environment(INGEST).visitor_address_header == ""


@pytest.mark.parametrize(
    "changes",
    [
        {"FAN_OUT": "yes"},
        {"TEST_EVENT_CODE": "TEST 1"},
        {"VISITOR_ADDRESS_HEADER": "X_Real:IP"},
        {"PIXEL_ID": "a b"},
    ],
)
def test_error_names_the_variable_on_its_own(changes: dict[str, str]) -> None:
    with pytest.raises(SettingsError) as raised:
        IngestSettings.from_environment(INGEST | changes)
    assert raised.value.variable == next(iter(changes))
    assert str(raised.value).startswith(raised.value.variable)


def test_webhooks_have_a_policy_that_fits_most_shops() -> None:
    assert IngestSettings.from_environment(INGEST).webhooks == Options(
        destinations=frozenset({INGEST["PIXEL_ID"]})
    )


def test_policy_of_webhooks_is_what_the_owner_says() -> None:
    variables = {
        "SHOPIFY_PURCHASE_TOPIC": "orders/create",
        "STRIPE_PURCHASE": "invoice",
        "ITEM_ID": "sku",
        "ORDER_MONEY": "shop",
        "ALSO_FORWARD": "draft, zero_value",
        "WOOCOMMERCE_PURCHASE": "placed",
        "SHOPIFY_INCLUDE_SOURCES": "Amazon, 6687809",
        "SHOPIFY_EXCLUDE_SOURCES": "wholesale",
        "STRIPE_SHOP_METADATA": "site=main, Site=Other",
        "EVENT_ID_PREFIX": "uk-",
        "DEFAULT_COUNTRY": "UK",
        "DESTINATIONS": "app:7, web:P2",
    }
    assert IngestSettings.from_environment(INGEST | variables).webhooks == Options(
        purchase_topic="orders/create",
        stripe="invoice",
        item_id="sku",
        money="shop",
        forwarded=frozenset({"draft", "zero_value"}),
        event_id_prefix="uk-",
        country="GB",
        woocommerce="placed",
        shopify_include=frozenset({"amazon", "6687809"}),
        shopify_exclude=frozenset({"wholesale"}),
        stripe_metadata=(("site", "main"), ("Site", "Other")),
        destinations=frozenset({INGEST["PIXEL_ID"], "7", "P2"}),
    )


@pytest.mark.parametrize(
    "variable",
    [
        "SHOPIFY_PURCHASE_TOPIC",
        "STRIPE_PURCHASE",
        "WOOCOMMERCE_PURCHASE",
        "ITEM_ID",
        "ORDER_MONEY",
        "ALSO_FORWARD",
        "STRIPE_SHOP_METADATA",
    ],
)
def test_invalid_choice_is_answered_with_the_valid_ones(variable: str) -> None:
    with pytest.raises(SettingsError, match=f"{variable} .*nonsense.*(allowed|expected)"):
        IngestSettings.from_environment(INGEST | {variable: "nonsense"})


@pytest.mark.parametrize("country", ["USA", "1", "ÄÖ", "XX", "de", "Germany", " DE", "ZZ"])
def test_country_is_one_of_iso_3166(country: str) -> None:
    with pytest.raises(SettingsError, match="DEFAULT_COUNTRY"):
        IngestSettings.from_environment(INGEST | {"DEFAULT_COUNTRY": country})


def test_destinations_are_the_pixel_and_what_else_is_listed() -> None:
    listed = {"DESTINATIONS": "web:OTHER, offline:123,web:OTHER", "FAN_OUT": "true"}
    settings = IngestSettings.from_environment(INGEST | listed)
    pixel = INGEST["PIXEL_ID"]
    assert (settings.destinations, settings.fan_out) == ({"web": (pixel, "OTHER"), "offline": ("123",)}, True)
    assert DispatchSettings.from_environment(DISPATCH | listed).known_ids == {pixel, "OTHER", "123"}


@pytest.mark.parametrize("listed", ["OTHER", "shop:1", "web:", "web:a b"])
def test_destination_without_source_or_id_is_rejected(listed: str) -> None:
    with pytest.raises(SettingsError, match="DESTINATIONS"):
        IngestSettings.from_environment(INGEST | {"DESTINATIONS": listed})
