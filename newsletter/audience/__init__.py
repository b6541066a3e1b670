"""Addresses, imports, exports and segments."""
