"""Which files are offered as pages of one document."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.intake.grouping import group_files


@pytest.mark.parametrize(
    "group",
    [
        ["agreement_1.jpg", "agreement_2.jpg"],
        ["agreement-1.jpg", "agreement-2.jpg", "agreement-3.jpg"],
        ["协议(1).jpg", "协议(2).jpg"],
        ["协议 （1）.jpg", "协议 （2）.jpg"],
        ["x_p1.png", "x_p2.png"],
        ["x-P1.png", "x-P2.png"],
        ["协议_第1页.jpg", "协议_第2页.jpg"],
        ["协议第一页.jpg", "协议第二页.jpg"],
        ["第1页.jpg", "第2页.jpg"],
        ["a/b/x_1.jpg", "a/b/x_2.jpg"],
        ["x_1.jpg", "x_2.png"],
        ["dev_011_1.jpg", "dev_011_2.jpg"],
        ["line\nbreak_1.jpg", "line\nbreak_2.jpg"],
        [f"x_第{n}页.jpg" for n in range(1, 13)],
        [f"x_{n}.jpg" for n in range(1, 10)],
    ],
)
def test_pages_of_one_document(group: list[str]) -> None:
    other = ["other.jpg", "x.pdf"]
    assert group_files([*reversed(group), *other]) == [group, *[[name] for name in other]]


@pytest.mark.parametrize(
    "files",
    [
        ["IMG_0001.jpg", "IMG_0002.jpg"],
        ["IMG_01.jpg", "IMG_02.jpg"],
        ["scan_20190501.jpg", "scan_20190502.jpg"],
        ["dev_000.jpg", "dev_001.jpg", "dev_002.jpg"],
        ["x_2.jpg", "x_3.jpg"],
        ["x_0.jpg", "x_1.jpg"],
        ["x_2.jpg"],
        ["x_1.jpg"],
        ["x_1.jpg", "y_2.jpg"],
        ["a/x_1.jpg", "b/x_2.jpg"],
        ["x_1.jpg", "x-2.jpg"],
        ["1.jpg", "2.jpg"],
        ["form1.jpg", "form2.jpg"],
        ["map1.jpg", "map2.jpg"],
        ["表.jpg", "表(1).jpg", "表(2).jpg"],
        [f"scan_{n}.jpg" for n in range(1, 12)],
    ],
)
def test_separate_documents(files: list[str]) -> None:
    assert group_files(files) == [[name] for name in files]


def test_a_gap_ends_the_document() -> None:
    assert group_files(["x_1.jpg", "x_2.jpg", "x_4.jpg"]) == [["x_1.jpg", "x_2.jpg"], ["x_4.jpg"]]


def test_the_same_number_twice_makes_a_document_of_each_file_type() -> None:
    files = ["x_1.jpg", "x_1.png", "x_2.jpg", "x_2.png"]
    assert group_files(files) == [["x_1.jpg", "x_2.jpg"], ["x_1.png", "x_2.png"]]


NAMES = st.lists(st.text(alphabet="a1234_-()p第页一/.", min_size=1, max_size=10), unique=True, max_size=15)


@given(NAMES)
def test_every_file_is_in_exactly_one_group(names: list[str]) -> None:
    groups = group_files(names)
    assert sorted(path for group in groups for path in group) == sorted(names)
