"""Learning a vocabulary from the training texts."""

import tempfile
from collections.abc import Iterable
from pathlib import Path

import youtokentome

from model.errors import ModelError
from model.text.bpe import BpeTokenizer
from model.text.normalise import BREAK, normalise
from model.text.tokens import EOS


def learn_bpe(texts: Iterable[str], path: Path, vocabulary_size: int, normalisation: list[str]) -> BpeTokenizer:
    """Train YouTokenToMe on `texts` and write its model to `path`. Two runs differ: ship the file that was used."""
    with tempfile.TemporaryDirectory() as folder:
        corpus = Path(folder) / "texts.txt"
        spaced = (normalise(text, normalisation).replace("\n", f" {BREAK} ") for text in texts)
        corpus.write_text("\n".join(spaced), "utf-8")
        try:
            youtokentome.BPE.train(data=str(corpus), model=str(path), vocab_size=vocabulary_size)
        except ValueError as error:
            raise ModelError(f"the texts are too few for {vocabulary_size} tokens: {error}") from None
    tokenizer = BpeTokenizer(path, normalisation)
    # YouTokenToMe only warns where it runs out of pairs.
    if tokenizer.vocabulary_size != vocabulary_size or tokenizer.break_id <= EOS:
        raise ModelError(f"the texts are too few for {vocabulary_size} tokens, or have no line breaks")
    return tokenizer
