"""What a network has to beat: writers that only count."""
