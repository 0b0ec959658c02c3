"""Rhyme: how much two line endings sound alike, by rules of Russian pronunciation.

An ending is heard from its stressed vowel on; where nothing follows that vowel, from the consonant before it. Sounds
are written in lower case, soft consonants in upper case, the sound of й as j, and unstressed vowels as what they are
reduced to.
"""

import re
from dataclasses import dataclass
from functools import lru_cache

from model.verse.stress import Reading, spelled, vowel_at
from model.verse.words import VOWELS

EXACT, CLOSE, LOOSE = 1.0, 0.8, 0.6
SOFT = "'"

_SOFTENING = "еёиюяь"
_IOTATED = {"е": "э", "ё": "о", "ю": "у", "я": "а"}
_VOWEL = {**_IOTATED, "а": "а", "о": "о", "у": "у", "э": "э", "ы": "и", "и": "и"}
_ALWAYS_HARD, _ALWAYS_SOFT = "жшц", "чщй"
_DEVOICED = dict(zip("бвгджз", "пфктшс", strict=True))
_VOICED = {voiceless: voiced for voiced, voiceless in _DEVOICED.items() if voiced != "в"}
_VOICELESS = "пфктшсхцчщ"
_CLUSTERS = [
    (re.compile(pattern), sound)
    for pattern, sound in (
        (r"ть?ся$", "цца"), (r"[дт]ц", "ц"), (r"стн", "сн"), (r"здн", "зн"), (r"лнц", "нц"),
        (r"рдц", "рц"), (r"вств", "ств"), (r"[сзж]ч", "щ"), (r"[дт]с(?=т|к)", "ц"), (r"(?<=с)т(?=ь?с)", ""),
    )
]  # fmt: skip
_GENITIVE = re.compile(r"([оеё])го(?=$|ся$)")  # heard as -ово: белого, его
_KEEPS_G = re.compile(r"(?:много|строго|дорого|убого|полого|пологого|отлого|^ого|^лего|^эго)$")
_REDUCED = {"о": "а", "э": "и", "а": "а", "и": "и", "у": "у"}


@dataclass(frozen=True)
class Ending:
    """What a line's last word sounds like from its stress on: `before` is the consonant before the stressed vowel."""

    word: str
    before: str
    sounds: str  # the stressed vowel first

    @property
    def open(self) -> bool:
        """Whether it ends with the stressed vowel."""
        return len(self.sounds) == 1

    @property
    def clausula(self) -> int:
        """The syllables after the stressed one: 0 masculine, 1 feminine, 2 dactylic."""
        return sum(sound in "аэиоу" for sound in self.sounds) - 1


@lru_cache(maxsize=2**16)
def ending(form: str, reading: Reading) -> Ending:
    """Return how a word in lower case, read in this way, ends."""
    written = spelled(form, reading)
    place = vowel_at(form, reading)
    before, sounds = _transcribe(written, place)
    return Ending(form, before, sounds)


def _transcribe(written: str, place: int) -> tuple[str, str]:
    """Return the sound before the stressed vowel, and the sounds from it on."""
    spoken = written if _KEEPS_G.search(written) else _GENITIVE.sub(r"\1во", written)
    tail = spoken[place:]
    for pattern, sound in _CLUSTERS:
        tail = pattern.sub(sound, tail)
    sounds = _VOWEL[tail[0]] + _sounds(tail[1:], tail[0])
    return _consonant_before(spoken, place), _assimilate(sounds)


def _consonant_before(written: str, place: int) -> str:
    """Return the sound before the stressed vowel: a consonant, j before an iotated vowel, or nothing."""
    letters = written[:place].rstrip("ь").rstrip("ъ")
    soft_sign = place > 0 and written[place - 1] in "ьъ"
    if place == 0 or written[place - 1] in VOWELS or soft_sign:
        return "j" if written[place] in _IOTATED or (soft_sign and written[place] in "ио") else ""
    return _consonant(letters[-1], soft=written[place] in _SOFTENING)


def _consonant(letter: str, *, soft: bool) -> str:
    if letter == "й":
        return "j"
    if letter in _ALWAYS_HARD:
        return letter
    return letter.upper() if soft or letter in _ALWAYS_SOFT else letter


