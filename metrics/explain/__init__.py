"""Explanations of a number: its counts, its formula, and the contacts behind it."""
