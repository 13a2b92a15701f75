"""What is the office's own: a calibration fitted on its people's corrections, and additions to the lists.

``calibration.json`` and ``dictionaries`` lie among the outputs, with the database they come from, and not in
``models``, which an upgrade replaces.
"""

from __future__ import annotations

import datetime
import json
from dataclasses import dataclass
from pathlib import Path

from pipeline.definitions import Forms, load_forms
from pipeline.dictionaries import Dictionaries, load_dictionaries
from pipeline.errors import SetupError
from pipeline.reading.calibration import Calibration, load_calibration
from pipeline.settings import Settings

OFFICE_FILE = "calibration.json"
OFFICE_LISTS = "dictionaries"


@dataclass(frozen=True, slots=True)
class InUse:
    """The calibration that readings are judged by; ``notice`` says why it is not the office's where it should be."""

    calibration: Calibration
    office: bool = False
    notice: str = ""


def office_file(settings: Settings) -> Path:
    """Where the office's calibration lies, if it has one."""
    return settings.path("outputs") / OFFICE_FILE


def office_lists(settings: Settings) -> Path:
    """The folder of the office's additions to the dictionaries, which need not exist."""
    return settings.path("outputs") / OFFICE_LISTS


def shipped(settings: Settings) -> Calibration:
    """The calibration that came with the program. Raises :class:`SetupError`."""
    return load_calibration(settings.path("calibration"))


def calibration_in_use(settings: Settings) -> InUse:
    """The office's calibration where there is one that fits this program, else the shipped one."""
    path = office_file(settings)
    if not path.exists():
        return InUse(shipped(settings))
    try:
        return InUse(load_calibration(path), office=True)
    except SetupError:
        return InUse(
            shipped(settings),
            notice=f"本单位的校准文件 {path} 已损坏或与程序版本不符（例如程序升级之后），暂用出厂校准。"
            "请运行 python run_pipeline.py calibrate 重新校准。",
        )


def load_rules(settings: Settings) -> tuple[Forms, Dictionaries]:
    """Form definitions and the dictionaries they name, with the office's own additions. Raises :class:`SetupError`."""
    forms = load_forms(settings.path("forms"))
    wanted = {f.dictionary for form in forms.values() for f in (*form.fields, *form.row_fields) if f.dictionary}
    return forms, load_dictionaries(settings.path("dictionaries"), wanted, office_lists(settings))


def write_office_calibration(settings: Settings, calibration: Calibration, examples: int) -> Path:
    """Put a calibration in force for every later batch; ``examples`` it was fitted on are noted with the day."""
    from pipeline.ledgers.atomic import replacing  # slow to import, and every worker imports this module

    path = office_file(settings)
    today = datetime.date.today().isoformat()
    data = {"examples": examples, "date": today, **calibration.to_dict()}
    with replacing(path) as written:
        written.temp.write_text(json.dumps(data, indent=1) + "\n", encoding="utf-8")
    return path


def remove_office_calibration(settings: Settings) -> bool:
    """Go back to the shipped calibration; whether there was another."""
    path = office_file(settings)
    try:
        path.unlink()
    except FileNotFoundError:
        return False
    except OSError as error:
        raise SetupError(f"无法删除 {path}：{error.strerror}。请检查文件夹权限。") from error
    return True
