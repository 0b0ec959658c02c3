"""The Python interface, with the names that textgenrnn has."""

from model.textgenrnn.synthesis import synthesize, synthesize_to_file
from model.textgenrnn.text_generator import TextGenerator

__all__ = ["TextGenerator", "synthesize", "synthesize_to_file"]
