"""Writing with a network in this process, without a server."""

from model.generation.poems import write
from model.generation.synthesis import synthesize, synthesize_to_file
from model.generation.text_generator import TextGenerator

__all__ = ["TextGenerator", "synthesize", "synthesize_to_file", "write"]
