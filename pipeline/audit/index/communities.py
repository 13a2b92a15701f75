"""Which community a document belongs to, under the name the office uses."""

from __future__ import annotations

from collections.abc import Mapping

from pipeline.definitions import Forms
from pipeline.dictionaries import Dictionaries
from pipeline.ledgers.belonging import BLANK
from pipeline.ledgers.cells import shown
from pipeline.ledgers.claims import role_key
from pipeline.ledgers.links import make_resolver
from pipeline.ledgers.resolver import COMMUNITY
from pipeline.records import Value


class Communities:
    """Names communities; each spelling is settled once."""

    def __init__(self, forms: Forms, dictionaries: Dictionaries) -> None:
        self._keys = {doc_type: role_key(form, forms, "community") for doc_type, form in forms.items()}
        self._resolver = make_resolver(COMMUNITY, "community", forms, dictionaries)
        self._names: dict[str, str] = {}

    def of(self, doc_type: str, values: Mapping[str, Value]) -> str:
        """The community of a document by its fields' values; of a list, where only its rows say, the first row's."""
        key = self._keys.get(doc_type)
        if key is None:
            return BLANK
        value = values.get(key) or next((v for path, v in values.items() if v and path.endswith(f".{key}")), None)
        return self._name(shown(None, value)) if value else BLANK

    def _name(self, text: str) -> str:
        if text not in self._names:
            self._names[text] = self._resolver.listed(text) or text
        return self._names[text]
