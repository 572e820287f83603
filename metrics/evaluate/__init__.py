"""The catalogue applied to a snapshot: numbers with their states."""
