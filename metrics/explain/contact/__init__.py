"""What one contact added to which numbers."""
