"""Text as Telegram counts it: in UTF-16 units, of which an emoji takes two."""

MESSAGE_UNITS = 4096


def units(text: str) -> int:
    """Return the length of the text in UTF-16 units."""
    return len(text.encode("utf-16-le")) // 2


def split(text: str, limit: int = MESSAGE_UNITS) -> list[str]:
    """Cut the text into messages of 1 to `limit` (at least 2) UTF-16 units.

    Cuts fall at line ends; a line that is too long for a message is cut at a space, or where it must be. Line ends and
    space around a cut are dropped, nothing else is. A blank text gives no message.
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
    head = text.encode("utf-16-le")[: 2 * limit].decode("utf-16-le", "ignore")  # half a pair at the end is ignored
    if len(head) == len(text):
        return len(text)
    with_next = text[: len(head) + 1]  # a line that fills the message to the last unit may end right after it
    return max(with_next.rfind("\n"), 0) or max(with_next.rfind(" "), 0) or len(head)
