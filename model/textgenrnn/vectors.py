"""Texts as vectors: the network's features, averaged over the tokens."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from model.errors import ModelError
from model.generation.reader import Reader
from model.networks.network import Network
from model.text.tokens import PAD

if TYPE_CHECKING:
    from model.text.release import TextRelease

MAX_TEXTS = 100_000
MAX_TOKENS = 2000  # per text: the rest adds little
BATCH = 32

Vectors = NDArray[np.float32]


def encode_text_vectors(
    network: Network, release: "TextRelease", texts: Sequence[str], pca_dims: int | None = None
) -> Vectors:
    """Return a vector [F] for each text, the mean of the network's features over its tokens, as [N, F].

    With `pca_dims` they are centred and projected onto that many principal components, [N, pca_dims], which needs more
    texts than components. For a two-dimensional map, continue with t-SNE (in scikit-learn). ModelError if invalid.
    """
    if isinstance(texts, str):
        raise ModelError("the texts must be a list, not one text")
    if not 1 <= len(texts) <= MAX_TEXTS:
        raise ModelError(f"there must be from 1 to {MAX_TEXTS:,} texts, not {len(texts):,}")
    rows = [release.tokenizer.encode_text(release.tokenizer.normalise(text))[:MAX_TOKENS] for text in texts]
    order = np.argsort([len(row) for row in rows], kind="stable")  # so that texts of similar length are adjacent
    found: dict[int, NDArray[np.float32]] = {}
    for first in range(0, len(rows), BATCH):
        batch = [int(i) for i in order[first : first + BATCH]]
        found |= dict(zip(batch, _means(network, [rows[i] for i in batch]), strict=True))
    vectors = np.stack([found[i] for i in range(len(rows))])
    return vectors if pca_dims is None else _main_directions(vectors, pca_dims)


def similarity(network: Network, release: "TextRelease", text: str, texts: Sequence[str]) -> list[tuple[str, float]]:
    """Return each of `texts` with the cosine similarity of its vector and that of `text`, the most similar first."""
    vectors = encode_text_vectors(network, release, texts if isinstance(texts, str) else [text, *texts])
    unit = vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-12)
    cosines = unit[1:] @ unit[0]
    return [(texts[i], float(cosines[i])) for i in np.argsort(-cosines, kind="stable")]


def _means(network: Network, rows: Sequence[Sequence[int]]) -> Vectors:
    """Return the mean features [B, F] of rows of tokens."""
    reader, width = Reader(network), max(map(len, rows))
    reader.start(len(rows))
    counts = np.array([len(row) for row in rows], np.float32)
    sums: NDArray[Any] = np.zeros(())
    for step in range(width):
        reader.feed([row[step] if step < len(row) else PAD for row in rows], [step == 0] * len(rows))
        sums = sums + reader.features() * (step < counts)[:, None]
    means: Vectors = (sums / counts[:, None]).astype(np.float32)
    return means


def _main_directions(vectors: Vectors, count: int) -> Vectors:
    """Project vectors [N, F] onto their principal components, [N, count], by singular value decomposition."""
    most = min(len(vectors) - 1, vectors.shape[1])
    if not isinstance(count, int) or not 1 <= count <= most:
        raise ModelError(f"{len(vectors)} vectors of {vectors.shape[1]} have at most {most} components, not {count}")
    centred = vectors - vectors.mean(axis=0)
    _, _, directions = np.linalg.svd(centred, full_matrices=False)
    turned: Vectors = (centred @ directions[:count].T).astype(np.float32)
    return turned
