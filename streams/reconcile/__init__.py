"""Recomputation of stored numbers from the log, and their comparison with Redis (``veinte reconcile``)."""
