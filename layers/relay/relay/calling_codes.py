"""Calling codes: possible lengths of a national number after each country calling code (ITU-T E.164), and the
prefix that each region dials before one.

Generated from the metadata of `phonenumbers` (possible lengths of any type of number, over the regions that
share a code; international prefixes). Tests compare the tables with the library, so that an update of the
library shows a stale table.
"""

from typing import Final

_CODES_BY_LENGTHS: Final[dict[tuple[int, ...], str]] = {
    (4, 5): "290",
    (4, 5, 6, 7): "690",
    (4, 5, 6, 7, 8, 9, 10, 11): "352",
    (4, 5, 6, 7, 8, 9, 10, 11, 12, 13): "43 598",
    (4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15): "49",
    (4, 5, 6, 7, 10): "98",
    (4, 7): "683",
    (5,): "500 682",
    (5, 6): "247",
    (5, 6, 7): "688",
    (5, 6, 7, 8): "386",
    (5, 6, 7, 8, 9, 10): "27 64",
    (5, 6, 7, 8, 9, 10, 11): "31",
    (5, 6, 7, 8, 9, 10, 11, 12): "358 971",
    (5, 6, 7, 8, 9, 10, 12): "61",
    (5, 6, 7, 8, 9, 11): "852",
    (5, 6, 7, 10): "685",
    (5, 6, 8, 9, 10, 11, 12, 13, 14): "82",
    (5, 7): "676 677 678",
    (5, 8): "47 686",
    (6,): "298 299 672 687",
    (6, 7): "597",
    (6, 7, 8, 9): "252 355",
    (6, 7, 8, 9, 10): "48 95 880",
    (6, 7, 8, 9, 10, 11): "375 595",
    (6, 7, 8, 9, 10, 11, 12): "39 381",
    (6, 7, 8, 9, 10, 12): "46",
    (6, 7, 8, 9, 12): "359",
    (6, 7, 8, 10): "53",
    (6, 7, 9): "421",
    (6, 8, 9): "376 689",
    (6, 8, 9, 10, 11, 12, 13): "63",
    (6, 9): "40 508 681",
    (7,): "238 239 246 248 269 291 297 592 673 674 680 691 692",
    (7, 8): "241 599 670 675 853 961 965 975",
    (7, 8, 9): "231 385 967 968",
    (7, 8, 9, 10): "84 243 254 353",
    (7, 8, 9, 10, 11): "886",
    (7, 8, 9, 10, 11, 12): "86 882 972",
    (7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17): "62",
    (7, 8, 9, 11): "974",
    (7, 8, 10): "230 267 372",
    (7, 8, 10, 11): "507",
    (7, 8, 11): "503",
    (7, 9): "220 245 265 354 423",
    (7, 9, 10): "44 263",
    (7, 10): "1 960",
    (7, 10, 12, 13): "90",
    (7, 11): "501 679",
    (8,): (
        "45 216 222 223 226 227 228 232 235 236 253 257 266 350 356 357 370 371 373 374 389 505 509 "
        "800 808 973 993"
    ),
    (8, 9): "32 36 51 213 224 233 237 250 258 264 268 377 382 387 591 962 963",
    (8, 9, 10): "20 60 855 856 964 970 976",
    (8, 9, 10, 11): "55 593",
    (8, 9, 10, 11, 12): "92 383 883",
    (8, 9, 10, 11, 12, 13): "91",
    (8, 9, 10, 11, 12, 13, 14, 15, 16, 17): "81",
    (8, 9, 10, 13): "66",
    (8, 10): "229 378 506 850",
    (8, 10, 11): "57 65 977",
    (8, 11): "502 504",
    (9,): (
        "33 34 93 94 211 212 218 221 240 242 244 249 251 255 256 260 261 262 351 590 594 596 979 "
        "992 994 995 998"
    ),
    (9, 10): "380 881 966 996",
    (9, 10, 11): "56",
    (9, 10, 11, 12): "420",
    (9, 12): "41 870",
    (10,): "52 58 225",
    (10, 11): "54",
    (10, 11, 12): "30",
    (10, 11, 12, 13, 14): "234",
    (10, 14): "7",
    (11,): "888",
    (12,): "878",
}

