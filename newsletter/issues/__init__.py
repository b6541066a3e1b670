"""The issue folder: issue.md and its neighbours as plain files under git."""
