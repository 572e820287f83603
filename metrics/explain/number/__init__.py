"""Explanation of a number: its counts, its policy, its contacts."""
