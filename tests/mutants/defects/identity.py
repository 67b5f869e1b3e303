"""Defects of identity, redaction, event ids and the compiled model."""

from tests.mutants.defect import Defect

_PERSONAL_DATA = "layers/relay/relay/personal_data"
_IDENTITY = "layers/relay/relay/identity"
_EVENT = "layers/relay/relay/event"
_TESTS = "tests/unit/relay"

DEFECTS = (
    Defect(
        "an item without fields goes out",
        f"{_EVENT}/annotations.py",
        '"required": name == mark}',
        '"required": False}',
        tests=(f"{_TESTS}/event/test_pipeline.py",),
    ),
    Defect(
        "a compiled model is used with any version of pydantic's core",
        f"{_EVENT}/compiled.py",
        "if pydantic_core.__version__ == built.PYDANTIC_CORE:",
        "if built.PYDANTIC_CORE:",
        tests=(f"{_TESTS}/event/test_compiled.py",),
    ),
    Defect(
        "the compiled model depends on the hash seed",
        f"{_EVENT}/compilation.py",
        "render_all(sorted(value))",
        "render_all(value)",
        tests=(f"{_TESTS}/event/test_compiled.py",),
    ),
    Defect(
        "digits that stand together are harmless",
        f"{_PERSONAL_DATA}/detection.py",
        "(?![ ,.;'()!?/#-]{0,4}\\d)",
        "",
        tests=(f"{_TESTS}/personal_data/test_texts.py",),
    ),
    Defect(
        "an address that ends where a URL seems to begin stays",
        f"{_PERSONAL_DATA}/redaction.py",
        'in_text = len(scheme) if "." in scheme else 0',
        "in_text = 0",
        tests=(f"{_TESTS}/personal_data/test_texts.py",),
    ),
    Defect(
        "properties named user are not searched for personal data",
        f"{_PERSONAL_DATA}/redaction.py",
        "kept = self.redact_value(value, name, (*path, name), says)\n",
        'kept = value if name == "user" else self.redact_value(value, name, (*path, name), says)\n',
        tests=(f"{_TESTS}/personal_data/test_items.py",),
    ),
    Defect(
        "names of properties are not searched for personal data",
        f"{_PERSONAL_DATA}/redaction.py",
        "if not _is_silent(name) and (in_name := self._find_in_name(name)):",
        "if _is_silent(name) and (in_name := self._find_in_name(name)):",
        tests=(f"{_TESTS}/personal_data/test_items.py",),
    ),
    Defect(
        "an authorisation code stays in a URL",
        f"{_PERSONAL_DATA}/detection.py",
        "        return beside_state\n",
        "        return False\n",
        tests=(f"{_TESTS}/personal_data/test_urls.py",),
    ),
    Defect(
        "a text that is escaped twice is not searched",
        f"{_PERSONAL_DATA}/detection.py",
        "        if text == before:\n            return text\n",
        "        return text\n",
        tests=(f"{_TESTS}/personal_data/test_texts.py",),
    ),
    Defect(
        "what stood around a removed number is joined",
        f"{_PERSONAL_DATA}/detection.py",
        '            kept.append(" ")\n',
        '            kept.append("")\n',
        tests=(f"{_TESTS}/personal_data/test_texts.py",),
    ),
    Defect(
        "a pattern that takes work with the square of the text's length",
        f"{_PERSONAL_DATA}/detection.py",
        r'_EMAIL_DOMAIN: Final = lazy_pattern(rf"@([\w{_MARKS}.-]++)")',
        r'_EMAIL_DOMAIN: Final = lazy_pattern(r"@([\w.@-]*)(?=\W|$)")',
        tests=(f"{_TESTS}/personal_data/test_work.py",),
    ),
    Defect(
        "echoes in another case stay in dead letters",
        f"{_PERSONAL_DATA}/echoes.py",
        '.replace("\\\\", "").casefold()',
        '.replace("\\\\", "")',
        tests=(f"{_TESTS}/personal_data/test_echoes.py",),
    ),
    Defect(
        "a made id holds the time of receipt",
        f"{_EVENT}/event_id.py",
        'if name not in of_request and name != "event_id"',
        'if name != "event_id"',
        tests=(f"{_TESTS}/event/test_event_id.py",),
    ),
    Defect(
        "a made id does not hold the person",
        f"{_EVENT}/event_id.py",
        "json.dumps([destination, content]",
        'json.dumps([destination, {**content, "user": {}}]',
        tests=(f"{_TESTS}/event/test_event_id.py",),
    ),
    Defect(
        "undefined is taken for an event id",
        f"{_EVENT}/event_id.py",
        "if chosen and is_placeholder_id(chosen):",
        "if not chosen and is_placeholder_id(chosen):",
        tests=(f"{_TESTS}/event/test_event_id.py",),
    ),
    Defect(
        "a click id is taken from any referrer",
        f"{_EVENT}/page_url.py",
        "if host and host == _find_host(referrer) else None",
        "if host else None",
        tests=(f"{_TESTS}/event/test_page_url.py",),
    ),
    Defect(
        "numbers that are not finite go out",
        f"{_EVENT}/pipeline.py",
        'if ("NaN" in text or "Infinity" in text) and',
        'if "NaN" == text and',
        tests=(f"{_TESTS}/event/test_serialisation.py",),
    ),
    Defect(
        "the proxy's address is taken for the visitor's",
        f"{_IDENTITY}/ip_addresses.py",
        "    for address in parsed:\n",
        "    for address in reversed(parsed):\n",
        tests=(f"{_TESTS}/identity/test_ip_addresses.py",),
    ),
    Defect(
        "digits that start with the own calling code go out in one reading only",
        f"{_IDENTITY}/phones.py",
        'return _phone(international, national, finding="phone_ambiguous")',
        "return _phone(national)",
        tests=(f"{_TESTS}/identity/test_phones.py",),
    ),
    Defect(
        "the digest of a placeholder goes out",
        f"{_IDENTITY}/placeholders.py",
        "return text in _placeholder_digests()",
        "return False",
        tests=(f"{_TESTS}/identity/test_placeholders.py",),
    ),
)
