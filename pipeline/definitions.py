"""Form definitions: what a form type is, as data.

A definition is one YAML file under ``models/forms``. It says which titles the form carries, which
fields it has (key, heading, label synonyms, type), which rows repeat, which rules hold between fields,
and where its values go in the workbooks. No Python names a field.
"""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator
from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap, CommentedSeq
from ruamel.yaml.error import MarkedYAMLError

from pipeline.errors import SetupError

SCHEMA_VERSION = 1


class FieldType(StrEnum):
    """What a field holds, and so how it is read, normalised and checked."""

    TEXT = "text"
    NAME = "name"  # a person's name
    ID_NUMBER = "id_number"  # GB 11643-1999
    USCC = "uscc"  # unified social credit code, GB 32100-2015
    PHONE = "phone"
    DATE = "date"
    NUMBER = "number"
    CODE = "code"  # a reference such as an agreement number
    CHOICE = "choice"  # one of the options, written by hand
    DICTIONARY = "dictionary"  # an entry of an office list
    LIST = "list"  # several things in one blank, joined with 、
    CHECKBOXES = "checkboxes"  # printed boxes, ticked
    TITLE_CHOICE = "title_choice"  # decided by words in the form's title
    SIGNATURE = "signature"
    SEAL = "seal"

    @property
    def is_mark(self) -> bool:
        return self in (FieldType.SIGNATURE, FieldType.SEAL)


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class FieldDefinition(_Strict):
    """One field of a form.

    ``labels`` are the wordings by which the field is announced on paper; ``title`` its column heading.
    ``within`` names the field whose label opens the section this one belongs to (for labels such as
    联系人 that occur once a party), ``after`` the field whose blank must stand just before,
    ``inside`` the field in whose cell the value stands without a label of its own, ``near`` the field
    whose cell hosts a seal. ``future`` dates may lie ahead of the day of reading.
    ``printed`` values are part of the form (row numbers).
    """

    key: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")]
    title: str
    type: FieldType
    labels: tuple[str, ...] = ()
    required: bool = False
    options: tuple[str, ...] = ()
    multiple: bool = False
    dictionary: str | None = None
    closed: bool = False
    within: str | None = None
    after: str | None = None
    inside: str | None = None
    near: str | None = None
    printed: bool = False
    future: bool = False
    words: dict[str, tuple[str, ...]] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _complete(self) -> FieldDefinition:
        needs_options = (FieldType.CHOICE, FieldType.CHECKBOXES, FieldType.TITLE_CHOICE)
        if self.type in needs_options and not self.options:
            raise ValueError(f"type {self.type} needs options")
        if self.type is FieldType.DICTIONARY and not self.dictionary:
            raise ValueError("type dictionary needs the name of a dictionary")
        if not self.labels and self.type is not FieldType.TITLE_CHOICE and not self.inside:
            raise ValueError("a field needs labels, or the field it stands inside")
        return self


class RowsDefinition(_Strict):
    """The repeated rows of a list; ``item`` is the field without which a row counts as empty."""

    item: str
    fields: tuple[FieldDefinition, ...]

    @model_validator(mode="after")
    def _plain_types(self) -> RowsDefinition:
        for f in self.fields:
            if f.type.is_mark or f.type in (FieldType.TITLE_CHOICE, FieldType.CHECKBOXES):
                raise ValueError(f"{f.key}: type {f.type} cannot stand in a row")
        return self


class IdMatches(_Strict):
    """Birth date and gender must agree with the ID number."""

    rule: Literal["id_matches"]
    id_number: str
    birth_date: str | None = None
    gender: str | None = None


class Ordered(_Strict):
    """``earlier`` must not lie after ``later``; an ``advisory`` rule notes and does not question.

    ``whole_years``: the dates mostly lie whole years apart, to the day or a day less. That helps reading
    and is never questioned.
    """

    rule: Literal["ordered"]
    earlier: str
    later: str
    advisory: bool = False
    whole_years: bool = False


class YearsApart(_Strict):
    """At least ``years`` must lie between two dates."""

    rule: Literal["years_apart"]
    earlier: str
    later: str
    years: int


