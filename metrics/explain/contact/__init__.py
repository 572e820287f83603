"""Explanation of one contact: its contributions to the numbers."""
