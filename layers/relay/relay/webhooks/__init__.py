"""Webhook providers: whose webhooks the relay understands, one module each; `registry` lists them."""