class UniquePerson(_Strict):
    """No two documents of the form may carry the same ID number."""

    rule: Literal["unique_person"]
    id_number: str


class Repeats(_Strict):
    """What stands in ``field`` stands again, whole or in part, in each of ``also``: an aid to reading.

    ``also`` are other fields with text, signatures of the person named, and seals whose legend names the
    unit. Never questioned: people sign for one another, and a seal may be that of the parent body.
    """

    rule: Literal["repeats"]
    field: str
    also: tuple[str, ...]


Rule = Annotated[IdMatches | Ordered | YearsApart | UniquePerson | Repeats, Field(discriminator="rule")]


class Claims(_Strict):
    """Which fields say that a project was claimed, by whom and where; ``when`` restricts it by value."""

    project: str
    by: str
    community: str | None = None
    person: str | None = None
    date: str | None = None
    deadline: str | None = None
    when: dict[str, str] = Field(default_factory=dict)


class Fulfils(_Strict):
    """Which fields say what was done for a claimed project."""

    project: str
    by: str
    community: str | None = None
    date: str | None = None
    hours: str | None = None
    people: str | None = None
    completion: str | None = None
    satisfaction: str | None = None
    words: str | None = None


class Projects(_Strict):
    """Which rows name the projects that exist and can be claimed.

    ``meanings`` are words that say the same of what is done (慰问: 看望, 走访), under a name for staff to read.
    """

    name: str
    when: dict[str, str] = Field(default_factory=dict)
    meanings: dict[str, tuple[str, ...]] = Field(default_factory=dict)


class Offered(_Strict):
    """Which rows name something that is offered, or needed: what, by whom and where."""

    name: str
    by: str | None = None
    community: str | None = None
    date: str | None = None
    when: dict[str, str] = Field(default_factory=dict)


class Ledger(_Strict):
    """Where the form's values go: a workbook and its sheet, or one sheet a value of the field ``by``."""

    workbook: str
    sheet: str | None = None
    by: str | None = None
    sheets: dict[str, str] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _one_way(self) -> Ledger:
        if bool(self.sheet) == bool(self.by and self.sheets):
            raise ValueError("give either a sheet, or by and sheets")
        return self


class FormDefinition(_Strict):
    """A form type. ``page_clues`` are printed words by which a page without a title is known."""

    schema_version: Annotated[Literal[1], Field(alias="schema")]
    type: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")]
    title: str
    titles: tuple[str, ...]
    version: Annotated[int, Field(ge=1)] = 1
    max_pages: Annotated[int, Field(ge=1)] = 1
    page_clues: tuple[str, ...] = ()
    fields: tuple[FieldDefinition, ...]
    rows: RowsDefinition | None = None
    rules: tuple[Rule, ...] = ()
    claims: Claims | None = None
    fulfils: Fulfils | None = None
    projects: Projects | None = None
    offers: Offered | None = None
    needs: Offered | None = None
    ledger: Ledger

    @model_validator(mode="after")
    def _references(self) -> FormDefinition:
        keys = [f.key for f in self.fields]
        row_keys = [f.key for f in self.rows.fields] if self.rows else []
        for group in (keys, row_keys):
            doubled = {k for k in group if group.count(k) > 1}
            if doubled:
                raise ValueError(f"key given twice: {', '.join(sorted(doubled))}")
        known = set(keys) | set(row_keys)
        self._check_sheets()
        used: list[tuple[str, str | None]] = []
        for f in (*self.fields, *(self.rows.fields if self.rows else ())):
            used += [(f"{f.key}.{n}", getattr(f, n)) for n in ("within", "after", "inside", "near")]
        for rule in self.rules:
            names = rule.model_dump(exclude={"rule", "years", "advisory", "whole_years", "also"})
            used += [(f"rule {rule.rule}.{n}", v) for n, v in names.items()]
            used += [(f"rule {rule.rule}.also", v) for v in (rule.also if isinstance(rule, Repeats) else ())]
        for part in (self.claims, self.fulfils, self.projects, self.offers, self.needs):
            if part is not None:
                used += [(n, v) for n, v in part.model_dump(exclude={"when", "meanings"}).items()]
        if self.rows:
            used.append(("rows.item", self.rows.item))
        used.append(("ledger.by", self.ledger.by))
        for place, name in used:
            if name is not None and name not in known:
                raise ValueError(f"{place} names the field {name!r}, which the form does not have")
        return self

    def _check_sheets(self) -> None:
        """Sheets by value, and the words that tell a title's options, must name options of their field."""
        options = {f.key: set(f.options) for f in self.fields}
        strays = set(self.ledger.sheets) - options.get(self.ledger.by or "", set())
        for f in self.fields:
            strays |= set(f.words) - options[f.key]
        if strays:
            raise ValueError(f"not an option of its field: {', '.join(sorted(strays))}")

    def field(self, key: str) -> FieldDefinition:
        """The field ``key``. Raises ``KeyError`` where the form has none."""
        for f in self.fields:
            if f.key == key:
                return f
        raise KeyError(key)

    @property
    def row_fields(self) -> tuple[FieldDefinition, ...]:
        return self.rows.fields if self.rows else ()

    def field_of(self, key: str) -> FieldDefinition:
        """The field ``key``, of the form or of its rows. Raises ``KeyError`` where there is none."""
        for f in (*self.fields, *self.row_fields):
            if f.key == key:
                return f
        raise KeyError(key)

    def field_at(self, path: str) -> FieldDefinition:
        """The definition behind a field path: ``key``, or ``rows.INDEX.key``."""
        if not path.startswith("rows."):
            return self.field(path)
        key = path.rsplit(".", 1)[1]
        if key not in {f.key for f in self.row_fields}:
            raise KeyError(path)
        return next(f for f in self.row_fields if f.key == key)


