"""An issue and a theme become renditions: html, text, subject, tokens, digest."""