def _sounds(letters: str, previous: str) -> str:
    """Return the sounds of what follows the stressed vowel, before voicing is settled."""
    found: list[str] = []
    for place, letter in enumerate(letters):
        following = letters[place + 1] if place + 1 < len(letters) else ""
        last = letters[place - 1] if place else previous
        if letter in VOWELS:
            if letter in _IOTATED and (last in VOWELS or last in "ьъ"):
                found.append("j")
            found.append(_REDUCED[_VOWEL[letter]])
        elif letter not in "ьъ" and letter != "-":
            found.append(_consonant(letter, soft=following != "" and following in _SOFTENING))
    return re.sub(r"([^аэиоу])\1+", r"\1", "".join(found))


def _assimilate(sounds: str) -> str:
    """Devoice what is last or before a voiceless consonant, and voice what is before a voiced one."""
    result, following = "", ""
    for sound in reversed(sounds):
        letter = sound.lower()
        if letter in _DEVOICED and (not following or following in _VOICELESS):
            letter = _DEVOICED[letter]
        elif letter in _VOICED and following in _DEVOICED and following != "в":
            letter = _VOICED[letter]
        following = letter
        result = (letter.upper() if sound.isupper() else letter) + result
    return result


def rhyme_class(one: Ending) -> str:
    """Return a key that endings share if they rhyme, exactly or closely."""
    if one.open:  # the consonant before the vowel counts too
        return f"{one.sounds}<{_paired(one.before)}"
    soft = one.clausula == 0 and one.sounds[-1].isupper()  # брать does not rhyme with брат
    return f"{one.sounds[0]}{_relaxed(one.sounds)}{SOFT * soft}"


def likeness(one: Ending, other: Ending) -> float:
    """Return how much two endings sound alike: EXACT, CLOSE, LOOSE or 0. A word does not rhyme with itself."""
    if one.word == other.word or one.sounds[:1] != other.sounds[:1] or one.open != other.open:
        return 0.0
    if one.sounds == other.sounds and (not one.open or one.before == other.before):
        return EXACT
    if rhyme_class(one) == rhyme_class(other):
        return CLOSE
    return LOOSE if _loosely_alike(one, other) else 0.0


def _loosely_alike(one: Ending, other: Ending) -> bool:
    if one.open:
        return one.sounds in "ау" and all(end.before == "j" or end.before.isupper() for end in (one, other))
    if one.clausula != other.clausula or (one.clausula == 0 and one.sounds[-1].isupper() != other.sounds[-1].isupper()):
        return False
    return (_similar if one.clausula else _similar_masculine)(_relaxed(one.sounds), _relaxed(other.sounds))


def _paired(sound: str) -> str:
    return _DEVOICED.get(sound.lower(), sound.lower())


def _relaxed(sounds: str) -> str:
    """Return the sounds behind the stressed vowel without softness, а and и as one, and no last j after a vowel."""
    return re.sub(r"(?<=[аиу])j$", "", sounds[1:].lower().replace("щ", "ш").replace("и", "а"))


def _similar(first: str, second: str) -> bool:
    """Whether two tails have the same vowels, and consonants of which all but one are the same but for voice."""
    if _consonants_of(first, keep=False) != _consonants_of(second, keep=False):
        return False
    one, other = _consonants_of(first, keep=True), _consonants_of(second, keep=True)
    return max(len(one), len(other)) > 1 and _distance(one, other) <= 1


def _similar_masculine(first: str, second: str) -> bool:
    """Whether two consonantal ends of one syllable are the same but for м and н, or one consonant more."""
    one, other = (_consonants_of(tail.replace("м", "н"), keep=True) for tail in (first, second))
    return one == other or (min(len(one), len(other)) > 0 and _distance(one, other) <= abs(len(one) - len(other)) == 1)


def _consonants_of(tail: str, *, keep: bool) -> list[str]:
    return [_paired(sound) for sound in tail if (sound not in "аэиоу") == keep]


def _distance(first: list[str], second: list[str]) -> int:
    """Return the edit distance of two short lists."""
    row = list(range(len(second) + 1))
    for i, one in enumerate(first, 1):
        before, row[0] = row[0], i
        for j, other in enumerate(second, 1):
            before, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, before + (one != other))
    return row[-1]
