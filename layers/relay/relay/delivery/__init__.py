"""Delivery: messages in, requests to TikTok out, and what became of each message.

`deliver` is the whole of it. A batch is read and grouped (batches), each destination's share is sent
(sender, behind its breaker), a refused request is taken apart (isolation), what can't go is parked
(parking), and what is to be tried again is put off (waiting). Nothing here knows SQS, HTTP or the clock: they
come in as arguments.
"""
