"""Evaluation: how well a network predicts texts, and how diverse and how novel its own texts are."""
