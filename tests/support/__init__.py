"""What tests share: servers, processes, strategies, scenarios."""
