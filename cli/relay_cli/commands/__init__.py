"""One module per verb: its options and what it prints. The logic is in the modules beside this package."""
