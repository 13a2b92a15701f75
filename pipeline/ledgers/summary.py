"""统计汇总: by community, by form type and status, by kind of problem."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

import pandas as pd

from pipeline.definitions import Forms
from pipeline.dictionaries import Dictionaries
from pipeline.ledgers.cells import shown
from pipeline.ledgers.claims import community_key, role_dictionaries
from pipeline.ledgers.codes import DOCUMENT_STATUS, Reason, describe, type_name
from pipeline.ledgers.feedback import Tracked
from pipeline.ledgers.layout import SheetKey, any_field, in_rows, ordered_forms, sheet_for, sheet_title, sheets_of
from pipeline.ledgers.links import make_resolver
from pipeline.ledgers.progress import Status
from pipeline.ledgers.resolver import COMMUNITY
from pipeline.ledgers.table import CellValue, Column, Kind, SheetPlan, Table, distinct, make_table
from pipeline.records import DocumentStatus, FieldStatus, Record

SHEET = "统计汇总"
TOTAL, BLANK = "合计", "（未填）"
_CLAIMED, _ANSWERED, _DONE, _SILENT, _OVERDUE = "认领项目", "有反馈", "已完成", "未反馈", "逾期"
_CLAIM_HEADS = [_CLAIMED, _ANSWERED, _DONE, _SILENT, _OVERDUE]


class Summary:
    """Counts records as they stream by; one row of a list counts as one."""

    def __init__(self, forms: Forms, dictionaries: Dictionaries) -> None:
        self._forms = {form.type: form for form in ordered_forms(forms)}
        self._titles = {t: f.title for t, f in self._forms.items()}
        self._keys = {t: community_key(f, forms) for t, f in self._forms.items()}
        self._resolver = make_resolver(COMMUNITY, "community", forms, dictionaries)
        listed = [dictionaries[n] for n in role_dictionaries(forms, "community") if n in dictionaries]
        self.communities = list(dict.fromkeys(entry for d in listed for entry in d.spellings.values()))
        self._heads = {key: name for f in self._forms.values() for key, name in sheets_of(f).items()}
        self._places: Counter[tuple[str, SheetKey]] = Counter()
        self._statuses: Counter[tuple[str, DocumentStatus]] = Counter()
        self._problems: Counter[str] = Counter()

    def add(self, record: Record) -> None:
        self._statuses[record.doc_type, record.status] += 1
        self._problems.update(record.issues)
        for _, value in record.all_fields():
            if value.status is not FieldStatus.CORRECTED:
                self._problems.update(value.issues)
        form = self._forms.get(record.doc_type)
        if form is None:
            return
        sheet = sheet_for(form, record)
        self._heads.setdefault(sheet, sheet_title(form, sheet))
        key = self._keys[form.type]
        for row in (record.rows or [{}]) if form.rows else [{}]:
            found = row.get(key or "") if in_rows(form, key) else record.fields.get(key or "")
            text = shown(any_field(form, key), found.value) if found else ""
            self._places[self.community(text), sheet] += 1

    def community(self, text: str) -> str:
        """The office's name for a community where the text is, is an alias of or contains one; else as written."""
        return (self._resolver.listed(text) or text) if text else BLANK

    def plan(self, tracked: list[Tracked]) -> SheetPlan:
        """The sheet: its tables below one another."""
        tables = [self._by_community(tracked), self._by_status(), self._by_problem(), _legend()]
        return SheetPlan(SHEET, SHEET, tables)

    def _by_community(self, tracked: list[Tracked]) -> Table:
        order = {form: i for i, form in enumerate(self._forms)}
        sheets = sorted(self._heads, key=lambda k: order[k.doc_type])
        heads = [c.title for c in distinct([Column("", self._heads[k]) for k in sheets], set(_CLAIM_HEADS))]
        counts = [(place, heads[sheets.index(sheet)], n) for (place, sheet), n in self._places.items()]
        for t in tracked:
            place, status = self.community(t.claim.community), t.progress.status
            counts += [(place, _CLAIMED, 1), (place, _ANSWERED if t.done else _SILENT, 1)]
            counts += [(place, _DONE, 1)] if status is Status.DONE else []
            counts += [(place, _OVERDUE, 1)] if status is Status.OVERDUE else []
        return _crossed("按社区统计", "社区", counts, self.communities, [*heads, *_CLAIM_HEADS])

    def _by_status(self) -> Table:
        counts = [
            (type_name(doc_type, self._titles), DOCUMENT_STATUS[status], n)
            for (doc_type, status), n in self._statuses.items()
        ]
        heads = list(DOCUMENT_STATUS.values())
        table = _crossed("按表单类型统计（份）", "表单类型", counts, list(self._titles.values()), heads)
        table.columns.append(Column("sum", TOTAL, Kind.NUMBER))
        table.frame["sum"] = table.frame[heads].sum(axis=1)
        return table

    def _by_problem(self) -> Table:
        found = sorted(self._problems.items(), key=lambda item: (-item[1], item[0]))
        rows = [(describe(code).name, n, describe(code).advice) for code, n in found]
        columns = [Column("problem", "问题"), Column("count", "数量", Kind.NUMBER), Column("advice", "处理建议")]
        table = make_table("按问题统计", columns, rows)
        table.marks.update({(i, 1): describe(code).reason for i, (code, _) in enumerate(found)})
        return table


def _crossed(
    title: str, head: str, counts: Iterable[tuple[str, str, int]], rows: Sequence[str], heads: Sequence[str]
) -> Table:
    """Counts crossed: ``rows`` first and always, others below as they are written, a total last."""
    frame = pd.DataFrame(list(counts), columns=["row", "head", "n"])
    crossed = frame.pivot_table(index="row", columns="head", values="n", aggfunc="sum", fill_value=0)
    index = [*rows, *sorted(set(crossed.index) - set(rows))]
    crossed = crossed.reindex(index=index, columns=list(heads), fill_value=0)
    body: list[list[CellValue]] = [
        [str(name), *map(int, row)] for name, row in zip(index, crossed.to_numpy(), strict=True)
    ]
    body.append([TOTAL, *map(int, crossed.sum())])
    return make_table(title, [Column(head, head), *(Column(h, h, Kind.NUMBER) for h in heads)], body)


def _legend() -> Table:
    table = make_table(
        "颜色说明", [Column("colour", "单元格底色"), Column("meaning", "含义")], [("", r.meaning) for r in Reason]
    )
    table.marks.update({(i, 1): reason for i, reason in enumerate(Reason)})
    return table
