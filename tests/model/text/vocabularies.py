"""Small texts in three scripts, and tokenizers that are learned from them."""

from collections.abc import Sequence
from pathlib import Path

from model.text.tokens import Tokenizer
from model.tokenizers.learning import learn

STEPS = ["nfc"]
RUSSIAN = [
    "Кот сказал: «Не спи, зима!» — и ушёл...\nКто-то пел (негромко), кто-то ждал.",
    "Зима пришла — и снег лежит;\nкот не спит, кот ждёт.\n\nЧто же? Он ждёт!",
    "Она сказала: «Кот ушёл». Зима — не сон.",
]
ENGLISH = [
    'She said, "don\'t go," and the cat said, "why?"\nThe cat didn\'t go; it\'s 3.14 and 10:30 now.',
    "He said \"go home\" -- and the rock'n'roll cat (an old one) went home!",
    'The cat said: "why not?" -- and he said, "go!"',
]
HINDI = ["बिल्ली ने कहा: “मत जा!”\nवह हिन्दी में गाती है।", "बिल्ली गाती है, वह जा रही है।"]
TEXTS = {"Russian": RUSSIAN, "English": ENGLISH, "Hindi": HINDI}
LANGUAGES = sorted(TEXTS)


def learned(
    kind: str, texts: Sequence[str], folder: Path, vocabulary: int = 500, steps: Sequence[str] = STEPS
) -> Tokenizer:
    return learn(kind, texts, folder / "vocabulary", vocabulary, steps)
