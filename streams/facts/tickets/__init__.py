"""Tickets: facts, timeline, clocks, contributions."""
