"""One immutable state of the contact centre: rows, windows, states. Pure data."""
