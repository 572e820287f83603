"""What the past says about today and the week: reachable service level, peak hours, trending topics."""
