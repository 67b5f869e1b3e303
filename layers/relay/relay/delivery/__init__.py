"""Delivery: messages in, requests to TikTok out, and a result for each message.

`deliver` is the entry. It groups a batch by destination (batching), sends each group (destination_sender,
behind its circuit breaker), bisects a rejected request (bisection), sends what has to wait to the retry queue
(retries, backoff) and what can't be delivered to the dead-letter queue (dead_letters). SQS, HTTP, the clock
and randomness come in as arguments (ports).
"""
