"""What type a value has that no definition names: by the wording of its label, where the writing agrees, and by what
the writing shows alone. A guess decides how a value is read and written (a date as ISO), and a person looks at it."""

from __future__ import annotations

import re
import unicodedata

from pipeline.definitions import FieldType
from pipeline.forms.labels import plain
from pipeline.forms.marks import is_date_line

_DIGIT = re.compile(r"\d")
_ID = re.compile(r"^\d{14,17}[\dXx]$")
_MOBILE = re.compile(r"^1[3-9]\d{9}$")
_PHONE = re.compile(r"^[\d\-()（）]{7,16}$")
_NAME = re.compile(r"^[\u4e00-\u9fff]{2,4}$|^[\u4e00-\u9fff]{2,6}·[\u4e00-\u9fff]{2,8}$")
_NUMBER = re.compile(r"^[\dOoIl.]{1,8}[\u4e00-\u9fff]{0,3}$")
_OF_DATES = re.compile(r"[年月日号./\-_,:自至起止Il|]")
_DATE_DIGITS = 3
_LISTED = re.compile(r"^[^。;；,，]{2,14}、[^。;；,，]{2,}$")
_CODE_LENGTH = 15  # of the 18 characters of an identity number or credit code, so many at least were read


def type_of(wording: FieldType, text: str) -> FieldType:
    """The type of what is written as ``text`` beside a label that suggests ``wording``."""
    said = re.sub(r"\s", "", unicodedata.normalize("NFKC", text))
    digits = len(_DIGIT.findall(said))
    if _ID.match(said) or (wording is FieldType.ID_NUMBER and digits >= _CODE_LENGTH):
        return FieldType.ID_NUMBER
    if _MOBILE.match(said):
        return FieldType.PHONE
    if wording is FieldType.DATE and digits >= _DATE_DIGITS and digits + len(_OF_DATES.findall(said)) > 0.7 * len(said):
        return FieldType.DATE
    if is_date_line(said) and wording is FieldType.TEXT:
        return FieldType.DATE
    if wording is FieldType.TEXT and _LISTED.search(said):
        return FieldType.LIST
    agrees = {
        FieldType.USCC: len(plain(said)) >= _CODE_LENGTH,
        FieldType.PHONE: bool(_PHONE.match(said)),
        FieldType.NUMBER: bool(_NUMBER.match(said)),
        FieldType.NAME: bool(_NAME.match(plain(said))),
        FieldType.CODE: digits > 0,
    }
    return wording if agrees.get(wording) else FieldType.TEXT
