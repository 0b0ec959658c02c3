"""The Python interface, with textgenrnn's names."""

from model.textgenrnn.synthesis import synthesize, synthesize_to_file
from model.textgenrnn.text_generator import TextGenerator

__all__ = ["TextGenerator", "synthesize", "synthesize_to_file"]
