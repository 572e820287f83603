"""Redis to snapshots, and to the slices of the past."""
