"""Tables: which files are tables, and reading and writing them."""
