"""A draft that people have finished, put among the definitions: checked beside the others first."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

from pipeline.definitions import FormDefinition, load_form
from pipeline.errors import PipelineError
from pipeline.teaching.checking import Finding, check_forms
from pipeline.teaching.draft import Draft
from pipeline.teaching.writing import said_beyond, write_draft


class SaveError(PipelineError):
    """A draft that cannot be put among the definitions."""

    code = "form_not_saved"


def is_editable(form: FormDefinition) -> bool:
    """Whether a draft holds all that the definition says; rules and roles in claims are edited in the file."""
    return not said_beyond(form)


def file_of(folder: Path, doc_type: str) -> Path | None:
    """The definition file of a type, whatever its name. Raises :class:`SetupError` for a broken one."""
    return next((path for path in sorted(folder.glob("*.yaml")) if load_form(path).type == doc_type), None)


def check_draft(draft: Draft, forms: Path, dictionaries: Path) -> list[Finding]:
    """What ``forms check`` would say of the draft, were it among the definitions of the folder ``forms``."""
    own = file_of(forms, draft.type)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for path in forms.glob("*.yaml"):
            if path != own:
                shutil.copyfile(path, folder / path.name)
        write_draft(draft, folder / f"{draft.type}.yaml", force=True)
        return check_forms(folder, dictionaries, [draft.type])


def save_draft(draft: Draft, forms: Path) -> Path:
    """Write the definition; over an older one of the type with the next version. The file.

    Raises :class:`SaveError` where the older one says more than a draft can hold, :class:`SetupError`.
    """
    own = file_of(forms, draft.type)
    lost = said_beyond(load_form(own)) if own is not None else []
    if own is not None and lost:
        raise SaveError(
            f"“{draft.type}”已有定义（{own.name}），在这里保存会丢失其中的{'；'.join(lost)}。"
            "请换一个英文名，或直接改那个文件。"
        )
    path = own or forms / f"{draft.type}.yaml"
    if own is None and path.exists():
        raise SaveError(f"{path.name} 已被另一种表用作文件名。请换一个英文名。")
    write_draft(draft, path, force=own is not None)
    return path