NATIONAL_LENGTHS: Final[dict[str, tuple[int, ...]]] = {
    code: lengths for lengths, codes in _CODES_BY_LENGTHS.items() for code in codes.split()
}
"""Calling code without + → possible numbers of digits after it."""

_REGIONS_BY_PREFIX: Final[dict[str, str]] = {
    r"011": "AG AI AS BB BM BS CA DM DO GD GU JM KN KY LC MH MP MS PR SX TC TT US VC VG VI",
    r"810": "BY KZ RU TJ TM",
    r"001[14-689]|14(?:1[14]|34|4[17]|[56]6|7[47]|88)0011": "AU CC CX",
    r"0": "CV WS",
    r"001": "GY MN",
    r"00|99(?:[01469]|5(?:[14]1|3[23]|5[59]|77|88|9[09]))": "AX FI",
    r"(?:0|1(?:1[0-69]|2[02-5]|5[13-58]|69|7[0167]|8[018]))0": "CL",
    r"0(?:0[25-79]|19)": "TW",
    r"0(?:0|1(?:05|[2-9]))": "IL",
    r"0(?:0|161)": "NZ",
    r"0(?:0|19)": "MV",
    r"0(?:0|1[3-9]\d)": "UY",
    r"0(?:0|52)": "FJ",
    r"0(?:0|[24-7]0|3[03])": "MU",
    r"00(?:1[245]|2[1-35]|31|4[13]|[56]5|99)": "BR",
    r"00(?:1\d)?": "BO",
    r"00(?:30|5[09]|[126-9]?)": "HK",
    r"00(?:4(?:[14]4|56)|[579])": "CO",
    r"00(?:[125689]|3(?:[46]5|91)|7(?:00|27|3|55|6[126]))": "KR",
    r"000": "KE",
    r"009": "NG",
    r"00[056]": "TZ",
    r"00[057]": "UG",
    r"00[1-9]": "TH",
    r"00[14-9]": "KH",
    r"00[89]": "ID",
    r"00|1(?:0(?:01|[12]0)|100)": "IS",
    r"00|1(?:[12]\d|79)\d\d00": "CN",
    r"00|10(?:22|66|88|99)": "SI",
    r"00|140[1-3]": "PG",
    r"00|16": "TD",
    r"00|19(?:1[124]|77|90)00": "PE",
    r"00|99": "KP",
    r"010": "JP",
    r"010|0[0-2]": "SC",
    r"01[12]": "PW",
    r"0[0-3]\d": "SG",
    r"0[01]": "SB",
    r"0[09]": "MX",
    r"119": "CU",
}

INTERNATIONAL_PREFIXES: Final[dict[str, str]] = {
    region: prefix for prefix, regions in _REGIONS_BY_PREFIX.items() for region in regions.split()
}
"""Region → regular expression of what is dialled there before a number abroad, where that is not just 00."""

MAX_INTERNATIONAL_PREFIX: Final[int] = 8
"""Digits of the longest of them, a carrier's in Australia."""

LOCAL: Final[tuple[str, int]] = ("1", 7)
"""Calling code and length of a number dialled within an area of North America: the library's lengths include
it, E.164 does not."""

MIN_PHONE_DIGITS: Final[int] = 7
"""The shortest subscriber numbers, of those that are looked for in texts."""


def split_calling_code(digits: str) -> tuple[str, str] | None:
    """Split the digits of an international number, without +, into calling code and national number.

    None if no calling code matches. Calling codes are prefix-free, so at most one does.

    >>> split_calling_code("12133734253")
    ('1', '2133734253')
    """
    for end in (1, 2, 3):
        if digits[:end] in NATIONAL_LENGTHS:
            return digits[:end], digits[end:]
    return None
