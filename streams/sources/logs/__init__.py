"""Adapters for recorded logs: a bank's calls, a help desk's tickets, events as JSON lines."""
