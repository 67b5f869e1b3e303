"""Sources: who sends webhooks, and what their requests become. One module for each, one row in `table`."""
