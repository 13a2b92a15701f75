"""The three lists with their columns in other orders and under other headings."""

from __future__ import annotations

from .doc import Doc
from .forms import Form, Row
from .parts import list_cells, list_plan, list_seal, scaled

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
TAILS: tuple[tuple[str, ...], ...] = (("status", "deadline"), ("deadline",), ())
FOUR = (("item", "owner", "contact", "phone"), ("seq", "item", "phone", "contact"), ("seq", "item", "owner", "status"))


def _list(
    doc: Doc, columns: tuple[str, ...], page_width: float, page_height: float, count: int, lines: int, tall: float
) -> None:
    """A list with these columns, ``lines`` printed rows of which ``count`` are filled in."""
    kind, community = list_plan(doc)
    page = doc.new_page(page_width, page_height)
    f = Form(doc)
    f.title(f.say(*TITLES[kind]), 24, 6.8, under=doc.values.chance(0.2))
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
    body = list_cells(doc, f, kind, columns, count, lines, tall)
    cells: list[Row] = [(10.0, [f.label(f.say(*HEADS[c][kind])) for c in columns]), *body]
    widths = scaled(WIDTHS, columns, page_width - 2 * margin)
    y = f.table(margin, 42 if not below else 36, widths, cells)
    if below:
        head(y + 8)
        y += 8
    page.text(
        page_width - margin - 60, y + 10, f.say("社区党组织（盖章）", "社区（公章）：", "填报单位（盖章）"), f.size
    )
    doc.seal("seal", list_seal(doc, community), page_width - margin - 30, min(y + 14, page_height - 24))
    if not doc.marks["seal"] and doc.values.chance(0.5):
        f.note(margin, min(y + 18, page_height - 8), "注：本清单每季度更新一次，由社区网格员负责收集。")


def reordered(doc: Doc) -> None:
    """Upright, the owner before the item, the phone before the contact."""
    tail = doc.values.pick(TAILS)
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
    columns: tuple[str, ...] = ("deadline", "status", "item", "owner", "contact", "phone")
    if doc.values.chance(0.5):
        columns = ("seq", "item", "contact", "phone", "owner", "status", "deadline")
    count = doc.values.number(8, 12)
    tall = float(doc.rng.uniform(10, 11.5))
    _list(doc, columns, 297, 210, count, min(count + doc.values.number(0, 2), int(130 / tall)), tall)


def long(doc: Doc) -> None:
    """Upright and narrow-rowed: sixteen to twenty rows, four columns."""
    columns = doc.values.pick(FOUR)
    count = doc.values.number(16, 20)
    _list(doc, columns, 210, 297, count, count, float(doc.rng.uniform(9.6, 10.6)))


LAYOUTS = {"list_reordered": reordered, "list_landscape": landscape, "list_long": long}
