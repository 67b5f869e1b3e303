"""Defects of delivery: message, batching, sending, bisection, retries, dead letters, TikTok's responses."""

from tests.mutants.defect import Defect

_DELIVERY = "layers/relay/relay/delivery"
_TIKTOK = "layers/relay/relay/tiktok"
_DISPATCH = "functions/dispatch/dispatch"
_UNIT = "tests/unit/relay/delivery"

DEFECTS = (
    # ── TikTok's responses ──
    Defect(
        "the HTTP client follows redirects with the token",
        f"{_TIKTOK}/client.py",
        "allow_redirects=False",
        "allow_redirects=True",
        tests=("tests/integration/test_client.py::test_token_does_not_follow_a_redirect",),
        faults=("--only", "redirects_are_not_followed"),
    ),
    Defect(
        "code 20001 without a list is taken for delivered",
        f"{_TIKTOK}/responses.py",
        'CodeRange(20001, 20001, "partial", "PARTIAL_OK", _SDK)',
        'CodeRange(20001, 20001, "delivered", "PARTIAL_OK", _SDK)',
        tests=(
            "tests/unit/relay/tiktok/test_responses.py::test_partial_answer_without_a_list_rejects_nothing",
        ),
        faults=("--only", "part_accepted_without_a_list"),
    ),
    Defect(
        "failed events beside code 0 are taken for delivered",
        f"{_TIKTOK}/responses.py",
        'if failed and outcome in ("delivered", "partial"):',
        'if failed and outcome == "partial":',
        tests=(
            "tests/unit/relay/tiktok/test_responses.py::test_failed_events_are_no_delivery_and_a_hint_at_the_rows",
        ),
        faults=("--only", "failed_events_beside_code_0"),
    ),
    Defect(
        "HTTP 200 without a code is taken for delivered",
        f"{_TIKTOK}/responses.py",
        'STATUS_OUTCOMES.get(status, "transient"), status',
        'STATUS_OUTCOMES.get(status, "delivered" if status == 200 else "transient"), status',
        tests=("tests/unit/relay/tiktok/test_responses.py::test_answer_without_a_code_is_no_delivery",),
        faults=("--only", "every_other_fault_of_tiktok"),
    ),
    Defect(
        "an index of -1 among failed events is followed",
        f"{_DELIVERY}/bisection.py",
        "if 0 <= row < rows), None)",
        "if row < rows), None)",
        tests=(f"{_UNIT}/test_bisection.py::test_row_number_outside_the_request_sends_no_empty_request",),
    ),
    Defect(
        "a request_id of any shape is logged",
        f"{_TIKTOK}/responses.py",
        'return value if isinstance(value, str) and _REQUEST_ID.fullmatch(value) else ""',
        'return str(value or "")',
        tests=("tests/unit/relay/tiktok/test_responses.py::test_request_id_of_another_shape_is_dropped",),
    ),
    Defect(
        "responses are read without a size limit",
        f"{_TIKTOK}/client.py",
        "if len(content) > MAX_RESPONSE_BYTES or time.monotonic() > deadline:",
        "if time.monotonic() > deadline:",
        tests=(
            "tests/integration/test_client.py::test_response_beyond_the_limit_is_not_read_and_is_no_delivery",
        ),
    ),
    Defect(
        "a reset connection is not retried",
        f"{_TIKTOK}/client.py",
        "if not _is_reset(error) or",
        "if _is_reset(error) or",
        tests=("tests/integration/test_client.py::test_second_connection_after_a_reset_delivers",),
        faults=("--only", "connection_reset_once"),
    ),
    # ── sending ──
    Defect(
        "rows without a result are taken for delivered",
        f"{_DELIVERY}/destination_sender.py",
        "if len(undelivered) + len(delivered) < len(self.rows):",
        "if not undelivered and not delivered and not self.rows:",
        tests=(f"{_UNIT}/test_deliver.py::test_run_reports_although_a_request_never_ends",),
        faults=("--only", "rows_without_a_result"),
    ),
    Defect(
        "a rotated token is not tried in the same run",
        f"{_DELIVERY}/destination_sender.py",
        "if new_token and new_token != token and self._ports.has_time():",
        "if new_token and new_token == token and self._ports.has_time():",
        tests=(f"{_UNIT}/test_deliver.py::test_rejected_token_is_looked_up_again_and_tried_once_more",),
        faults=("--only", "token_is_rotated"),
    ),
    Defect(
        "an unreadable secret makes destinations unknown",
        f"{_DELIVERY}/destination_sender.py",
        "        except SecretError:\n            return True",
        "        except SecretError:\n            return False",
        tests=(f"{_UNIT}/test_deliver.py::test_secret_that_cannot_be_read_retries_everything",),
    ),
    Defect(
        "requests begin although no time is left",
        f"{_DELIVERY}/ports.py",
        "return self.time_left() > REQUEST_SECONDS + REPORT_SECONDS",
        "return self.time_left() > 0",
        tests=(f"{_UNIT}/test_deliver.py::test_no_request_begins_that_could_not_end_in_time",),
        faults=("--only", "run_out_of_time"),
    ),
    Defect(
        "the circuit breaker never opens",
        f"{_DELIVERY}/circuit_breaker.py",
        "if self._response is None or now >= self._open_until:",
        "if self._response is None or now >= 0:",
        tests=(f"{_UNIT}/test_circuit_breaker.py",),
        faults=("--only", "circuit_breaker_opens"),
    ),
    Defect(
        "every test code has a circuit breaker of its own",
        f"{_DELIVERY}/circuit_breaker.py",
        "key = (destination.event_source, destination.event_source_id)",
        "key = (destination.event_source, destination.event_source_id + destination.test_event_code)",
        tests=(f"{_UNIT}/test_circuit_breaker.py::test_test_code_makes_no_breaker_of_its_own",),
    ),
    Defect(
        "the number of circuit breakers is not bounded",
        f"{_DELIVERY}/circuit_breaker.py",
        "if len(self._breakers) > MAX_BREAKERS:",
        "if len(self._breakers) < 0:",
        tests=(f"{_UNIT}/test_circuit_breaker.py",),
    ),
    Defect(
        "as many threads as destinations",
        f"{_DELIVERY}/deliver.py",
        "ThreadPoolExecutor(min(len(senders), MAX_WORKERS))",
        "ThreadPoolExecutor(len(senders))",
        tests=(f"{_UNIT}/test_deliver.py::test_slow_destinations_share_a_few_threads",),
        faults=("--only", "many_destinations_in_one_batch"),
    ),
    Defect(
        "a destination is sent 1001 rows at a time",
        f"{_DELIVERY}/batching.py",
        "min(first + MAX_ROWS,",
        "min(first + MAX_ROWS + 1,",
        tests=(f"{_UNIT}/test_deliver.py::test_requests_are_as_few_as_tiktok_allows",),
    ),
    Defect(
        "a row is dead-lettered on TikTok's hint alone",
        f"{_DELIVERY}/bisection.py",
        "            self._parts.append(_Part([part.rows[named]], others))",
        "            self._add(others)\n"
        '            return [make_undelivered(part.rows[named], "rejected", response)]',
        tests=(f"{_UNIT}/test_bisection.py::test_a_row_that_is_named_wrongly_is_never_lost",),
    ),
    Defect(
        "the rest of a batch is forgotten after a rejected row",
        f"{_DELIVERY}/bisection.py",
        "        if len(part.rows) == 1:\n            self._add(part.others)",
        "        if len(part.rows) == 1:",
        tests=(f"{_UNIT}/test_bisection.py::test_named_bad_row_takes_two_requests",),
    ),
    # ── retries ──
    Defect(
        "retries have no delay",
        f"{_DELIVERY}/backoff.py",
        "return min(ceil(delay), MAX_DELAY)",
        "return min(ceil(delay), 0)",
        tests=(f"{_UNIT}/test_backoff.py::test_first_delay_is_seconds",),
        faults=("--only", "delays_of_retries"),
    ),
    Defect(
        "the delay does not grow after the first hour",
        f"{_DELIVERY}/backoff.py",
        "if attempts <= ATTEMPTS_FIRST_HOUR else MAX_DELAY",
        "if attempts >= 0 else MAX_DELAY",
        tests=(f"{_UNIT}/test_backoff.py",),
        faults=("--only", "delays_of_retries"),
    ),
    Defect(
        "a Retry-After is ignored",
        f"{_DELIVERY}/backoff.py",
        "max(longest / 2, response.retry_after)",
        "max(longest / 2, 0.0)",
        tests=(f"{_UNIT}/test_backoff.py",),
        faults=("--only", "retry_after_is_respected"),
    ),
    Defect(
        "an attempt is not counted",
        f"{_DELIVERY}/retries.py",
        "attempts = message.attempts + response.attempted",
        "attempts = message.attempts",
        tests=(f"{_UNIT}/test_deliver.py::test_receipt_time_sender_and_trace_id_stay_through_every_retry",),
        faults=("--only", "delays_of_retries"),
    ),
    Defect(
        "the first receipt time is lost in a retry",
        "layers/relay/relay/message.py",
        "(RETRY_VERSION, *to, received_at, sender, trace_id, attempts, replayed_at, len(item))",
        "(RETRY_VERSION, *to, 0.0, sender, trace_id, attempts, replayed_at, len(item))",
        tests=("tests/unit/relay/test_queue.py::test_message_of_a_retry_carries_attempts_and_first_receipt",),
        faults=("--only", "delays_of_retries"),
    ),
    Defect(
        "an event of 13 days is not dead-lettered",
        f"{_DELIVERY}/backoff.py",
        "LIFETIME: Final[int] = 13 * 86_400",
        "LIFETIME: Final[int] = 15 * 86_400",
        tests=("tests/unit/test_template.py::test_an_event_expires_before_the_queue_forgets_it",),
        faults=("--only", "event_of_thirteen_days_expires"),
    ),
    Defect(
        "a replayed event expires at its first attempt",
        f"{_DELIVERY}/backoff.py",
        "now - max(message.received_at, message.replayed_at)",
        "now - message.received_at",
        tests=(f"{_UNIT}/test_backoff.py",),
        faults=("--only", "event_of_thirteen_days_expires"),
    ),
    Defect(
        "a message that the retry queue did not take is deleted",
        f"{_DELIVERY}/deliver.py",
        "for entry in (*report.not_dead_lettered, *report.not_retried)]",
        "for entry in report.not_dead_lettered]",
        tests=(
            f"{_UNIT}/test_deliver.py::test_one_of_ten_that_the_retry_queue_did_not_take_is_reported_as_failed",
        ),
        faults=("--only", "retry_queue_does_not_take_a_message"),
    ),
    Defect(
        "a message that the dead-letter queue did not take is deleted",
        f"{_DELIVERY}/deliver.py",
        "for entry in (*report.not_dead_lettered, *report.not_retried)]",
        "for entry in report.not_retried]",
        tests=(
            f"{_UNIT}/test_deliver.py::test_message_that_the_dead_letter_queue_did_not_take_is_reported_as_failed",
        ),
        faults=("--only", "dead_letter_queue_does_not_take_a_message"),
    ),
    Defect(
        "an attempt count that is no number is accepted",
        "layers/relay/relay/message.py",
        "if type(attempts) is not int or not 0 <= attempts < MAX_ATTEMPTS:",
        "if type(attempts) is int and not 0 <= attempts < MAX_ATTEMPTS:",
        tests=("tests/unit/relay/test_queue.py::test_message_that_is_not_ours_says_what_is_wrong",),
    ),
    Defect(
        "messages of version 1 are not read any more",
        "layers/relay/relay/message.py",
        "        if version == FRESH_VERSION:",
        "        if version == 0:",
        tests=("tests/unit/relay/test_queue.py::test_header_that_is_right_is_read",),
        faults=("--only", "connection_reset_once"),
    ),
    Defect(
        "all destinations share one fair-queue group",
        f"{_DELIVERY}/retries.py",
        'return _NOT_IN_GROUP.sub("_", name)[:MAX_GROUP_CHARACTERS]',
        'return _NOT_IN_GROUP.sub("_", name)[:3]',
        tests=(
            f"{_UNIT}/test_deliver.py::test_what_tiktok_did_not_confirm_is_sent_to_the_retry_queue_with_a_delay",
        ),
        faults=("--only", "delays_of_retries"),
    ),
    # ── dispatch and SQS ──
    Defect(
        "an exception in deliver is answered as success",
        f"{_DISPATCH}/handler.py",
        "    finally:\n        telemetry.flush()",
        '    except Exception:  # noqa: BLE001\n        return {"batchItemFailures": []}\n'
        "    finally:\n        telemetry.flush()",
        tests=("tests/integration/test_dispatch.py::test_exception_in_delivery_is_no_success",),
    ),
    Defect(
        "failed records are not in the response",
        f"{_DISPATCH}/handler.py",
        "for message_id in report.failed]",
        "for message_id in report.failed[:0]]",
        tests=(
            "tests/integration/test_dispatch.py::test_record_that_the_retry_queue_does_not_take_is_reported",
        ),
        faults=("--only", "retry_queue_does_not_take_a_message"),
    ),
    Defect(
        "dead letters are sent although no time is left",
        f"{_DISPATCH}/dependencies.py",
        "return time_left() > CALL_SECONDS",
        "return time_left() > -CALL_SECONDS",
        tests=("tests/integration/test_dispatch.py::test_run_that_has_no_time_for_sqs_reports_all_of_it",),
        faults=("--only", "run_out_of_time"),
    ),
    Defect(
        "an entry that SQS failed on is taken for sent",
        "layers/relay/relay/aws/sqs.py",
        "    return [index for index in ids if str(index) not in done]",
        "    return [index for index in ids if not done]",
        tests=("tests/unit/relay/test_queue.py::test_entry_that_keeps_failing_is_named",),
        faults=("--only", "retry_queue_does_not_take_a_message"),
    ),
    Defect(
        "an SQS client that raises is taken for success",
        "layers/relay/relay/aws/sqs.py",
        "        return ids\n    done = {",
        "        return []\n    done = {",
        tests=("tests/unit/relay/test_queue.py::test_call_that_breaks_for_good_fails_only_its_own_entries",),
        faults=("--only", "dead_letter_queue_does_not_take_a_message"),
    ),
    Defect(
        "a delay over 900 seconds goes to SQS",
        "layers/relay/relay/aws/sqs.py",
        "min(max(delays[index], 0), MAX_DELAY_SECONDS)",
        "max(delays[index], 0)",
        tests=(
            "tests/unit/relay/test_queue.py::test_messages_are_delayed_each_by_its_own_time_in_its_own_group",
        ),
    ),
    Defect(
        "a request begins although the secret took the time",
        "layers/relay/relay/delivery/destination_sender.py",
        "        if not self._ports.has_time():\n            # Reading",
        "        if False:\n            # Reading",
        tests=(f"{_UNIT}/test_deliver.py::test_no_request_begins_after_a_slow_read_of_the_secret",),
    ),
    Defect(
        "words of TikTok that end in a value break the dead letter",
        "layers/relay/relay/personal_data/echoes.py",
        "range(_MIN_WHOLE, min(_MIN_PART, len(plain) - start + 1))",
        "range(_MIN_WHOLE, _MIN_PART)",
        tests=("tests/unit/relay/personal_data/test_echoes.py::test_short_value_at_the_end_is_removed",),
    ),
    Defect(
        "an event that no message can be made of fails its batch",
        "layers/relay/relay/delivery/deliver.py",
        "        except Exception as error:  # noqa: BLE001 - it comes back",
        "        except KeyError as error:  # it comes back",
        tests=(f"{_UNIT}/test_deliver.py::test_event_that_makes_the_code_raise_costs_no_other",),
    ),
    Defect(
        "failed events beside data are taken for delivered",
        "layers/relay/relay/tiktok/responses.py",
        "(*(data if isinstance(data, list) else [data]), document)",
        "(data,)",
        tests=(
            "tests/unit/relay/tiktok/test_responses.py::test_failed_events_elsewhere_are_no_delivery_either",
        ),
    ),
    Defect(
        "a property named event_id is logged as the event's",
        f"{_DELIVERY}/id_digests.py",
        " or item.find(key, end) >= 0",
        "",
        tests=(f"{_UNIT}/test_id_digests.py::test_property_of_the_same_name_is_not_the_events_own",),
    ),
    Defect(
        "a Retry-After of a day pauses a destination for a day",
        f"{_DELIVERY}/circuit_breaker.py",
        "min(response.retry_after, MAX_DELAY)",
        "response.retry_after",
        tests=(
            (
                f"{_UNIT}/test_circuit_breaker.py"
                "::test_no_answer_pauses_a_destination_for_longer_than_its_events_wait"
            ),
        ),
    ),
    Defect(
        "a second request begins although a new token took the time",
        f"{_DELIVERY}/destination_sender.py",
        "new_token != token and self._ports.has_time()",
        "new_token != token",
        tests=(f"{_UNIT}/test_deliver.py::test_no_second_request_begins_after_a_slow_read_of_a_new_token",),
    ),
)
