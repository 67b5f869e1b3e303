"""Phone numbers as people type them."""

import phonenumbers
import pytest
from phonenumbers import PhoneMetadata

from relay.identity import phones
from relay.identity.calling_codes import NATIONAL_LENGTHS


@pytest.mark.parametrize(
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
    ],
)
def test_number_is_brought_to_e164(typed: str, country: str | None, e164: str) -> None:
    assert phones.read(typed, country).e164 == e164


def test_number_without_plus_is_tried_as_an_international_one() -> None:
    assert phones.read("12133734253", None) == phones.Phone("+12133734253", warning="phone_without_plus")


@pytest.mark.parametrize(
    "typed", ["hello", "+999", "+1213373425", "555", "+" + "1" * 15, "1" * 5000, "+99912345678"]
)
def test_what_can_be_no_number_is_none(typed: str) -> None:
    assert phones.read(typed, None).e164 is None


def test_national_number_without_a_country_says_what_is_missing() -> None:
    assert phones.read("2133734253", None).problem == "phone_no_country"


def test_fifteen_digits_are_not_cut() -> None:
    assert phones.read("+498001234567890", None).e164 == "+498001234567890"


def test_chinese_number_is_hashed_with_and_without_its_country_code() -> None:
    assert phones.read("+8613812345678", None).forms() == ("+8613812345678", "13812345678")


def test_lengths_agree_with_the_library() -> None:
    """Fails when a newer phonenumbers knows more: then the table is to be made again."""
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
