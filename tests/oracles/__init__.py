"""Slow, plain programs that compute the expected numbers; they share no code with the product."""
