"""Tables of the cases in which each alert fires or does not; promtool's test files are generated from them."""
