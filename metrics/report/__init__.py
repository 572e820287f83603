"""`veinte report`: KPIs of a past range."""
