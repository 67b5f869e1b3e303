"""Phone numbers as people type them."""

import re

import phonenumbers
import pytest
from hypothesis import given
from hypothesis import strategies as st
from phonenumbers import PhoneMetadata

from relay.calling_codes import (
    INTERNATIONAL_PREFIXES,
    MAX_INTERNATIONAL_PREFIX,
    NATIONAL_LENGTHS,
)
from relay.identity.phones import Phone, normalise_phone
from tests.support.rows import every_row


@every_row(
    ("typed", "country", "e164"),
    [
        ("+12133734253", None, "+12133734253"),
        (" +1 (213) 373-4253 ", None, "+12133734253"),
        ("(+1)2133734253", None, "+12133734253"),
        ("(213) 373-4253", "US", "+12133734253"),
        ("213.373.4253 x12", "US", "+12133734253"),
        ("1-800-FLOWERS", "US", "+18003569377"),
        ("00442079460018", None, "+442079460018"),
        ("020 7946 0018", "GB", "+442079460018"),
        ("+44 (0)20 7946 0018", None, "+442079460018"),
        ("+4402079460018", None, "+442079460018"),
        ("07911 123456", "GB", "+447911123456"),
        ("06 12345678", "NL", "+31612345678"),
        ("+39 06 1234 5678", None, "+390612345678"),
        ("+390612345678", None, "+390612345678"),
        ("٠٢٠٧٩٤٦٠٠١٨", "GB", "+442079460018"),
        ("\uff0b\uff14\uff14 20 7946 0018", None, "+442079460018"),
        ("011 44 20 7946 0018", "US", "+442079460018"),
        ("+49 30 901820", None, "+4930901820"),
        ("+49-30-901820", None, "+4930901820"),
        ("+49.30.901820", None, "+4930901820"),
        # With the prefix that the plus stands for.
        ("+0049 30 901820", None, "+4930901820"),
        ("+00 44 (0)20 7946 0018", "DE", "+442079460018"),
        ("(+00)12133734253", None, "+12133734253"),
        ("\uff0b0044 20 7946 0018", None, "+442079460018"),
        # With the 8 or the 1 that is dialled within the country.
        ("+370 8 612 34567", None, "+37061234567"),
        ("+370861234567", None, "+37061234567"),
        ("+112133734253", None, "+12133734253"),
    ],
)
def test_number_is_normalised_to_e164(typed: str, country: str | None, e164: str) -> None:
    assert normalise_phone(typed, country) == Phone((e164,))


@given(
    st.sampled_from(sorted(NATIONAL_LENGTHS)),
    st.text("0123456789", min_size=3, max_size=13),
    st.lists(st.sampled_from(["", " ", "-", ".", "  ", "/", "\u00a0"]), min_size=13, max_size=13),
)
def test_separators_between_the_digits_change_nothing(code: str, digits: str, separators: list[str]) -> None:
    typed = "".join(map(str.__add__, separators, digits))
    assert normalise_phone(f"+{code}{typed}", None) == normalise_phone(f"+{code}{digits}", None)


def test_number_without_plus_is_read_as_international_with_a_warning() -> None:
    assert normalise_phone("12133734253", None) == Phone(("+12133734253",), "phone_without_plus")


@pytest.mark.parametrize(
    ("typed", "country", "international", "national"),
    [
        ("4915123408905", "DE", "+4915123408905", "+494915123408905"),
        ("49 151 23408905", "de", "+4915123408905", "+494915123408905"),
        ("49-171-2345678", "DE", "+491712345678", "+49491712345678"),
        ("62812345678", "ID", "+62812345678", "+6262812345678"),
    ],
)
def test_digits_that_start_with_the_own_calling_code_go_out_in_both_readings(
    typed: str, country: str, international: str, national: str
) -> None:
    assert normalise_phone(typed, country) == Phone((international, national), "phone_ambiguous")


@pytest.mark.parametrize(
    ("typed", "country", "e164"),
    [("33612345678", "DE", "+4933612345678"), ("321 1234567", "CO", "+573211234567")],
)
def test_digits_that_start_with_the_code_of_another_country_are_read_as_national(
    typed: str, country: str, e164: str
) -> None:
    assert normalise_phone(typed, country) == Phone((e164,))


@pytest.mark.parametrize(
    ("typed", "country", "e164"),
    [
        ("4930901820", "DE", "+4930901820"),
        ("447911123456", "GB", "+447911123456"),
        ("919876543210", "IN", "+919876543210"),
        ("5511987654321", "BR", "+5511987654321"),
        ("393123456789", "IT", "+393123456789"),
        ("43 664 12345678", "AT", "+4366412345678"),
        ("1 213 373 4253", "US", "+12133734253"),
    ],
)
def test_digits_that_are_valid_in_one_reading_only_have_one_digest(
    typed: str, country: str, e164: str
) -> None:
    assert normalise_phone(typed, country).numbers == (e164,)


