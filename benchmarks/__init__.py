"""The speed bars: each a ratio against a hand-written limit, measured in the same run."""
