"""Files and tables: atomic writing, locking, validation."""
