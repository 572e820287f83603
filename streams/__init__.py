"""Events in Kafka to numbers in Redis."""
