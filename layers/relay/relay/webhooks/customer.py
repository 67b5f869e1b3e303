"""The customer of an order: name, phone number and address, as the fields of TikTok's `user`."""

from collections.abc import Iterable, Mapping

from relay.identity.phones import normalise_phone
from relay.webhooks.json_fields import get_text

_WORDS_OF_A_FULL_NAME = 2


def find_phone(
    order: object, paths: Iterable[tuple[str, str]], default_country: str | None
) -> str | list[str]:
    """Return the first phone number that can be parsed, in E.164; a list where its digits have two readings.

    `paths` are pairs of paths, of a number and of the country (ISO 3166 alpha-2) that it is written in:
    address forms accept numbers as people type them. Where none can be parsed, return the first one as typed,
    so that the event carries a warning about it; "" where there is none.
    """
    typed = ""
    for path, country_path in paths:
        number = get_text(order, path)
        if not number:
            continue
        country = get_text(order, country_path).upper() or default_country
        # A number without a + is another form to hash beside the one in E.164, which the event adds itself.
        e164 = [form for form in normalise_phone(number, country).numbers if form.startswith("+")]
        if e164:
            return e164[0] if len(e164) == 1 else e164
        typed = typed or number
    return typed


def split_full_name(full: str) -> dict[str, object]:
    """Return first and last name of a full name that has two words.

    Which of three words is the last name would be a guess, and a wrong guess matches nobody.
    """
    words = full.split()
    if len(words) != _WORDS_OF_A_FULL_NAME:
        return {}
    return dict(zip(("first_name", "last_name"), words, strict=True))


def without_empty(fields: Mapping[str, object]) -> dict[str, object]:
    """Return the fields that have a value."""
    return {name: value for name, value in fields.items() if value not in ("", None, [], {})}
