"""Defects of webhooks: response, providers, history, signatures' headers."""

from typing import Final

from tests.mutants.defect import Defect

HTTP: Final = "functions/ingest/ingest/webhooks.py"
ROOM: Final = "layers/relay/relay/webhooks"
SHOPIFY: Final = ("tests/unit/relay/webhooks/test_shopify.py",)
STRIPE: Final = ("tests/unit/relay/webhooks/test_stripe.py",)
WOOCOMMERCE: Final = ("tests/unit/relay/webhooks/test_woocommerce.py",)
INTEGRATION: Final = "tests/integration/test_webhooks.py"

DEFECTS = (
    Defect(
        "a webhook of which a part was not queued is answered 200",
        HTTP,
        "    if receipt.not_queued:\n",
        "    if receipt.not_queued and not receipt.accepted:\n",
        tests=(f"{INTEGRATION}::test_webhook_of_which_a_part_was_not_queued_is_answered_503_and_not_200",),
    ),
    Defect(
        "a purchase is remembered though the queue did not take it",
        HTTP,
        "if receipt.accepted and not receipt.not_queued:",
        "if True:",
        tests=(
            (
                "tests/unit/ingest/test_webhooks.py"
                "::test_purchase_is_remembered_once_the_queue_has_all_of_its_webhook"
            ),
        ),
    ),
    Defect(
        "a webhook without its order is not counted as lost",
        HTTP,
        "if ignored.reason in LOST:",
        "if False:",
        tests=(
            f"{INTEGRATION}::test_order_that_woocommerce_may_not_read_is_counted_as_lost_and_says_what_to_do",
        ),
    ),
    Defect(
        "Shopify's payment has the time of the order",
        f"{ROOM}/shopify.py",
        "happened_at = _get_payment_time(webhook, placed_at) if paid else placed_at",
        "happened_at = placed_at",
        tests=SHOPIFY,
    ),
    Defect(
        "Shopify's payment counts removed items",
        f"{ROOM}/shopify.py",
        "if current and isinstance(left, int)",
        "if not current and isinstance(left, int)",
        tests=SHOPIFY,
    ),
    Defect(
        "an order that is created as paid is only placed",
        f"{ROOM}/shopify.py",
        '(("Purchase",) if status == "paid" else ())',
        "()",
        tests=SHOPIFY,
    ),
    Defect(
        "Shopify's renewals count",
        f"{ROOM}/shopify.py",
        'found.append("renewal")',
        "pass",
        tests=SHOPIFY,
    ),
    Defect(
        "staff's ip is taken for the buyer's",
        f"{ROOM}/shopify.py",
        'if webhook.channels or get_text(webhook.body, "user_id"):',
        "if webhook.channels:",
        tests=SHOPIFY,
    ),
    Defect(
        "an unpaid session is a purchase",
        f"{ROOM}/stripe.py",
        "if get_text(body, field) not in (value, NO_PAYMENT_REQUIRED):",
        "if False:",
        tests=STRIPE,
    ),
    Defect(
        "a trial is a purchase",
        f"{ROOM}/stripe.py",
        "        if _starts_trial(payment):\n            return _build_events",
        "        if not _starts_trial(payment):\n            return _build_events",
        tests=STRIPE,
    ),
    Defect(
        "every renewal after a trial counts",
        f"{ROOM}/stripe.py",
        "excluded=paid_earlier,",
        "excluded='',",
        tests=STRIPE,
    ),
    Defect(
        "a payment intent of an invoice counts",
        f"{ROOM}/stripe.py",
        'startswith("in_")',
        'startswith("xx_")',
        tests=STRIPE,
    ),
    Defect(
        "a yen is a hundredth",
        f"{ROOM}/money.py",
        "**dict.fromkeys(_NO_DECIMALS.split(), 1),",
        "",
        tests=STRIPE,
    ),
    Defect(
        "a WooCommerce order counts before it is paid",
        f"{ROOM}/woocommerce.py",
        "if at_payment and (status in UNPAID or paid_at is None):",
        "if at_payment and status in UNPAID:",
        tests=WOOCOMMERCE,
    ),
    Defect(
        "a WooCommerce renewal has the first order's event id",
        f"{ROOM}/woocommerce.py",
        'attribution, landing_page = attribution.consent_only(), ""',
        "pass",
        tests=WOOCOMMERCE,
    ),
    Defect(
        "each later change of a WooCommerce order counts",
        f"{ROOM}/woocommerce.py",
        "changed_at - happened_at > MAX_UPDATE_SECONDS",
        "False",
        tests=WOOCOMMERCE,
    ),
    Defect(
        "a late purchase that was reported before counts again",
        f"{ROOM}/history.py",
        "if check.excluded and late and look_up(check.excluded):",
        "if False:",
        tests=("tests/unit/relay/webhooks/test_history.py",),
    ),
    Defect(
        "a first payment after a trial is a renewal while the table fails",
        f"{ROOM}/history.py",
        "if counted is None and check.needed:",
        "if False:",
        tests=("tests/unit/relay/webhooks/test_history.py",),
    ),
    Defect(
        "denied consent is not carried into the event",
        f"{ROOM}/attribution.py",
        'return "denied" if',
        'return "" if',
        tests=SHOPIFY,
    ),
    Defect(
        "a provider's route answers 404",
        f"{ROOM}/registry.py",
        "return [ROUTE_PREFIX + name for name in PROVIDERS]",
        "return [ROUTE_PREFIX + name for name in list(PROVIDERS)[1:]]",
        tests=("tests/unit/test_providers.py",),
    ),
    Defect(
        "a daily subscription's second payment is its first",
        f"{ROOM}/stripe.py",
        "(-43_200, 90_000)",
        "(-43_200, 300_000)",
        tests=STRIPE,
    ),
    Defect(
        "an event whose consent was denied is filled beside another one",
        "layers/relay/relay/visits/join.py",
        "    if not _lacks(event):\n        return event\n",
        "",
        tests=(
            (
                "tests/unit/relay/visits/test_join.py"
                "::test_event_of_a_buyer_who_denied_consent_is_not_filled_beside_one_of_who_granted_it"
            ),
        ),
    ),
    Defect(
        "an address leads to the first device that left it",
        "layers/relay/relay/visits/store.py",
        'if kind == "email":',
        "if False:",
        tests=("tests/unit/relay/visits/test_store.py::test_address_belongs_to_the_visit_that_left_it_last",),
    ),
    Defect(
        "a trial of a year is forgotten before its first payment",
        "layers/relay/relay/visits/store.py",
        "400 * 86_400",
        "100 * 86_400",
        tests=(
            (
                "tests/unit/relay/visits/test_store.py"
                "::test_trial_of_a_year_is_remembered_until_its_first_payment"
            ),
        ),
    ),
    Defect(
        "a late purchase by Standard Webhooks is not looked up",
        f"{ROOM}/standard.py",
        "        history=_check_history(events, body.envelope),\n",
        "",
        tests=("tests/unit/relay/webhooks/test_history.py",),
    ),
    Defect(
        "a placeholder that the message's id replaces is not warned of",
        f"{ROOM}/provider.py",
        "*parsed.warnings.get(index, ())",
        "*()",
        tests=(f"{INTEGRATION}::test_placeholder_is_no_id_so_the_messages_id_keeps_two_events_apart",),
    ),
    Defect(
        "a purchase is remembered wherever it went",
        "layers/relay/relay/ingestion.py",
        "event.event in REMEMBERED_EVENTS and counted.issubset(event.destinations)",
        "event.event in REMEMBERED_EVENTS",
        tests=("tests/unit/relay/test_ingestion.py",),
    ),
    Defect(
        "a call of the table that had no answer is not repeated",
        "layers/relay/relay/aws/dynamodb.py",
        "if now < self._may_repeat_at or not _is_transient(error):",
        "if error:",
        tests=("tests/unit/relay/test_dynamodb.py",),
    ),
    Defect(
        "an order in a currency that TikTok does not take has no value",
        f"{ROOM}/money.py",
        "if candidate is not None and candidate.currency in currencies.TIKTOK:",
        "if candidate is not None:",
        tests=(*SHOPIFY, *STRIPE),
    ),
    Defect(
        "a WooCommerce order in a currency of the platform's own is rejected",
        f"{ROOM}/woocommerce.py",
        "    amount = money.in_iso_4217(amount)\n",
        "",
        tests=WOOCOMMERCE,
    ),
    Defect(
        "a sale at a Terminal reader is a purchase of the web",
        f"{ROOM}/stripe.py",
        'return bool(AT_A_TILL & names) and "card" not in names',
        "return False",
        tests=STRIPE,
    ),
    Defect(
        "a WooCommerce order of the staff's app is a visitor's",
        f"{ROOM}/woocommerce.py",
        "if (created_via, to_text(meta.get(SOURCE_TYPE))) == STAFFS_APP:",
        "if False:",
        tests=WOOCOMMERCE,
    ),
    Defect(
        "a WooCommerce order that staff write by Phone Orders is a visitor's",
        f"{ROOM}/woocommerce.py",
        "if to_text(meta.get(STAFFS_ORDER)):",
        "if False:",
        tests=WOOCOMMERCE,
    ),
    Defect(
        "ip and browser of a till are a buyer's",
        f"{ROOM}/woocommerce.py",
        "own_checkout = made_by is None and not renewal",
        "own_checkout = not renewal",
        tests=WOOCOMMERCE,
    ),
    Defect(
        "a WooCommerce order that was paid in test mode counts",
        f"{ROOM}/woocommerce.py",
        "if _has_any(TEST_META, meta)",
        "if False",
        tests=WOOCOMMERCE,
    ),
    Defect(
        "a shop's own app that is called Otto is a marketplace",
        f"{ROOM}/marketplaces.py",
        "marketplace|merchant))*$",
        "marketplace|merchant))*",
        tests=("tests/unit/relay/webhooks/test_marketplaces.py",),
    ),
    Defect(
        "a Japanese family name is a first name",
        f"{ROOM}/customer.py",
        "words.reverse()",
        "pass",
        tests=STRIPE,
    ),
    Defect(
        "a Chinese family name behind a first name of another script is the first name",
        f"{ROOM}/customer.py",
        "_LAST_NAME_FIRST.search(words[0])",
        "_LAST_NAME_FIRST.search(full)",
        tests=STRIPE,
    ),
    Defect(
        "a WooCommerce order for which two reasons speak needs only one of them allowed",
        f"{ROOM}/woocommerce.py",
        'and "test" not in options.forwarded',
        'and not options.forwarded & {"draft", "pos", "test"}',
        tests=WOOCOMMERCE,
    ),
    Defect(
        "a made-up e-mail address of a marketplace is a person's",
        f"{ROOM}/marketplaces.py",
        "_CHANNELS.match(spaced) or _EMAIL.search(email.lower())",
        "_CHANNELS.match(spaced)",
        tests=(*SHOPIFY, *WOOCOMMERCE),
    ),
    Defect(
        "a checkout of another channel is joined to no visit",
        f"{ROOM}/shopify.py",
        "return _get_source(webhook.body) in STOREFRONTS or bool(token)",
        "return _get_source(webhook.body) in STOREFRONTS",
        tests=SHOPIFY,
    ),
)
