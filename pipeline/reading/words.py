"""Values made of words: names, entries of lists, and running text.

A dictionary is evidence, weighed against the ink: an entry replaces what was read only where the ink all
but allows it. A name that stands in no list and is bent to one that does is the worst kind of error.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable

import numpy as np
from rapidfuzz.distance import Levenshtein

from pipeline.dictionaries import Dictionary
from pipeline.reading.answer import Answer
from pipeline.reading.characters import is_han
from pipeline.reading.language import Corrected, Lexicon, confusion_network
from pipeline.reading.looks import SURE, Looks, lead, ranked
from pipeline.reading.names import NameModel
from pipeline.reading.numbers import BEND
from pipeline.sheets import Reading

_SEPARATORS = re.compile(r"[、,,;;/]+|。(?=.)")
_ROUND_STOP = re.compile(r"(?<=[\u4e00-\u9fff])[oO]$")  # 。 written as a ring
_NAME_CHOICES = 4  # characters tried for one place of a name
_NAMES = 40  # names tried
_LONG_NAME = 5  # characters from which a dot parts the names of a minority's or foreigner's name


def text(looks: Looks, lexicon: Lexicon) -> Answer:
    words = lexicon.correct(looks.first)

    def value_of(read: str) -> str:
        return _ROUND_STOP.sub("。", read.strip().strip("_|").lstrip(":"))

    value = value_of(words.text)
    return Answer(
        value,
        looks,
        margin=words.margin,
        doubt=words.text != looks.text,
        agreement=looks.agreement(value, value_of),
        alternatives=_others(words, value_of),
    )


def name(looks: Looks, names: NameModel) -> Answer:
    """The likeliest name by ink and by what characters names are made of."""
    plain = _name_of(looks.text)
    tried = list(dict.fromkeys([plain, *(n for look in looks.all for n in _names_in(look))]))
    tried = [n for n in tried if n]
    if not tried:
        return Answer(looks.text.strip(), looks, margin=0.0, doubt=True)
    inks = looks.log(tried)
    order = ranked([(n, float(ink) + names.log(n)) for n, ink in zip(tried, inks, strict=True)])
    best = order[0][0]
    doubt = len(best) < 2 or best != plain or len(plain) != len(looks.text.strip())
    agreement = looks.agreement(best, _name_of)
    return Answer(best, looks, margin=lead(order), doubt=doubt, agreement=agreement, alternatives=order)


def _name_of(read: str) -> str:
    kept = "".join(c for c in read if is_han(c) or c == "·").strip("·")
    return kept if len(kept) >= _LONG_NAME else kept.replace("·", "")


def _names_in(look: Reading) -> list[str]:
    if look.steps is None:
        return []
    network = [[(c, p) for c, p in place if is_han(c)] for place in confusion_network(look.steps)]
    places = [place for place in network if place]
    if not 1 <= len(places) <= 4:
        return []
    choices = [[c for c, _ in place[:_NAME_CHOICES]] for place in places]
    scores = [dict(place[:_NAME_CHOICES]) for place in places]
    found = sorted(itertools.product(*choices), key=lambda cs: -sum(s[c] for s, c in zip(scores, cs, strict=True)))
    return ["".join(cs) for cs in found[:_NAMES]]


def closed(looks: Looks, dictionary: Dictionary) -> Answer:
    """The most probable entry of a complete list; text that the ink holds apart from all of them stays as read."""
    read = looks.text.strip()
    spellings = [spelling for spelling, _ in dictionary.nearest(read, 12)]
    if not spellings:
        return Answer(read, looks, margin=0.0, doubt=True, agreement=looks.agreement(read, str.strip))
    logs = looks.log([*spellings, read])
    order = ranked(list(zip(spellings, map(float, logs[:-1]), strict=True)))
    best, margin = order[0][0], lead(order)
    agreement = looks.agreement(best, str.strip)
    if read in dictionary:
        margin = margin if best == read else 0.0
        agreement = looks.agreement(read, str.strip)
        return Answer(read, looks, margin=margin, known=True, agreement=agreement, alternatives=order)
    distance = Levenshtein.distance(best, read)
    ahead = float(logs[-1] - logs[spellings.index(best)])
    room = BEND * distance - ahead
    if distance > max(1, round(0.6 * len(best))) or room < 0:
        behind = [(spelling, nats + max(ahead, 0.0)) for spelling, nats in order]
        return Answer(read, looks, margin=0.0, doubt=True, agreement=0.0, alternatives=behind)
    return Answer(
        best, looks, margin=min(margin, room), doubt=True, known=True, agreement=agreement, alternatives=order
    )


def entry(looks: Looks, lexicon: Lexicon, dictionary: Dictionary) -> Answer:
    """An entry of an incomplete list where the ink speaks for it, else the text as read."""
    words = lexicon.correct(looks.first)
    read = _unlabelled(words.text)
    value, room = _nearest(looks, read, read, dictionary)
    known = value in dictionary
    plain = _unlabelled(looks.text)
    return Answer(
        value,
        looks,
        margin=SURE if known and value == read == plain else min(words.margin, room),
        doubt=value != plain,
        known=known,
        agreement=looks.agreement(value, _unlabelled),
        alternatives=_others(words, _unlabelled),
    )


def entries(looks: Looks, lexicon: Lexicon, dictionary: Dictionary | None) -> Answer:
    """Several things in one blank, joined with 、; each weighed against the dictionary on its own."""
    words = lexicon.correct(looks.first)

    def parted(read: str) -> list[str]:
        pieces = _SEPARATORS.split(_unlabelled(read).rstrip("。."))
        return [item for piece in pieces if piece for item in _parted(piece, dictionary)]

    items = parted(words.text)
    rooms: list[float] = []
    if dictionary is not None:
        for i, item in enumerate(items):
            items[i], room = _nearest(looks, "、".join(items), item, dictionary)
            rooms.append(room)
    known = dictionary is not None and bool(items) and all(item in dictionary for item in items)
    value = "、".join(items)
    plain = "、".join(x for x in _SEPARATORS.split(_unlabelled(looks.text).rstrip("。.")) if x)

    def joined(read: str) -> str:
        return "、".join(parted(read))

    return Answer(
        value,
        looks,
        margin=min([SURE if known and value == plain else words.margin, *rooms]),
        doubt=value != plain,
        known=known,
        agreement=looks.agreement(value, joined),
        alternatives=_others(words, joined),
    )


def _others(words: Corrected, value_of: Callable[[str], str]) -> list[tuple[str, float]]:
    """What else the value may be, best first, with the nats behind."""
    behind: dict[str, float] = {}
    for text, nats in words.others:
        behind.setdefault(value_of(text), nats)
    return list(behind.items())


def _unlabelled(read: str) -> str:
    """What was read without the colon of the label before it."""
    return read.strip().lstrip(":")


def _parted(read: str, dictionary: Dictionary | None) -> list[str]:
    """Things written one after another without 、 between them, parted where an entry begins or ends."""
    if dictionary is None or read in dictionary:
        return [read]
    for spelling in sorted(dictionary.spellings, key=len, reverse=True):
        at = read.find(spelling)
        if at >= 0 and len(spelling) >= 4 and len(read) - len(spelling) >= 4:
            parts = [read[:at], spelling, read[at + len(spelling) :]]
            return [x for part in parts if part for x in _parted(part, dictionary)]
    return [read]


def _nearest(looks: Looks, whole: str, item: str, dictionary: Dictionary) -> tuple[str, float]:
    """The dictionary's spelling that ``item`` within ``whole`` most likely is, or ``item`` itself.

    With it comes how far, in nats, it was from being left as read. An entry replaces what was read only
    if it differs in few characters, and putting it in its place makes the whole no less likely than
    :data:`BEND` allows: the ink decides, not the list.
    """
    if item in dictionary:
        return item, SURE
    near = [(s, d) for s, d in dictionary.nearest(item) if d <= 0.4 * max(len(s), len(item))]
    if not near:
        return item, SURE
    logs = looks.log([whole, *(whole.replace(item, spelling, 1) for spelling, _ in near)])
    losses = logs[0] - logs[1:]
    rooms = [BEND * distance - float(loss) for (_, distance), loss in zip(near, losses, strict=True)]
    i = int(np.argmin(losses))
    if rooms[i] < 0:
        return item, min(SURE, -max(rooms))
    return near[i][0], rooms[i]
