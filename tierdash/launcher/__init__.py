"""Starts tierdash on one machine: the database, the web server, the worker and the beat, and keeps them running."""