@every_row(
    ("typed", "country", "e164"),
    [
        ("001 65 9123 4567", "HK", "+6591234567"),
        ("001 65 9123 4567", "hk", "+6591234567"),
        ("001 47 91234567", "KR", "+4791234567"),
        ("00700 44 20 7946 0018", "KR", "+442079460018"),
        ("0011 65 9123 4567", "AU", "+6591234567"),
        ("0011442079460018", "AU", "+442079460018"),
        ("1411 0011 44 20 7946 0018", "AU", "+442079460018"),
        ("010 44 20 7946 0018", "JP", "+442079460018"),
        ("8~10 44 20 7946 0018", "RU", "+442079460018"),
        ("(011) 44 20 7946 0018 ext. 12", "US", "+442079460018"),
        ("\uff10\uff10\uff11 65 9123 4567", "HK", "+6591234567"),
    ],
)
def test_number_is_read_after_the_international_prefix_of_the_country(
    typed: str, country: str, e164: str
) -> None:
    assert normalise_phone(typed, country) == Phone((e164,))


@every_row("country", ["HK", "AU", "JP", "RU", "US", "TH", "CL", "GB", "ZZ", None])
def test_double_zero_is_an_international_prefix_everywhere(country: str | None) -> None:
    assert normalise_phone("0044 20 7946 0018", country) == Phone(("+442079460018",))
    assert normalise_phone("0049 30 1234", country).numbers == ("+49301234",)
    assert normalise_phone("00 999 1234567", country) == Phone((), "phone_invalid")


def test_digits_after_two_prefixes_go_out_in_both_readings() -> None:
    both = ("+19012345678", "+819012345678")
    assert normalise_phone("0081 90 1234 5678", "HK") == Phone(both, "phone_ambiguous")
    assert normalise_phone("0081 90 1234 5678", "DE") == Phone(both[1:])


@every_row("region", sorted(INTERNATIONAL_PREFIXES))
def test_national_number_is_never_read_after_a_prefix_of_its_country(region: str) -> None:
    for kind in phonenumbers.PhoneNumberType.values():
        example = phonenumbers.example_number_for_type(region, kind)
        if example is not None:
            national = phonenumbers.format_number(example, phonenumbers.PhoneNumberFormat.NATIONAL)
            e164 = phonenumbers.format_number(example, phonenumbers.PhoneNumberFormat.E164)
            assert normalise_phone(national, region).numbers[0] == e164
            assert normalise_phone(national, region).finding is None


@pytest.mark.parametrize(
    "typed", ["hello", "+999", "+1213373425", "555", "+" + "1" * 15, "1" * 5000, "+99912345678", "1" * 40]
)
def test_text_that_can_be_no_number_has_none(typed: str) -> None:
    assert normalise_phone(typed, None) == Phone((), "phone_invalid")


def test_national_number_without_a_country_says_what_is_missing() -> None:
    assert normalise_phone("2133734253", None) == Phone((), "phone_no_country")


@pytest.mark.parametrize(
    ("digits", "finding"),
    [(5, "phone_invalid"), (6, "phone_no_country"), (15, "phone_no_country"), (16, "phone_invalid")],
)
def test_country_is_only_missed_where_the_digits_can_be_a_number(digits: int, finding: str) -> None:
    phone = normalise_phone("0" + "1" * (digits - 1), None)
    assert (phone.numbers, phone.finding) == ((), finding)


def test_fifteen_digits_are_not_cut() -> None:
    assert normalise_phone("+498001234567890", None).numbers == ("+498001234567890",)


@pytest.mark.parametrize(
    ("typed", "country"), [("+8613812345678", None), ("138 1234 5678", "CN"), ("8613812345678", None)]
)
def test_chinese_number_is_hashed_with_and_without_its_country_code(typed: str, country: str | None) -> None:
    assert normalise_phone(typed, country).numbers == ("+8613812345678", "13812345678")


def test_lengths_agree_with_the_library() -> None:
    """Fails when a newer phonenumbers has other lengths: generate the table again."""
    for code, regions in phonenumbers.COUNTRY_CODE_TO_REGION_CODE.items():
        lengths: set[int] = set()
        for region in regions:
            metadata = (
                PhoneMetadata.metadata_for_nongeo_region(code)
                if region == "001"
                else PhoneMetadata.metadata_for_region(region)
            )
            assert metadata is not None
            assert metadata.general_desc is not None
            lengths |= {length for length in metadata.general_desc.possible_length if length > 0}
        assert NATIONAL_LENGTHS[str(code)] == tuple(sorted(lengths)), code
    assert len(NATIONAL_LENGTHS) == len(phonenumbers.COUNTRY_CODE_TO_REGION_CODE)


def test_international_prefixes_agree_with_the_library() -> None:
    """Fails when a newer phonenumbers has other prefixes: generate the table again."""
    for region in phonenumbers.SUPPORTED_REGIONS:
        metadata = PhoneMetadata.metadata_for_region(region)
        assert metadata is not None
        assert INTERNATIONAL_PREFIXES.get(region, "00") == metadata.international_prefix, region
    assert INTERNATIONAL_PREFIXES.keys() <= phonenumbers.SUPPORTED_REGIONS
    digits = [re.sub(r"\[[^]]*\]|\\d", "0", prefix) for prefix in INTERNATIONAL_PREFIXES.values()]
    longest = max(len(part) for prefix in digits for part in re.split(r"[|()?:]+", prefix))
    assert longest <= MAX_INTERNATIONAL_PREFIX
