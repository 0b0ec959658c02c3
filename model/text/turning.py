"""Reading order of tokens whose lines were written backwards, from the last word to the first."""

from collections.abc import Sequence

Placed = tuple[int, str]  # the index of a token in writing order, and its text


def in_reading_order(texts: Sequence[str]) -> list[Placed]:
    """Return the texts of tokens with their indices, reordered as `model.text.normalise.turn` does the whole text.

    A space before a word in writing order follows it in reading order. Tokens without text, such as EOS, come last in
    their line.
    """
    found, line = list[Placed](), list[Placed]()
    for placed in enumerate(texts):
        if placed[1] == "\n":
            found += [*_turned(line), placed]
            line = []
        else:
            line.append(placed)
    return found + _turned(line)


def _turned(line: Sequence[Placed]) -> list[Placed]:
    words: list[list[Placed]] = [[]]
    for place, text in line:
        if text.startswith(" "):
            words.append([])
        if text:
            words[-1].append((place, text))
    turned = [placed for word in reversed(words) for placed in _space_behind(word)]
    return turned + [(place, text) for place, text in line if not text]


def _space_behind(word: list[Placed]) -> list[Placed]:
    """Move the space at the beginning of a word to its end, as a token of its own or as part of the last token."""
    if not word or not word[0][1].startswith(" "):
        return word
    (place, text), *rest = word
    if text == " ":
        return [*rest, (place, text)]
    *others, (last, end) = [(place, text[1:]), *rest]
    return [*others, (last, end + " ")]
