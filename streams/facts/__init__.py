"""Pure: what is known of a contact, and what that adds to the numbers."""
