"""The fault run: the built functions, as processes that are killed, among all that can fail.

Ingest and dispatch run in Lambda's own runtime client. TikTok is the simulator; SQS, Secrets Manager and
Lambda's runtime API are small doubles here, because they have to do what no emulator does on request: deliver
twice and out of order, fail for single entries, hang, let days pass, and stop a function at a given step.

`scenarios` are short: each makes one kind of fault occur for certain and has the oracle that can see what
comes of it. `random_run` is all of them at once, over many events.
"""
