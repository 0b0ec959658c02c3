"""Monitoring a training run: in the terminal, in TensorBoard, and as one HTML page."""
