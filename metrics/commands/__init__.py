"""The command line: commands that read numbers, and the entry point of all commands."""
