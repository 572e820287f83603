"""What makes each alert fire and what does not, as tables; promtool's test files are generated from them."""
