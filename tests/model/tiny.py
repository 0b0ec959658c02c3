"""A small hand-written corpus and a preset to match, for tests that train."""

import json
import shutil
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest

from model.text.release import open_tokenizer
from model.text.tokens import Tokenizer

_OPENINGS = [
    "Над рекой плывёт туман",
    "Я иду дорогой белой",
    "Снег ложится на поля",
    "Тихо спит старинный дом",
    "Ветер в поле песню пел",
]
_MIDDLES = [
    "И молчит далёкий лес",
    "Светит месяц за окном",
    "Кто-то плачет за стеной",
    "Пахнет мятой и травой",
    "Гаснут в небе огоньки",
]
_ENDS = [
    "Сердце просит тишины.",
    "Жизнь проходит, словно сон!",
    "Ты вернёшься ли домой?",
    "Больше некого мне ждать.",
    "И дороги нет назад…",
]
_AUTHORS = ["Первый Поэт", "Вторая Поэтесса", "Третий Автор"]

PRESET = """
network = "poet"
tokenizer = "bpe"
normalisation = ["nfc", "dashes", "quotes", "yo"]
capital_lines = true
force_breaks = true
prompt_break = true
ear = true

[sizes]
vocabulary = 160
embedding = 16
recurrent = 12
head = [24]
heads = 8
window = 20
dropout = 0.1

[training]
epochs = 3
batch_size = 4
window = 32
learning_rate = 1e-2
warmup_steps = 2
weight_decay = 0.01
clip_norm = 1.0
patience = 3
dtype = "float32"
seed = 1
sample_temperatures = [0.7]
checkpoint_steps = 10
print_steps = 10

[sampling]
top_k = 2
line_start_k = 20
chaos_k = 10
chaos = 0.25
max_tokens = 60
max_lines = 4
"""


def poems() -> list[dict[str, str]]:
    """Return 125 short poems, no two with two lines in common but those that share a number."""
    made = []
    for i, opening in enumerate(_OPENINGS):
        for j, middle in enumerate(_MIDDLES):
            for k, end in enumerate(_ENDS):
                lines = [f"{opening} — {_word(i * 25 + j * 5 + k)}", f"{middle},", _word(k * 7 + j), end]
                made.append({"author": _AUTHORS[(i + j) % 3], "title": "", "text": "\n".join(lines)})
    return made


def _word(number: int) -> str:
    syllables = ["ка", "ло", "ми", "ре", "ту"]
    return "".join(syllables[number // 5**i % 5] for i in range(4)).capitalize()


def vocabulary(size: int) -> Path:
    """Return the file of a vocabulary (bpe) of these poems, learned once: YouTokenToMe learns another each time."""
    return Path(__file__).parent / "fixtures" / f"tiny_{size}.model"


@contextmanager
def fixed_vocabulary() -> Iterator[None]:
    """Let training in this process take the vocabulary of the fixtures where it would learn one with bpe."""
    from model.tokenizers.learning import learn

    def take(kind: str, texts: Iterable[str], path: Path, size: int, normalisation: Sequence[str]) -> Tokenizer:
        if kind != "bpe":
            return learn(kind, texts, path, size, normalisation)
        shutil.copyfile(vocabulary(size), path)
        return open_tokenizer(kind, path, normalisation)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("model.training.run.learn", take)
        yield


def write(folder: Path) -> tuple[Path, Path]:
    """Write the corpus and the preset; return their paths."""
    corpus, preset = folder / "poems.jsonl", folder / "tiny.toml"
    corpus.write_text("".join(json.dumps(poem, ensure_ascii=False) + "\n" for poem in poems()), "utf-8")
    preset.write_text(PRESET, "utf-8")
    return corpus, preset
