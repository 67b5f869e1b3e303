"""The demo shop: static pages with the tag, a stand-in for TikTok's pixel and one for Stripe."""
