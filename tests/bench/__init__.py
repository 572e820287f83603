"""Benchmarks: two things compared in one run; ``python -m tests.bench`` prints them."""
