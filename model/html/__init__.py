"""What the pages that a person opens share: one look, drawings without a library, and nothing fetched."""
