"""The `relay` command: what the operator of a stack does by hand. docs/cli.md documents every verb."""
