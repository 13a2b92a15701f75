"""Drop-downs where what a cell may hold is closed."""

from __future__ import annotations

from typing import Any

SHEET = "选项"
_INLINE = 255  # characters that Excel takes in the list of a validation itself
_MESSAGE = "请从下拉列表中选择，或清空此格。"


class Choices:
    """The lists behind a workbook's drop-downs; the long ones stand in a hidden sheet at its end."""

    def __init__(self, book: Any) -> None:
        self._book = book
        self._columns: dict[tuple[str, ...], int] = {}

    def offer(self, sheet: Any, choices: tuple[str, ...], cells: tuple[int, int, int, int]) -> None:
        """Let ``cells`` (first row and column, last row and column, from 0) of a sheet hold one of ``choices``."""
        listed = ",".join(choices)
        inline = len(listed) <= _INLINE and not any("," in choice for choice in choices)
        rule = {
            "validate": "list",
            "source": list(choices) if inline else self._range(choices),
            "ignore_blank": True,
            "error_title": "不在可选范围内",
            "error_message": _MESSAGE,
            # What was read may be none of them, and a person may have to write what stands on paper.
            "error_type": "warning",
        }
        sheet.data_validation(*cells, rule)

    def write(self) -> None:
        """Add the hidden sheet, where any list needs it."""
        if not self._columns:
            return
        sheet = self._book.add_worksheet(SHEET)
        sheet.hide()
        for choices, column in self._columns.items():
            for row, choice in enumerate(choices):
                sheet.write_string(row, column, choice)

    def _range(self, choices: tuple[str, ...]) -> str:
        column = self._columns.setdefault(choices, len(self._columns))
        letter = column_letters(column)
        return f"='{SHEET}'!${letter}$1:${letter}${len(choices)}"


def column_letters(column: int) -> str:
    """A column counted from 0 as a spreadsheet names it."""
    from xlsxwriter.utility import xl_col_to_name  # late, as the writer itself

    return str(xl_col_to_name(column))
