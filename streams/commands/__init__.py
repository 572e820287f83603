"""One module a subcommand; each adds itself to the command line in ``register``."""
