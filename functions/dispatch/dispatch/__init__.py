"""The dispatch function: messages from the queues, requests to TikTok."""
