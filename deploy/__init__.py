"""Running the whole stack."""
