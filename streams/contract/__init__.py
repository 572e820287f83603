"""Event contract: topics, event types and their decoding. No settings; limits are arguments."""
