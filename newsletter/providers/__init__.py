"""E-mail providers, each vendor in one place."""
