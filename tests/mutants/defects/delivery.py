"""Defects of delivery: batching, sending, bisection, retries, dead letters, TikTok's responses."""

from tests.mutants.defect import Defect

DEFECTS = (
    Defect(
        "the HTTP client follows redirects with the token",
        "layers/relay/relay/tiktok/client.py",
        "allow_redirects=False",
        "allow_redirects=True",
        tests=("tests/integration/test_dispatch.py",),
    ),
)
