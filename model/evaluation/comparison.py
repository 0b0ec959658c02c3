"""A release beside writers that only count, and beside the texts themselves."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from model.evaluation.baselines.kneser_ney import ORDER, KneserNey
from model.evaluation.baselines.markov import STATE, MarkovChain
from model.evaluation.diversity import distinct, repetition, token_entropy
from model.evaluation.losses import printed
from model.evaluation.novelty import Novelty, novelty
from model.evaluation.scoring import Scores, predictor, score
from model.generation.poems import write_many
from model.networks.language_model import LanguageModel

Tell = Callable[[str], None]


@dataclass(frozen=True)
class WrittenTexts:
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
    scores: Scores | None = None
    bits_per_char: float | None = None  # of a writer without tokens, which has no other score
    written: WrittenTexts | None = None


@dataclass(frozen=True)
class Task:
    """What is compared: `count` written texts each, and how the `texts` are predicted.

    The baselines learn from the texts of `train`, which novelty is against too. `tell` is told what is being done.
    All line ends are newlines.
    """

    release: LanguageModel
    texts: Sequence[str]
    train: Sequence[str] | None = None
    count: int = 0
    tell: Tell = field(default=lambda _: None)

    def rows(self) -> list[Row]:
        """Return the release, the texts themselves, and the baselines. ModelError where there are no texts."""
        network, text = self.release.network, self.release.text
        self.tell(f"{text.name}: scoring {len(self.texts):,} texts")
        scores = score(predictor(network), text.tokenizer, self.texts, capital_lines=text.capital_lines)
        self.tell(f"{text.name}: writing {self.count:,} texts")
        poems = [poem.text for poem in write_many(network, text, "", text.defaults, range(self.count))]
        lengths = [len(poem) for poem in poems]
        baselines = () if self.train is None else self._baselines(self.train, lengths, scores.characters)
        return [self._release(scores, poems), *self._texts(lengths), *baselines]

    def _release(self, scores: Scores, poems: list[str]) -> Row:
        text = self.release.text
        entropy = token_entropy(text.tokenizer.encode(text.tokenizer.normalise(poem)) for poem in poems)
        # Of the corpus too, only what passes through the tokens can be copied.
        corpus = self.train and [printed(text.tokenizer, one, capital_lines=text.capital_lines) for one in self.train]
        return Row(text.name, scores=scores, written=self._written(text.name, poems, corpus, entropy))

    def _texts(self, lengths: Sequence[int]) -> list[Row]:
        """Describe the first of the scored texts, cut to size, as if they were written."""
        cut = [text[:length] for text, length in zip(self.texts, lengths, strict=False)]
        return [Row("texts", "the first of those scored, cut to size", written=self._written("texts", cut, self.train))]

    def _baselines(self, train: Sequence[str], lengths: Sequence[int], characters: int) -> list[Row]:
        self.tell(f"Kneser-Ney: learning from {len(train):,} texts")
        kneser_ney = KneserNey(train)
        self.tell("Kneser-Ney: scoring and writing")
        bits = kneser_ney.bits(self.texts) / characters
        written = [kneser_ney.write(seed, length) for seed, length in enumerate(lengths)]
        note, described = f"of {ORDER} characters", self._written("Kneser-Ney", written, train)
        rows = [Row("Kneser-Ney", note, bits_per_char=bits, written=described)]
        self.tell(f"Markov chain: learning from {len(train):,} texts")
        chain = MarkovChain(train)
        written = [chain.write(seed, length) for seed, length in enumerate(lengths)]
        note = f"of words, after {STATE}; what it has not seen it holds for impossible, so it has no bits"
        return [*rows, Row("Markov chain", note, written=self._written("Markov chain", written, train))]

    def _written(
        self, name: str, texts: list[str], corpus: Sequence[str] | None, entropy: float | None = None
    ) -> WrittenTexts | None:
        if not texts:
            return None
        if corpus is not None:
            self.tell(f"{name}: looking for what is copied")
        return WrittenTexts(
            len(texts),
            sum(map(len, texts)),
            distinct(texts, 1),
            distinct(texts, 2),
            distinct(texts, 3),
            repetition(texts),
            entropy,
            None if corpus is None else novelty(texts, corpus),
        )
