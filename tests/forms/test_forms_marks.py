"""Signatures: whether ink stands where one belongs. Seals: whose they are."""

from __future__ import annotations

import pytest

from pipeline.definitions import Forms
from pipeline.forms.layout import CellBlock, Layout, Line
from pipeline.forms.marks import assign_seals, has_signature
from pipeline.forms.places import Finder, Place
from pipeline.forms.seals import Seal
from pipeline.forms.tables import Cell
from pipeline.sheets import Box
from tests.support.layouts import grid, layout, reading, row
from tests.support.pages import paper, sheet_of, write


def signature_place(*texts: str, ink: bool, seed: int = 1) -> Place:
    """The cell right of 本人签字, with lines read as ``texts``; with ``ink``, strokes stand under them."""
    pixels = paper(height=1100)
    region = Box(600, 900, 1100, 980)
    lines = []
    for i, text in enumerate(texts):
        box = Box(640 + 170 * i, 920, 640 + 170 * i + 37 * len(text), 952)
        if ink:
            write(pixels, round(box.x0), round(box.y0), len(text), 32, seed + i)
        lines.append(Line(box, reading(text)))
    page = layout(sheet=sheet_of(pixels))
    cell = CellBlock(Cell(region), 0, lines)
    return Place("applicant_signature", page, Box(300, 920, 440, 952), region, lines, 1.0, cell)


@pytest.mark.parametrize("text", ["王建国", "张三", "欧阳明珠"])
def test_a_name_in_ink_is_a_signature(text: str) -> None:
    assert has_signature(signature_place(text, ink=True))[0]


def test_a_signature_that_reads_as_nothing_sensible(forms: Forms) -> None:
    assert has_signature(signature_place("乄刁", ink=True))[0]


def test_no_ink_is_no_signature() -> None:
    assert not has_signature(signature_place(ink=False))[0]


@pytest.mark.parametrize(
    "texts", [("(签字)",), ("签名:",), ("(签字)", "2019年5月18日"), ("2019-05-18",), ("年 月 日",)]
)
def test_print_and_dates_are_no_signature(texts: tuple[str, ...]) -> None:
    assert not has_signature(signature_place(*texts, ink=True))[0]


def test_a_name_beside_print_and_date_is_a_signature() -> None:
    assert has_signature(signature_place("(签字)", "王建国", "2019年5月18日", ink=True))[0]


@pytest.mark.parametrize(("signed", "present"), [("", False), ("王建国 ", True)])
def test_a_signature_on_a_row_of_text_with_a_date_beside_it(forms: Forms, signed: str, present: bool) -> None:
    text = f"报到党员签字:{signed}  2019年5月18日"
    line = row(900, text)[0]
    pixels = paper(height=1100)
    for i, character in enumerate(text):
        if character != " ":
            write(pixels, round(line.box.x0) + 34 * i, 902, 1, 30, seed=i)
    page = layout(rows=[[line]], sheet=sheet_of(pixels))
    place = Finder(forms["member_registration"]).find([page])["applicant_signature"]
    assert has_signature(place)[0] is present


def owners(forms: Forms, form: str, page: Layout) -> dict[str, tuple[float, float]]:
    places = Finder(forms[form]).find([page])
    return {key: (seal.x, seal.y) for key, (_, seal) in assign_seals(forms[form], [page], places).items()}


def seal_at(x: float, y: float) -> Seal:
    return Seal(x, y, 160, 0.9, True)


def parties(*seals: Seal) -> Layout:
    rows = [row(400, "甲方：科苑社区"), row(460, "乙方：税务局")]
    labels = [*row(1500, "甲方（盖章）：", x=200), *row(1500, "乙方（盖章）：", x=950)]
    return layout(rows=[*rows, labels], seals=seals)


def test_each_party_has_the_seal_beside_its_label(forms: Forms) -> None:
    found = owners(forms, "agreement", parties(seal_at(1250, 1560), seal_at(480, 1540)))
    assert found == {"party_a_seal": (480, 1540), "party_b_seal": (1250, 1560)}


@pytest.mark.parametrize(("x", "owner"), [(450, "party_a_seal"), (1280, "party_b_seal")])
def test_a_single_seal_belongs_to_the_nearer_party(forms: Forms, x: int, owner: str) -> None:
    assert owners(forms, "agreement", parties(seal_at(x, 1580))) == {owner: (x, 1580)}


def test_seals_of_parties_one_below_the_other(forms: Forms) -> None:
    rows = [row(1300, "甲方（盖章）："), row(1700, "乙方（盖章）：")]
    seals = [seal_at(600, 1720), seal_at(600, 1340)]
    page = layout(rows=[row(400, "甲方：科苑社区"), row(460, "乙方：税务局"), *rows], seals=seals)
    assert owners(forms, "agreement", page) == {"party_a_seal": (600, 1340), "party_b_seal": (600, 1720)}


def test_seals_in_the_cells_of_the_opinions(forms: Forms) -> None:
    table = grid(
        ["姓名", ("王建国", 3)],
        [("单位党组织意见", 1, 4), ("同意\n（盖章）", 3, 4)],
        [], [], [],
        [("社区党组织意见", 1, 4), ("同意\n（盖章）", 3, 4)],
        column=300,
    )  # fmt: skip
    page = layout([table], seals=[seal_at(900, 880)])
    assert owners(forms, "member_registration", page) == {"community_seal": (900, 880)}
    page = layout([table], seals=[seal_at(900, 600), seal_at(900, 900)])
    assert owners(forms, "member_registration", page) == {"unit_seal": (900, 600), "community_seal": (900, 900)}


def test_a_seal_far_from_every_label_is_nobodys(forms: Forms) -> None:
    assert owners(forms, "agreement", parties(seal_at(700, 300))) == {}


def test_no_seals(forms: Forms) -> None:
    assert owners(forms, "agreement", parties()) == {}


def test_seal_and_signature_in_one_cell_a_party(forms: Forms) -> None:
    """甲方（公章） over 负责人签字：, with what is left of a seal read as words beside it."""
    table = grid(["甲方（公章）社区\n负责人签字：", "乙方（公章）\n签字：李军"], column=600)
    rows = [row(200, "甲方：科苑社区"), row(260, "乙方：税务局")]
    page = layout([table], rows=rows, seals=[seal_at(500, 440)])
    places = Finder(forms["agreement"]).find([page])
    found = {key: seal.x for key, (_, seal) in assign_seals(forms["agreement"], [page], places).items()}
    assert found == {"party_a_seal": 500}
    assert places["party_a_signature"].label.x0 < 750 < places["party_b_signature"].label.x0
    assert "李军" in "".join(x.text for x in places["party_b_signature"].lines)


def test_a_mark_announced_within_a_line(forms: Forms) -> None:
    page = layout(rows=[row(900, "承诺人（本人签字）王建国")])
    place = Finder(forms["member_registration"]).find([page])["applicant_signature"]
    assert "王建国" in "".join(x.text for x in place.lines)


def test_a_party_whose_stamp_word_lies_under_its_seal(forms: Forms) -> None:
    labels = [*row(1500, "报到单位盖章", x=200), *row(1500, "社区党组织", x=950)]
    found = owners(forms, "unit_registration", layout(rows=[labels], seals=[seal_at(1180, 1560)]))
    assert found == {"community_seal": (1180, 1560)}
