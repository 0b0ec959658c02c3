"""A network with the text part of its release: all that writing needs."""

from dataclasses import dataclass

from model.networks.network import Network
from model.text.release import TextRelease


@dataclass(frozen=True)
class LanguageModel:
    """A network, and how its text is tokenised, sampled and laid out."""

    network: Network
    text: TextRelease
