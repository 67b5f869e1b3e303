"""Where `make check-clients` installs the clients that others wrote; each test is skipped without its own.

A client is looked for last, so that a test with a broken fixture fails without the client, too.
"""

import shutil
from pathlib import Path

import pytest

from tests.integration.conftest import aws, ingest_function, moto_aws

__all__ = ["aws", "generator", "ingest_function", "moto_aws", "node"]

ROOT = Path(__file__).parents[2]
NODE_MODULES = ROOT / ".local/tools/clients/node_modules"
PYTHON = ROOT / ".local/tools/clients/python/bin"


@pytest.fixture
def node() -> str:
    """The path of node. Skips where it, or the packages, are missing."""
    found = shutil.which("node")
    if found is None:
        pytest.skip("node is not installed")
    if not (NODE_MODULES / "@segment").is_dir():
        pytest.skip("the npm packages are not installed: `make check-clients` installs them")
    return found


@pytest.fixture
def generator() -> Path:
    """The path of openapi-python-client. Skips where it is missing."""
    found = PYTHON / "openapi-python-client"
    if not found.is_file():
        pytest.skip("openapi-python-client is not installed: `make check-clients` installs it")
    return found
