"""A release beside writers that only count, and beside the texts themselves."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from model.errors import ModelError
from model.evaluation.baselines.kneser_ney import ORDER, KneserNey
from model.evaluation.baselines.markov import STATE, MarkovChain
from model.evaluation.diversity import distinct, repetition, token_entropy
from model.evaluation.losses import printed
from model.evaluation.novelty import Novelty, novelty
from model.evaluation.scoring import Scores, predictor, score
from model.generation.poems import write_many
from model.release import Release
from model.text.normalise import line_ends

Tell = Callable[[str], None]


@dataclass(frozen=True)
class Written:
    """How varied the texts of a writer are, and how much of them it has from its corpus. Shares are from 0 to 1."""

    texts: int
    characters: int
    distinct_1: float
    distinct_2: float
    distinct_3: float
    repetition: float
    token_entropy: float | None = None  # bits a token, of writers that have tokens
    novelty: Novelty | None = None


@dataclass(frozen=True)
class Row:
    """What is known of one writer."""

    name: str
    note: str = ""
    bits_per_char: float | None = None
    scores: Scores | None = None
    written: Written | None = None


@dataclass(frozen=True)
class Task:
    """What is compared: `count` written texts each, and how the `texts` are predicted.

    The baselines learn from the texts of `train`, which novelty is against too. `tell` is told what is being done.
    """

    release: Release
    texts: Sequence[str]
    train: Sequence[str] | None = None
    count: int = 0
    tell: Tell = field(default=lambda _: None)

    def rows(self) -> list[Row]:
        """Give the release, the texts themselves, and the baselines. ModelError where there are no texts."""
        if self.train is not None and not self.train:
            raise ModelError("there are no training texts to learn from")
        of_release, poems = self._release()
        lengths = [len(poem) for poem in poems]
        return [of_release, *self._texts(lengths), *(() if self.train is None else self._baselines(lengths))]

    def _release(self) -> tuple[Row, list[str]]:
        network, text = self.release.network, self.release.text
        self.tell(f"{text.name}: scoring {len(self.texts):,} texts")
        scores = score(predictor(network), text.tokenizer, self.texts, capital_lines=text.capital_lines)
        self.tell(f"{text.name}: writing {self.count:,} texts")
        poems = [poem.text for poem in write_many(network, text, "", text.defaults, range(self.count))]
        entropy = token_entropy(text.tokenizer.encode(text.tokenizer.normalise(poem)) for poem in poems)
        # Of the corpus too, only what passes through the tokens can be copied.
        corpus = self.train and [printed(text.tokenizer, one, capital_lines=text.capital_lines) for one in self.train]
        written = self._written(text.name, poems, corpus, entropy)
        return Row(text.name, "", scores.bits_per_char, scores, written), poems

    def _texts(self, lengths: Sequence[int]) -> list[Row]:
        """Describe the first of the scored texts, cut to size, as if they were written."""
        corpus = None if self.train is None else [line_ends(text) for text in self.train]
        cut = [line_ends(text)[:length] for text, length in zip(self.texts, lengths, strict=False)]
        return [Row("texts", "the first of those scored, cut to size", written=self._written("texts", cut, corpus))]

    def _baselines(self, lengths: Sequence[int]) -> list[Row]:
        train = [line_ends(text) for text in self.train or ()]
        characters = sum(len(line_ends(text)) for text in self.texts)
        self.tell(f"Kneser-Ney: learning from {len(train):,} texts")
        kneser_ney = KneserNey(train)
        self.tell("Kneser-Ney: scoring and writing")
        bits = kneser_ney.bits(self.texts) / characters
        written = [kneser_ney.write(seed, length) for seed, length in enumerate(lengths)]
        rows = [Row("Kneser-Ney", f"of {ORDER} characters", bits, written=self._written("Kneser-Ney", written, train))]
        self.tell(f"Markov chain: learning from {len(train):,} texts")
        chain = MarkovChain(train)
        written = [chain.write(seed, length) for seed, length in enumerate(lengths)]
        note = f"of words, after {STATE}; what it has not seen it holds for impossible, so it has no bits"
        return [*rows, Row("Markov chain", note, written=self._written("Markov chain", written, train))]

    def _written(
        self, name: str, texts: list[str], corpus: Sequence[str] | None, entropy: float | None = None
    ) -> Written | None:
        if not texts:
            return None
        if corpus is not None:
            self.tell(f"{name}: looking for what is copied")
        return Written(
            len(texts),
            sum(map(len, texts)),
            distinct(texts, 1),
            distinct(texts, 2),
            distinct(texts, 3),
            repetition(texts),
            entropy,
            None if corpus is None else novelty(texts, corpus),
        )
