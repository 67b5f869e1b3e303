"""The person: what of an event's `user` goes out, and in which form."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter

from relay.event import model
from relay.event.pipeline import PipelineOptions
from relay.findings import Findings
from relay.identity import user_data
from relay.identity.hashing import digest
from tests.support.events import ROUTES, accepted, codes, event, rejected
from tests.support.rows import every_row
from tests.support.text_types import SECRETS, find_text_types, values_with

EMPTY_DIGEST = digest("")


def user_of(**changes: object) -> dict[str, Any]:
    user: dict[str, Any] = json.loads(accepted(event(**changes)).item)["user"]
    return user


@pytest.mark.parametrize(
    ("sent", "left"),
    [
        ("Mozilla ada@example.com tel 213-373-4253", "Mozilla"),
        ("Mozilla/5.0 (213) 373-4253", "Mozilla/5.0"),
        ("Mozilla/5.0 tel:2133734253 x", "Mozilla/5.0  x"),
    ],
)
def test_personal_data_in_a_user_agent_is_redacted(sent: str, left: str) -> None:
    assert user_of(user_agent=sent)["user_agent"] == left


@pytest.mark.parametrize(
    "sent",
    [
        "Mozilla/5.0 (iPhone; CPU iPhone OS 18_7_1 like Mac OS X) Version/18.7 Mobile/15E148",
        "Mozilla/5.0 (Windows Phone 10.0.15063; Android 6.0.1; Microsoft; Lumia 950) Mobile Edge/15.15063",
        "Mozilla/5.0 (Linux; Android 14; SM-S918B Build/UP1A.231005.007) Chrome/141.0.7390.122 Mobile",
        "Mozilla/5.0 (iPhone) [FBAN/FBIOS;FBAV/443.0.0.23.229;FBBV/538138925;FBDV/iPhone15,2;FBSV/17.1]",
        "musical_ly_2023405030 JsSdk/1.0 NetType/WIFI Region/GB FalconTag/2133734253",
        "Windows Phone 2133734253.1",
        "Dalvik/213.373.4253 (Build 213-373-4253.1)",
    ],
)
def test_user_agent_with_versions_stays(sent: str) -> None:
    assert user_of(user_agent=sent)["user_agent"] == sent


@pytest.mark.parametrize("typed", ["Ada@Example.com", "  ada@example.com ", "ada@example.com"])
def test_email_is_trimmed_and_lower_cased_before_hashing(typed: str) -> None:
    assert user_of(email=typed) == {"email": digest("ada@example.com")}


def test_every_email_of_a_list_is_hashed_by_itself() -> None:
    assert user_of(email=["a@b.example", "B@b.example", "a@b.example"])["email"] == [
        digest("a@b.example"),
        digest("b@b.example"),
    ]


@pytest.mark.parametrize(
    "typed", ["not an address", "a@b", "@b.example", "a b@c.example", "a@b.example,c@d.example"]
)
def test_what_can_be_no_email_is_omitted_with_a_warning(typed: str) -> None:
    result = accepted(event(email=typed, external_id="c1"))
    assert json.loads(result.item)["user"] == {"external_id": digest("c1")}
    assert "email_invalid" in codes(result)


@every_row("field", ["email", "phone", "external_id", "ttclid", "ttp", "user_agent", "ip"])
@every_row("blank", ["", "  ", "\t\n", "\u00a0"])
def test_blank_identifier_is_omitted_not_hashed(field: str, blank: str) -> None:
    result = accepted(event(email="ada@example.com") | {"external_id": "c1"} | {field: blank})
    assert EMPTY_DIGEST not in result.item
    assert field not in json.loads(result.item)["user"]
    assert "identifier_blank" in codes(result)


@pytest.mark.parametrize("field", ["email", "phone", "external_id"])
@pytest.mark.parametrize("given", ["ab" * 32, "AB" * 32, " " + "aB" * 32])
def test_digest_is_kept_lower_cased_and_not_hashed_again(field: str, given: str) -> None:
    assert user_of(**{"email": None, field: given})[field] == "ab" * 32


def test_phone_as_a_json_number_is_never_sent_in_clear() -> None:
    result = accepted(event(phone=12133734253))
    assert json.loads(result.item)["user"]["phone"] == digest("+12133734253")


def test_default_country_is_that_of_a_postcode() -> None:
    result = accepted(event(zip_code="941071234"), options=PipelineOptions(ROUTES, "US"))
    assert json.loads(result.item)["user"]["zip_code"] == digest("94107")


def test_external_id_keeps_its_case() -> None:
    assert user_of(external_id=" UserABC ")["external_id"] == digest("UserABC")


@pytest.mark.parametrize(
    ("given", "out"),
    [
        ("8.8.8.8", "8.8.8.8"),
        ("8.8.8.8:443", "8.8.8.8"),
        ("[2001:4860:4860::8888]:1", "2001:4860:4860::8888"),
    ],
)
def test_address_goes_out_without_its_port(given: str, out: str) -> None:
    assert user_of(ip=given, user_agent="UA")["ip"] == out


@pytest.mark.parametrize(
    "given", ["10.0.0.1", "127.0.0.1", "::1", "fe80::1%eth0", "192.168.1.1:80", "224.0.0.1"]
)
def test_address_that_is_nobodys_own_is_omitted(given: str) -> None:
    result = accepted(event(ip=given, user_agent="UA"))
    assert "ip" not in json.loads(result.item)["user"]
    assert "ip_not_public" in codes(result)


def test_address_alone_matches_nobody() -> None:
    assert "no_match_key" in codes(rejected(event(email=None, ip="8.8.8.8")))


def test_address_with_a_browser_matches() -> None:
    assert user_of(email=None, ip="8.8.8.8", user_agent="UA") == {"ip": "8.8.8.8", "user_agent": "UA"}


def test_event_that_nothing_can_be_matched_on_is_rejected() -> None:
    assert "no_match_key" in codes(rejected(event(email=None)))


def test_unknown_field_of_user_is_omitted_because_it_could_be_anybodys_data() -> None:
    result = accepted(event(email=None, user={"email": "a@b.example", "passport": "X123"}))
    assert "X123" not in result.item
    assert "unknown_user_field" in codes(result)


@pytest.mark.parametrize("wrong", [{}, [[]], True, 1.5, {"a": 1}])
def test_identifier_of_a_wrong_type_is_omitted_and_the_event_goes_on(wrong: object) -> None:
    result = accepted(event(email=wrong, external_id="c1"))
    assert list(json.loads(result.item)["user"]) == ["external_id"]
    assert "identifier_type" in codes(result)


VALIDATOR = TypeAdapter(model.User).validator
NORMALISERS = model.normalisers(model.User)
USUAL = {name: types[0] for name, types in find_text_types(model.User).items() if types}
FRAGMENTS = [
    " ",
    "+",
    "-",
    "(",
    ".",
    "_live_",
    "-----BEGIN",
    "tel",
    "Bearer ",
    "bearer abc1def2ghi3j",
    "2133734253",
]


@st.composite
def usual_texts(draw: st.DrawFn) -> tuple[str, str]:
    """A field of the user, and a text that its strict type accepts, with a sign or without."""
    name = draw(st.sampled_from(sorted(USUAL)))
    near = [text for secret, _ in SECRETS for text in values_with(secret) if USUAL[name].accepts(text)]
    text = draw(st.from_regex(USUAL[name].pattern) | st.sampled_from(near or ["A1"]))
    more = text + "".join(draw(st.lists(st.sampled_from(FRAGMENTS), max_size=3)))
    return name, more if USUAL[name].accepts(more) else text


@given(usual_texts(), st.sampled_from(["", " ", "\n"]))
def test_identifier_that_stays_in_rust_is_what_its_normaliser_makes_of_it(
    sent: tuple[str, str], space: str
) -> None:
    name, text = sent
    valid = VALIDATOR.validate_python({name: f"{space}{text}"}, context=Findings())
    if isinstance(valid[name], str):
        findings = Findings()
        # Without it, every address has a finding.
        browser = {"user_agent": "Mozilla/5.0"} if name == "ip" else {}
        as_sent = user_data.normalise_user({name: [(name, text)], **browser}, NORMALISERS, None, findings)
        assert user_data.normalise_user(valid | browser, NORMALISERS, None, findings) == as_sent
        assert findings.fields == set()


@pytest.mark.parametrize(
    ("name", "sent", "kept"),
    [
        ("email", " Ada.Lovelace+shop@Example.co.uk", "ada.lovelace+shop@example.co.uk"),
        ("phone", "+12133734253 ", "+12133734253"),
        ("external_id", "customer-77", "customer-77"),
        ("first_name", "Ada", "ada"),
        ("zip_code", "SW1A1AA", "sw1a1aa"),
        ("ip", "93.184.216.34 ", "93.184.216.34"),
        *(("ip", ip, ip) for ip in ("2606:2800:220:1:248:1893:25c8:1946", "2003:ec:5f2a:1c00:1:2:3:4")),
        ("ttclid", "E.C.P.v3fQ2RHacdks_fofPml-uStIIFJ4Af1t", "E.C.P.v3fQ2RHacdks_fofPml-uStIIFJ4Af1t"),
        (
            "user_agent",
            *["Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) Chrome/141.0.0.0 Safari/537.36"] * 2,
        ),
    ],
)
def test_usual_identifier_stays_in_rust(name: str, sent: str, kept: str) -> None:
    assert VALIDATOR.validate_python({name: sent}, context=Findings()) == {name: kept}


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        ("2a02:8108:0:0:1:2:3:4", "2a02:8108::1:2:3:4"),
        ("2a02:8108:1:2:3:4:0:0", "2a02:8108:1:2:3:4::"),
        ("2a02:8108:0001:2:3:4:5:6", "2a02:8108:1:2:3:4:5:6"),
        ("2A02:8108:1:2:3:4:5:6", "2a02:8108:1:2:3:4:5:6"),
    ],
)
def test_ipv6_address_goes_out_compressed(sent: str, kept: str) -> None:
    assert user_of(ip=sent, user_agent="Mozilla/5.0")["ip"] == kept


@pytest.mark.parametrize("nothing", [[], [None], ["", " "]])
def test_digest_is_used_where_the_plain_field_holds_nothing(nothing: list[object]) -> None:
    assert user_of(email=nothing, sha256_email="a" * 64)["email"] == "a" * 64


def test_list_of_nothing_hides_no_value_at_the_top() -> None:
    assert user_of(user={"email": []}, email="ada@example.com")["email"] == digest("ada@example.com")
