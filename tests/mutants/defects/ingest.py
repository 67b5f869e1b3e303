"""Defects of ingest: authentication, secrets, settings, routes, receipts, limits."""

from tests.mutants.defect import Defect

API_KEYS = "layers/relay/relay/auth/api_keys.py"
SECRETS = "layers/relay/relay/aws/secrets.py"
SECRET_TEXTS = "layers/relay/relay/aws/secret_texts.py"
SIGNATURES = "layers/relay/relay/auth/signatures.py"
SETTINGS = "layers/relay/relay/settings.py"
INGESTION = "layers/relay/relay/ingestion.py"
HTTP = "functions/ingest/ingest/http.py"
EVENTS = "functions/ingest/ingest/events.py"
ROUTES = "functions/ingest/ingest/routes.py"
HANDLER = "functions/ingest/ingest/handler.py"
TIKTOK = "functions/ingest/ingest/tiktok_compat.py"

TEST_KEYS = "tests/unit/relay/auth/test_api_keys.py"
TEST_SECRETS = "tests/unit/relay/test_secrets.py"
TEST_SETTINGS = "tests/unit/relay/test_settings.py"
TEST_INGESTION = "tests/unit/relay/test_ingestion.py"
TEST_INGEST = "tests/integration/test_ingest.py"
TEST_TIKTOK = "tests/integration/test_tiktok_compat.py"

