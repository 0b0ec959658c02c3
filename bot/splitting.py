"""Splitting text by Telegram's limit, in UTF-16 code units, of which an emoji takes two."""

MESSAGE_UNITS = 4096


def units(text: str) -> int:
    """Return the length of the text in UTF-16 code units."""
    return len(text.encode("utf-16-le")) // 2


def split(text: str, limit: int = MESSAGE_UNITS) -> list[str]:
    """Return the text as messages of 1 to `limit` (at least 2) UTF-16 code units; none for a blank text.

    Cuts fall at line ends; a line longer than a message is cut at a space, or else at the limit. White space around a
    cut is dropped, nothing else.
    """
    parts = []
    rest = text.strip()
    while rest:
        cut = _cut(rest, limit)
        parts.append(rest[:cut].rstrip())
        rest = rest[cut:].lstrip()
    return parts


def _cut(text: str, limit: int) -> int:
    """Return how many characters of the text, which does not begin with white space, go into the next message."""
    head = text.encode("utf-16-le")[: 2 * limit].decode("utf-16-le", "ignore")  # drops half a surrogate pair at the end
    if len(head) == len(text):
        return len(text)
    with_next = text[: len(head) + 1]  # a line may end exactly at the limit
    return max(with_next.rfind("\n"), 0) or max(with_next.rfind(" "), 0) or len(head)
