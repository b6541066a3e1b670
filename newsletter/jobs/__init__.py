"""How work is spread over threads or machines; never the record of what was done."""
