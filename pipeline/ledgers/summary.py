"""统计汇总: by community, month and employer, by what was checked, by kind of problem; and the charts of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

from pipeline.ledgers.belonging import BLANK
from pipeline.ledgers.codes import CODES, Reason
from pipeline.ledgers.counting import Counting, crossed, number_column, quoted
from pipeline.ledgers.register import EMPLOYER, MONTH, PLACE, STATUS, STATUSES
from pipeline.ledgers.review import PROBLEM
from pipeline.ledgers.table import CellValue, Chart, ChartKind, Column, Formula, Kind, SheetPlan, Table, make_table

SHEET, EMPLOYERS_SHEET, CHECKING_SHEET, CHARTS_SHEET = "统计汇总", "单位统计", "核对统计", "统计图"
_EMPLOYERS = 1_000  # those with most; a list of every spelling is no summary
_MONTHS = 24  # across, the latest
_ROW_LABEL = "$B{row}"


class Summary:
    """The sheets that count what a workbook holds: its ``registers`` in order, and its ``review`` queue if it has it.

    ``claimed`` are tables and charts of the claims, where they stand in this workbook.
    """

    def __init__(
        self,
        registers: Sequence[Table],
        communities: Sequence[str],
        *,
        review: Table | None = None,
        claimed: tuple[Sequence[Table], Sequence[Chart]] = ((), ()),
    ) -> None:
        self._counting = [Counting(table) for table in registers]
        self._registers, self._review, self._claimed = registers, review, claimed
        self._communities = _first(communities, _values(registers, PLACE))
        self._months = sorted(_values(registers, MONTH), key=str)

    def plans(self) -> list[SheetPlan]:
        """统计汇总, 单位统计, 核对统计 and 统计图, as far as there is anything to count."""
        tables, charts = self._claimed
        tables, charts, own = list(tables), list(charts), []
        if self._registers:
            places, months = self._by_community(), self._by_month()
            tables += [places, months, *self._community_by_month(), self._by_status()]
            charts = [*self._charts(places, months), *charts]
            own = [SheetPlan(EMPLOYERS_SHEET, EMPLOYERS_SHEET, [self._by_employer()])]
        checking = [] if self._review is None else [self._by_problem(self._review), _legend()]
        if checking:
            own.append(SheetPlan(CHECKING_SHEET, CHECKING_SHEET, checking))
        drawn = [SheetPlan(CHARTS_SHEET, CHARTS_SHEET, charts=charts)] if charts else []
        return [*([SheetPlan(SHEET, SHEET, tables)] if tables else []), *own, *drawn]

    def _by_community(self) -> Table:
        return self._across("按社区统计", Column("place", "社区"), PLACE, self._communities)

    def _by_month(self) -> Table:
        return self._across("按月统计", Column("month", "月份", Kind.MONTH), MONTH, self._months)

    def _by_employer(self) -> Table:
        counts = Counter(name for table in self._registers for name in table.frame[EMPLOYER])
        most = sorted(counts, key=lambda name: (-counts[name], name))[:_EMPLOYERS]
        table = self._across("按单位统计", Column("employer", "单位"), EMPLOYER, most)
        if len(counts) > len(most):
            table.title += f"（共{len(counts)}个单位，列出最多的{len(most)}个）"
        return table

    def _across(self, title: str, head: Column, key: str, names: Sequence[CellValue]) -> Table:
        """Every register's rows by one of the columns that say where they belong."""
        columns = []
        for number, counting in enumerate(self._counting):
            formulas = [counting.where((key, _ROW_LABEL, name)) for name in names]
            columns.append((number_column(f"count{number}", counting.table.title), formulas))
        return crossed(title, head, names, columns)

    def _community_by_month(self) -> Iterable[Table]:
        """The first register, which is that of persons where there is one, month by month."""
        months = [m for m in self._months if m != BLANK][-_MONTHS:]
        if not self._registers or not months:
            return
        counting = self._counting[0]
        columns = []
        for month in months:
            formulas = [
                counting.where((PLACE, _ROW_LABEL, name), (MONTH, str(month), month)) for name in self._communities
            ]
            columns.append((number_column(f"month{month}", _month_title(month)), formulas))
        yield crossed(f"{counting.table.title}：社区与月份", Column("place", "社区"), self._communities, columns)

    def _by_status(self) -> Table:
        names = [table.title for table in self._registers]
        columns = [
            (number_column(status, status), [c.where((STATUS, quoted(status), status)) for c in self._counting])
            for status in STATUSES
        ]
        columns.append((number_column("all", "总数"), [c.all() for c in self._counting]))
        return crossed("核对情况（行）", Column("register", "台账"), names, columns)

    def _by_problem(self, review: Table) -> Table:
        frame = review.frame[PROBLEM]
        found = {code: sum(text.name in str(said) for said in frame) for code, text in CODES.items()}
        rows: list[list[CellValue]] = []
        reasons = []
        title = review.columns[review.place(PROBLEM)].title
        for code in sorted((c for c, n in found.items() if n), key=lambda c: -found[c]):
            text = CODES[code]
            formula = f'=COUNTIF({review.name}[{title}],"*"&{_ROW_LABEL}&"*")'
            rows.append([text.name, Formula(formula, found[code]), text.advice])
            reasons.append(text.reason)
        columns = [Column("problem", "问题"), number_column("count", "待核对数量"), Column("advice", "处理建议")]
        table = make_table("按问题统计", columns, rows)
        table.marks.update({(i, 1): reason for i, reason in enumerate(reasons)})
        return table

    def _charts(self, places: Table, months: Table) -> list[Chart]:
        first = self._registers[0].title
        bars = Chart(f"各社区{first}", ChartKind.BAR, places, "place", ("count0",), 1)
        columns = Chart(f"各月{first}", ChartKind.COLUMN, months, "month", ("count0",), 1)
        others = tuple(f"count{i}" for i in range(1, len(self._registers)))
        stacked = Chart("各社区其他材料", ChartKind.STACKED, places, "place", others, 1)
        return [bars, columns, *([stacked] if others else [])]


def _values(tables: Iterable[Table], key: str) -> set[CellValue]:
    return {value for table in tables for value in table.frame[key].unique()}


def _first(listed: Sequence[str], found: set[CellValue]) -> list[CellValue]:
    """The office's own names always and first, others as they are written, what is blank last."""
    others = sorted(str(name) for name in found - set(listed) - {BLANK})
    return [*listed, *others, *([BLANK] if BLANK in found else [])]


def _month_title(month: CellValue) -> str:
    text = str(month)
    return f"{text[:4]}年{text[4:]}月"


def _legend() -> Table:
    table = make_table(
        "颜色说明", [Column("colour", "单元格底色"), Column("meaning", "含义")], [("", r.meaning) for r in Reason]
    )
    table.marks.update({(i, 1): reason for i, reason in enumerate(Reason)})
    return table
