"""What the facts of every domain share: event stamps, contributions, outcomes, policies."""
