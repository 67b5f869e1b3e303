"""The event: what may be sent, and what becomes of it on its way to TikTok's wire format."""
