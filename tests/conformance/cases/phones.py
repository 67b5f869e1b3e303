"""Phone numbers as people of many countries write them, and what they are in E.164 (ITU-T E.164 and the
national numbering plans), with + and hashed with it: TikTok API for Business, Doc 1771101303285761."""

from typing import Final

from tests.conformance.suite import ABSENT, Case, hashed
from tests.support.events import event

# Country that the event names, what was typed, what it is. Drawn from the numbering plans.
_NATIONAL: Final[list[tuple[str, str, str]]] = [
    ("US", "(213) 373-4253", "+12133734253"),
    ("US", "1-213-373-4253", "+12133734253"),
    ("US", "213.373.4253", "+12133734253"),
    ("US", "(213) 373-4253 ext. 12", "+12133734253"),
    ("US", "213-373-4253 x12", "+12133734253"),
    ("US", "1-800-FLOWERS", "+18003569377"),
    ("US", "011 44 20 7946 0018", "+442079460018"),
    ("CA", "416-967-1111", "+14169671111"),
    ("GB", "020 7946 0018", "+442079460018"),
    ("GB", "07911 123456", "+447911123456"),
    ("GB", "00 33 1 42 68 53 00", "+33142685300"),
    ("IE", "085 012 3456", "+353850123456"),
    ("IE", "(01) 677 9999", "+35316779999"),
    ("DE", "030 901820", "+4930901820"),
    ("DE", "0171/2345678", "+491712345678"),
    ("DE", "0151 23456789", "+4915123456789"),
    ("AT", "0664 1234567", "+436641234567"),
    ("CH", "044 668 18 00", "+41446681800"),
    ("CH", "079 123 45 67", "+41791234567"),
    ("FR", "01 42 68 53 00", "+33142685300"),
    ("FR", "06.12.34.56.78", "+33612345678"),
    ("BE", "0470 12 34 56", "+32470123456"),
    ("NL", "06 12345678", "+31612345678"),
    ("LU", "628 123 456", "+352628123456"),
    ("ES", "612 34 56 78", "+34612345678"),
    ("PT", "912 345 678", "+351912345678"),
    # Italy keeps the zero of its fixed lines, and has none before mobile ones.
    ("IT", "06 1234 5678", "+390612345678"),
    ("IT", "312 345 6789", "+393123456789"),
    ("GR", "691 234 5678", "+306912345678"),
    ("PL", "512 345 678", "+48512345678"),
    ("CZ", "601 123 456", "+420601123456"),
    ("SK", "0912 123 456", "+421912123456"),
    # Hungary's trunk prefix is 06.
    ("HU", "06 20 123 4567", "+36201234567"),
    ("RO", "0712 034 567", "+40712034567"),
    ("BG", "088 712 3456", "+359887123456"),
    ("HR", "092 123 4567", "+385921234567"),
    ("SI", "031 234 567", "+38631234567"),
    ("RS", "060 1234567", "+381601234567"),
    ("SE", "070-123 45 67", "+46701234567"),
    ("NO", "406 12 345", "+4740612345"),
    ("DK", "32 12 34 56", "+4532123456"),
    ("FI", "041 2345678", "+358412345678"),
    ("IS", "611 1234", "+3546111234"),
    ("EE", "512 3456", "+3725123456"),
    ("LV", "21 234 567", "+37121234567"),
    ("LT", "(8-612) 34567", "+37061234567"),
    ("UA", "050 123 4567", "+380501234567"),
    # Russia's and Kazakhstan's trunk prefix is 8.
    ("RU", "8 (912) 345-67-89", "+79123456789"),
    ("KZ", "8 771 000 9998", "+77710009998"),
    ("TR", "0501 234 56 78", "+905012345678"),
    ("IL", "050-234-5678", "+972502345678"),
    ("AE", "050 123 4567", "+971501234567"),
    ("AE", "٠٥٠ ١٢٣ ٤٥٦٧", "+971501234567"),
    ("SA", "051 234 5678", "+966512345678"),
    ("EG", "0100 123 4567", "+201001234567"),
    ("IR", "۰۹۱۲ ۳۴۵ ۶۷۸۹", "+989123456789"),
    ("ZA", "071 123 4567", "+27711234567"),
    ("NG", "0802 123 4567", "+2348021234567"),
    ("KE", "0712 123456", "+254712123456"),
    ("MA", "0650-123456", "+212650123456"),
    ("IN", "081234 56789", "+918123456789"),
    ("IN", "81234 56789", "+918123456789"),
    ("PK", "0301 2345678", "+923012345678"),
    ("BD", "01812-345678", "+8801812345678"),
    ("TH", "081 234 5678", "+66812345678"),
    ("VN", "0912 345 678", "+84912345678"),
    ("ID", "0812-345-678", "+62812345678"),
    ("MY", "012-345 6789", "+60123456789"),
    ("SG", "8123 4567", "+6581234567"),
    ("PH", "0905 123 4567", "+639051234567"),
    ("HK", "5123 4567", "+85251234567"),
    ("TW", "0912 345 678", "+886912345678"),
    ("JP", "090-1234-5678", "+819012345678"),
    ("JP", "０９０－１２３４－５６７８", "+819012345678"),
    ("KR", "010-2000-0000", "+821020000000"),
    ("AU", "0412 345 678", "+61412345678"),
    ("NZ", "021 123 4567", "+64211234567"),
    ("BR", "(11) 96123-4567", "+5511961234567"),
    ("MX", "222 123 4567", "+522221234567"),
    # Mexico's mobiles lost their 1 in 2019.
    ("MX", "+52 1 55 1234 5678", "+525512345678"),
    ("MX", "5215512345678", "+525512345678"),
    ("DE", "0052 1 55 1234 5678", "+525512345678"),
    ("US", "+5215512345678", "+525512345678"),
    # Argentina's mobile numbers lose the 15 and gain a 9 on the way abroad.
    ("AR", "011 15-2345-6789", "+5491123456789"),
    ("CL", "2 2123 4567", "+56221234567"),
    ("CO", "321 1234567", "+573211234567"),
    ("PE", "912 345 678", "+51912345678"),
    ("CR", "8312 3456", "+50683123456"),
    ("UY", "094 231 234", "+59894231234"),
    # Numbers abroad, as they are dialled: after the country's own international prefix, or after 00.
    ("HK", "001 65 9123 4567", "+6591234567"),
    ("HK", "0059 44 20 7946 0018", "+442079460018"),
    ("HK", "00 65 9123 4567", "+6591234567"),
    ("KR", "001 47 91234567", "+4791234567"),
    ("KR", "00700 44 20 7946 0018", "+442079460018"),
    ("KR", "002-1-213-373-4253", "+12133734253"),
    ("SG", "001 44 20 7946 0018", "+442079460018"),
    ("SG", "019 1 213 373 4253", "+12133734253"),
    ("TH", "009 44 20 7946 0018", "+442079460018"),
    ("TW", "002 44 20 7946 0018", "+442079460018"),
    ("ID", "008 65 9123 4567", "+6591234567"),
    ("KH", "001 65 9123 4567", "+6591234567"),
    ("AU", "0011 65 9123 4567", "+6591234567"),
    ("AU", "0011442079460018", "+442079460018"),
    ("AU", "(0011) 44 20 7946 0018", "+442079460018"),
    ("AU", "0044 20 7946 0018", "+442079460018"),
    ("JP", "010 44 20 7946 0018", "+442079460018"),
    ("JP", "０１０ 44 20 7946 0018", "+442079460018"),
    ("RU", "8~10 44 20 7946 0018", "+442079460018"),
    ("KZ", "810 44 20 7946 0018", "+442079460018"),
    ("UZ", "00 44 20 7946 0018", "+442079460018"),
    ("US", "011-44-20-7946-0018", "+442079460018"),
    ("JM", "011 44 20 7946 0018", "+442079460018"),
    ("KE", "000 44 20 7946 0018", "+442079460018"),
    ("NG", "009 44 20 7946 0018", "+442079460018"),
    ("IL", "012 44 20 7946 0018", "+442079460018"),
    ("BR", "0015 44 20 7946 0018", "+442079460018"),
    ("CO", "009 44 20 7946 0018", "+442079460018"),
    ("FI", "990 44 20 7946 0018", "+442079460018"),
    ("CU", "119 44 20 7946 0018", "+442079460018"),
]

