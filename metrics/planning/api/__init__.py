"""The JSON pages of planners: hours of the week, growing topics, outlook of today."""
