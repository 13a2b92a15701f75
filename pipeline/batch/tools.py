"""What documents are read with: the OCR engine, and what is known beforehand of forms, words and writing."""

from __future__ import annotations

import datetime
from typing import TYPE_CHECKING

from pipeline.batch.office import calibration_in_use, load_rules
from pipeline.dictionaries import Dictionaries
from pipeline.flow import Tools
from pipeline.reading.calibration import Calibration, load_calibration
from pipeline.reading.decode import Knowledge
from pipeline.reading.engine import open_engine
from pipeline.reading.language import load_language
from pipeline.settings import Settings
from pipeline.terms import load_terms

if TYPE_CHECKING:
    from pipeline.batch.weigh import Rules


def load_tools(settings: Settings, today: datetime.date, rules: Rules | None = None) -> Tools:
    """Forms, dictionaries and the OCR engine as the settings say. Raises :class:`SetupError`.

    ``rules`` stand for the forms, lists and calibration of the settings: another machine may not see those.
    """
    forms, dictionaries = (rules.forms, rules.dictionaries) if rules else load_rules(settings)
    engine = open_engine(settings.reading, settings.path("ocr"))
    calibration = rules.calibration if rules else calibration_in_use(settings).calibration
    knowledge = know(settings, dictionaries, today, calibration)
    return Tools(forms, engine, knowledge, settings.acceptance, load_terms(settings.path("terms")))


def know(
    settings: Settings, dictionaries: Dictionaries, today: datetime.date, calibration: Calibration | None = None
) -> Knowledge:
    """What decoding may know: the office's lists, the language's words with the office's own, how sure is sure.

    ``calibration`` is the shipped one unless given.
    """
    office = {name for dictionary in dictionaries.values() for name in dictionary.spellings}
    calibration = calibration or load_calibration(settings.path("calibration"))
    lexicon, names = load_language()
    return Knowledge(dictionaries, lexicon.with_words(office), names, calibration, today)
