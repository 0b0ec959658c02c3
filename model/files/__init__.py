"""Files and tables: written whole or not at all, locked, checked."""
