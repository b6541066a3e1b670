"""SendGrid: the payload, the client, what its answers mean, and its event webhook."""
