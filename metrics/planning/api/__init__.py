"""The JSON pages of planners: hours of the week, topics that grow, how today may end."""