# What was typed, with its country code, and what it is.
_INTERNATIONAL: Final[list[tuple[str, str, str]]] = [
    ("e164", "+442079460018", "+442079460018"),
    ("trunk-zero-in-brackets", "+44 (0)20 7946 0018", "+442079460018"),
    ("trunk-zero-in-brackets-german", "+49 (0) 30 901820", "+4930901820"),
    ("trunk-zero-left-in", "+4402079460018", "+442079460018"),
    ("code-in-brackets", "(+49) 30 901820", "+4930901820"),
    ("code-in-square-brackets", "[+33] 1 42 68 53 00", "+33142685300"),
    ("double-zero", "0033142685300", "+33142685300"),
    ("double-zero-in-brackets", "(0033) 1 42 68 53 00", "+33142685300"),
    ("dots", "+33.1.42.68.53.00", "+33142685300"),
    ("slash", "+43 664/1234567", "+436641234567"),
    ("letters", "+1 800 FLOWERS", "+18003569377"),
    ("extension", "+1 213 373 4253 ext 77", "+12133734253"),
    ("extension-after-comma", "+12133734253,77", "+12133734253"),
    ("non-breaking-spaces", "+1\u00a0213\u00a0373\u00a04253", "+12133734253"),
    ("non-breaking-hyphens", "+1 213\u2011373\u20114253", "+12133734253"),
    # What a number copied from a contact of a phone has around it.
    ("direction-marks", "\u202a+1 (213) 373-4253\u202c", "+12133734253"),
    ("zero-width-space", "\u200b+12133734253", "+12133734253"),
    ("telephone-uri", "tel:+1-213-373-4253", "+12133734253"),
    ("full-width", "\uff0b\uff18\uff11 \uff19\uff10 1234 5678", "+819012345678"),
    ("arabic-digits", "+٩٧١ ٥٠ ١٢٣ ٤٥٦٧", "+971501234567"),
    ("devanagari-digits", "+९१ ८१२३४ ५६७८९", "+918123456789"),
    ("italian-zero", "+390612345678", "+390612345678"),
    ("italian-zero-with-spaces", "+39 06 1234 5678", "+390612345678"),
    ("san-marino", "+378 0549 886377", "+3780549886377"),
    ("fifteen-digits", "+498001234567890", "+498001234567890"),
    ("shortest-germans", "+49 30 1234", "+49301234"),
    ("saint-helena", "+290 22158", "+29022158"),
    ("ivory-coast", "+225 01 23 45 67 89", "+2250123456789"),
]

