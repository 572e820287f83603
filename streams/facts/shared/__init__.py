"""Parts shared by the facts of every domain: event stamps, contributions, outcomes, policies."""
