"""A tiny vocabulary, release and network, for tests that must not wait for a real one."""

import hashlib
import json
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from model.text.release import config_hash, open_tokenizer
from model.text.tokens import EOS, Tokenizer
from model.tokenizers.learning import learn as learn_tokenizer

NORMALISATION = ["nfc", "dashes", "quotes", "yo"]
VOCABULARY = 160
BPE = Path(__file__).parents[1] / "fixtures" / "toy.model"  # of TEXTS; YouTokenToMe learns another each time
TEXTS = [
    "Над рекой проснулся ветер,\nЗакачал пустой причал.\nКто-то лодку не заметил,\nКто-то вёсла потерял.",
    "Снег ложится на дорогу,\nФонари горят в окне.\nЯ несу домой тревогу,\nА она несёт ко мне.",
    "Чай остыл, и кот не спит.\nДождь о чём-то говорит:\nТо ли просит, то ли ждёт,\nТо ли песню нам поёт.",
    "Осень жёлтою рукой\nГладит сад и дом пустой.\n\nТихо яблоки летят,\nКак ненужные слова.\nИ шумит, шумит трава.",
    "Мы хотели быть большими,\nМы росли под облаками —\nИ однажды стали ими,\nИ упали вниз дождями.",
    "Цифры 1, 2, 3, 4, 5 и 60789 — не стихи!\nЭх, бы щуку, юлу, фьорд; хоть жираф, хоть ёж...",
    "The river said: \"go home\", and so did I;\nquick brown foxes jump over lazy dogs (quite 'vexed').",
]
SAMPLING: dict[str, Any] = {
    "top_k": 2,
    "line_start_k": 40,
    "chaos_k": 20,
    "chaos": 0.25,
    "temperature": None,
    "max_tokens": 120,
    "max_lines": 4,
    "max_chars": None,
}


@dataclass(frozen=True)
class ToyRelease:
    """The two files of a release that go over the wire, and the tokenizer in them."""

    config: dict[str, Any]
    tokenizer_bytes: bytes
    tokenizer: Tokenizer

    @property
    def config_bytes(self) -> bytes:
        return json.dumps(self.config, ensure_ascii=False).encode()

    def changed(self, **changes: Any) -> "ToyRelease":
        """Return a release whose config differs, with the hash that then fits."""
        config = {**self.config, **changes}
        return ToyRelease({**config, "hash": config_hash(config)}, self.tokenizer_bytes, self.tokenizer)


def learn(folder: Path, kind: str = "bpe") -> ToyRelease:
    """Learn the vocabulary, or take the one of the fixtures (bpe), and make a release around it."""
    path = folder / "toy.model"
    if kind == "bpe":
        shutil.copyfile(BPE, path)
        tokenizer = open_tokenizer(kind, path, NORMALISATION)
    else:
        tokenizer = learn_tokenizer(kind, TEXTS, path, VOCABULARY, NORMALISATION)
    data = path.read_bytes()
    config = {
        "name": "toy",
        "network": {"kind": "toy"},
        "tokenizer": {"kind": kind, "file": "toy.model"},
        "normalisation": NORMALISATION,
        "context": None,
        "force_breaks": True,
        "prompt_break": True,
        "capital_lines": True,
        "files": {"toy.model": hashlib.sha256(data).hexdigest()},
        "sampling": SAMPLING,
        "moods": {"calm": {"chaos": 0.0}, "mad": {"chaos": 0.9}},
        "signatures": ["serving_default", "generate", "release"],
    }
    return ToyRelease({**config, "hash": config_hash(config)}, data, tokenizer)


class ToyNetwork:
    """Logits that depend on the last tokens most, and a little on every token before, as a recurrent state does."""

    def __init__(self, tokenizer: Tokenizer, salt: int = 0) -> None:
        random = np.random.default_rng(salt)
        self._break_id = tokenizer.break_id
        self._read = random.standard_normal((tokenizer.vocabulary_size, 16)).astype(np.float32)
        self._write = random.standard_normal((16, tokenizer.vocabulary_size)).astype(np.float32)

    def logits(self, tokens: Sequence[int]) -> NDArray[np.float32]:
        """Return the logits [vocabulary] of the token after `tokens`, which hold no PAD."""
        recent = list(tokens)[-8:][::-1]
        state = np.sum([self._read[token] * 0.6**i for i, token in enumerate(recent)], axis=0)
        state += 0.03 * self._read[list(tokens)].sum(axis=0)
        logits: NDArray[np.float32] = (state @ self._write).astype(np.float32)
        since_break = recent.index(self._break_id) if self._break_id in recent else len(recent)
        logits[self._break_id] = 4.0 * since_break - 20.0  # lines of about five to eight tokens
        logits[EOS] -= 4.0
        return logits
