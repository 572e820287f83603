"""What is behind a number: its counts, its policy, its contacts."""
