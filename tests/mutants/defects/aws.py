"""Defects of the template and of telemetry that a live account would show and the emulator would not."""

from typing import Final

from tests.mutants.defect import Defect

_ALARMS: Final = ("tests/aws/test_alarms.py",)
# Tests that need neither the built functions nor SAM, which a copy of the sources does not have.
_METRICS: Final = (
    "tests/aws/test_metrics.py::test_the_access_log_holds_nothing_of_a_person",
    "tests/aws/test_metrics.py::test_a_throttled_request_matches_the_filter_and_a_throttled_scanner_does_not",
)
_RULES: Final = (
    "tests/aws/test_template_rules.py::test_api_gateway_accepts_the_route",
    "tests/aws/test_template_rules.py::test_every_name_of_a_stack_with_the_longest_name_is_accepted",
    "tests/aws/test_template_rules.py::test_api_and_event_sources_call_the_alias",
    "tests/aws/test_template_rules.py::test_the_version_follows_every_value_that_the_function_depends_on",
    "tests/aws/test_template_rules.py::test_deleting_the_stack_keeps_events_and_secrets",
)
_TELEMETRY: Final = ("tests/unit/relay/test_telemetry.py",)

DEFECTS: Final[tuple[Defect, ...]] = (
    Defect(
        "a metric gets Powertools' own dimension, the service",
        "layers/relay/relay/telemetry.py",
        "serialize_metric_set(metrics, named, {})",
        "serialize_metric_set(metrics, None, {})",
        _TELEMETRY,
    ),
    Defect(
        "a metric does not name its stack",
        "layers/relay/relay/telemetry.py",
        "named = {STACK_DIMENSION: self._stack, **dict(dimensions)}",
        "named = dict(dimensions)",
        _TELEMETRY,
    ),
    Defect(
        "a line holds more values of a metric than CloudWatch takes",
        "layers/relay/relay/telemetry.py",
        "if len(values) == MAX_VALUES:",
        "if len(values) > MAX_VALUES:",
        _TELEMETRY,
    ),
    Defect(
        "an exception in a thread of dispatch rings no alarm",
        "layers/relay/relay/telemetry.py",
        'count("InternalErrors")',
        "pass",
        _TELEMETRY,
    ),
    Defect(
        "a message counts as sent whatever was answered",
        "layers/relay/relay/aws/sqs.py",
        'taken = "MessageId" in sqs.send_message(**message)',
        "taken = sqs.send_message(**message) is not None",
        ("tests/unit/relay/test_queue.py",),
    ),
    Defect(
        "a client that should try again has no retries",
        "layers/relay/relay/aws/clients.py",
        "if attempts == 1:",
        "if attempts:",
        ("tests/integration/test_aws_clients.py",),
    ),
    Defect(
        "the alarm of a rejected token reads an outcome that nothing emits",
        "template.yaml",
        "- { Name: outcome, Value: unauthorised }",
        "- { Name: outcome, Value: credentials }",
        _ALARMS,
    ),
    Defect(
        "a failing old version rolls back the deployment of its fix",
        "template.yaml",
        """        - { Name: version, Value: !Sub "ingest-${IngestFunction.Version.Version}" }
""",
        "",
        _ALARMS,
    ),
    Defect(
        "the alarm of dispatch's errors asks for neighbouring periods",
        "template.yaml",
        "A single error does not ring.\n"
        "      Period: 300\n      EvaluationPeriods: 4\n      DatapointsToAlarm: 2\n",
        "A single error does not ring.\n"
        "      Period: 300\n      EvaluationPeriods: 2\n      DatapointsToAlarm: 2\n",
        _ALARMS,
    ),
    Defect(
        "the signature alarm reads the secrets of every stack of the account",
        "template.yaml",
        "WHERE stack = '${AWS::StackName}' GROUP BY sender",
        "WHERE stack = 'other-relay' GROUP BY sender",
        _ALARMS,
    ),
    Defect(
        "the age of the oldest event is alarmed only after a day",
        "template.yaml",
        "      DatapointsToAlarm: 1\n      Threshold: 1800\n",
        "      DatapointsToAlarm: 1\n      Threshold: 86400\n",
        _ALARMS,
    ),
    Defect(
        "one cold start a quarter of an hour rings the latency alarm",
        "template.yaml",
        "      DatapointsToAlarm: 2\n      Threshold: 3000\n",
        "      DatapointsToAlarm: 1\n      Threshold: 1500\n",
        _ALARMS,
    ),
    Defect(
        "each single 5xx rings",
        "template.yaml",
        "Expression: IF(errors >= 10, 100, 100 * errors / requests)",
        "Expression: IF(errors >= 1, 100, 100 * errors / requests)",
        _ALARMS,
    ),
    Defect(
        "ten lost requests an hour ring in no large shop",
        "template.yaml",
        "Expression: IF(errors >= 10, 100, 100 * errors / requests)",
        "Expression: 100 * errors / requests",
        _ALARMS,
    ),
    Defect(
        "an hour of test events rings a day later",
        "template.yaml",
        "      Period: 86400\n      EvaluationPeriods: 3\n",
        "      Period: 86400\n      EvaluationPeriods: 2\n",
        _ALARMS,
    ),
    Defect(
        "a long name of the stack is too long for AppConfig",
        "template.yaml",
        'Name: !Join ["-", [relay-settings, !Select [2, !Split ["/", !Ref AWS::StackId]]]]',
        "Name: !Ref AWS::StackName",
        _RULES,
    ),
    Defect(
        "the API calls the function past its alias",
        "template.yaml",
        "IntegrationUri: !Ref IngestFunction.Alias",
        "IntegrationUri: !GetAtt IngestFunction.Arn",
        _RULES,
    ),
    Defect(
        "a changed layer publishes no version",
        "template.yaml",
        "      PublishLambdaVersion: true\n",
        "      PublishLambdaVersion: false\n",
        _RULES,
    ),
    Defect(
        "a changed parameter publishes no version",
        "template.yaml",
        "          - !Ref AllowedOrigins\n",
        "",
        _RULES,
    ),
    Defect(
        "a deleted stack takes the queue's events with it",
        "template.yaml",
        "  EventQueue:\n    Type: AWS::SQS::Queue\n    # Events may be on it that were answered 202.\n"
        "    DeletionPolicy: RetainExceptOnCreate\n",
        "  EventQueue:\n    Type: AWS::SQS::Queue\n    # Events may be on it that were answered 202.\n"
        "    DeletionPolicy: Delete\n",
        _RULES,
    ),
    Defect(
        "the access log holds the caller's address",
        "template.yaml",
        '"error":"$context.error.responseType"',
        '"error":"$context.error.responseType","ip":"$context.identity.sourceIp"',
        _METRICS,
    ),
    Defect(
        "scanners that are throttled ring the alarm of throttled requests",
        "template.yaml",
        """'{ $.status = 429 && $.route != "$default" }'""",
        "'{ $.status = 429 }'",
        _METRICS,
    ),
    Defect(
        "a route key ends in a slash",
        "template.yaml",
        "RouteKey: POST /open_api/{proxy+}",
        "RouteKey: POST /open_api/v1.3/event/track/",
        _RULES,
    ),
)
