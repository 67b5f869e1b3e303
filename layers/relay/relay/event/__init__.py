"""The event: what may be sent, and what becomes of it on its way to TikTok.

`body` makes events of a request's bytes, and `pipeline` processes one. It calls, in this order: nesting (to
validate it), routing, event_name, event_time, commerce, page_url, finished_item, event_id, match_quality.

`model` declares what may be sent, each field once. annotations, coercion and objects are how a field, its
other forms and a section are validated; compilation and compiled are the model as data, for cold starts.
"""
