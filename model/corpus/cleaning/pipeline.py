"""The cleaning pipeline: reads a corpus, cleans it on all cores in bounded memory, and writes it in its original order.

Steps that look at one text at a time run in worker processes, on chunks of texts. Steps that compare texts run in the
main process on keys that the workers compute. They need two passes, between which the corpus is in a temporary file.
"""

import hashlib
import pickle
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from functools import partial
from itertools import compress, islice
from pathlib import Path
from tempfile import TemporaryFile
from typing import Any, BinaryIO, Protocol

from model.corpus.cleaning.duplicates import Repeats
from model.corpus.cleaning.percentile import BelowPercentile
from model.corpus.cleaning.report import ExplainedSample, Report, StepReport, clipped
from model.corpus.cleaning.stages import Stage, stages, step_through
from model.corpus.cleaning.steps import Comparing, Step
from model.corpus.cleaning.workers import Workers
from model.corpus.reading import Form, files_of, read
from model.corpus.texts import Text, size, to_line
from model.errors import ModelError
from model.files.replacing import replacing

CHUNK = 2**18  # characters sent to a worker at a time, unless one text is longer
SUFFIX = ".jsonl"

Chunk = list[tuple[int, Text]]  # with each text's number in the input
Keyed = tuple[Chunk, list[list[Any]]]  # with the keys of each text, one per comparing step


class Judge(Protocol):
    """A step that compares texts by their keys."""

    def observe(self, keys: Sequence[Any]) -> None:
        """Record the keys of some texts."""

    def settle(self) -> None:
        """Prepare for `keep`, after the keys of all texts have been observed."""

    def keep(self, keys: Sequence[Any], candidates: Sequence[bool]) -> list[bool]:
        """Return which texts to keep, given the same keys in the same chunks. One that is no candidate is dropped."""


def clean(
    source: Path,
    form: Form,
    out: Path,
    steps: Sequence[Step],
    *,
    jobs: int = 1,
    explain: int = 0,
    keep: Callable[[Text], bool] = lambda _: True,
) -> Report:
    """Clean the texts that `keep` accepts into `out`, which is written atomically.

    ModelError if the input cannot be read or is empty, OSError if the output cannot be written.
    """
    _check(source, out)
    started = time.perf_counter()
    report, sample = Report([StepReport(step.spec) for step in steps]), ExplainedSample(explain)
    try:
        with Workers(jobs, step_through.__module__) as workers, replacing(out) as new, new.open("wb") as file:
            cleaner = _Cleaner(workers, out.parent, report, sample)
            chunks = cleaner.through(steps, _chunks(_admitted(read(source, form), keep, report, sample)))
            report.sha256 = _write(file, chunks, sample)
            if not report.before["texts"] + report.forgotten:
                raise ModelError(f"{source}: the corpus is empty")
    except OSError as error:
        # The error of a failed write, as on a full disk, does not name the file.
        error.filename = error.filename or str(out)
        raise
    report.explained = sorted(sample.chosen.values(), key=lambda explained: explained.number)
    report.bytes = sum(path.stat().st_size for path in files_of(source))
    report.seconds = time.perf_counter() - started
    return report


