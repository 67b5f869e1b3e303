"""The ingest function: HTTP in, messages on the queue."""
