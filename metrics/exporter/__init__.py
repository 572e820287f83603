"""The exporter process: /metrics, the API and the health pages."""
