"""Shared by every page of the exporter: the newest snapshot, rendering, languages, problems."""
