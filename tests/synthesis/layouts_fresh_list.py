"""Lists of other street offices: rules between the rows only; two rows of headings and a column for remarks."""

from __future__ import annotations

from .doc import Doc
from .forms import Form, Row
from .parts import list_cells, list_plan, list_seal, scaled

TITLES = {
    "resource": ("“双报到”共建资源清单", "驻区单位可提供资源清单", "社区党建资源清单"),
    "demand": ("社区居民需求清单", "“双报到”需求清单", "社区民生需求清单"),
    "project": ("“双报到”共建项目清单", "社区党建服务项目清单", "志愿服务项目清单"),
}
HEADS: dict[str, dict[str, tuple[str, ...]]] = {
    "seq": dict.fromkeys(TITLES, ("序号",)),
    "item": {
        "resource": ("资源名称", "资源项目"),
        "demand": ("需求项目", "需求名称"),
        "project": ("项目名称", "服务项目名称"),
    },
    "owner": {
        "resource": ("提供单位", "资源提供单位"),
        "demand": ("需求主体", "需求提出方"),
        "project": ("认领单位", "认领党组织"),
    },
    "contact": dict.fromkeys(TITLES, ("联系人", "联络员", "姓名")),
    "phone": dict.fromkeys(TITLES, ("联系电话", "电话")),
    "deadline": dict.fromkeys(TITLES, ("完成时限", "拟完成时间")),
    "status": dict.fromkeys(TITLES, ("完成情况", "落实情况")),
}
WIDTHS = {"seq": 12, "item": 44, "owner": 52, "contact": 22, "phone": 34, "deadline": 30, "status": 22, "more": 18}
OPEN = (
    ("seq", "item", "owner", "contact", "phone"),
    ("seq", "owner", "item", "phone"),
    ("seq", "item", "owner", "deadline", "status"),
)


def open_rows(doc: Doc) -> None:
    """Upright, with rules between the rows and none between the columns; the seal goes over the office's name."""
    kind, community = list_plan(doc)
    page = doc.new_page()
    f = Form(doc)
    f.spread = False
    if f.label_font == doc.serif:
        f.label_font = "sans-bold"
    f.title(f.say(*TITLES[kind]), 26, 7)
    chosen = doc.values.pick(OPEN if kind != "resource" else OPEN[:2])
    count = doc.values.number(7, 14)
    tall = float(doc.rng.uniform(11, 12.5))
    f.line_field(18, 40, f.say("填报社区（盖章）：", "社区（盖章）："), "community", 42)
    f.line_field(128, 40, f.say("填报日期：", "填报时间：", "更新日期："), "date", 42)
    heads = [f.label(f.say(*HEADS[c][kind])) for c in chosen]
    body = list_cells(doc, f, kind, chosen, count, count + doc.values.number(0, 3), tall)
    rows: list[Row] = [(10.5, heads), *body]
    y = f.table(16, 47, scaled(WIDTHS, chosen, 178), rows, rules="rows")
    doc.seal("seal", list_seal(doc, community), 76, 44, spread=4.0)
    f.note(18, y + 8, f.say("注：本清单由社区党组织汇总，按季度更新公示。", "说明：空行不填，内容较多可另附页。"))
    page.text(105, 286, f.say("1", "第 1 页", "- 1 -"), 3.4, anchor="mm")


def two_heads(doc: Doc) -> None:
    """Across, with two rows of headings and an empty column for remarks at the end."""
    kind, community = list_plan(doc)
    page = doc.new_page(297, 210)
    f = Form(doc)
    f.spread = False
    page.text(16, 13, f.say("附件4", "表三", "附件 2"), 3.6, "sans")
    f.title(f.say(*TITLES[kind]), 22, 7)
    f.line_field(18, 35, f.say("社区名称：", "社区："), "community", 46)
    if doc.values.chance(0.5):
        f.line_date(214, 35, f.say("填报日期：", "制表日期："), "date", 7.5)
    else:
        f.line_field(214, 35, f.say("填报日期：", "制表日期："), "date", 44)
    chosen: tuple[str, ...] = ("seq", "item", "owner", "contact", "phone", "deadline", "status")
    if kind == "resource":  # nothing to be done by a day
        chosen = chosen[:5]
    w = scaled(WIDTHS, (*chosen, "more"), 265)
    left, top, high = 16.0, 41.0, 7.5
    at = left
    for n, (key, wide) in enumerate(zip((*chosen, "more"), w, strict=True)):
        text = f.say(*HEADS[key][kind]) if key in HEADS else "备注"
        if key in ("contact", "deadline"):  # a heading over this column and the next
            over = (at, top, wide + w[n + 1], high)
            page.box(over, f.thin)
            page.label(over, f.say("联系方式", "联络方式") if key == "contact" else "进展情况", f.size, f.label_font)
        low = key in ("contact", "phone", "deadline", "status")
        cell = (at, top + high, wide, high) if low else (at, top, wide, 2 * high)
        page.box(cell, f.thin)
        page.label(cell, text, f.size, f.label_font)
        at += wide
    count = doc.values.number(5, 9)
    tall = float(doc.rng.uniform(10.5, 11.5))
    body = list_cells(doc, f, kind, chosen, count, min(count + doc.values.number(0, 3), 10), tall, 1)
    y = f.table(left, top + 2 * high, w, body, frame=False)
    f.frame((left, top, sum(w), y - top))
    page.text(212, y + 9, f.say("社区党组织（盖章）", "填报单位（公章）"), f.size)
    doc.seal("seal", list_seal(doc, community), 250, min(y + 10, 184), spread=3.0)


LAYOUTS = {"fresh_list_open": open_rows, "fresh_list_heads": two_heads}
