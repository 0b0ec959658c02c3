"""The words of a line, and their letters."""

import re
from dataclasses import dataclass

VOWELS = "аеёиоуыэюя"
_WORD = re.compile(r"[а-яё]+(?:-[а-яё]+)*|[a-z]+|[0-9]+", re.IGNORECASE)
_LATIN_VOWELS = "aeiouy"


def word_set(words: str) -> frozenset[str]:
    """Return the words of a text."""
    return frozenset(words.split())


# Words that verse reads without a stress of their own, wherever they stand.
CLITICS = word_set(
    """
    а б без бы в во да для до ж же за и из изо к ко ли ль на над не ни но о об обо от ото по под при про с со у
    хоть чтоб чтобы или иль из-за из-под меж между перед пред через чрез среди сквозь
    """
)
# Words whose stress gives way to the metre: pronouns and other small words.
LIGHT = word_set(
    """
    я ты он она оно мы вы они меня мне мной тебя тебе тобой его ему им ей её ее ею нас нам вас вам их ими нём нем
    ней мой моя моё мое мои моей моих твой твоя твоё твое твои твоей наш ваш свой своя своё свое свои своей своих
    своим кто что как где так там тут тот та то те той тех тем том тому этот эта это эти этой этих кого чего кому
    чему всё все весь вся всех всем сам себя себе собой был была было были быть будь есть нет уж лишь вот вдруг
    пусть чем когда если куда зачем тогда только или один одна одно будто даже ещё еще уже пока нет вновь хотя
    """
)


@dataclass(frozen=True)
class Word:
    """A word of a line: its letters in lower case, and where they are in the line."""

    form: str
    start: int

    @property
    def is_russian(self) -> bool:
        """Whether it is in Russian letters."""
        return self.form[0] in "абвгдеёжзийклмнопрстуфхцчшщъыьэюя"

    @property
    def syllables(self) -> int:
        """The number of syllables; that of a Latin word is a guess, and figures have none."""
        if self.is_russian:
            return len(vowel_places(self.form))
        return len(re.findall(f"[{_LATIN_VOWELS}]+", self.form))


def words_of(line: str) -> list[Word]:
    """Return the words of a line, figures included."""
    return [Word(match[0].lower(), match.start()) for match in _WORD.finditer(line)]


def vowel_places(form: str) -> list[int]:
    """Return where the vowels of a Russian word are."""
    return [place for place, letter in enumerate(form) if letter in VOWELS]
