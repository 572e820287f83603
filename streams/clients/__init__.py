"""Connections to Kafka and Redis, and the keyed hash of identifiers."""
