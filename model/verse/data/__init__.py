"""The ear's data, packed by `python -m model ear`, and where it is."""

from pathlib import Path

DATA = Path(__file__).parent
STRESS, ENDINGS, FORMS, RHYMES, RUNS = "stress.marisa", "endings.marisa", "forms.marisa", "rhymes.marisa", "runs.bloom"