@dataclass(frozen=True)
class _Cleaner:
    workers: Workers
    folder: Path  # for the temporary files between two passes
    report: Report
    sample: ExplainedSample

    def through(self, steps: Sequence[Step], chunks: Iterable[Chunk]) -> Iterable[Chunk]:
        """Return the chunks with all steps applied."""
        reports = iter(self.report.steps)
        for stage in stages(steps):
            cleaned = self._cleaned(stage, list(islice(reports, len(stage.alone))), chunks)
            comparing = list(islice(reports, len(stage.comparing)))
            chunks = self._compared(stage, comparing, cleaned) if comparing else (chunk for chunk, _ in cleaned)
        return chunks

    def _cleaned(self, stage: Stage, reports: list[StepReport], chunks: Iterable[Chunk]) -> Iterator[Keyed]:
        """Yield the chunks with a stage's steps applied, and the keys of their texts."""
        tasks = ((chunk, ([text.text for _, text in chunk], self._watched(chunk))) for chunk in chunks)
        for chunk, done in self.workers.map(partial(step_through, stage), tasks):
            for report, part in zip(reports, done.reports, strict=True):
                report.add(part)
            self.report.before.update(done.before)
            self.report.after.update(done.after)
            for i, explained in self.sample.among(number for number, _ in chunk):
                explained.steps += done.touched[i]
            for i, changed in done.changes.items():
                number, text = chunk[i]
                chunk[i] = number, replace(text, text=changed or "")
            yield [item for item in chunk if item[1].text], done.keys

    def _watched(self, chunk: Chunk) -> frozenset[int]:
        return frozenset(i for i, _ in self.sample.among(number for number, _ in chunk))

    def _compared(self, stage: Stage, reports: list[StepReport], chunks: Iterable[Keyed]) -> Iterator[Chunk]:
        """Yield the texts that all judges keep. The corpus is in a temporary file until they have observed it."""
        with ExitStack() as stack:
            spool, *files = (stack.enter_context(TemporaryFile(dir=self.folder)) for _ in range(1 + len(reports)))
            judges = [_judge(step, file) for step, file in zip(stage.comparing, files, strict=True)]
            for chunk, keys in chunks:
                pickle.dump((chunk, keys), spool, pickle.HIGHEST_PROTOCOL)
                for judge, own in zip(judges, zip(*keys, strict=True), strict=bool(chunk)):
                    judge.observe(own)
            for judge in judges:
                judge.settle()
            for chunk, keys in _spooled(spool):
                kept = [True] * len(chunk)
                for judge, own, report in zip(judges, zip(*keys, strict=True), reports, strict=bool(chunk)):
                    before, kept = kept, judge.keep(own, kept)
                    self._note_dropped(chunk, before, kept, report, counted=stage.counts_after)
                yield list(compress(chunk, kept))

    def _note_dropped(
        self, chunk: Chunk, before: list[bool], after: list[bool], report: StepReport, *, counted: bool
    ) -> None:
        dropped = [item for item, was, stays in zip(chunk, before, after, strict=True) if was and not stays]
        for _, text in dropped:
            report.note(text.text, None)
            self.report.after.subtract(size(text.text) if counted else {})
        for _, explained in self.sample.among(number for number, _ in dropped):
            explained.steps.append(report.step)


def _judge(step: Comparing, file: BinaryIO) -> Judge:
    return Repeats(file) if step.value is None else BelowPercentile(step.value)


def _spooled(spool: BinaryIO) -> Iterator[Keyed]:
    end = spool.tell()
    spool.seek(0)
    while spool.tell() < end:
        yield pickle.load(spool)  # noqa: S301  a file of our own without a name


def _admitted(
    texts: Iterable[Text], keep: Callable[[Text], bool], report: Report, sample: ExplainedSample
) -> Iterator[tuple[int, Text]]:
    """Yield the texts to be cleaned, with their numbers."""
    for number, text in enumerate(texts, 1):
        if keep(text):
            sample.offer(number, text)
            yield number, text
        else:
            report.forgotten += 1


def _chunks(texts: Iterable[tuple[int, Text]]) -> Iterator[Chunk]:
    chunk, length = Chunk(), 0
    for number, text in texts:
        chunk.append((number, text))
        length += len(text.text)
        if length >= CHUNK:
            yield chunk
            chunk, length = Chunk(), 0
    if chunk:
        yield chunk


def _write(file: BinaryIO, chunks: Iterable[Chunk], sample: ExplainedSample) -> str:
    """Write the texts and return the SHA-256 of the file."""
    digest = hashlib.sha256()
    for chunk in chunks:
        data = "".join(to_line(text) for _, text in chunk).encode()
        digest.update(data)
        file.write(data)
        for i, explained in sample.among(number for number, _ in chunk):
            explained.after = clipped(chunk[i][1].text)
    return digest.hexdigest()


def _check(source: Path, out: Path) -> None:
    if out.suffix != SUFFIX or out.is_dir():
        raise ModelError(f"{out}: the output must be a {SUFFIX} file")
    if out.exists() and source.exists() and out.samefile(source):
        raise ModelError(f"{out}: the output would overwrite the input; choose another name")
