"""Documents of no known form that look alike: copies of one form that somebody may want to teach.

Two documents are alike where most of their labels are the same, or where fewer are and their titles agree. Labels and
titles were read and not defined, so words count as the same that differ in a misread character. Documents are taken in
order and each joins the group that it is most like: what was grouped before stays grouped when more come.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

from rapidfuzz.distance import Levenshtein

from pipeline.ledgers.cells import heading_of
from pipeline.ledgers.masking import masked_loosely
from pipeline.records import TITLE_KEY, UNKNOWN_TYPE, Record, is_label, label_place

_SAME = 0.7  # similarity of two words that are one, one of them misread
_TITLES = 0.75  # of two titles
_LABELS_ALONE = 0.7  # share of labels in common where titles do not help, and
_LABELS = 0.45  # where they agree
_NUMBERED = re.compile(r"（\d+）$")
_NAMED_BY = 3  # labels that name a group without a title


@dataclass(frozen=True, slots=True)
class Look:
    """What a document looks like: its title, which may be empty, and its labels."""

    document_id: str
    title: str
    labels: frozenset[str]


@dataclass(slots=True)
class Group:
    """Documents that look alike, in order; ``name`` is the title that most of them carry, else their first labels."""

    looks: list[Look] = field(default_factory=list)

    @property
    def name(self) -> str:
        titles = Counter(look.title for look in self.looks if look.title)
        if titles:
            return titles.most_common(1)[0][0]
        labels = Counter(label for look in self.looks for label in sorted(look.labels))
        return "、".join(label for label, _ in labels.most_common(_NAMED_BY))

    @property
    def documents(self) -> tuple[str, ...]:
        return tuple(look.document_id for look in self.looks)


def look_of(record: Record) -> Look:
    """What a document of no known form looks like."""
    title = record.fields.get(TITLE_KEY)
    paths = [path for path, _ in record.all_fields() if is_label(path)]
    keys = [record.labels.get(label_place(path)) or heading_of(None, path) for path in paths]
    labels = frozenset(_NUMBERED.sub("", key) for key in keys)
    return Look(record.document_id, str(title.value or "") if title else "", labels)


def group_looks(looks: Iterable[Look]) -> list[Group]:
    """The looks in groups, each group in the order given; one that is like no other is a group of one."""
    groups: list[Group] = []
    for look in looks:
        scored = [(_likeness(look, group.looks[0]), -i) for i, group in enumerate(groups)]
        best = max(scored, default=(0.0, 0))
        if best[0] > 0:
            groups[-best[1]].looks.append(look)
        else:
            groups.append(Group([look]))
    return groups


def unfamiliar(records: Iterable[Record]) -> list[Group]:
    """The documents of no known form among ``records``, grouped."""
    return group_looks(look_of(record) for record in records if record.doc_type == UNKNOWN_TYPE)


def suggestions(groups: Iterable[Group]) -> list[str]:
    """What staff are told of forms that came more than once and could be taught: on the screen, in reports that go
    round. A name is what was taken for titles and labels, which a number may be among."""
    several = [(len(group.looks), masked_loosely(group.name)) for group in groups if len(group.looks) > 1]
    return [
        f"有 {count} 份不认识的表看起来是同一种（{name}）：可在核对页“教新表”或用 forms draft 教会，以后就能自动识别。"
        for count, name in several
    ]


def _likeness(a: Look, b: Look) -> float:
    """How alike two looks are; 0 where they are not alike enough to be copies of one form."""
    shared = _shared(a.labels, b.labels)
    titles = Levenshtein.normalized_similarity(a.title, b.title) if a.title and b.title else 0.0
    if titles >= _TITLES and (shared >= _LABELS or not (a.labels or b.labels)):
        return shared + titles
    if a.title and b.title and titles < 1 - _TITLES:
        return 0.0  # forms of one office ask for much the same under other titles
    return shared if shared >= _LABELS_ALONE else 0.0


def _shared(a: frozenset[str], b: frozenset[str]) -> float:
    """The share of all labels that both have, each counted once (Jaccard)."""
    both = len(a & b)
    left, right = sorted(a - b), sorted(b - a)
    for label in left:
        best = max(right, key=lambda other: Levenshtein.normalized_similarity(label, other), default=None)
        if best is not None and Levenshtein.normalized_similarity(label, best) >= _SAME:
            right.remove(best)
            both += 1
    every = len(a) + len(b) - both
    return both / every if every else 0.0
