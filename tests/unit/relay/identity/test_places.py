"""Countries by the names that shops write, and not by names of other places."""

from relay.identity.places import find_country_code
from tests.support.rows import every_row


@every_row(
    ("name", "code"),
    [
        # WooCommerce, i18n/countries.php.
        ("United States (US)", "us"),
        ("United Kingdom (UK)", "gb"),
        ("Virgin Islands (US)", "vi"),
        ("Virgin Islands (British)", "vg"),
        ("United States (US) Minor Outlying Islands", "um"),
        ("Belau", "pw"),
        ("Palestinian Territory", "ps"),
        ("Saint Martin (Dutch part)", "sx"),
        ("Bonaire, Saint Eustatius and Saba", "bq"),
        ("South Georgia/Sandwich Islands", "gs"),
        # Shopify.
        ("Hong Kong SAR", "hk"),
        ("Macao SAR", "mo"),
        ("Palestinian Territory, Occupied", "ps"),
        ("South Georgia & South Sandwich Islands", "gs"),
        ("Libyan Arab Jamahiriya", "ly"),
        ("Republic of Cameroon", "cm"),
        # Lists that follow ISO 3166.
        ("Korea, Republic of", "kr"),
        ("Korea (the Republic of)", "kr"),
        ("Korea, Democratic People's Republic of", "kp"),
        ("Taiwan, Province of China", "tw"),
        ("Iran, Islamic Republic of", "ir"),
        ("Moldova, Republic of", "md"),
        ("Tanzania, United Republic of", "tz"),
        ("Bolivia, Plurinational State of", "bo"),
        ("Venezuela (Bolivarian Republic of)", "ve"),
        ("Micronesia, Federated States of", "fm"),
        ("Macedonia, the former Yugoslav Republic of", "mk"),
        ("Congo, the Democratic Republic of the", "cd"),
        ("Virgin Islands, British", "vg"),
        ("Virgin Islands, U.S.", "vi"),
        ("Saint Helena, Ascension and Tristan da Cunha", "sh"),
        ("Bonaire, Sint Eustatius and Saba", "bq"),
        ("Holy See", "va"),
        ("Gambia (the)", "gm"),
        ("The Bahamas", "bs"),
        # Local names.
        ("ประเทศไทย", "th"),
        ("KSA", "sa"),
    ],
)
def test_country_is_found_by_the_names_that_shops_write(name: str, code: str) -> None:
    assert find_country_code(name) == code


@every_row("name", ["Netherlands Antilles", "Georgia, US", "Korea or Japan", "Atlantis", "zz", ""])
def test_any_other_name_is_no_country(name: str) -> None:
    assert find_country_code(name) is None
