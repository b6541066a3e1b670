"""The whole way on sample data: sources on loopback, a simulator, a thousand readers."""
