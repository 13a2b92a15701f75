"""反馈台账 and 无认领反馈: one row a claim with what was really done, and the feedback that no claim answers."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from pipeline.ledgers.belonging import BLANK
from pipeline.ledgers.cells import typed
from pipeline.ledgers.claims import Fulfilment, Mention, Term
from pipeline.ledgers.codes import Reason
from pipeline.ledgers.counting import Counting, crossed, number_column, quoted
from pipeline.ledgers.links import Claim, Matches, Pair
from pipeline.ledgers.marks import Mark
from pipeline.ledgers.naming import table_name
from pipeline.ledgers.office import Office
from pipeline.ledgers.progress import Progress, Status, claimed_on, deadline, progress
from pipeline.ledgers.register import CHECK_TITLE, KEY_TITLE, office_columns
from pipeline.ledgers.rowcheck import row_check
from pipeline.ledgers.table import CellValue, Chart, ChartKind, Column, Kind, Table, Use, make_table

CLAIMS_SHEET, SERVED_SHEET, UNCLAIMED_SHEET = "反馈台账", "反馈对应", "无认领反馈"
CLAIM_NUMBER = "claim"
NO_CLAIM = "无"
"""What stands for the number of a claim where feedback answers none."""

_DONE_COLUMNS = [
    Column("served", "服务日期", Kind.DATE),
    Column("hours", "时长", Kind.NUMBER),
    Column("people", "人数", Kind.NUMBER),
    Column("completion", "完成情况", Kind.SHORT),
    Column("satisfaction", "满意度", Kind.SHORT),
    Column("words", "社区反馈"),
]
# Of these there may be pages; they are for the screen.
_EXPLAINED = [
    Column("claim_source", "认领依据", printed=False),
    Column("feedback_source", "反馈依据", printed=False),
    Column("note", "匹配说明", printed=False),
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
]
_UNCLAIMED_COLUMNS = [
    Column("project", "服务项目"),
    Column("by", "服务单位"),
    Column("community", "社区"),
    *_DONE_COLUMNS,
    Column("feedback_source", "反馈依据"),
    Column("note", "匹配说明"),
]
_SERVED_COLUMNS = [
    Column("project", "服务项目"),
    Column("by", "服务单位"),
    Column("community", "社区"),
    Column("served", "服务日期", Kind.DATE),
    Column(CLAIM_NUMBER, "对应认领编号", Kind.CODE, Use.VALUE),
    Column("claim_project", "认领项目"),
    Column("claim_by", "认领单位"),
    Column("claim_community", "认领社区"),
    Column("note", "匹配说明"),
]
_SERVED_TITLE = f"{SERVED_SHEET}（对应有误的，把“对应认领编号”改为反馈台账中的编号，不对应任何认领的填“{NO_CLAIM}”）"


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


def claims_table(tracked: list[Tracked], as_of: date | None, office: Office) -> Table:
    """反馈台账. The title names the day by which 逾期 is reckoned."""
    title = CLAIMS_SHEET + (f"（逾期按{as_of:%Y-%m-%d}计算）" if as_of else "")
    evidence = _evidence("认领原件", "反馈原件")
    columns = [*_CLAIM_COLUMNS, _key("认领编号"), *office_columns(office), *_EXPLAINED, *evidence]
    every = [_claim_row(t) for t in tracked]
    rows = []
    for t, terms in zip(tracked, every, strict=True):
        links = [_original(office, t.claim.mentions), _original(office, t.done)]
        noted = office.written(t.claim.number)
        rows.append([*_cells(_CLAIM_COLUMNS, terms), t.claim.number, *noted, *_cells(_EXPLAINED, terms), *links])
    table = _marked(make_table(title, columns, rows, table_name(CLAIMS_SHEET)), _CLAIM_COLUMNS, every)
    column = table.place("status")
    coloured = {(r, column): _COLOURS.get(t.progress.status) for r, t in enumerate(tracked)}
    table.marks.update({place: reason for place, reason in coloured.items() if reason})
    return table


def unclaimed_table(matches: Matches, office: Office) -> Table:
    """无认领反馈, in the order the feedback came in."""
    columns = [*_UNCLAIMED_COLUMNS, *office_columns(office), *_evidence("反馈原件"), _key(KEY_TITLE)]
    found = [(_served_row(matches, i), matches.fulfilments[i], matches.served_key(i)) for i in matches.unmatched]
    rows = [
        [*_cells(_UNCLAIMED_COLUMNS, terms), *office.written(key), _original(office, [served]), key]
        for terms, served, key in found
    ]
    table = make_table(UNCLAIMED_SHEET, columns, rows, table_name(UNCLAIMED_SHEET))
    return _marked(table, _UNCLAIMED_COLUMNS, [terms for terms, _, _ in found])


def served_table(matches: Matches, office: Office) -> Table:
    """反馈对应: all that was served with the claim it answers, for people to say that it answers another."""
    claims = {pair.fulfilment: (matches.claims[pair.claim], pair.note) for pair in matches.pairs}
    columns = [*_SERVED_COLUMNS, *_evidence("反馈原件"), _key(KEY_TITLE), _CHECK]
    every, rows = [], []
    for i, served in enumerate(matches.fulfilments):
        claim, note = claims.get(i, (None, matches.hints.get(i, "")))
        terms = _served_row(matches, i) | {
            CLAIM_NUMBER: Term(claim.number if claim else NO_CLAIM),
            "claim_project": Term(claim.project if claim else ""),
            "claim_by": Term(claim.by if claim else ""),
            "claim_community": Term(claim.community if claim else ""),
            "note": Term(note),
        }
        cells = _cells(_SERVED_COLUMNS, terms)
        check = row_check([(CLAIM_NUMBER, terms[CLAIM_NUMBER].text)])
        every.append(terms)
        rows.append([*cells, _original(office, [served]), matches.served_key(i), check])
    return _marked(make_table(_SERVED_TITLE, columns, rows, table_name(SERVED_SHEET)), _SERVED_COLUMNS, every)


def claim_counts(claims: Table, communities: Sequence[str]) -> tuple[list[Table], list[Chart]]:
    """What became of the claims, for 统计汇总: in all, by community and by employer; with charts."""
    counting = Counting(claims)
    statuses = [str(status) for status in Status]
    totals = [counting.where(("status", "$B{row}", status)) for status in statuses]
    number = number_column("all", "认领项目")
    states = crossed("认领项目的状态", Column("name", "状态"), statuses, [(number, totals)])
    tables = [states]
    for key, title, listed in (("community", "社区", communities), ("by", "单位", ())):
        found = set(claims.frame[key])
        names = [*listed, *sorted(str(name) for name in found - {*listed, None}), *([BLANK] if None in found else [])]
        # What is compared with nothing is an empty cell.
        rows = [(key, '""', None) if name == BLANK else (key, "$B{row}", name) for name in names]
        columns = [
            (
                number_column(status, status),
                [counting.where(row, ("status", quoted(status), status)) for row in rows],
            )
            for status in statuses
        ]
        columns.append((number, [counting.where(row) for row in rows]))
        tables.append(crossed(f"认领与完成：按{title}", Column("name", title), names, columns))
    charts = [
        Chart("认领项目的状态", ChartKind.PIE, states, "name", ("all",), 1),
        Chart("各社区认领与完成", ChartKind.STACKED, tables[1], "name", tuple(statuses), 1),
    ]
    return tables, charts


_COLOURS = {Status.OVERDUE: Reason.OVERDUE, Status.SILENT: Reason.SILENT}
_CHECK = Column("check", CHECK_TITLE, Kind.CODE, Use.CHECK, printed=False, hidden=True)


def _evidence(*titles: str) -> list[Column]:
    return [Column(f"original{i}", title, Kind.SHORT, printed=False) for i, title in enumerate(titles)]


def _key(title: str) -> Column:
    return Column("key", title, Kind.CODE, Use.KEY)


def _original(office: Office, stated: Sequence[Mention | Fulfilment]) -> CellValue:
    """The link to the first document that says so."""
    return next((office.scan(s.source.sha256) for s in stated if s.source.sha256), None)


def _served_row(matches: Matches, number: int) -> dict[str, Term]:
    f, names = matches.fulfilments[number], matches.names[number]
    return {
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
        "note": Term(matches.hints.get(number, "")),
    }


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


def _cells(columns: Sequence[Column], row: dict[str, Term]) -> list[CellValue]:
    return [typed(c.kind, row[c.key].text) for c in columns]


def _marked(table: Table, columns: Sequence[Column], rows: Sequence[dict[str, Term]]) -> Table:
    """The table with the doubts of its terms; its ``columns`` stand first, after 序号."""
    for r, row in enumerate(rows):
        for c, column in enumerate(columns, 1):
            if mark := row[column.key].mark:
                table.marks[r, c] = mark
    return table
