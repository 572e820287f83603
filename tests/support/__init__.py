"""Parts shared by tests: servers, processes, strategies, scenarios."""