_WITHOUT_PLUS: Final[list[tuple[str, str, str]]] = [
    ("british", "442079460018", "+442079460018"),
    ("american", "1 (213) 373-4253", "+12133734253"),
]

# Valid both with and without the country's own code, or both after 00 and after the country's own
# international prefix: the number, and what else the digits can be.
_AMBIGUOUS: Final[list[tuple[str, str, str, str]]] = [
    ("DE", "4915123408905", "+4915123408905", "+494915123408905"),
    ("DE", "49 151 23408905", "+4915123408905", "+494915123408905"),
    ("DE", "(49) 171 2345678", "+491712345678", "+49491712345678"),
    ("ID", "62812345678", "+62812345678", "+6262812345678"),
    ("HK", "0081 90 1234 5678", "+19012345678", "+819012345678"),
    ("KR", "0081 90 1234 5678", "+19012345678", "+819012345678"),
    ("TH", "0081 90 1234 5678", "+19012345678", "+819012345678"),
]

_BOTH_CHINESE: Final[list[tuple[str, str | None, str]]] = [
    ("e164", None, "+8613812345678"),
    ("spaces", None, "+86 138 1234 5678"),
    ("double-zero", None, "0086 138 1234 5678"),
    ("national", "CN", "138 1234 5678"),
    ("full-width", None, "\uff0b\uff18\uff16 138 1234 5678"),
]

