"""The real stack on one machine: the real template on an emulated AWS, in front of a simulated TikTok.

From a shell: `python -m local.stack up`, `down`, `status` (or `make up`, `make down`). From Python::

    with local_stack() as stack:
        requests.get(f"{stack.api_url}/v1/health")
"""

from local.stack.deployment import aws_session
from local.stack.info import StackInfo
from local.stack.lifecycle import StackError, down, end_on_signals, local_stack, running, up

__all__ = ["StackError", "StackInfo", "aws_session", "down", "end_on_signals", "local_stack", "running", "up"]
