"""Parts that dashboards are made of: panels, queries, colours, words."""
