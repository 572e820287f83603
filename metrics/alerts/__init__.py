"""Objectives and settings → the recording and alerting rules of Prometheus. Pure."""
