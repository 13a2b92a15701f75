"""What sheets bring along that no library writes whole: pivot tables, external links, clashing tables, themes …"""

from __future__ import annotations

import zipfile
from collections.abc import Callable
from pathlib import Path

import openpyxl
import pytest
import xlsxwriter
from openpyxl.worksheet.table import Table

from pipeline.ledgers.formulas import Formulas
from pipeline.ledgers.graft import graft
from pipeline.ledgers.opc import CannotKeepError
from tests.support.libreoffice import convert, error_cells, needs_libreoffice, recalculated
from tests.support.packages import flaws

REGISTER, NOTES, GONE = "党员报到", "批示", "五月"
MAIN = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
RELATIONSHIPS = 'xmlns="http://schemas.openxmlformats.org/package/2006/relationships"'
SPREADSHEET = "application/vnd.openxmlformats-officedocument.spreadsheetml"

Change = Callable[[str], str]


def workbook(path: Path, *names: str) -> Path:
    """Sheets with 姓名 and 数; each has its own name in A1."""
    book = xlsxwriter.Workbook(path)
    for name in names:
        sheet = book.add_worksheet(name)
        sheet.write_row(0, 0, [name, "数"])
        for row in range(1, 7):
            sheet.write_row(row, 0, ["甲" if row % 2 else "乙", row])
    book.close()
    return path


def remade(path: Path, changes: dict[str, Change], parts: dict[str, str] | None = None) -> Path:
    """The package with changed and added parts, each added one with a content type (``part``: ``type|xml``)."""
    target = path.with_name(f"remade_{path.name}")
    parts = parts or {}
    types = "".join(
        f'<Override PartName="/{n}" ContentType="{x.split("|")[0]}"/>'
        for n, x in parts.items()
        if not n.endswith(".rels")
    )
    changes = {"[Content_Types].xml": after("</Types>", types), **changes}
    with zipfile.ZipFile(path) as source, zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as out:
        for name in source.namelist():
            data = source.read(name)
            if name in changes:
                text = changes[name](data.decode())
                data = text.encode()
            out.writestr(name, data)
        for name, text in parts.items():
            out.writestr(name, text.split("|", 1)[1])
    return target


def after(mark: str, text: str) -> Change:
    """``text`` put before the closing ``mark``."""

    def change(data: str) -> str:
        assert mark in data
        return data.replace(mark, text + mark, 1)

    return change


def relations(*entries: tuple[str, str, str]) -> str:
    inner = "".join(f'<Relationship Id="{i}" Type="{OFFICE}/{kind}" Target="{to}"/>' for i, kind, to in entries)
    return f"|<Relationships {RELATIONSHIPS}>{inner}</Relationships>"


def part(path: Path, name: str) -> str:
    with zipfile.ZipFile(path) as archive:
        return archive.read(name).decode()


def names_of(path: Path) -> list[str]:
    with zipfile.ZipFile(path) as archive:
        return archive.namelist()


