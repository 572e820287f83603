"""Subcommands of the command line, one module each; ``register`` adds a module's command."""
