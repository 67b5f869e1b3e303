"""The `relay` command: what whoever runs a stack does by hand. `make setup` puts it at `.venv/bin/relay`."""
