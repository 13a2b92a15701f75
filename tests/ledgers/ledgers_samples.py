"""Small builders of records with invented data, one a form type."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from openpyxl import load_workbook

from pipeline.definitions import Forms, load_forms
from pipeline.dictionaries import Dictionary
from pipeline.records import DocumentStatus, FieldStatus, FieldValue, Record

FORMS_FOLDER = Path(__file__).resolve().parents[2] / "models" / "forms"
FORMS: Forms = load_forms(FORMS_FOLDER)
DICTIONARIES = {
    "communities": Dictionary.of("communities", [("洸河社区", []), ("科苑社区", []), ("黄金水岸社区", ["金水岸"])]),
    "units": Dictionary.of(
        "units",
        [
            ("济宁高新区税务局", ["高新区税务局", "税务局"]),
            ("济宁高新区人民法院", []),
            ("济宁高新区人民检察院", []),
            ("济宁高新区财政金融局", []),
            ("济宁市第十三中学", []),
        ],
    ),
    "projects": Dictionary.of(
        "projects",
        [("关爱空巢老人", []), ("社区环境卫生整治", []), ("反诈骗知识宣传", ["反诈宣传"]), ("义务法律咨询", [])],
    ),
    "ethnic_groups": Dictionary.of("ethnic_groups", [("汉族", ["汉"])]),
    "schooling": Dictionary.of("schooling", [("大学本科", [])]),
}


def value(text: Any = None, *issues: str, confidence: float = 0.99, status: str | None = None) -> FieldValue:
    """A field: accepted without issues, in review with some, unless ``status`` says otherwise."""
    return FieldValue(
        value=text,
        raw="" if text is None or isinstance(text, bool) else str(text),
        confidence=confidence,
        status=FieldStatus(status or ("review" if issues else "accepted")),
        quad=((1.0, 2.0), (30.0, 2.0), (30.0, 9.0), (1.0, 9.0)),
        issues=list(issues),
    )


def record(doc_type: str, file: str = "a.jpg", rows: Any = (), status: str | None = None, **fields: Any) -> Record:
    """A record of plain values or :class:`FieldValue`, whose status follows its fields."""
    made = {key: _field(v, file) for key, v in fields.items()}
    made_rows = [{key: _field(v, file) for key, v in row.items()} for row in rows]
    every = [*made.values(), *(v for row in made_rows for v in row.values())]
    doubtful = any(v.status in (FieldStatus.REVIEW, FieldStatus.MISSING) for v in every)
    return Record(
        document_id=f"id-{file}",
        doc_type=doc_type,
        files=[file],
        sha256=["0" * 64],
        pages=[[1]],
        status=DocumentStatus(status or ("needs_review" if doubtful else "accepted")),
        fields=made,
        rows=made_rows,
    )


def _field(given: Any, file: str) -> FieldValue:
    found = given if isinstance(given, FieldValue) else value(given)
    found.file = file
    return found


def member(file: str = "m.jpg", **changes: Any) -> Record:
    fields = {
        "name": "赵一帆",
        "gender": "男",
        "birth_date": "1980-03",
        "id_number": "370811198003154518",
        "party_join_date": "2003-07-01",
        "employer": "济宁高新区税务局",
        "phone": "13800001234",
        "community": "科苑社区",
        "service_intents": ["政策宣传", "环境卫生"],
        "claimed_projects": "关爱空巢老人",
        "report_date": "2019-05-18",
        "applicant_signature": True,
        "unit_seal": True,
        "community_seal": False,
    }
    return record("member_registration", file, **{**fields, **changes})


def unit(file: str = "u.jpg", **changes: Any) -> Record:
    fields = {
        "unit_name": "济宁高新区人民法院",
        "party_org": "中共济宁高新区人民法院机关党委",
        "uscc": "11370800004234567X",
        "member_count": "042",
        "phone": "0537-2212345",
        "community": "洸河社区",
        "claimed_projects": "义务法律咨询、反诈骗知识宣传",
        "report_date": "2019-05-03",
    }
    return record("unit_registration", file, **{**fields, **changes})


def agreement(file: str = "g.jpg", **changes: Any) -> Record:
    fields = {
        "agreement_no": "007-2019",
        "party_a": "中共洸河街道洸河社区委员会",
        "party_b": "中共济宁高新区人民法院支部委员会",
        "projects": "义务法律咨询",
        "term_start": "2019-05-18",
        "term_end": "2020-05-18",
        "sign_date": "2019-05-18",
        "party_a_seal": True,
    }
    return record("agreement", file, **{**fields, **changes})


def item_list(kind: str = "project", file: str = "l.jpg", rows: Any = None, **changes: Any) -> Record:
    fields = {"list_kind": kind, "community": "洸河社区", "date": "2019-06-01", "seal": True}
    if rows is None:
        rows = [
            {
                "seq": "1",
                "item": "义务法律咨询",
                "owner": "济宁高新区人民法院",
                "deadline": "2019-12-01",
                "status": "进行中",
            }
        ]
    return record("item_list", file, rows, **{**fields, **changes})


def feedback(file: str = "f.jpg", **changes: Any) -> Record:
    fields = {
        "service_unit": "济宁高新区人民法院",
        "community": "洸河社区",
        "project": "义务法律咨询",
        "service_date": "2019-08-02",
        "participants": "33",
        "hours": "2.5",
        "completion": "已完成",
        "satisfaction": "满意",
        "community_feedback": "效果明显。",
    }
    return record("service_feedback", file, **{**fields, **changes})


def rows_of(path: Path, sheet: str) -> list[dict[str, Any]]:
    """The rows of a single-table sheet by heading, as cells."""
    table = load_workbook(path)[sheet]
    heads = heading_row(table)
    titles = [cell.value for cell in table[heads]]
    rows = [dict(zip(titles, row, strict=True)) for row in table.iter_rows(min_row=heads + 1)]
    return [row for row in rows if row["序号"].value is not None]  # an empty table has an empty row


def heading_row(sheet: Any) -> int:
    """The row of the headings of a single-table sheet, below its title and the headings of groups."""
    return next(row for row in range(1, 5) if sheet.cell(row, 1).value == "序号")


def headings(path: Path, sheet: str) -> list[Any]:
    table = load_workbook(path)[sheet]
    return [cell.value for cell in table[heading_row(table)]]


def values_of(path: Path, sheet: str) -> list[dict[str, Any]]:
    """The same as plain values."""
    return [{head: cell.value for head, cell in row.items()} for row in rows_of(path, sheet)]
