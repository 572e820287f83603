"""Where events come from: simulator, replay, one adapter a system."""
