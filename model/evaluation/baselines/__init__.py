"""Count-based baselines that a network has to beat."""
