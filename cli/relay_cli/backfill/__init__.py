"""Backfill: past orders from files to a stack, in order, with a journal to resume from.

readers    file → records, each with the position to resume from
exports    records of a platform's export (CSV), recognised by their columns → events
dumps      records of a platform's API → events, through the same providers as webhooks
journal    what is done, on disk before the next request
run        batches, rate, retries, rejected records
"""
