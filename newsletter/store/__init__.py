"""The database: people, campaigns, deliveries and events. The only SQL of the package."""
