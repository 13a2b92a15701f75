"""What several layouts share: boxes for intents and answers, opinions with seals, signatures, rows of lists."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from . import phrases, plans
from .doc import Doc
from .forms import Cell, Form, Paint
from .page import RED_PRINT, Rect

COMPLETION = ("已完成", "进行中", "未完成")
SATISFACTION = ("满意", "基本满意", "不满意")
PARTIES = (("甲方", "party_a"), ("乙方", "party_b"))
KINDS = ("resource", "demand", "project")
CLAUSES = (
    "甲方应当为乙方开展活动提供必要条件，及时发布居民需求，并对活动情况进行登记。",
    "乙方应当结合自身职能认领项目，每季度至少组织党员到社区开展一次活动。",
    "双方每年年初商定年度计划，年底通报完成情况，共同接受群众评议。",
    "双方可以共享会议室、图书室、活动场地等设施，使用前应提前告知对方。",
    "任何一方因故不能履行约定事项的，应当提前十五日以书面形式告知对方。",
    "共建经费按照有关规定使用，不得增加社区和居民负担。",
    "本协议自双方签字盖章之日起生效，未尽事宜另行商定。",
)


def letterhead(doc: Doc, text: str, y: float = 24.0) -> None:
    """An office's name in red over a thick and a thin red rule."""
    page = doc.page
    size = min(9.5, (page.width - 50) / len(text))
    page.text(page.width / 2, y, text, size, "serif-bold", "mm", RED_PRINT)
    for k, thick in ((0.0, 0.9), (1.3, 0.3)):
        page.line(20, y + 8 + k, page.width - 20, y + 8 + k, thick, RED_PRINT)


def service_intents(
    doc: Doc, form: Form, rect: Rect, per_row: int = 0, style: str = "square", after: bool | None = None
) -> None:
    """The services a member may offer, printed in the usual or in another order."""
    options: tuple[str, ...] = plans.INTENTS
    if doc.values.chance(0.5):
        options = (*(plans.INTENTS[int(i)] for i in doc.rng.permutation(7)), "其他")
    doc.check("service_intents", rect, options, plans.intents(doc), True, form.size, per_row, style, after)


def choose_one(
    doc: Doc, f: Form, key: str, options: tuple[str, ...], style: str = "square", after: bool | None = None
) -> Paint:
    """A question with one answer, seldom left open."""
    chosen = [] if doc.values.chance(0.05) else [options[int(doc.rng.choice(3, p=[0.6, 0.25, 0.15]))]]
    return lambda r: doc.check(key, r, options, chosen, False, f.size, 0, style, after)


def opinion(doc: Doc, form: Form, key: str, mark: str, office: str, rect: Rect, say: str) -> None:
    """A big cell: an opinion on top, a seal with its printed date at the bottom right."""
    x, y, w, h = rect
    doc.fill(key, (x + 2, y + 1.5, w - 4, 11), "left", form.value_size, 2)
    doc.page.text(x + w - 42, y + h - 11, say, form.size)
    if doc.values.chance(0.4):
        doc.page.text(x + w - 40, y + h - 4.5, "年　　月　　日", form.size)
    elif doc.values.chance(0.6):  # a date beside the seal that no field asks for
        day = doc.values.date_written(doc.values.day("2019-03-01", "2021-12-20"))[0]
        doc.put((x + w - 42, y + h - 8.5, 38, 7), day, form.value_size * 0.9)
    doc.seal(mark, office, x + w - 26, y + h - 14)


def ruled(doc: Doc, f: Form, key: str, rect: Rect, step: float = 9.0) -> None:
    """A big box, with dotted rules to write on unless ``step`` is 0."""
    x, y, w, h = rect
    if not step:
        doc.fill(key, (x + 2, y + 1, w - 4, 30), "left", f.value_size, 3)
        return
    for k in range(1, int(h / step)):
        doc.page.dotted(x + 3, x + w - 3, y + k * step)
    doc.fill(key, (x + 3, y - 0.4, w - 6, step * 3), "left", f.value_size, 3, step)


