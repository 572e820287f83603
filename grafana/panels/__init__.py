"""Parts of dashboards: panels, queries, colours, words."""
