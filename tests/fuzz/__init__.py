"""Fuzzing: bytes of any kind go through the parts that read what others send."""
