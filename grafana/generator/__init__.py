"""Generator of the dashboards and of their page of documentation."""
