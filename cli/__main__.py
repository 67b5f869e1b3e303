"""`python -m cli`: the `relay` command without its launcher."""

import sys

from cli.main import main

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
