"""Visits: what a page of the shop left for a later webhook, and how the two are joined."""
