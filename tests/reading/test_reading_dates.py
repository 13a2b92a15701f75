"""Dates in the ways people write them."""

from __future__ import annotations

import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.reading.dates import parse_date

WAYS = {
    "2019-05-18": [
        "2019年5月18日",
        "2019年05月18日",
        "2019年5月18号",
        "2019年5月18",
        "2019 年 5 月 18 日",
        "2019-05-18",
        "2019-5-18",
        "2019 - 05 - 18",
        "2019—05—18",
        "2019/5/18",
        "2019.5.18",
        "2019.05.18.",
        "2019。5。18",
        "2019、5、18",
        "2019，5，18",
        "2019:5:18",
        "2019.5/18",
        "20190518",
        "２０１９年５月１８日",
        "自2019年5月18日",
        "2019年5月18日起",
        "从2019年5月18日至",
        "至2019年5月18日止",
        "19年5月18日",
        "19.5.18",
        "19-05-18",
        "'19.5.18",
        "二〇一九年五月十八日",
        "二零一九年五月十八日",
        "二○一九年五月十八日",
        "2019年五月十八日",
        "20195月18日",  # the first sign lost in the recogniser
        "2019年0518日",  # the second
    ],
    "2019-05": ["2019年5月", "2019年05", "2019.5", "2019-05", "2019/05", "201905", "19年5月", "二〇一九年五月"],
    "1985-03": ["85年3月", "85.3", "1985年3月生", "1985.3.", "一九八五年三月"],
    "2019-10-10": ["二〇一九年十月十日", "2019年十月十日", "2019年10月10日", "20191010"],
    "2019-12-31": ["二〇一九年十二月三十一日", "2019年12月31日", "2019.12.31"],
    "2019-11-20": ["二零一九年十一月二十日", "2019年11月20"],
    "2019-01-02": ["二〇一九年一月二日", "2019.1.2", "20190102"],
    "2020-02-29": ["2020年2月29日", "2020.2.29", "20200229"],
    "1998-03": ["98年3月"],
    "1931-07-01": ["1931年7月1日"],
}


@pytest.mark.parametrize(("iso", "written"), [(iso, way) for iso, ways in WAYS.items() for way in ways])
def test_a_way_to_write_a_date(iso: str, written: str) -> None:
    assert parse_date(written) == iso


IMPOSSIBLE = [
    "2019年2月30日",
    "2019年2月29日",
    "1900-02-29",
    "2019年4月31日",
    "2019年13月1日",
    "2019年0月1日",
    "2019年5月0日",
    "2019年5月32日",
    "2019-00-10",
    "0000-00-00",
    "20190230",
    "20191301",
    "99999999",
    "二〇一九年二月三十日",
    "二〇一九年十三月",
    "98年13月",
    "1899-12-31",
    "2100-01-01",
]


@pytest.mark.parametrize("written", IMPOSSIBLE)
def test_an_impossible_date_is_none(written: str) -> None:
    assert parse_date(written) is None


NO_DATE = [
    "",
    " ",
    "-",
    "无",
    "今天",
    "长期",
    "年 月 日",
    "年月日",
    "2019",
    "2019年",
    "2019年月日",
    "5月18日",
    "18.5.2019",  # not how it is written here, and which is the day?
    "18/05/2019",
    "13800138000",
    "370883196911142436",
    "2019年5月118日",
    "2019年5月18日至2020年5月18日",
    "2019.5.18-2020.5.18",
    "济宁高新区",
]


@pytest.mark.parametrize("written", NO_DATE)
def test_what_is_no_date_is_none(written: str) -> None:
    assert parse_date(written) is None


HAN = "〇一二三四五六七八九"


def han_number(n: int) -> str:
    tens, ones = divmod(n, 10)
    return ("" if tens == 0 else "十" if tens == 1 else HAN[tens] + "十") + (HAN[ones] if ones else "")


def han_date(day: datetime.date) -> str:
    year = "".join(HAN[int(c)] for c in f"{day.year:04d}")
    return f"{year}年{han_number(day.month)}月{han_number(day.day)}日"


dates = st.dates(datetime.date(1935, 1, 1), datetime.date(2035, 12, 31))


@given(
    dates,
    st.sampled_from(["{y}年{m}月{d}日", "{y}-{m:02d}-{d:02d}", "{y}.{m}.{d}", "{y}/{m:02d}/{d}", "{y}{m:02d}{d:02d}"]),
)
def test_every_day_in_digits(day: datetime.date, way: str) -> None:
    assert parse_date(way.format(y=day.year, m=day.month, d=day.day)) == day.isoformat()


@given(dates)
def test_every_day_in_chinese_numerals(day: datetime.date) -> None:
    assert parse_date(han_date(day)) == day.isoformat()


@given(st.dates(datetime.date(1942, 1, 1), datetime.date(2026, 12, 31)))
def test_a_year_of_two_digits_is_in_the_century_that_a_living_person_means(day: datetime.date) -> None:
    assert parse_date(f"{day.year % 100:02d}.{day.month}.{day.day}") == day.isoformat()


@given(st.text("0123456789年月日.-/〇一二十 ", max_size=14))
def test_what_comes_out_is_a_date_that_exists(text: str) -> None:
    iso = parse_date(text)
    if iso is not None:
        assert len(iso) in (7, 10)
        day = datetime.date.fromisoformat(iso if len(iso) == 10 else f"{iso}-01")
        assert 1900 <= day.year <= 2099


@pytest.mark.parametrize(("text", "iso"), [("2019.816", "2019-08-16"), ("2019/717", None), ("2019.111", None)])
def test_a_lost_point_is_found_where_no_other_date_is_meant(text: str, iso: str | None) -> None:
    assert parse_date(text) == iso