def with_pivot(path: Path) -> Path:
    """A sheet that sums ``数`` of our sheet by name: the parts as Excel writes them, cut to what is needed."""
    fields = (
        f'<cacheField name="{REGISTER}" numFmtId="0"><sharedItems count="2"><s v="甲"/><s v="乙"/></sharedItems>'
        "</cacheField>"
        '<cacheField name="数" numFmtId="0"><sharedItems containsSemiMixedTypes="0" containsString="0" '
        'containsNumber="1" containsInteger="1" minValue="1" maxValue="6"/></cacheField>'
    )
    definition = (
        f'<pivotCacheDefinition {MAIN} xmlns:r="{OFFICE}" r:id="rId1" recordCount="6" createdVersion="6" '
        f'refreshedVersion="6"><cacheSource type="worksheet"><worksheetSource ref="A1:B7" sheet="{REGISTER}"/>'
        f'</cacheSource><cacheFields count="2">{fields}</cacheFields></pivotCacheDefinition>'
    )
    rows = "".join(f'<r><x v="{(i + 1) % 2}"/><n v="{i}"/></r>' for i in range(1, 7))
    records = f'<pivotCacheRecords {MAIN} count="6">{rows}</pivotCacheRecords>'
    table = (
        f'<pivotTableDefinition {MAIN} name="透视" cacheId="5" dataOnRows="0" applyNumberFormats="0" dataCaption="值" '
        'createdVersion="6" updatedVersion="6">'
        '<location ref="D1:E4" firstHeaderRow="1" firstDataRow="1" firstDataCol="1"/>'
        '<pivotFields count="2"><pivotField axis="axisRow" showAll="0"><items count="3"><item x="0"/><item x="1"/>'
        '<item t="default"/></items></pivotField><pivotField dataField="1" showAll="0"/></pivotFields>'
        '<rowFields count="1"><field x="0"/></rowFields><rowItems count="3"><i><x/></i><i><x v="1"/></i>'
        '<i t="grand"><x/></i></rowItems><colItems count="1"><i/></colItems>'
        '<dataFields count="1"><dataField name="求和" fld="1" baseField="0" baseItem="0"/></dataFields>'
        '<formats count="1"><format dxfId="0"><pivotArea outline="0"/></format></formats>'
        '<pivotTableStyleInfo name="PivotStyleLight16" showRowHeaders="1"/></pivotTableDefinition>'
    )
    dxf = '<dxfs count="1"><dxf><font><b/></font></dxf></dxfs>'
    return remade(
        path,
        {
            "xl/workbook.xml": after(
                "</workbook>", '<pivotCaches><pivotCache cacheId="5" r:id="rId90"/></pivotCaches>'
            ),
            "xl/_rels/workbook.xml.rels": after(
                "</Relationships>",
                f'<Relationship Id="rId90" Type="{OFFICE}/pivotCacheDefinition" '
                'Target="pivotCache/pivotCacheDefinition1.xml"/>',
            ),
            "xl/styles.xml": lambda data: data.replace('<dxfs count="0"/>', dxf),
        },
        {
            "xl/worksheets/_rels/sheet2.xml.rels": relations(("rId1", "pivotTable", "../pivotTables/pivotTable1.xml")),
            "xl/pivotTables/pivotTable1.xml": f"{SPREADSHEET}.pivotTable+xml|{table}",
            "xl/pivotTables/_rels/pivotTable1.xml.rels": relations(
                ("rId1", "pivotCacheDefinition", "../pivotCache/pivotCacheDefinition1.xml")
            ),
            "xl/pivotCache/pivotCacheDefinition1.xml": f"{SPREADSHEET}.pivotCacheDefinition+xml|{definition}",
            "xl/pivotCache/_rels/pivotCacheDefinition1.xml.rels": relations(
                ("rId1", "pivotCacheRecords", "pivotCacheRecords1.xml")
            ),
            "xl/pivotCache/pivotCacheRecords1.xml": f"{SPREADSHEET}.pivotCacheRecords+xml|{records}",
        },
    )


def test_a_pivot_table_comes_with_its_cache(tmp_path: Path) -> None:
    old = with_pivot(workbook(tmp_path / "old.xlsx", REGISTER, NOTES))
    assert flaws(old) == []
    new = workbook(tmp_path / "new.xlsx", REGISTER)
    graft(old, new, [REGISTER])
    assert flaws(new) == []
    pivot = openpyxl.load_workbook(new)[NOTES]._pivots[0]
    assert pivot.cache.cacheSource.worksheetSource.sheet == REGISTER
    assert pivot.cache.refreshOnLoad
    assert len(pivot.cache.records.r) == 6
    again = workbook(tmp_path / "again.xlsx", REGISTER)
    graft(new, again, [REGISTER])
    assert names_of(again) == names_of(new)


def test_pivot_tables_of_both_do_not_share_a_cache_number(tmp_path: Path) -> None:
    old = with_pivot(workbook(tmp_path / "old.xlsx", REGISTER, NOTES))
    new = with_pivot(workbook(tmp_path / "new.xlsx", REGISTER, "我们的透视"))
    graft(old, new, [REGISTER])
    assert flaws(new) == []
    assert len(openpyxl.load_workbook(new)[NOTES]._pivots) == 1


