"""What Chinese words there are: a word-frequency model that settles what the ink leaves open.

A recogniser reads characters one by one and takes 工安局 for 公安局 where the ink of the first character
is ambiguous. Between alternatives that the ink allows, the more common words are more likely: the text
is the path through the alternatives that maximises the recogniser's probability times the words' (a
unigram word model over a confusion network, Mangu et al. 2000; words and frequencies from jieba's
dictionary).
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from pipeline.reading.characters import fold, is_han
from pipeline.reading.names import NameModel
from pipeline.reading.wordlist import LONGEST, WordList, load_words, with_prefixes
from pipeline.sheets import Reading, Steps

_WEIGHT = 0.55  # of a word's log probability against the ink's; below 1, since frequencies are rough
_ALTERNATIVES = 8  # characters considered a place
_LEAST = 2e-4  # probability below which the ink does not allow a character
_RARE = math.log(1e-5)
_CLEAR = 9.0  # nats; an alternative farther behind than this is none
_USUAL = 2.2  # nats that a character of running text costs on average
_FOREIGN = 10.0  # nats against kana and hangul, which no form carries and hasty strokes look like
_LEAST_FOR_FOREIGN = 1e-5  # probability from which the ink allows a character in place of one of those
_TWINS = dict(zip("ニハロエカタトーミチ", "二八口工力夕卜一三千", strict=True))
"""Kana that are strokes for strokes the characters beside them."""
_OFFICE_COUNT = 300  # how common a word of the office's own lists is taken to be

Place = list[tuple[str, float]]
"""The characters one place may hold, with the natural logarithms of their probabilities, best first."""


@dataclass(frozen=True, slots=True)
class Corrected:
    """The likeliest text, and by how many nats it leads the likeliest other one.

    ``others`` are texts that it would be if one of its characters were not what it seems, best first, each
    with the nats it is behind.
    """

    text: str
    margin: float
    others: tuple[tuple[str, float], ...] = ()


class Lexicon:
    """Words with their frequencies."""

    def __init__(self, counts: dict[str, int] | WordList) -> None:
        self._total = counts.total if isinstance(counts, WordList) else sum(counts.values())
        self._log_total = math.log(self._total or 1)
        self._counts = counts if isinstance(counts, WordList) else with_prefixes(counts)
        self._own: dict[str, int] = {}

    def with_words(self, words: Iterable[str]) -> Lexicon:
        """The same lexicon with an office's own words, each taken as fairly common."""
        own = {word for word in words if 2 <= len(word) <= LONGEST and all(map(is_han, word))}
        counts = {word: max(self._count(word) or 0, _OFFICE_COUNT) for word in own}
        out = Lexicon({})
        out._counts = self._counts  # shared
        out._own = {**self._own, **{w: c or self._count(w) or 0 for w, c in with_prefixes(counts).items()}}
        out._total = self._total + sum(count - (self._count(word) or 0) for word, count in counts.items())
        out._log_total = math.log(out._total or 1)
        return out

    def _count(self, word: str) -> int | None:
        """How often a word is met with, 0 for what only begins words, ``None`` for what begins none."""
        count = self._own.get(word)
        return self._counts.get(word) if count is None else count

    def correct(self, reading: Reading) -> Corrected:
        """The text that ink and words together make likeliest.

        A reading that cannot be taken apart into places stays as it is, with no lead to speak of.
        """
        if reading.steps is None or not reading.text:
            return Corrected(reading.text, 0.0)
        places = confusion_network(reading.steps)
        if "".join(p[0][0] for p in places) != reading.text:
            return Corrected(reading.text, 0.0)
        text, score = self._best_path(places)
        behind: dict[str, float] = {}
        for i, place in enumerate(places):
            # What the text would be if this character were not what it seems.
            others = [(c, p) for c, p in place if c != text[i] and p > place[0][1] - _CLEAR]
            if others:
                other, second = self._best_path([*places[:i], others, *places[i + 1 :]])
                behind[other] = min(score - second, behind.get(other, math.inf))
        order = sorted(behind.items(), key=lambda item: item[1])
        return Corrected(text, min([_CLEAR, *behind.values()]), tuple(order))

    def log(self, text: str) -> float:
        """How much likelier the words of ``text`` make it than any other characters, in weighted nats."""
        _, score = self._best_path([[(c, 0.0)] for c in text])
        return score + _USUAL * sum(map(is_han, text)) - _FOREIGN * sum(map(_is_foreign, text))

    def _best_path(self, places: list[Place]) -> tuple[str, float]:
        best: list[tuple[float, str]] = [(-math.inf, "")] * (len(places) + 1)
        best[0] = (0.0, "")
        for i, place in enumerate(places):
            base, before = best[i]
            if not any(is_han(char) for char, _ in place):
                # Digits and signs are no words; only the ink speaks for them.
                char, logp = place[0]
                _keep(best, i + 1, base + logp, before + char)
                continue
            for word, logp in self._words_from(places, i):
                _keep(best, i + len(word), base + logp + _WEIGHT * self._log_frequency(word), before + word)
        return best[-1][1], best[-1][0]

    def _words_from(self, places: list[Place], start: int) -> Iterable[tuple[str, float]]:
        """Every word that may start at a place, and every single character, with the ink's log probability."""
        open_paths: list[tuple[str, float]] = [("", 0.0)]
        for end in range(start, min(start + LONGEST, len(places))):
            longer = []
            for prefix, logp in open_paths:
                for char, p in places[end]:
                    word = prefix + char
                    count = self._count(word)
                    if count or end == start:
                        yield word, logp + p
                    if count is not None:
                        longer.append((word, logp + p))
            open_paths = longer
            if not open_paths:
                return

    def _log_frequency(self, word: str) -> float:
        count = self._count(word)
        known = math.log(count) - self._log_total if count else _RARE
        # Names of people and places are in no list of words: a lone character is never less likely than this.
        return max(known, _RARE) if len(word) == 1 else known


