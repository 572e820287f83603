"""Redis storage of a partition; only this code writes a partition's keys."""
