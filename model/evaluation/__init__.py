"""How well a network predicts texts, and how varied and how new are those that it writes."""
