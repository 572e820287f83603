"""HTTP doors of the exporter and the worker: who is answered, how many at once, and for how long."""