def digit_boxes(doc: Doc, key: str, rect: Rect, count: int) -> None:
    """One printed square a digit."""
    x, y, w, h = rect
    written, truth = doc.plan[key]
    side = min((w - 4) / count, h - 3)
    left, top, parts = x + (w - side * count) / 2, y + (h - side) / 2, []
    for n in range(count):
        doc.page.box((left + n * side, top, side, side), 0.18)
        if n < len(written):
            parts += doc.put((left + n * side + 0.3, top, side - 0.6, side), written[n], side * 0.95, "center")
    doc.fields[key] = truth
    doc.note(key, parts)


def signed(doc: Doc, f: Form, x: float, y: float, words: str, key: str, name: str, width: float = 44.0) -> None:
    """A printed call for a signature and the signature behind it."""
    doc.page.text(x, y, words, f.size, f.label_font)
    doc.sign(key, (x + doc.page.measure(words, f.size, f.label_font) + 1, y - 6.5, width, 13), name)


def clauses(
    doc: Doc,
    f: Form,
    x: float,
    y: float,
    width: float,
    first: int,
    count: int,
    size: float,
    style: str = "",
    texts: Sequence[str] = CLAUSES,
) -> float:
    """Some of the clauses, in their order, numbered on from ``first``; gives the y below."""
    chosen = sorted(int(i) for i in doc.rng.permutation(len(texts))[:count])
    style = style or f.say("第{}条　", "{}、", "（{}）")
    for n, i in enumerate(chosen):
        number = "一二三四五六七八九十"[first + n]
        y = f.flow(x, y, width, ["　　" + style.format(number) + texts[i]], size, 1.75)
    return y


def signatures(
    doc: Doc, f: Form, y: float, offices: tuple[str, str], size: float, x: tuple[float, float] = (26, 114)
) -> None:
    """Both parties' places for seal and signature, side by side."""
    page = doc.page
    words = f.say("负责人签字：", "代表（签名）：", "法定代表人或负责人（签字）：")
    for n, (party, mark) in enumerate(PARTIES):
        page.text(x[n], y, f"{party}{f.say('（盖章）', '（公章）：', '盖章：')}", size)
        page.text(x[n], y + 14, words, size)
        at = x[n] + page.measure(words, size) + 1
        doc.sign(f"{mark}_signature", (at, y + 7, 40, 13), doc.values.name())
        doc.seal(f"{mark}_seal", offices[n], x[n] + 50, y + 12)


def list_plan(doc: Doc) -> tuple[str, str]:
    """A list's kind, community and date; gives the kind and the office for the seal."""
    kind = doc.values.pick(KINDS)
    community = doc.values.community()
    doc.plan["community"] = (community, community)
    day = doc.values.day("2019-03-01", "2021-12-20")
    doc.days["date"] = day
    doc.plan["date"] = doc.values.date_written(day)
    plans.blank(doc, {}, 0.04)
    doc.fields["list_kind"] = kind
    return kind, community


def list_seal(doc: Doc, community: str) -> str:
    """The name on a list's seal."""
    return f"中共{doc.values.pick(phrases.STREETS)}{community}委员会"


def scaled(widths: Mapping[str, float], columns: Sequence[str], total: float) -> list[float]:
    """The columns' widths, stretched to a whole width."""
    whole = sum(widths[c] for c in columns)
    return [widths[c] * total / whole for c in columns]


def list_cells(
    doc: Doc, f: Form, kind: str, columns: tuple[str, ...], count: int, lines: int, tall: float, extra: int = 0
) -> list[tuple[float, list[Cell]]]:
    """``lines`` printed rows of which ``count`` are filled in; ``extra`` columns behind them stay empty."""
    rows = plans.list_rows(doc, kind, columns, count)
    doc.rows = [{} for _ in rows]

    def cell(n: int, key: str) -> Cell:
        align = "left" if key in ("item", "owner") and f.align == "left" else "center"

        def paint(r: Rect) -> None:
            inner = (r[0] + 0.4, r[1] + 0.3, r[2] - 0.8, r[3] - 0.6)
            doc.fill_cell(n, key, inner, rows[n][key], align)

        return f.paint(paint)

    cells = []
    for n in range(lines):
        row = []
        for key in columns:
            if key == "seq":
                row.append(f.label(str(n + 1)))
                if n < count:
                    doc.rows[n]["seq"] = str(n + 1)
            else:
                row.append(cell(n, key) if n < count else f.empty())
        cells.append((tall, row + [f.empty()] * extra))
    return cells