# What can't be a number at all, or not without a country.
_OMITTED: Final[list[tuple[str, object, str]]] = [
    ("word", "hello", "phone_invalid"),
    ("too-short", "+1 213", "phone_invalid"),
    ("local-only", "+12133734", "phone_invalid"),
    ("local-only-formatted", "+1 213-3734", "phone_invalid"),
    ("one-digit-short", "+1213373425", "phone_invalid"),
    ("one-digit-long", "+121337342534", "phone_invalid"),
    ("sixteen-digits", "+4980012345678901", "phone_invalid"),
    ("no-such-country", "+99912345678", "phone_invalid"),
    ("several-in-one-text", "+12133734253, +442079460018 or +33142685300", "phone_invalid"),
    ("thousands-of-digits", "1" * 5000, "phone_invalid"),
    ("e-mail", "ada@example.com", "phone_invalid"),
    ("national-without-country", "2133734253", "phone_no_country"),
    ("national-with-trunk-zero", "030 901820", "phone_no_country"),
    ("true", True, "identifier_type"),
    ("object", {"number": "+12133734253"}, "identifier_type"),
    ("fraction", 12133734253.5, "identifier_type"),
    ("blank", " \t ", "identifier_blank"),
]

CASES: Final[list[Case]] = [
    *(
        Case(
            f"{country} {typed}",
            event(phone=typed, country=country),
            {"user.phone": hashed(e164), "user.country": country.lower()},
        )
        for country, typed, e164 in _NATIONAL
    ),
    *(
        Case(f"international {name}", event(phone=typed), {"user.phone": hashed(e164)})
        for name, typed, e164 in _INTERNATIONAL
    ),
    *(
        Case(
            f"without-plus {name}",
            event(phone=typed),
            {"user.phone": hashed(e164)},
            ("phone_without_plus",),
        )
        for name, typed, e164 in _WITHOUT_PLUS
    ),
    Case(
        "without-plus a number of the US in Mexico, which starts with the 1 of old Mexican mobiles",
        event(phone="1 551 234 5678", country="MX"),
        {"user.phone": hashed("+15512345678")},
        ("phone_without_plus",),
    ),
    *(
        Case(
            f"ambiguous {country} {typed}",
            event(phone=typed, country=country),
            {"user.phone": [hashed(international), hashed(national)]},
            ("phone_ambiguous",),
        )
        for country, typed, international, national in _AMBIGUOUS
    ),
    *(
        Case(
            f"china {name}",
            event(phone=typed, country=country),
            {"user.phone": [hashed("+8613812345678"), hashed("13812345678")]},
        )
        for name, country, typed in _BOTH_CHINESE
    ),
    *(
        Case(f"left-out {name}", event(phone=typed), {"user.phone": ABSENT}, (code,))
        for name, typed, code in _OMITTED
    ),
    # Where the country comes from: the event's own, before the relay's default.
    Case(
        "default-country-of-the-relay",
        event(phone="030 901820"),
        {"user.phone": hashed("+4930901820"), "user.country": ABSENT},
        country="DE",
    ),
    Case(
        "country-of-the-event-first",
        event(phone="01 42 68 53 00", country="France"),
        {"user.phone": hashed("+33142685300"), "user.country": "fr"},
        country="DE",
    ),
    Case(
        "default-country-where-the-event-names-none-that-exists",
        event(phone="030 901820", country="Atlantis"),
        {"user.phone": hashed("+4930901820"), "user.country": ABSENT},
        ("country_unknown",),
        country="DE",
    ),
    Case(
        "foreign-number-in-a-country",
        event(phone="+12133734253", country="DE"),
        {"user.phone": hashed("+12133734253")},
    ),
    Case(
        "list-of-numbers",
        event(phone=["+12133734253", "0044 20 7946 0018"]),
        {"user.phone": [hashed("+12133734253"), hashed("+442079460018")]},
    ),
    Case(
        "list-of-one",
        event(phone=["+1 213 373 4253"]),
        {"user.phone": hashed("+12133734253")},
    ),
    Case(
        "list-with-the-same-twice",
        event(phone=["+1 213 373 4253", "+12133734253"]),
        {"user.phone": hashed("+12133734253")},
    ),
    Case(
        "list-with-a-bad-one",
        event(phone=["hello", "+12133734253"]),
        {"user.phone": hashed("+12133734253")},
        ("phone_invalid",),
    ),
]
