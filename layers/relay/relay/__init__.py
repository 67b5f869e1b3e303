"""What the relay knows about events, identity, the queue, TikTok and delivery. Knows nothing of Lambda.

Public names live in the modules; this one holds the version only, so that importing a part imports that part.
"""

__version__ = "0.1.0"
