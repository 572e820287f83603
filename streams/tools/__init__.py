"""Checks, schemas and maintenance that commands call."""
