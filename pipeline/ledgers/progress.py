"""How far a claim has come: what its feedback adds up to, and whether it is late."""

from __future__ import annotations

import calendar
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from pipeline.ledgers.cells import as_date, as_number
from pipeline.ledgers.claims import Fulfilment, Term
from pipeline.ledgers.links import Claim, Matches

_MONTH = re.compile(r"(\d{4})-(\d{2})", re.ASCII)
_DONE = re.compile(r"(?<![未没不])完成")


class Status(StrEnum):
    """What staff read in 状态."""

    DONE = "已完成"
    UNDER_WAY = "进行中"
    NOT_DONE = "未完成"
    REPORTED = "已反馈"  # something was done; the form does not say how far
    SILENT = "未反馈"
    OVERDUE = "逾期"


@dataclass(frozen=True, slots=True)
class Progress:
    """The feedback of one claim taken together; terms are of the latest service unless said otherwise.

    ``hours`` and ``people`` are sums, ``words`` every remark joined; ``note`` says what was put together.
    """

    status: Status
    date: Term
    hours: Term
    people: Term
    completion: Term
    satisfaction: Term
    words: Term
    note: str


def progress(claim: Claim, done: Sequence[Fulfilment], as_of: date | None) -> Progress:
    """What has become of ``claim``. It is overdue where its deadline lies before ``as_of`` and it is not done."""
    served = sorted(done, key=lambda f: f.date.text)
    due = deadline(claim)
    status = _status(served)
    notes = [f"共{len(served)}次服务，时长、人数为合计"] if len(served) > 1 else []
    limit = as_day(due.text, end=True)
    if limit is not None:
        finished = as_day(_latest(f.date for f in served if _is_done(f)).text)
        if status is Status.DONE and finished is not None and finished > limit:
            notes.append(f"完成时间晚于时限{(finished - limit).days}天")
        elif status is not Status.DONE and as_of is not None and limit < as_of:
            notes.append(f"时限已过{(as_of - limit).days}天" + (f"，反馈为“{status}”" if served else ""))
            status = Status.OVERDUE
    ending = [f for f in served if _is_done(f)] if status is Status.DONE else served
    return Progress(
        status,
        _latest(f.date for f in served),
        _sum([f.hours for f in served]),
        _sum([f.people for f in served]),
        _last(f.completion for f in ending),
        _last(f.satisfaction for f in served),
        _joined([f.words for f in served]),
        "；".join(notes),
    )


def deadline(claim: Claim) -> Term:
    """The earliest deadline that any of the claim's documents sets."""
    return min((m.deadline for m in claim.mentions if m.deadline.text), key=lambda t: t.text, default=Term())


def claimed_on(claim: Claim) -> Term:
    """The earliest date on which it was claimed."""
    return min((m.date for m in claim.mentions if m.date.text), key=lambda t: t.text, default=Term())


def reference_day(matches: Matches) -> date | None:
    """The latest day that some claim or service is surely dated: what 逾期 is reckoned by.

    The records' own time and not the clock's, so that the same records give the same ledger.
    """
    terms = [m.date for c in matches.claims for m in c.mentions] + [f.date for f in matches.fulfilments]
    days = (as_date(t.text) for t in terms if t.mark is None)
    return max((d for d in days if d is not None), default=None)


def as_day(text: str, *, end: bool = False) -> date | None:
    """An ISO day, or the first (``end``: last) day of an ISO month."""
    match = _MONTH.fullmatch(text)
    if not match:
        return as_date(text)
    year, month = int(match[1]), int(match[2])
    if not 1 <= month <= 12 or year < 1900:
        return None
    return date(year, month, calendar.monthrange(year, month)[1] if end else 1)


def _is_done(fulfilment: Fulfilment) -> bool:
    return bool(_DONE.search(fulfilment.completion.text))


def _status(served: Sequence[Fulfilment]) -> Status:
    if not served:
        return Status.SILENT
    if any(_is_done(f) for f in served):
        return Status.DONE
    said = _last(f.completion for f in served).text
    if not said:
        return Status.REPORTED
    return Status.NOT_DONE if "完成" in said else Status.UNDER_WAY


def _latest(dates: Iterable[Term]) -> Term:
    return max((t for t in dates if t.text), key=lambda t: t.text, default=Term())


def _last(terms: Iterable[Term]) -> Term:
    """The last that says anything."""
    return next((t for t in reversed(list(terms)) if t.text or t.mark), Term())


def _sum(terms: Sequence[Term]) -> Term:
    """The sum of counts, or the counts as written where one of them is no number."""
    given = [t for t in terms if t.text or t.mark]
    mark = next((t.mark for t in given if t.mark), None)
    numbers = [as_number(t.text) for t in given if t.text]
    if not numbers:
        return Term(mark=mark)
    known = [n for n in numbers if n is not None]
    if len(known) < len(numbers):
        return Term("、".join(t.text for t in given if t.text), mark=mark)
    return Term(f"{sum(known):g}" if sum(known) < 1e6 else str(sum(known)), mark=mark)


def _joined(terms: Sequence[Term]) -> Term:
    mark = next((t.mark for t in terms if t.mark), None)
    return Term("；".join(dict.fromkeys(t.text for t in terms if t.text)), mark=mark)
