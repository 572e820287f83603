"""The algebra of numbers in Redis: measures, live entries, composite counters, sketches."""
