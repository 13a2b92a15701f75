"""What each part of the reading is worth: the pipeline with parts taken out, measured from the least up.

Parts are taken out from outside, by putting something that does nothing in their place; the pipeline
itself has no switches for this.
"""

from __future__ import annotations

import contextlib
import dataclasses
from collections.abc import Callable, Sequence
from pathlib import Path
from unittest import mock

from benchmarks.labelled import Figures, figures, judge_held_out, pairs, read_corpora
from pipeline.dictionaries import Dictionary
from pipeline.flow import Tools
from pipeline.reading.answer import Answer
from pipeline.reading.language import Lexicon
from pipeline.reading.looks import Looks
from pipeline.reading.names import NameModel

_ECHOES = "pipeline.batch.weigh.count_echoes"


@dataclasses.dataclass(frozen=True, slots=True)
class Step:
    """A pipeline with less in it; ``without`` is taken out, in each process that reads."""

    title: str
    without: tuple[str, ...]


STEPS = (
    Step(
        "what the recogniser reads, no knowledge of the field",
        ("grammars", "lists", "words", "looks", "hand", "fields", "witnesses", "echoes"),
    ),
    Step("+ grammars and closed lists", ("lists", "words", "looks", "hand", "fields", "witnesses", "echoes")),
    Step("+ the office's lists", ("words", "looks", "hand", "fields", "witnesses", "echoes")),
    Step("+ words and names", ("looks", "hand", "fields", "witnesses", "echoes")),
    Step("+ another look", ("hand", "fields", "witnesses", "echoes")),
    Step("+ the writer's own digits", ("fields", "witnesses", "echoes")),
    Step("+ fields that agree", ("witnesses", "echoes")),
    Step("+ signatures, seals and fields that repeat a value", ("echoes",)),
    Step("+ other documents", ()),
)


def measure(step: Step, corpora: Sequence[Path]) -> list[Figures | None]:
    """Figures for each corpus; confidences cross-validated by writer over all of them."""
    without = set(step.without)
    silence: contextlib.AbstractContextManager[object] = contextlib.nullcontext()
    if "echoes" in without:
        silence = mock.patch(_ECHOES, lambda records, forms: {})
    with silence:
        documents = read_corpora(corpora, TakeOut(frozenset(without)))
        judge_held_out(documents, lambda d: d.hand)
    return [figures(pairs([d for d in documents if d.corpus == corpus])) for corpus in corpora]


@dataclasses.dataclass(frozen=True, slots=True)
class TakeOut:
    """Takes parts out of the tools and of the modules of the process it is called in."""

    parts: frozenset[str]

    def __call__(self, tools: Tools) -> Tools:
        knowledge = tools.knowledge
        if "lists" in self.parts:
            closed = {
                f.dictionary for form in tools.forms.values() for f in (*form.fields, *form.row_fields) if f.closed
            }
            lists = {
                name: dictionary if name in closed else Dictionary.of(name, [])
                for name, dictionary in knowledge.dictionaries.items()
            }
            knowledge = dataclasses.replace(knowledge, dictionaries=lists)
        if "words" in self.parts:
            knowledge = dataclasses.replace(knowledge, lexicon=Lexicon({}), names=NameModel([]))
            _replace("pipeline.reading.language.Lexicon.log", lambda self, text: 0.0)
            _replace("pipeline.reading.names.NameModel.log", lambda self, name: 0.0)
        if "looks" in self.parts:
            _replace("pipeline.flow.look_again", lambda sheet, lines, engine: None)
        if "hand" in self.parts:
            _replace("pipeline.reading.document._in_one_hand", lambda values, answers, knowledge: None)
        if "fields" in self.parts:
            _replace("pipeline.reading.document.settle", lambda answers, form: None)
        if "witnesses" in self.parts:
            _replace("pipeline.reading.document.hear", lambda answers, form, witnesses, sure: None)
        if "grammars" in self.parts:
            _replace("pipeline.reading.numbers._grammatical", _as_read)
            _replace("pipeline.reading.words.closed", _as_it_stands)
        return dataclasses.replace(tools, knowledge=knowledge)


def _replace(name: str, part: Callable[..., object]) -> None:
    mock.patch(name, part).start()  # for the rest of the process, which reads for this step alone


def _as_read(looks: Looks, grammar: object, value_of: Callable[[str], str | None], *_: object) -> Answer:
    """A value of digits without its grammar: only what the plain text is when written as records write it."""
    return Answer(value_of(looks.text.strip()) or looks.text.strip(), looks)


def _as_it_stands(looks: Looks, dictionary: object) -> Answer:
    return Answer(looks.text.strip(), looks)