Forms = dict[str, FormDefinition]


def load_form(path: Path) -> FormDefinition:
    """One definition file, checked. Raises :class:`SetupError` naming file, line and key."""
    yaml = YAML()
    try:
        data = yaml.load(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise SetupError(f"无法读取表单定义 {path}：{error.strerror}。请检查文件是否存在、可读。") from error
    except (MarkedYAMLError, UnicodeDecodeError) as error:
        mark = getattr(error, "problem_mark", None)
        line = f" 第 {mark.line + 1} 行" if mark else ""
        problem = getattr(error, "problem", None) or error
        raise SetupError(f"表单定义 {path}{line} 不是有效的 YAML：{problem}。") from error
    if not isinstance(data, dict):
        raise SetupError(f"表单定义 {path} 第 1 行：应为“键: 值”的映射，请参照 models/forms 中的其他文件。")
    try:
        return FormDefinition.model_validate(_plain(data))
    except ValidationError as error:
        problems = [_located(path, data, e) for e in error.errors()]
        raise SetupError("表单定义有误：\n" + "\n".join(problems)) from error


def load_forms(folder: Path) -> Forms:
    """Every definition of a folder by type. Raises :class:`SetupError`, also when there is none."""
    files = sorted(folder.glob("*.yaml"))
    if not files:
        raise SetupError(f"表单定义文件夹 {folder} 中没有 .yaml 文件，请放入至少一个表单定义。")
    forms: Forms = {}
    for path in files:
        form = load_form(path)
        if form.type in forms:
            raise SetupError(f"表单定义 {path}：类型 {form.type} 已在另一文件中定义，请改名。")
        forms[form.type] = form
    return forms


def _plain(node: Any) -> Any:
    """ruamel's commented nodes as plain dicts and lists."""
    if isinstance(node, dict):
        return {k: _plain(v) for k, v in node.items()}
    if isinstance(node, list):
        return [_plain(v) for v in node]
    return node


def _located(path: Path, data: Any, error: Any) -> str:
    """One validation error as ``file, line, key: message``."""
    node, line = data, 0
    for step in error["loc"]:
        try:
            if isinstance(node, CommentedMap) and step in node:
                line = node.lc.key(step)[0]
            elif isinstance(node, CommentedSeq) and isinstance(step, int):
                line = node.lc.item(step)[0]
            else:
                continue  # a discriminator's tag, or a key that is missing
            node = node[step]
        except (KeyError, IndexError):
            break
    where = ".".join(str(s) for s in error["loc"]) or "(文件)"
    return f"  {path} 第 {line + 1} 行，键 {where}：{error['msg']}"
