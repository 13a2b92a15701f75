"""What a feedback document is matched with, as its page shows it: the last export's match, or what was said since."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from pipeline.ledgers.decided import DECIDED, DECIDED_NONE
from pipeline.records import ClaimReference, Value
from pipeline.store import KnownClaim, Served

NONE = "不对应任何认领"
_PLAIN = "单位、社区、项目一致"


@dataclass(frozen=True, slots=True)
class ClaimView:
    """A claim for staff; ``number`` is empty where no export has given it one."""

    number: str
    project: str
    by: str
    community: str
    status: str


@dataclass(frozen=True, slots=True)
class ServedView:
    """One thing served. ``why`` explains the match, ``near`` are claims that come close.

    ``decided``: a person said so. ``waits``: the workbooks do not show it yet.
    """

    project: str
    claim: ClaimView | None
    why: str
    near: tuple[ClaimView, ...]
    decided: bool
    waits: bool

    def state(self) -> dict[str, Any]:
        """Plain values for the script of the page."""
        return asdict(self)


def view_served(
    served: Iterable[Served],
    decisions: Mapping[str, ClaimReference | None],
    claims: Mapping[str, KnownClaim],
    *,
    behind: bool,
) -> tuple[ServedView, ...]:
    """Everything that a document says was served.

    ``decisions`` are those on this document by project, ``claims`` all that are needed by number. ``behind``: the last
    export does not show the store as it is.
    """
    return tuple(_view(one, decisions, claims, behind=behind) for one in served)


def claim_view(claim: KnownClaim) -> ClaimView:
    return ClaimView(claim.number, claim.project, claim.by, claim.community, claim.status)


def decision_text(value: Value) -> str:
    """A decision as it is stored, for staff; empty where nothing was said."""
    if not isinstance(value, list):
        return ""
    if not value:
        return NONE
    reference = ClaimReference.from_list(value)
    whose = "，".join(name for name in (reference.by, reference.community) if name)
    return f"{reference.project}（{whose}）" if whose else reference.project


def _view(
    served: Served,
    decisions: Mapping[str, ClaimReference | None],
    claims: Mapping[str, KnownClaim],
    *,
    behind: bool,
) -> ServedView:
    near = tuple(claim_view(claims[number]) for number in served.close if number in claims)
    shown = claims.get(served.claim) if served.claim else None
    decided, by_person = served.project in decisions, served.note in (DECIDED, DECIDED_NONE)
    wanted = decisions.get(served.project)
    if decided and behind and not (by_person and _is(shown, wanted)):
        known = next((c for c in claims.values() if c.reference == wanted), None)
        return ServedView(served.project, _meant(wanted, known), DECIDED if wanted else DECIDED_NONE, near, True, True)
    if by_person and not decided:
        return ServedView(served.project, None, "人工指定已撤销，将重新自动匹配", near, False, True)
    why = served.note or (_PLAIN if shown else "")
    return ServedView(served.project, claim_view(shown) if shown else None, why, near, decided, False)


def _is(shown: KnownClaim | None, wanted: ClaimReference | None) -> bool:
    if shown is None or wanted is None:
        return shown is None and wanted is None
    return (shown.project, shown.by, shown.community) == (wanted.project, wanted.by, wanted.community)


def _meant(wanted: ClaimReference | None, known: KnownClaim | None) -> ClaimView | None:
    if known is not None:
        return claim_view(known)
    return ClaimView("", wanted.project, wanted.by, wanted.community, "") if wanted else None