@needs_libreoffice
def test_libreoffice_opens_a_pivot_table_that_came_over(tmp_path: Path) -> None:
    old = with_pivot(workbook(tmp_path / "old.xlsx", REGISTER, NOTES))
    new = workbook(tmp_path / "new.xlsx", REGISTER)
    graft(old, new, [REGISTER])
    saved = convert(new, "xlsx", tmp_path / "saved")
    assert len(openpyxl.load_workbook(saved)[NOTES]._pivots) == 1
    assert error_cells(saved) == []


def edited(path: Path, change: Callable[[openpyxl.Workbook], None]) -> Path:
    book = openpyxl.load_workbook(path)
    change(book)
    book.save(path)
    return path


def test_a_table_called_as_one_of_ours_gets_another_name_in_its_formulas_too(tmp_path: Path) -> None:
    def change(book: openpyxl.Workbook) -> None:
        sheet = book[NOTES]
        sheet["A1"], sheet["B1"] = "名", "数"
        sheet.add_table(Table(displayName="名册", ref="A1:B7"))
        sheet["D1"], sheet["D2"] = "=SUM(名册[数])", '=ROWS(名册)&"名册[数]"'

    old = edited(workbook(tmp_path / "old.xlsx", REGISTER, NOTES), change)
    new = edited(
        workbook(tmp_path / "new.xlsx", REGISTER),
        lambda book: book[REGISTER].add_table(Table(displayName="名册", ref="A1:B7")),
    )
    graft(old, new, [REGISTER])
    assert flaws(new) == []
    sheet = openpyxl.load_workbook(new)[NOTES]
    assert list(sheet.tables) == ["名册_2"]
    assert (sheet["D1"].value, sheet["D2"].value) == ("=SUM(名册_2[数])", '=ROWS(名册_2)&"名册[数]"')


def test_formulas_on_sheets_that_are_gone_leave_their_values(tmp_path: Path) -> None:
    book = xlsxwriter.Workbook(tmp_path / "old.xlsx")
    for name in (REGISTER, GONE):
        book.add_worksheet(name).write("A1", 7)
    sheet = book.add_worksheet(NOTES)
    sheet.write_formula("A1", f"={GONE}!A1*2", None, 14)
    sheet.write_formula("A2", f"={REGISTER}!A1*2", None, 14)
    sheet.write_formula("A3", f'="{GONE}!A1"', None, f"{GONE}!A1")
    sheet.data_validation("B1", {"validate": "list", "source": f"={GONE}!$A$1:$A$5"})
    book.define_name("旧区域", f"={GONE}!$A$1")
    book.define_name("旧常数", "=0.5")
    sheet.write_formula("A4", "=旧区域*旧常数", None, 3.5)
    chart = book.add_chart({"type": "column"})
    chart.add_series({"values": f"={GONE}!$A$1:$A$3"})
    sheet.insert_chart("D1", chart)
    book.close()
    new = workbook(tmp_path / "new.xlsx", REGISTER)
    graft(tmp_path / "old.xlsx", new, [REGISTER, GONE])
    assert flaws(new) == []
    done = openpyxl.load_workbook(new)
    assert [done[NOTES][c].value for c in ("A1", "A2", "A3")] == [14, f"={REGISTER}!A1*2", f'="{GONE}!A1"']
    assert done[NOTES].data_validations.dataValidation[0].formula1 == "#REF!"
    assert {n: d.attr_text for n, d in done.defined_names.items()} == {"旧区域": "#REF!", "旧常数": "0.5"}
    assert GONE not in part(new, "xl/charts/chart1.xml")


