"""Facts of contacts and their contributions to the numbers. Pure."""
