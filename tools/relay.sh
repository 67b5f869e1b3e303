#!/bin/sh
# The `relay` command, as `make setup` puts it into .venv/bin: this repository's code in its own environment,
# from whatever folder it is called.
root=$(CDPATH='' cd -- "$(dirname -- "$0")/../.." && pwd)
PYTHONSAFEPATH=1 PYTHONPATH="$root:$root/cli:$root/layers/relay" exec "$root/.venv/bin/python" -m relay_cli "$@"