def test_links_to_other_workbooks_keep_their_numbers(tmp_path: Path) -> None:
    book = xlsxwriter.Workbook(tmp_path / "old.xlsx")
    book.add_worksheet(REGISTER)
    book.add_worksheet(NOTES).write_formula("A1", "=[1]别处!$A$1+1", None, 8)
    book.close()
    link = (
        f'<externalLink {MAIN} xmlns:r="{OFFICE}"><externalBook r:id="rId1">'
        '<sheetNames><sheetName val="别处"/></sheetNames>'
        '<sheetDataSet><sheetData sheetId="0"><row r="1"><cell r="A1"><v>7</v></cell></row></sheetData></sheetDataSet>'
        "</externalBook></externalLink>"
    )
    reference = '<externalReferences><externalReference r:id="rId80"/></externalReferences>'
    old = remade(
        tmp_path / "old.xlsx",
        {
            "xl/workbook.xml": lambda data: data.replace("</sheets>", f"</sheets>{reference}"),
            "xl/_rels/workbook.xml.rels": after(
                "</Relationships>",
                f'<Relationship Id="rId80" Type="{OFFICE}/externalLink" Target="externalLinks/externalLink1.xml"/>',
            ),
        },
        {
            "xl/externalLinks/externalLink1.xml": f"{SPREADSHEET}.externalLink+xml|{link}",
            "xl/externalLinks/_rels/externalLink1.xml.rels": f"|<Relationships {RELATIONSHIPS}>"
            f'<Relationship Id="rId1" Type="{OFFICE}/externalLinkPath" TargetMode="External" '
            'Target="file:///D:/a.xlsx"/>'
            "</Relationships>",
        },
    )
    new = workbook(tmp_path / "new.xlsx", REGISTER)
    graft(old, new, [REGISTER])
    assert flaws(new) == []
    done = openpyxl.load_workbook(new)
    assert done[NOTES]["A1"].value == "=[1]别处!$A$1+1"
    assert done._external_links[0].file_link.Target == "file:///D:/a.xlsx"
    # where the numbers are taken the value stays
    graft(remade(old, {"xl/workbook.xml": lambda d: d.replace(f'name="{NOTES}"', 'name="又一"')}), new, [REGISTER])
    assert openpyxl.load_workbook(new)["又一"]["A1"].value == 8


def test_theme_colours_stay_what_they_were_in_another_theme(tmp_path: Path) -> None:
    book = xlsxwriter.Workbook(tmp_path / "old.xlsx")
    book.add_worksheet(REGISTER)
    book.add_worksheet(NOTES).write("A1", "x", book.add_format({"bg_color": "#123456"}))
    book.close()
    themed = remade(
        tmp_path / "old.xlsx",
        {
            "xl/styles.xml": lambda d: d.replace('rgb="FF123456"', 'theme="4" tint="-0.25"'),
            "xl/theme/theme1.xml": lambda d: d.replace("4F81BD", "00FF00"),
        },
    )
    new = workbook(tmp_path / "new.xlsx", REGISTER)
    graft(themed, new, [REGISTER])
    assert openpyxl.load_workbook(new)[NOTES]["A1"].fill.fgColor.rgb == "FF00BF00"
    plain = remade(tmp_path / "old.xlsx", {"xl/styles.xml": lambda d: d.replace('rgb="FF123456"', 'theme="4"')})
    same = workbook(tmp_path / "same.xlsx", REGISTER)
    graft(plain, same, [REGISTER])
    assert openpyxl.load_workbook(same)[NOTES]["A1"].fill.fgColor.theme == 4


