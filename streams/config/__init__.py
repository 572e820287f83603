"""Settings: their sources, their values, and the calendars and policies of the queues that they define."""
