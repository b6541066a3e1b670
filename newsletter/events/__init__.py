"""What comes back from a provider: verified, appended, folded."""
