"""The database backend: Django's own for PostgreSQL, with an end to its patience."""
