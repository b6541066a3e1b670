"""News from feeds, pages, pasted text and notes, as items with their source text."""