DEFECTS = (
    Defect(
        "a wrong key from an allowed page is taken for a browser",
        API_KEYS,
        '        raise _unauthenticated("The server key is wrong.',
        '        _unauthenticated("The server key is wrong.',
        tests=(f"{TEST_KEYS}::test_wrong_key_is_rejected_even_from_an_allowed_page",),
    ),
    Defect(
        "any origin may send",
        API_KEYS,
        "        if origin in allowed_origins:",
        "        if allowed_origins:",
        tests=(f"{TEST_KEYS}::test_any_other_page_is_rejected",),
    ),
    Defect(
        "a key of the cached secret alone is accepted",
        API_KEYS,
        "_keys(secret.read(again=True), entries",
        "_keys(secret.read(), entries",
        tests=(f"{TEST_KEYS}::test_key_that_is_newer_than_the_cached_secret_is_accepted",),
    ),
    Defect(
        "a short key costs a read of the secret",
        API_KEYS,
        "    if len(offered) < MIN_SECRET_LENGTH:\n        return False\n",
        "",
        tests=(f"{TEST_KEYS}::test_request_without_a_possible_key_reads_no_secret",),
    ),
    Defect(
        "a secret without a server key counts as a wrong key",
        API_KEYS,
        "    if required and not keys:\n",
        "    if required and keys:\n",
        tests=(f"{TEST_KEYS}::test_secret_without_a_server_key_is_said_and_not_taken_for_a_wrong_key",),
    ),
    Defect(
        "a secret of one letter is in force",
        SECRET_TEXTS,
        "    if secret_length(text) < MIN_SECRET_LENGTH:\n",
        "    if not text:\n",
        tests=(f"{TEST_SECRETS}::test_texts_of_16_characters_are_in_force_and_nothing_else",),
    ),
    Defect(
        "a text where a list belongs is spread into letters",
        SECRET_TEXTS,
        "return held if isinstance(held, list) else",
        "return list(held) if isinstance(held, (list, str)) else",
        tests=(f"{TEST_SECRETS}::test_texts_of_16_characters_are_in_force_and_nothing_else",),
    ),
    Defect(
        "a blank secret of 16 spaces is in force",
        SECRET_TEXTS,
        "    text = item.strip()\n",
        "    text = item\n",
        tests=(f"{TEST_SECRETS}::test_texts_of_16_characters_are_in_force_and_nothing_else",),
    ),
    Defect(
        "a broken secret is read for every request",
        SECRETS,
        "        if is_due and now >= self._next_read_at:\n",
        "        if is_due and (self._entries is None or now >= self._next_read_at):\n",
        tests=(
            f"{TEST_SECRETS}::test_broken_secret_is_read_once_in_half_a_minute_and_not_for_every_request",
        ),
    ),
    Defect(
        "a wrong key reads the secret each time",
        SECRETS,
        "        if is_due and now >= self._next_read_at:\n",
        "        if is_due:\n",
        tests=(
            f"{TEST_KEYS}::test_guessed_keys_read_the_secret_twice_in_the_first_minute_not_for_every_guess",
        ),
    ),
    Defect(
        "a secret that cannot be renewed is forgotten",
        SECRETS,
        "            self._error = error\n",
        "            self._error, self._entries = error, None\n",
        tests=(f"{TEST_SECRETS}::test_cached_entries_stay_in_force_while_the_store_is_down",),
    ),
    Defect(
        "an entry that is not in force is not reported",
        SECRETS,
        "    _report(faults)\n",
        "",
        tests=(f"{TEST_SECRETS}::test_entry_that_is_not_in_force_is_logged_by_its_name_and_counted",),
    ),
    Defect(
        "a token in the place of a name is logged",
        SECRET_TEXTS,
        'return name if _SHOWN_NAME.fullmatch(name) else f"entry number {number}"',
        "return name",
        tests=(
            f"{TEST_SECRETS}::test_report_never_quotes_a_value_nor_a_token_that_stands_where_a_name_belongs",
        ),
    ),
    Defect(
        "an empty webhook secret signs",
        SIGNATURES,
        "for number, key in enumerate(keys) if key]",
        "for number, key in enumerate(keys)]",
        tests=("tests/unit/relay/auth/test_signatures.py",),
    ),
    Defect(
        "a signature of last week is accepted",
        SIGNATURES,
        "    if age > TOLERANCE_SECONDS:\n",
        "    if age > TOLERANCE_SECONDS * 2016:\n",
        tests=("tests/unit/relay/auth/test_signatures.py",),
    ),
    Defect(
        "TikTok's API may be called without TLS",
        SETTINGS,
        """"TIKTOK_API_URL": f"^https://""",
        """"TIKTOK_API_URL": f"^https?://""",
        tests=(f"{TEST_SETTINGS}::test_api_url_is_https_and_a_host",),
    ),
    Defect(
        "UK is not the United Kingdom",
        SETTINGS,
        "    return known.upper()\n",
        "    return code\n",
        tests=(f"{TEST_SETTINGS}::test_policy_of_webhooks_is_what_the_owner_says",),
    ),
    Defect(
        "an event that one destination lacks is accepted",
        INGESTION,
        "        failed = receipt.accepted.pop(places[position], None)\n",
        "        failed = receipt.accepted.get(places[position])\n",
        tests=(f"{TEST_INGESTION}::test_event_that_one_of_its_destinations_lacks_is_not_accepted",),
    ),
    Defect(
        "a response grows without a limit",
        INGESTION,
        "if size <= self._left:",
        "if size >= 0:",
        tests=(f"{TEST_INGESTION}::test_large_receipt_counts_findings_and_lists_every_accepted_event",),
    ),
    Defect(
        "a rejected event beyond the limit has no error",
        INGESTION,
        'found.get("errors", ())[:1]',
        'found.get("errors", ())[:0]',
        tests=(f"{TEST_INGESTION}::test_rejected_event_keeps_its_first_error_however_large_the_receipt",),
    ),
    Defect(
        "TikTok's route answers code 0 for what was not queued",
        TIKTOK,
        "    if receipt.not_queued:\n",
        "    if receipt.not_queued and not receipt.accepted:\n",
        tests=(f"{TEST_TIKTOK}::test_part_that_was_not_queued_is_no_success",),
    ),
    Defect(
        "TikTok's path works only with the last slash",
        TIKTOK,
        '    if request.path in (TRACK_PATH, TRACK_PATH.rstrip("/")):\n',
        "    if request.path == TRACK_PATH:\n",
        tests=(f"{TEST_TIKTOK}::test_path_is_taken_with_and_without_the_last_slash",),
    ),
    Defect(
        "a browser's event is lost for half a surrogate pair in a header",
        HTTP,
        'return text if text.isascii() else text.encode("utf-8", "replace").decode()',
        "return text",
        tests=(f"{TEST_INGEST}::test_odd_user_agent_of_a_browser_does_not_cost_the_event",),
    ),
    Defect(
        "a large body is decoded before its size is checked",
        HTTP,
        "        if self.size() > most:\n",
        "        if self.size() > most * 2:\n",
        tests=(f"{TEST_INGEST}::test_large_body_is_rejected_before_it_is_decoded",),
    ),
    Defect(
        "the first address of X-Forwarded-For is taken, which anyone can send",
        HTTP,
        "    address = addresses[-1]\n",
        "    address = addresses[0]\n",
        tests=(f"{TEST_INGEST}::test_address_of_the_visitor_comes_from_the_header_that_the_owner_names",),
    ),
    Defect(
        "health is well with a secret that can't be used",
        ROUTES,
        "    api_keys.check_usable(get_dependencies().secret)\n",
        "    get_dependencies()\n",
        tests=(f"{TEST_INGEST}::test_health_shows_a_secret_that_cannot_be_used",),
    ),
    Defect(
        "a setting that can't be read is an internal error",
        HANDLER,
        "    if isinstance(error, SettingsError):\n",
        "    if isinstance(error, SecretError):\n",
        tests=(f"{TEST_INGEST}::test_setting_that_cannot_be_read_is_named_by_health_and_by_every_route",),
    ),
    Defect(
        "an event that the queue did not take is called accepted",
        EVENTS,
        "    if receipt.not_queued and (from_page or not receipt.accepted):\n",
        "    if receipt.not_queued and from_page:\n",
        tests=(f"{TEST_INGEST}::test_queue_that_is_gone_makes_nothing_accepted",),
    ),
    Defect(
        "a page gets 202 where the queue took only a part",
        EVENTS,
        "    if receipt.not_queued and (from_page or not receipt.accepted):\n",
        "    if receipt.not_queued and not receipt.accepted:\n",
        tests=(f"{TEST_INGEST}::test_page_gets_503_for_what_was_queued_in_part",),
    ),
    Defect(
        "a log line names the fields that a sender made up",
        "functions/ingest/ingest/observability.py",
        "            unknown += 1\n            continue\n",
        "            words.append(name)\n            continue\n",
        tests=(
            "tests/unit/ingest/test_observability.py::test_canary_is_in_no_description",
            f"{TEST_INGEST}::test_log_line_names_no_field_that_the_sender_made_up",
        ),
    ),
    Defect(
        "a log line names the unknown field of a finding",
        "functions/ingest/ingest/observability.py",
        " if names and _known_names().issuperset(names) else ",
        " if names else ",
        tests=("tests/unit/ingest/test_observability.py::test_only_paths_of_the_model_are_logged",),
    ),
    Defect(
        "a log line grows with the mistakes of its events",
        "functions/ingest/ingest/observability.py",
        "        found = event.warnings[:MAX_CODES]\n",
        "        found = event.warnings * 9\n",
        tests=(f"{TEST_INGEST}::test_log_line_of_a_full_request_full_of_mistakes_fits_into_cloudwatch",),
    ),
    Defect(
        "a number of thousands of digits fails the whole request",
        "layers/relay/relay/json_parser.py",
        "json.JSONDecoder(parse_int=_parse_whole, parse_constant=_reject_constant)",
        "json.JSONDecoder(parse_constant=_reject_constant)",
        tests=(
            "tests/unit/relay/event/test_bad_input.py::test_number_of_thousands_of_digits_fails_no_neighbour",
        ),
    ),
    Defect(
        "padding counts as a part of a secret",
        SECRET_TEXTS,
        'text.removeprefix("whsec_").rstrip("=")',
        "text",
        tests=(f"{TEST_SECRETS}::test_entry_that_is_not_in_force_is_logged_by_its_name_and_counted",),
    ),
    Defect(
        "events of a request to TikTok's route that was rejected are logged as accepted",
        TIKTOK,
        "        receipt.accepted.clear()\n",
        "",
        tests=(
            (
                "tests/unit/ingest/test_tiktok_compat.py"
                "::test_request_that_one_row_rejects_counts_none_of_its_events_as_accepted"
            ),
        ),
    ),
    Defect(
        "a cache may give the response to one page to another",
        HANDLER,
        '"vary": "origin"',
        '"x-vary": "origin"',
        tests=("tests/unit/ingest/test_handler.py::test_no_cache_gives_the_response_to_one_page_to_another",),
    ),
    Defect(
        "a header may hold thousands of signatures",
        SIGNATURES,
        "_MAX_SIGNATURES: Final[int] = 16",
        "_MAX_SIGNATURES: Final[int] = 16_000",
        tests=(
            (
                "tests/unit/relay/auth/test_signatures.py"
                "::test_signature_behind_dozens_of_others_is_not_looked_for"
            ),
        ),
    ),
    Defect(
        "a signed time of thousands of digits raises",
        SIGNATURES,
        'r"[0-9]{1,12}"',
        'r"[0-9]+"',
        tests=(
            (
                "tests/unit/relay/auth/test_signatures.py"
                "::test_time_that_is_no_number_is_rejected_though_it_is_signed"
            ),
        ),
    ),
    Defect(
        "a key that is not in force counts as one",
        API_KEYS,
        "for key in held.get(name, ()) if key]",
        "for key in held.get(name, ())]",
        tests=(f"{TEST_KEYS}::test_secret_without_a_server_key_is_said_and_not_taken_for_a_wrong_key",),
    ),
)
