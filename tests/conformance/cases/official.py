"""TikTok's own examples: TikTok API for Business, Doc 1771101303285761, each digest as printed there."""

from typing import Final

from tests.conformance.suite import Case, hashed
from tests.support.events import event

APP: Final[dict[str, object]] = {"event_source": "app", "app_id": "123456789", "url": None}

CASES: Final[list[Case]] = [
    Case(
        "official-email",
        event(email=" ALICE_abc@gmail.com "),
        {"user.email": "848a771458438fc2ec420560d769fb9b9b86851ee338ec56517baabd79d3bb4f"},
    ),
    Case(
        "official-phone",
        event(phone="(+1)2133734253"),
        {"user.phone": "9f7ec22d72092cd3c0b58726ed9c2d91b92e51a3f29837508fb2948bb22dd2fd"},
    ),
    Case(
        "official-external-id",
        event(external_id="user_123"),
        {"user.external_id": "80fba0ae1c48e3978e43e4efc365e14e12ea0c830ba8ba5b9a2dafc7e3f2ab8b"},
    ),
    Case(
        "official-idfa",
        event(**APP, idfa="EA7583CD-A667-48BC-B806-42ECB2B48606"),
        {"user.idfa": "70574fa9c8f498a7b2e5c8712b1126de7b1406fd02fdc591821c5bd33092fd1c"},
    ),
    Case(
        "official-idfa-in-lower-case",
        event(**APP, idfa="ea7583cd-a667-48bc-b806-42ecb2b48606"),
        {"user.idfa": "70574fa9c8f498a7b2e5c8712b1126de7b1406fd02fdc591821c5bd33092fd1c"},
    ),
    Case(
        "official-gaid",
        event(**APP, gaid="aaaaaa-2222-1111-8787-809e92233ba0"),
        {"user.gaid": "0ebad966881e1eebffe69b3abf624631cf83ec9bf8cb3ce134c7c75c6d8ee7fc"},
    ),
    Case(
        "official-gaid-in-upper-case",
        event(**APP, gaid=" AAAAAA-2222-1111-8787-809E92233BA0 "),
        {"user.gaid": "0ebad966881e1eebffe69b3abf624631cf83ec9bf8cb3ce134c7c75c6d8ee7fc"},
    ),
    # The digest of the number without its + (1f81adb3…) matches nobody: the + is put before it.
    Case(
        "official-phone-without-plus",
        event(phone="12133734253"),
        {"user.phone": hashed("+12133734253")},
        ("phone_without_plus",),
    ),
]
