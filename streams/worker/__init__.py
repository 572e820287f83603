"""The worker process: consumes partitions, folds events, commits numbers."""
