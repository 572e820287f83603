"""Leaf modules that every package may use: errors, durations, intervals, vocabulary, business hours."""
