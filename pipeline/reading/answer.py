"""What a decoder answers: a value, what speaks for it, and what else it might be."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from pipeline.reading.looks import SURE, Looks
from pipeline.records import Evidence

_KEPT = 5  # alternatives handed on
_FAR = 12.0  # nats behind the answer from which an alternative is none


class Answer:
    """A decoded value with its evidence.

    ``alternatives`` are other values, best first, each with the nats it is behind ``value``; ``raw`` is
    the recogniser's own text; ``spelled`` is how the value stands on the paper, where that is known, and ``reading``
    the first look at it. ``centres``, where known, is where each character of ``raw`` stands along the value's box.
    """

    def __init__(
        self,
        value: str | None,
        looks: Looks | None,
        *,
        margin: float = SURE,
        doubt: bool = False,
        known: bool = False,
        agreement: float = 1.0,
        alternatives: Sequence[tuple[str, float]] = (),
        spelled: str = "",
    ) -> None:
        self.value = value or None
        self.raw = looks.text if looks else ""
        self.spelled = spelled
        self.reading = looks.all[0] if looks else None
        self.confidence = 1.0
        self.centres: list[float] = []
        self.evidence: Evidence | None = None
        self.alternatives = [(v, d) for v, d in alternatives if v != value and d < _FAR][:_KEPT]
        if looks is not None:
            probs = np.clip(looks.first.probs or [1e-3], 1e-3, 1.0)
            self.evidence = Evidence(
                kind="",
                weakest=float(probs.min()),
                mean=float(np.exp(np.log(probs).mean())),
                length=len(looks.text),
                margin=float(np.clip(margin, -SURE, SURE)),
                doubt=doubt,
                known=known,
                agreement=agreement,
                gap=looks.gap,
            )
