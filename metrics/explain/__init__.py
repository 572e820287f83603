"""What is behind a number: its counts, its formula, and the contacts that made it."""
