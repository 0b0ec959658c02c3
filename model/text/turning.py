"""Tokens of lines that are written from their last word to their first, as a reader meets them."""

from collections.abc import Sequence

Placed = tuple[int, str]  # the place of a token in the order of writing, and its text


def in_reading_order(texts: Sequence[str]) -> list[Placed]:
    """Return the texts of tokens, each with its place, as `model.text.normalise.turn` turns the whole of them.

    A space that stands before a word in what was written stands behind it for the reader. Tokens without a text, such
    as the end, come last in their line.
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
    """Move the space at the beginning of a word to its end: a token of its own, or a part of the last one's text."""
    if not word or not word[0][1].startswith(" "):
        return word
    (place, text), *rest = word
    if text == " ":
        return [*rest, (place, text)]
    *others, (last, end) = [(place, text[1:]), *rest]
    return [*others, (last, end + " ")]
