"""How work is spread: over threads (local) or over workers on PostgreSQL (procrastinate)."""
