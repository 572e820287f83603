"""What every page of the exporter shares: the newest snapshot, rendering, languages, problems."""
