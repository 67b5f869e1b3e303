"""People as orders hold them: names, phones and addresses, brought to the fields of TikTok's `user`."""

from collections.abc import Iterable, Mapping

from relay.identity import phones
from relay.webhooks.json_fields import first

_WORDS_OF_A_NAME = 2


def phone(order: object, places: Iterable[tuple[str, str]], default_country: str | None) -> str | list[str]:
    """The first phone number that can be read, in E.164.

    `places` are pairs of paths, of a number and of the country (ISO 3166 alpha-2) that it is written in:
    address forms take numbers as people type them. Where none can be read, the first one as it is, so that
    the event says that it holds one that is of no use; "" where there is none.
    """
    typed = ""
    for path, country_path in places:
        text = first(order, path)
        if not text:
            continue
        country = first(order, country_path).upper() or default_country
        # Without a +, it is one of the other forms that are hashed beside the number.
        e164 = [each for each in phones.normalise_phone(text, country).numbers if each.startswith("+")]
        if e164:
            return e164[0] if len(e164) == 1 else e164
        typed = typed or text
    return typed


def names(full: str) -> dict[str, object]:
    """First and last name out of a full one, where it has two words; which is which of three is a guess, and
    a wrong guess matches nobody."""
    words = full.split()
    return (
        dict(zip(("first_name", "last_name"), words, strict=True)) if len(words) == _WORDS_OF_A_NAME else {}
    )


def known(fields: Mapping[str, object]) -> dict[str, object]:
    """The fields that hold something."""
    return {name: value for name, value in fields.items() if value not in ("", None, [], {})}
