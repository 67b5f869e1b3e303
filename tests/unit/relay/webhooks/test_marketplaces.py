"""Which names of a sales channel are a marketplace's."""

from relay.webhooks.marketplaces import is_marketplace
from tests.support.rows import every_row


@every_row(
    "channel",
    [
        *("tiktok", "TikTok Shop", "tiktok_shop", "TikTokShop", "facebook", "Instagram shopping"),
        *(
            "Amazon",
            "amazon-us",
            "amazon.de",
            "Amazon by CedCommerce",
            "eBay",
            "ebay_uk",
            "Walmart.com",
            "etsy",
        ),
        *("Target Plus", "target_plus", "mercadolibre", "Mercado Libre", "zalando", "kaufland.de"),
        *("cdiscount", "Mirakl Connect", "temu", "shein"),
        *(
            "otto",
            "OTTO.de",
            "otto-market",
            "OTTO Marketplace",
            "bol",
            "bol.com",
            "Bol_com",
            "bol-nl",
            "bol.com BE",
        ),
        *("wish", "wish.com", "Wish Marketplace", "wish merchant"),
    ],
)
def test_channel_of_a_marketplace(channel: str) -> None:
    assert is_marketplace(channel, "")


@every_row(
    "channel",
    [
        *("Ottoman Rugs Checkout", "Otto Checkout", "Otto & Sons", "Otto’s Wine Club", "otto2"),
        *("Bold Subscriptions", "bolt", "Bol Bakery Checkout", "Bol+", "bolcom"),
        *("Wish You Were Here Gifts", "Wish List Plus", "wishlist", "Wish-Upon-A-Star", "wish come true"),
        *("amazonia-app", "Amazon Pay", "amazon-payments", "ebayside", "etsyish", "Targetplus Apps"),
        *("My TikTok Landing Page", "shop for facebook", "", "web", "580111", "Zalandofan"),
    ],
)
def test_channel_of_the_shops_own_app(channel: str) -> None:
    assert not is_marketplace(channel, "")
