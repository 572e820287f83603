"""Writes the dashboards and their page of documentation."""
