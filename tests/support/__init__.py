"""Code that tests share: servers, processes, strategies, scenarios."""
