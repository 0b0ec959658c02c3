"""Training a network: batches, learning rates, checkpoints, samples, and the loop that joins them."""
