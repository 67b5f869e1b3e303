"""TikTok: the wire format, the HTTP client, and what each of its answers means."""
