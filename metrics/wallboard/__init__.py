"""The wallboard: the page at ``/``, and the stream that keeps it up to date."""
