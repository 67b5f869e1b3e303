"""A stand-in for TikTok's Events API 2.0 that is as strict as TikTok's documents let one be.

It states TikTok's contract a second time, independently of the relay, and so can tell whether the relay keeps
it.

>>> with Simulator(tokens={"token-of-a-test": ["PIXEL"]}) as simulator:
...     simulator.url.startswith("http://127.0.0.1:")
True
"""

from local.simulator.server import Simulator

__all__ = ["Simulator"]
