"""The three lists with their columns in other orders and under other headings."""

from __future__ import annotations

from . import phrases, plans
from .doc import Doc
from .forms import Form

TITLES = {
    "resource": ("社区共建资源清单", "驻区单位资源清单", "“双报到”单位资源清单", "共建资源清单"),
    "demand": ("社区需求清单", "居民群众需求清单", "社区服务需求清单", "共建需求清单"),
    "project": ("共建项目清单", "社区服务项目清单", "认领项目清单", "“双报到”服务项目清单"),
}
HEADS: dict[str, dict[str, tuple[str, ...]]] = {
    "seq": dict.fromkeys(TITLES, ("序号", "编号")),
    "item": {
        "resource": ("资源名称", "资源内容", "可提供资源"),
        "demand": ("需求项目", "需求内容", "需求事项"),
        "project": ("项目名称", "服务项目", "共建项目"),
    },
    "owner": {
        "resource": ("提供单位", "资源单位", "单位名称"),
        "demand": ("需求主体", "提出主体", "需求方"),
        "project": ("认领单位", "承接单位", "责任单位"),
    },
    "contact": dict.fromkeys(TITLES, ("联系人", "联络员")),
    "phone": dict.fromkeys(TITLES, ("联系电话", "电话", "联系方式")),
    "deadline": dict.fromkeys(TITLES, ("完成时限", "计划完成时间", "完成期限")),
    "status": dict.fromkeys(TITLES, ("完成情况", "进展情况", "进度")),
}
WIDTHS = {"seq": 12, "item": 42, "owner": 50, "contact": 21, "phone": 33, "deadline": 30, "status": 21}


def _list(
    doc: Doc, columns: tuple[str, ...], page_width: float, page_height: float, count: int, lines: int, tall: float
) -> None:
    """A list with these columns, ``lines`` printed rows of which ``count`` are filled in."""
    kind = doc.values.pick(("resource", "demand", "project"))
    community = doc.values.community()
    doc.plan["community"] = (community, community)
    day = doc.values.day("2019-03-01", "2021-12-20")
    doc.days["date"] = day
    doc.plan["date"] = doc.values.date_written(day)
    plans.blank(doc, {}, 0.04)
    page = doc.new_page(page_width, page_height)
    f = Form(doc)
    f.title(f.say(*TITLES[kind]), 24, 6.8, under=doc.values.chance(0.2))
    doc.fields["list_kind"] = kind
    margin = 16.0
    below = doc.values.chance(0.3)  # community and date stand under the table

    def head(y: float) -> None:
        f.line_field(margin + 2, y, f.say("社区：", "社区名称：", "填报社区："), "community", 46)
        at = page_width - margin - 66
        word = f.say("填报日期：", "填报时间：", "制表日期：")
        page.text(at, y, word, f.size, f.label_font)
        at += page.measure(word, f.size, f.label_font)
        if doc.values.chance(0.35):
            doc.fill_date_form("date", at, y, f.size, 7.5)
        else:
            doc.fill("date", (at, y - 4, 44, 8), "left", f.value_size, 1)

    if not below:
        head(36)
    total = sum(WIDTHS[c] for c in columns)
    widths = [WIDTHS[c] * (page_width - 2 * margin) / total for c in columns]
    rows = plans.list_rows(doc, kind, columns, count)
    doc.rows = [{} for _ in rows]
    cells = [(10.0, [f.label(f.say(*HEADS[c][kind])) for c in columns])]
    for n in range(lines):
        row = []
        for key in columns:
            if key == "seq":
                row.append(f.label(str(n + 1)))
                if n < count:
                    doc.rows[n]["seq"] = str(n + 1)
            elif n < count:
                align = "left" if key in ("item", "owner") and f.align == "left" else "center"
                row.append(
                    f.paint(
                        lambda r, n=n, key=key, align=align: doc.fill_cell(
                            n, key, (r[0] + 0.4, r[1] + 0.3, r[2] - 0.8, r[3] - 0.6), rows[n][key], align
                        )
                    )
                )
            else:
                row.append(f.empty())
        cells.append((tall, row))
    y = f.table(margin, 42 if not below else 36, widths, cells)
    if below:
        head(y + 8)
        y += 8
    page.text(
        page_width - margin - 60, y + 10, f.say("社区党组织（盖章）", "社区（公章）：", "填报单位（盖章）"), f.size
    )
    street = doc.values.pick(phrases.STREETS)
    doc.seal("seal", f"中共{street}{community}委员会", page_width - margin - 30, min(y + 14, page_height - 24))
    if not doc.marks["seal"] and doc.values.chance(0.5):
        f.note(margin, min(y + 18, page_height - 8), "注：本清单每季度更新一次，由社区网格员负责收集。")


def reordered(doc: Doc) -> None:
    """Upright, the owner before the item, the phone before the contact."""
    tail = doc.values.pick((("status", "deadline"), ("deadline",), ()))  # type: ignore[arg-type]
    columns = (
        ("seq", "owner", "item", *tail, "phone", "contact")
        if doc.values.chance(0.5)
        else ("seq", "contact", "phone", "item", "owner", *tail)
    )
    count = doc.values.number(8, 16)
    tall = float(doc.rng.uniform(11, 12.5))
    _list(doc, columns, 210, 297, count, min(count + doc.values.number(0, 3), int(215 / tall)), tall)


def landscape(doc: Doc) -> None:
    """Across, with all columns; no number before the row in half of them."""
    columns = ("deadline", "status", "item", "owner", "contact", "phone")
    if doc.values.chance(0.5):
        columns = ("seq", "item", "contact", "phone", "owner", "status", "deadline")
    count = doc.values.number(8, 12)
    tall = float(doc.rng.uniform(10, 11.5))
    _list(doc, columns, 297, 210, count, min(count + doc.values.number(0, 2), int(130 / tall)), tall)


def long(doc: Doc) -> None:
    """Upright and narrow-rowed: sixteen to twenty rows, four columns."""
    columns = doc.values.pick(
        (("item", "owner", "contact", "phone"), ("seq", "item", "phone", "contact"), ("seq", "item", "owner", "status"))
    )  # type: ignore[arg-type]
    count = doc.values.number(16, 20)
    _list(doc, tuple(columns), 210, 297, count, count, float(doc.rng.uniform(9.6, 10.6)))


LAYOUTS = {"list_reordered": reordered, "list_landscape": landscape, "list_long": long}
