"""Sources of events: simulator, replay, one adapter per system."""
