"""IP addresses: the visitor's own public one, in whatever spelling proxies forward it."""

import pytest

from relay.identity.ip_addresses import IpAddress, normalise_ip_address
from tests.support.rows import every_row


@every_row(
    ("text", "ip_address"),
    [
        ("93.184.216.34", "93.184.216.34"),
        (" 93.184.216.34 ", "93.184.216.34"),
        ("93.184.216.34:443", "93.184.216.34"),
        ('"93.184.216.34"', "93.184.216.34"),
        ("2606:2800:220:1:248:1893:25c8:1946", "2606:2800:220:1:248:1893:25c8:1946"),
        ("[2606:2800:220:1::1]", "2606:2800:220:1::1"),
        ("[2606:2800:220:1::1]:8443", "2606:2800:220:1::1"),
        ("2606:2800:220:1::1%eth0", "2606:2800:220:1::1"),
        ("::ffff:93.184.216.34", "93.184.216.34"),
        ("for=93.184.216.34", "93.184.216.34"),
    ],
)
def test_one_address_goes_out_plain(text: str, ip_address: str) -> None:
    assert normalise_ip_address(text) == IpAddress(ip_address)


@every_row(
    ("text", "ip_address"),
    [
        ("93.184.216.34, 10.0.0.3", "93.184.216.34"),
        ("10.0.0.3, 93.184.216.34", "93.184.216.34"),
        ("93.184.216.34,10.0.0.3", "93.184.216.34"),
        ("93.184.216.34 10.0.0.3", "93.184.216.34"),
        ("93.184.216.34:5060, 172.16.0.1:80", "93.184.216.34"),
        ("unknown, 93.184.216.34", "93.184.216.34"),
        ("192.168.1.7, [2606:2800:220:1::1]:443, 93.184.216.34", "2606:2800:220:1::1"),
        ("93.184.216.34, 198.51.100.4, 9.9.9.9", "93.184.216.34"),
        ('for="[2606:2800:220:1::1]:4711";proto=https;by=203.0.113.43', "2606:2800:220:1::1"),
        ("for=10.0.0.1, for=93.184.216.34;host=9.9.9.9", "93.184.216.34"),
        ("::ffff:10.0.0.1, ::ffff:93.184.216.34", "93.184.216.34"),
    ],
)
def test_of_a_forwarded_list_the_first_public_one_goes_out_with_a_warning(text: str, ip_address: str) -> None:
    assert normalise_ip_address(text) == IpAddress(ip_address, "ip_list")


@pytest.mark.parametrize(
    "text", ["10.0.0.1", "192.168.1.1:80", "::1", "fe80::1%eth0", "224.0.0.1", "10.0.0.1, 172.16.0.9"]
)
def test_address_that_is_not_public_is_omitted(text: str) -> None:
    assert normalise_ip_address(text) == IpAddress(None, "ip_not_public")


@pytest.mark.parametrize(
    "text", ["", "hello", "1.2.3", "999.1.1.1", "93.184.216.34.5", ", ,", "[", "9.9.9.9," * 1000, "1" * 5000]
)
def test_text_without_an_address_is_omitted(text: str) -> None:
    assert normalise_ip_address(text) == IpAddress(None, "ip_invalid")
