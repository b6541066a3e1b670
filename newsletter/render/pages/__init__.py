"""The looks and the words of the pages readers see, from templates/pages and the theme."""
