"""The proof by faults: the dispatch function itself, as a process that is killed, among all that can fail.

The function runs in Lambda's own runtime client. TikTok is the simulator; SQS, Secrets Manager and Lambda's
runtime API are small doubles here, because they have to do what no emulator does on request: deliver twice
and out of order, fail for single entries, let hours pass, and stop the function at a given step.
"""