def test_phonetics_printers_views_and_code_names(tmp_path: Path) -> None:
    old = remade(
        workbook(tmp_path / "old.xlsx", REGISTER, NOTES),
        {
            "xl/worksheets/sheet2.xml": lambda d: (
                d.replace(
                    "</sheetData>",
                    '</sheetData><customSheetViews><customSheetView guid="{00000000-0000-0000-0000-000000000001}"/>'
                    '</customSheetViews><phoneticPr fontId="1" type="noConversion"/>',
                )
                .replace("</worksheet>", '<pageSetup paperSize="9" r:id="rId1"/></worksheet>')
                .replace("<dimension", '<sheetPr codeName="Sheet2"/><dimension')
            ),
            "xl/styles.xml": lambda d: d.replace('<fonts count="1">', '<fonts count="2">').replace(
                "</fonts>", '<font><sz val="9"/><name val="宋体"/></font></fonts>'
            ),
        },
        {
            "xl/worksheets/_rels/sheet2.xml.rels": relations(
                ("rId1", "printerSettings", "../printerSettings/printerSettings1.bin")
            ),
            "xl/printerSettings/printerSettings1.bin": f"{SPREADSHEET}.printerSettings|x",
        },
    )
    assert flaws(old) == []
    new = workbook(tmp_path / "new.xlsx", REGISTER)
    graft(old, new, [REGISTER])
    assert flaws(new) == []
    sheet = part(new, "xl/worksheets/sheet2.xml")
    assert '<phoneticPr fontId="1"' in sheet and '<name val="宋体"/>' in part(new, "xl/styles.xml")
    assert '<pageSetup paperSize="9"/>' in sheet
    assert "customSheetView" not in sheet and "codeName" not in sheet
    assert not [n for n in names_of(new) if "printer" in n]


def test_a_style_of_their_own_for_tables(tmp_path: Path) -> None:
    def change(book: openpyxl.Workbook) -> None:
        book[NOTES].add_table(Table(displayName="名册", ref="A1:B7"))

    path = edited(workbook(tmp_path / "old.xlsx", REGISTER, NOTES), change)
    element = '<tableStyleElement type="headerRow" dxfId="0"/>'
    revision = 'xmlns:xr9="http://schemas.microsoft.com/office/spreadsheetml/2016/revision9" xr9:uid="{A}"'
    style = f'<tableStyles count="1"><tableStyle name="我的" count="1" {revision}>{element}</tableStyle></tableStyles>'
    dxfs = '<dxfs count="1"><dxf><font><b val="1"/></font></dxf></dxfs>'
    with zipfile.ZipFile(path) as archive:
        table = next(n for n in archive.namelist() if n.startswith("xl/tables/"))
        styles = archive.read("xl/styles.xml").decode()
    tail = styles[styles.index("<tableStyles") : styles.index("/>", styles.index("<tableStyles")) + 2]
    assert "<dxfs" not in styles or '<dxfs count="0"' in styles
    old = remade(
        path,
        {
            "xl/styles.xml": lambda d: d.replace('<dxfs count="0"/>', "").replace(tail, dxfs + style),
            table: after("</table>", '<tableStyleInfo name="我的" showRowStripes="1"/>'),
        },
    )
    new = workbook(tmp_path / "new.xlsx", REGISTER)
    graft(old, new, [REGISTER])
    assert flaws(new) == []
    assert ' name="我的"' in part(new, "xl/styles.xml")
    assert ":uid=" not in part(new, "xl/styles.xml")  # Excel of before 2016 would find the file damaged


def test_arrays_that_spill_stay_so(tmp_path: Path) -> None:
    book = xlsxwriter.Workbook(tmp_path / "old.xlsx")
    book.add_worksheet(REGISTER).write_column("A1", [3, 1, 2])
    book.add_worksheet(NOTES).write_dynamic_array_formula("A1:A3", f"=SORT({REGISTER}!A1:A3)", None, 1)
    book.close()
    new = workbook(tmp_path / "new.xlsx", REGISTER)
    graft(tmp_path / "old.xlsx", new, [REGISTER])
    assert flaws(new) == []
    assert "xl/metadata1.xml" in names_of(new)
    assert ' cm="1"' in part(new, "xl/worksheets/sheet2.xml")


@pytest.mark.parametrize("kind", ["slicer", "timeline", "ctrlProp"])
def test_what_cannot_come_over_is_named(tmp_path: Path, kind: str) -> None:
    old = remade(
        workbook(tmp_path / "old.xlsx", REGISTER, NOTES),
        {},
        {
            "xl/worksheets/_rels/sheet2.xml.rels": relations(("rId1", kind, "../x/x1.xml")),
            "xl/x/x1.xml": "application/xml|<x/>",
        },
    )
    new = workbook(tmp_path / "new.xlsx", REGISTER)
    before = new.read_bytes()
    with pytest.raises(CannotKeepError, match="移到另外的工作簿"):
        graft(old, new, [REGISTER])
    assert new.read_bytes() == before


