"""Slow, plain programs that compute what the product must give; they share no code with it."""
