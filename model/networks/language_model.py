"""A network with the text side of its release: everything that generation needs."""

from dataclasses import dataclass

from model.networks.network import Network
from model.text.release import TextRelease


@dataclass(frozen=True)
class LanguageModel:
    """A network, and how its text is tokenised, sampled and laid out."""

    network: Network
    text: TextRelease
