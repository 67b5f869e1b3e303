"""What a sender does: bodies with today's dates, and webhooks signed as the platforms sign them.

For the `relay` command and for the local stack, neither of which imports the other. It ships in the wheel and
not in the layer: the functions send nothing.
"""
