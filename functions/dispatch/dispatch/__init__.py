"""The dispatch function: messages from the queue, requests to TikTok."""
