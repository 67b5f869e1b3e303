"""`python -m relay_cli`: the `relay` command without its launcher."""

from relay_cli.main import run_from_shell

if __name__ == "__main__":
    run_from_shell()
