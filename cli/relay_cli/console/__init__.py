"""The console: a page on loopback that shows a stack's events, and the JSON views that it is made of."""