def _keep(best: list[tuple[float, str]], at: int, score: float, text: str) -> None:
    if score > best[at][0]:
        best[at] = (score, text)


def confusion_network(steps: Steps, *, letters: bool = False) -> list[Place]:
    """For each character of the greedy reading, the alternatives that the ink allows there.

    Characters of words have characters of words as alternatives, and signs have signs; with ``letters``
    anything goes. Kana and hangul have characters of words too, which go before them.
    """
    best = steps.classes[:, 0]
    places: list[Place] = []
    start = 0
    while start < len(best):
        end = start + 1
        while end < len(best) and best[end] == best[start]:
            end += 1
        if best[start] != 0:
            at = start + int(np.argmax(steps.probs[start:end, 0]))
            first = fold(steps.alphabet[best[start]])
            if len(first) == 1:
                places.append(_alternatives(steps, at, first, letters))
            else:
                places += [[(c, 0.0)] for c in first]
        start = end
    return places


def one_other(reading: Reading, least: float = 0.003) -> list[str]:
    """The reading's text with one character replaced by another that the ink allows with this probability."""
    if reading.steps is None:
        return []
    places = confusion_network(reading.steps, letters=True)
    best = [place[0][0] for place in places]
    return [
        "".join([*best[:i], char, *best[i + 1 :]])
        for i, place in enumerate(places)
        for char, logp in place[1:]
        if logp > math.log(least)
    ]


def _alternatives(steps: Steps, at: int, first: str, letters: bool) -> Place:
    totals: dict[str, float] = {first: 0.0}
    foreign = _is_foreign(first) and not letters
    least, words = _LEAST_FOR_FOREIGN if foreign else _LEAST, foreign or is_han(first)
    for c, p in zip(steps.classes[at], steps.probs[at], strict=True):
        char = fold(steps.alphabet[c]) if c else ""
        if p < least or len(totals) > _ALTERNATIVES:
            break
        if len(char) == 1 and (letters or char == first or is_han(char) == words):
            totals[char] = totals.get(char, 0.0) + float(p)
    if foreign:
        if twin := _TWINS.get(first):
            totals[twin] = totals.get(twin, 0.0) + totals[first]
        totals[first] *= math.exp(-_FOREIGN)
    return [(char, math.log(max(p, 1e-9))) for char, p in totals.items()]


def _is_foreign(char: str) -> bool:
    """Whether ``char`` is kana or hangul (the dot in the middle of names, U+30FB, is not)."""
    return ("\u3041" <= char <= "\u30ff" and char != "\u30fb") or "\uac00" <= char <= "\ud7a3"


@lru_cache(maxsize=1)
def load_language() -> tuple[Lexicon, NameModel]:
    """The language's words and names. Raises :class:`SetupError` where the package that lists them is not installed."""
    words = load_words()
    return Lexicon(words), NameModel(words.names)
