"""Documents as they come out of reading: a right one of each form, to be spoilt one value at a time.

All people, numbers and codes are invented; their check characters are computed here.
"""

from __future__ import annotations

from typing import Any

from pipeline.definitions import FormDefinition
from pipeline.records import DocumentStatus, FieldStatus, FieldValue, Record, Value

_WEIGHTS = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2]


def id_number(region: str = "370811", born: str = "19800315", sequence: str = "451") -> str:
    """GB 11643-1999, ISO 7064 MOD 11-2."""
    body = region + born + sequence
    return body + "10X98765432"[sum(w * int(d) for w, d in zip(_WEIGHTS, body, strict=True)) % 11]


def credit_code(body: str = "12370800976187130") -> str:
    """GB 32100-2015: weights are the powers of 3 modulo 31."""
    alphabet = "0123456789ABCDEFGHJKLMNPQRTUWXY"
    total = sum(alphabet.index(c) * pow(3, i, 31) for i, c in enumerate(body))
    return body + alphabet[(31 - total % 31) % 31]


def wrong_check(number: str) -> str:
    """The number with another check character."""
    return number[:-1] + ("1" if number[-1] != "1" else "2")


MEMBER: dict[str, Value] = {
    "name": "王建国",
    "gender": "男",
    "ethnicity": "汉族",
    "birth_date": "1980-03",
    "id_number": id_number(),
    "education": "大学",
    "party_join_date": "2003-07-01",
    "employer": "济宁高新区税务局",
    "position": "科员",
    "party_branch": "高新区税务局党支部",
    "phone": "13812345678",
    "home_address": "火炬路142号",
    "community": "洸河社区",
    "specialty": "音乐、书法",
    "available_time": "周末",
    "service_intents": ["政策宣传", "环境卫生"],
    "claimed_projects": "关爱空巢老人",
    "report_date": "2019-07-07",
    "unit_opinion": "同意。",
    "community_opinion": "同意。",
    "applicant_signature": True,
    "unit_seal": True,
    "community_seal": True,
}
UNIT: dict[str, Value] = {
    "unit_name": "济宁高新区税务局",
    "party_org": "中共济宁高新区税务局总支部",
    "uscc": credit_code(),
    "secretary": "傅珍波",
    "member_count": "97",
    "contact": "方宇华",
    "phone": "0537-5057511",
    "address": "崇文大道153号",
    "community": "洸河社区",
    "resources": "图书242册",
    "claimed_projects": "关爱空巢老人",
    "report_date": "2019-08-08",
    "unit_seal": True,
    "community_seal": True,
}
AGREEMENT: dict[str, Value] = {
    "agreement_no": "GJ-2019-145",
    "party_a": "中共洸河街道洸河社区委员会",
    "party_b": "中共济宁高新区税务局支部委员会",
    "party_a_contact": "钟涵民",
    "party_b_contact": "谭浩",
    "party_a_phone": "18712603177",
    "party_b_phone": "13723346440",
    "projects": "关爱空巢老人",
    "term_start": "2019-05-02",
    "term_end": "2031-05-02",
    "sign_date": "2019-05-02",
    "party_a_seal": True,
    "party_b_seal": True,
    "party_a_signature": True,
    "party_b_signature": True,
}
FEEDBACK: dict[str, Value] = {
    "service_unit": "济宁高新区税务局",
    "community": "洸河社区",
    "project": "关爱空巢老人",
    "service_date": "2019-06-18",
    "place": "社区广场",
    "participants": "12",
    "hours": "2",
    "phone": "18819587782",
    "content": "走访慰问。",
    "completion": "已完成",
    "satisfaction": "满意",
    "community_feedback": "服务到位。",
    "feedback_date": "2019-07-05",
    "leader": "郝红莲",
    "leader_signature": True,
    "community_seal": True,
}
LIST: dict[str, Value] = {"list_kind": "project", "community": "洸河社区", "date": "2019-09-04", "seal": True}
ROW: dict[str, Value] = {
    "seq": "1",
    "item": "关爱空巢老人",
    "owner": "济宁高新区税务局",
    "contact": "方宇华",
    "phone": "13812345678",
    "deadline": "2031-01-01",
    "status": "进行中",
}
RIGHT: dict[str, dict[str, Value]] = {
    "member_registration": MEMBER,
    "unit_registration": UNIT,
    "agreement": AGREEMENT,
    "service_feedback": FEEDBACK,
    "item_list": LIST,
}


def read(value: Value, confidence: float = 0.999) -> FieldValue:
    raw = value if isinstance(value, str) else ""
    return FieldValue(value=value, raw=raw, confidence=confidence, file="scan.jpg")


def record_of(form: FormDefinition, **changed: Any) -> Record:
    """A right document of a form, with some values changed; a tuple gives a value and its confidence."""
    values = {**RIGHT[form.type], **changed}
    fields = {key: read(*v) if isinstance(v, tuple) else read(v) for key, v in values.items()}
    rows = [{key: read(v) for key, v in ROW.items()}] if form.rows else []
    return Record(f"{form.type}-1", form.type, ["scan.jpg"], ["0" * 64], [[1]], fields=fields, rows=rows)


def statuses(record: Record) -> tuple[DocumentStatus, set[str]]:
    """The document's status, and the fields that are not accepted."""
    return record.status, {path for path, v in record.all_fields() if v.status is not FieldStatus.ACCEPTED}


def issues(record: Record) -> dict[str, list[str]]:
    """The codes of the fields that have any."""
    return {path: value.issues for path, value in record.all_fields() if value.issues}
