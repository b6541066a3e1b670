"""From an approved rendition and an audience to requests a provider answered, each once."""
