"""Access to the pages of the exporter: who asks, what is shown to them, and the page to sign in."""
