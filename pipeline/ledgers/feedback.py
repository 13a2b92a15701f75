"""反馈台账 and 无认领反馈: one row a claim with what was really done, and the feedback that no claim answers."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from pipeline.ledgers.cells import typed
from pipeline.ledgers.claims import Fulfilment, Mention, Term
from pipeline.ledgers.links import Claim, Matches, Pair
from pipeline.ledgers.marks import Mark
from pipeline.ledgers.progress import Progress, Status, claimed_on, deadline, progress
from pipeline.ledgers.table import CellValue, Column, Kind, Table, make_table

CLAIMS_SHEET, UNCLAIMED_SHEET = "反馈台账", "无认领反馈"

_DONE_COLUMNS = [
    Column("served", "服务日期", Kind.DATE),
    Column("hours", "时长", Kind.NUMBER),
    Column("people", "人数", Kind.NUMBER),
    Column("completion", "完成情况", Kind.SHORT),
    Column("satisfaction", "满意度", Kind.SHORT),
    Column("words", "社区反馈"),
]
_CLAIM_COLUMNS = [
    Column("project", "认领项目"),
    Column("by", "认领单位"),
    Column("person", "认领人"),
    Column("community", "社区"),
    Column("claimed", "认领日期", Kind.DATE),
    Column("deadline", "完成时限", Kind.DATE),
    Column("status", "状态", Kind.SHORT),
    *_DONE_COLUMNS,
    Column("claim_source", "认领依据"),
    Column("feedback_source", "反馈依据"),
    Column("note", "匹配说明"),
]
_UNCLAIMED_COLUMNS = [
    Column("project", "服务项目"),
    Column("by", "服务单位"),
    Column("community", "社区"),
    *_DONE_COLUMNS,
    Column("feedback_source", "反馈依据"),
    Column("note", "匹配说明"),
]


@dataclass(frozen=True, slots=True)
class Tracked:
    """A claim with its progress, for the ledger and the summary alike."""

    claim: Claim
    done: list[Fulfilment]
    pairs: list[Pair]
    progress: Progress


def track(matches: Matches, as_of: date | None, communities: Iterable[str]) -> list[Tracked]:
    """Every claim with its progress, by community (in the order of the office's list), employer, project."""
    pairs = matches.pairs_by_claim()
    out = []
    for i, claim in enumerate(matches.claims):
        own = pairs.get(i, [])
        done = [matches.fulfilments[p.fulfilment] for p in own]
        out.append(Tracked(claim, done, own, progress(claim, done, as_of)))
    place = {name: n for n, name in enumerate(communities)}

    def order(t: Tracked) -> tuple[int, str, str, str]:
        return place.get(t.claim.community, len(place)), t.claim.community, t.claim.by, t.claim.project

    return sorted(out, key=order)


def claims_table(tracked: list[Tracked], as_of: date | None) -> Table:
    """反馈台账. The title names the day by which 逾期 is reckoned."""
    title = CLAIMS_SHEET + (f"（逾期按{as_of:%Y-%m-%d}计算）" if as_of else "")
    return _table(title, _CLAIM_COLUMNS, [_claim_row(t) for t in tracked])


def unclaimed_table(matches: Matches) -> Table:
    """无认领反馈, in the order the feedback came in."""
    rows = []
    for i in matches.unmatched:
        f, names = matches.fulfilments[i], matches.names[i]
        rows.append(
            {
                "project": Term(names[0], mark=f.project.mark),
                "by": Term(names[1], mark=f.by.mark),
                "community": Term(names[2], mark=f.community.mark),
                "served": f.date,
                "hours": f.hours,
                "people": f.people,
                "completion": f.completion,
                "satisfaction": f.satisfaction,
                "words": f.words,
                "feedback_source": Term(f.source.label),
                "note": Term(matches.hints.get(i, "")),
            }
        )
    return _table(UNCLAIMED_SHEET, _UNCLAIMED_COLUMNS, rows)


def _claim_row(tracked: Tracked) -> dict[str, Term]:
    claim, done = tracked.claim, tracked.progress
    mentions = claim.mentions
    persons = [m.person for m in mentions if m.person.text]
    notes = [*claim.notes, *(p.note for p in tracked.pairs if p.note), done.note]
    if done.status is Status.SILENT:
        notes.append("未找到该单位、社区、项目的服务反馈")
    return {
        "project": Term(claim.project, mark=_agreed([m.project for m in mentions])),
        "by": Term(claim.by, mark=_agreed([m.by for m in mentions])),
        "person": Term(_joined(p.text for p in persons), mark=next((p.mark for p in persons if p.mark), None)),
        "community": Term(claim.community, mark=_agreed([m.community for m in mentions])),
        "claimed": claimed_on(claim),
        "deadline": deadline(claim),
        "status": Term(done.status),
        "served": done.date,
        "hours": done.hours,
        "people": done.people,
        "completion": done.completion,
        "satisfaction": done.satisfaction,
        "words": done.words,
        "claim_source": Term(_sources(mentions)),
        "feedback_source": Term(_sources(tracked.done)),
        "note": Term("；".join(dict.fromkeys(n for n in notes if n))),
    }


def _agreed(terms: list[Term]) -> Mark | None:
    """The doubt about a value that several documents state: none where one of them is clear."""
    return None if any(t.mark is None for t in terms) else terms[0].mark


def _sources(stated: Iterable[Mention | Fulfilment]) -> str:
    return _joined(s.source.label for s in stated)


def _joined(parts: Iterable[str]) -> str:
    return "、".join(dict.fromkeys(parts))


def _table(title: str, columns: list[Column], rows: list[dict[str, Term]]) -> Table:
    values: list[list[CellValue]] = [[typed(c.kind, row[c.key].text) for c in columns] for row in rows]
    table = make_table(title, columns, values)
    for r, row in enumerate(rows):
        for c, column in enumerate(columns, 1):
            if mark := row[column.key].mark:
                table.marks[r, c] = mark
    return table
