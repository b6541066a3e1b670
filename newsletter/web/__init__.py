"""HTTP: what readers and the provider call."""
