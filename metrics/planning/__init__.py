"""Planning from the last four weeks: reachable service level, peak hours, trending topics."""
