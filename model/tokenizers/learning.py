"""Learning a vocabulary from the training texts."""

import tempfile
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

import youtokentome

from model.errors import ModelError
from model.text import words
from model.text.bpe import BpeTokenizer
from model.text.characters import CharacterTokenizer
from model.text.normalise import BREAK, normalise
from model.text.tokens import Tokenizer
from model.text.vocabulary import BREAK_ID, LINE_BREAK
from model.text.words import Spacing, WordTokenizer

NO_TEXT = "there is no text to learn a vocabulary from"
RARE_BREAKS = 20  # words per line break from which on YouTokenToMe might not make the break a token
PAIRED = 4  # a mark is paired if at least every fourth occurrence precedes a word and every fourth follows one


def learn(kind: str, texts: Iterable[str], path: Path, vocabulary: int, normalisation: Sequence[str]) -> Tokenizer:
    """Learn a tokenizer of a kind from `texts` and write its file to `path`.

    `vocabulary` counts all ids, including the special ones and the line break: exactly for bpe, at most for the others,
    which omit the rarest tokens. ModelError if the texts do not suffice.
    """
    if kind not in LEARNERS:
        raise ModelError(f"there is no tokenizer {kind!r}; there are: {', '.join(LEARNERS)}")
    return LEARNERS[kind](texts, path, vocabulary, normalisation)


def learn_bpe(texts: Iterable[str], path: Path, vocabulary: int, normalisation: Sequence[str]) -> BpeTokenizer:
    """Train YouTokenToMe on `texts` and write its model to `path`. Training is not reproducible: keep the file."""
    with tempfile.TemporaryDirectory() as folder:
        corpus = Path(folder) / "texts.txt"
        _write_lines(corpus, (normalise(text, normalisation) for text in texts))
        try:
            youtokentome.BPE.train(data=str(corpus), model=str(path), vocab_size=vocabulary)
            tokenizer = BpeTokenizer(path, normalisation)
        except ValueError as error:
            raise ModelError(f"the vocabulary of {vocabulary} does not fit the texts: {error}") from None
    if tokenizer.vocabulary_size != vocabulary:  # YouTokenToMe only warns if it runs out of pairs
        raise ModelError(f"the texts are too few for {vocabulary} tokens; use a smaller vocabulary or more texts")
    return tokenizer


def _write_lines(path: Path, texts: Iterable[str]) -> None:
    """Write the training file of YouTokenToMe, with the line break mark frequent enough to become a token."""
    breaks = tokens = 0
    with path.open("w", encoding="utf-8") as file:
        for text in texts:
            breaks, tokens = breaks + text.count("\n"), tokens + len(text.split())
            file.write(text.replace("\n", f" {BREAK} ") + "\n")
        if not tokens:
            raise ModelError(NO_TEXT)
        if breaks * RARE_BREAKS < tokens:
            file.writelines([f"{BREAK}\n"] * tokens)


def learn_characters(texts: Iterable[str], path: Path, vocabulary: int, normalisation: Sequence[str]) -> Tokenizer:
    """Collect the characters of `texts`, the most frequent first."""
    counts = Counter[str]()
    for text in texts:
        counts.update(normalise(text, normalisation))
    tokenizer = CharacterTokenizer(_most_frequent(counts, vocabulary), normalisation)
    path.write_bytes(tokenizer.to_bytes())
    return tokenizer


def learn_words(texts: Iterable[str], path: Path, vocabulary: int, normalisation: Sequence[str]) -> Tokenizer:
    """Collect the words and marks of `texts`, the most frequent first, and learn the spacing of the marks."""
    counts, places = Counter[str](), Counter[tuple[str, str]]()
    for text in texts:
        small = words.small(text, normalisation)
        counts.update(words.split(small))
        for line in small.split("\n"):
            places.update(_places(line))
    tokens = _most_frequent(counts, vocabulary)
    spacing = {token: _spacing(places, token, counts[token]) for token in tokens[1:] if not words.is_word(token)}
    tokenizer = WordTokenizer(tokens, spacing, normalisation)
    path.write_bytes(tokenizer.to_bytes())
    return tokenizer


def _most_frequent(counts: Counter[str], vocabulary: int) -> list[str]:
    """Return the line break and the most frequent of the others; ties are in code point order."""
    ranked = sorted(counts.keys() - {LINE_BREAK}, key=lambda token: (-counts[token], token))
    kept = ranked[: max(0, vocabulary - BREAK_ID - 1)]
    if not ranked:
        raise ModelError(NO_TEXT)
    if not kept:
        raise ModelError(f"a vocabulary of {vocabulary} has room for the special tokens only")
    return [LINE_BREAK, *kept]


def _places(line: str) -> Iterable[tuple[str, str]]:
    """Yield for each mark of a line whether spaces separate it from its neighbours."""
    found = words.spans(line)
    for i, (start, end) in enumerate(found):
        mark = line[start:end]
        if words.is_word(mark):
            continue
        before = found[i - 1][1] if i else None
        after = found[i + 1][0] if i + 1 < len(found) else None
        beside_word = after is not None and words.is_word(line[after])
        left, right = before == start, after == end and beside_word
        if before is not None:
            yield mark, "left" if left else "not left"
        if beside_word:
            yield mark, "right" if right else "not right"
        if left != right:
            yield mark, "closes" if left else "opens"


def _spacing(places: Counter[tuple[str, str]], mark: str, count: int) -> Spacing:
    if PAIRED * min(places[mark, "opens"], places[mark, "closes"]) >= count:
        return "paired"
    left, right = (places[mark, side] > places[mark, f"not {side}"] for side in ("left", "right"))
    kinds: dict[tuple[bool, bool], Spacing] = {(True, False): "left", (False, True): "right", (True, True): "both"}
    return kinds.get((left, right), "apart")


LEARNERS: dict[str, Callable[[Iterable[str], Path, int, Sequence[str]], Tokenizer]] = {
    "bpe": learn_bpe,
    "characters": learn_characters,
    "words": learn_words,
}
