"""Synthetic scans of forms in layouts, wordings, hands and digits that the development corpus does not have.

``python -m tests.synthesis OUT_DIR --count 60 --seed 1`` writes ``OUT_DIR/scans`` and ``OUT_DIR/truth.json`` in the
form of the corpus, for ``score.py``. The same seed gives the same files. ``--group seen`` takes imitations of the
corpus' own layouts instead of the held-out ones, ``--group fresh`` layouts kept for a last measurement.
``python -m tests.synthesis.fonts --install`` installs the fonts from npm and names the Debian packages that are
missing.
"""
