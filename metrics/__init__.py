"""Numbers in Redis to what people and Prometheus read."""
