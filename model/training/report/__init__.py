"""Seeing a training run: in the terminal, in TensorBoard, and as one page that a browser opens."""
