"""Settings: their sources, their values, and what they say about queues, calendars and policies."""