def test_another_calendar_is_refused(tmp_path: Path) -> None:
    old = remade(
        workbook(tmp_path / "old.xlsx", REGISTER, NOTES),
        {"xl/workbook.xml": lambda d: d.replace("<workbookPr ", '<workbookPr date1904="1" ')},
    )
    with pytest.raises(CannotKeepError, match="1904"):
        graft(old, workbook(tmp_path / "new.xlsx", REGISTER), [REGISTER])


@pytest.mark.parametrize(
    ("name", "change"),
    [
        ("xl/worksheets/sheet2.xml", lambda d: d.replace("<worksheet", '<!DOCTYPE a [<!ENTITY b "c">]><worksheet')),
        ("xl/worksheets/sheet2.xml", lambda d: d.replace("<v>", "<v>9")),
        ("xl/worksheets/sheet2.xml", lambda d: d.replace("</sheetData>", "")),
        ("xl/worksheets/sheet2.xml", lambda d: d.replace("<c ", '<c s="many" ')),
        ("xl/worksheets/sheet2.xml", lambda d: d.replace("<c ", '<c s="99" ')),
        ("xl/sharedStrings.xml", lambda d: d[: len(d) // 2]),
        ("xl/styles.xml", lambda d: d.replace("cellXfs", "cellYfs")),
    ],
)
def test_a_sheet_that_is_damaged_inside(tmp_path: Path, name: str, change: Change) -> None:
    old = remade(workbook(tmp_path / "old.xlsx", REGISTER, NOTES), {name: change})
    new = workbook(tmp_path / "new.xlsx", REGISTER)
    before = new.read_bytes()
    with pytest.raises(CannotKeepError, match="另存为"):
        graft(old, new, [REGISTER])
    assert new.read_bytes() == before


@needs_libreoffice
def test_a_copy_of_our_sheet_with_many_rows(tmp_path: Path) -> None:
    book = xlsxwriter.Workbook(tmp_path / "old.xlsx")
    for name in (REGISTER, f"{REGISTER} (2)"):
        sheet = book.add_worksheet(name)
        for row in range(3000):
            sheet.write_row(row, 0, [f"{name}{row}", row, f"=A{row + 1}"])
    book.close()
    new = workbook(tmp_path / "new.xlsx", REGISTER)
    graft(tmp_path / "old.xlsx", new, [REGISTER])
    assert flaws(new) == []
    done = openpyxl.load_workbook(recalculated(new, tmp_path / "again"), data_only=True)[f"{REGISTER} (2)"]
    assert [c.value for c in done[3000]] == [f"{REGISTER} (2)2999", 2999, f"{REGISTER} (2)2999"]


@pytest.mark.parametrize(
    ("formula", "expected", "whole"),
    [
        ("SUM(旧!A1:B2)+1", "SUM(#REF!)+1", False),
        ("'旧'!$A$1", "#REF!", False),
        ("SUM('旧'!A:A,新!A:A)", "SUM(#REF!,新!A:A)", False),
        ("\"旧!A1\"&'新 的'!A1", "\"旧!A1\"&'新 的'!A1", True),
        ("SUM(表[旧])", "SUM(表_2[旧])", True),
        ("表[[#This Row],[表]]*2", "表_2[[#This Row],[表]]*2", True),
        ("表!A1+表", "表!A1+表_2", True),
        ("SUM(旧表[数])", "SUM(#REF!)", False),
        ("[1]旧!A1", "[1]旧!A1", True),
        ("旧旧!A1+旧率", "旧旧!A1+旧率", True),
        ("IF(#REF!>1,TRUE,名)", "IF(#REF!>1,TRUE,名)", True),
    ],
)
def test_formulas_are_read_by_their_words(formula: str, expected: str, whole: bool) -> None:
    formulas = Formulas(sheets=["旧"], tables=["旧表"], renamed={"表": "表_2"}, names=["名"], external=True)
    assert formulas.rewrite(formula) == (expected, whole)
    assert formulas.used == ({"名"} if "名" in formula else set())
