"""`python -m relay_cli`: the `relay` command without its launcher."""

import sys

from relay_cli.main import main

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
