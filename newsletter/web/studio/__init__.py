"""The editor's desk in the browser, on this machine only: `newsletter preview` opens it."""
