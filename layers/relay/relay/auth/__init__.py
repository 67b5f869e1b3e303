"""Authentication: server keys, allowed origins and webhook signatures."""
