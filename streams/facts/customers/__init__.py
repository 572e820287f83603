"""Customers: the outcomes of their contacts, and the repeats among them."""
