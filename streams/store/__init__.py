"""The only code that writes a partition's keys in Redis."""
