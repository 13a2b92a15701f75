"""What the audit page works with: the store, the rules, the pictures, and who does the slow work."""

from __future__ import annotations

import datetime
import secrets
import threading
from collections import OrderedDict
from collections.abc import Callable, Iterable
from typing import ParamSpec, TypeVar

from starlette.concurrency import run_in_threadpool

from pipeline.audit.exporter import Exporter
from pipeline.audit.index import Index
from pipeline.audit.jobs import Jobs
from pipeline.audit.pictures import Pictures
from pipeline.audit.strangers import Strangers
from pipeline.audit.teacher import Teacher
from pipeline.batch.reread import Rereader
from pipeline.batch.weigh import Rules, rules_in_force
from pipeline.settings import Settings
from pipeline.store import Store, User
from pipeline.terms import load_terms

_P = ParamSpec("_P")
_T = TypeVar("_T")
_REMEMBERED = 20_000  # openings remembered, so that the pictures of an open document are not noted one by one


class Desk:
    """One serving of the audit page. Safe to share between threads; :meth:`close` ends what it started."""

    def __init__(self, settings: Settings, store: Store) -> None:
        """Raises :class:`SetupError` where forms, dictionaries, terms or the calibration are at fault."""
        self.settings = settings
        self.store = store
        self._rules = self._load()
        self.terms = load_terms(settings.path("terms"))
        self.index = Index(store, self._rules.forms, self._rules.dictionaries)
        self.pictures = Pictures(settings)
        self.exporter = Exporter(settings, store)
        self.rereader = Rereader(settings, store)
        self.teacher = Teacher(settings, store, self.pictures)
        self.jobs = Jobs()
        self.strangers = Strangers()
        self.setup_token = secrets.token_urlsafe(16)
        self.setting_up = threading.Lock()
        self._opened: OrderedDict[tuple[str, str], None] = OrderedDict()
        self._lock = threading.Lock()
        self._closed = False

    @property
    def rules(self) -> Rules:
        """What values are judged by, as of today."""
        today = datetime.date.today()
        if self._rules.today != today:
            self._rules = self._load()
        return self._rules

    def reload_rules(self) -> None:
        """Take up what was added to the office's lists."""
        self._rules = self._load()

    def reload_forms(self) -> None:
        """Take up a form that was defined; lists and searches follow as soon as they have been built by it."""
        self._rules = self._load()
        index = Index(self.store, self._rules.forms, self._rules.dictionaries)
        index.start()
        threading.Thread(target=self._follow, args=(index,), name="reindex", daemon=True).start()

    def _follow(self, index: Index) -> None:
        index.wait()
        with self._lock:
            before, self.index = self.index, index
            closed = self._closed
        before.close()
        if closed:
            index.close()

    async def in_thread(self, work: Callable[_P, _T], *args: _P.args, **kwargs: _P.kwargs) -> _T:
        """Do something that waits for the disk without holding up other people's requests."""
        return await run_in_threadpool(work, *args, **kwargs)

    def note_opened(self, document_id: str, user: User) -> None:
        """Write down that somebody opened a document."""
        self._remember([document_id], user)
        self.store.note_opened(document_id, user.name)

    def note_seen(self, document_ids: Iterable[str], user: User, what: str) -> None:
        """Write down that somebody was shown values of documents that they had not opened; ``what`` is a key."""
        fresh = self._remember(document_ids, user)
        if fresh:
            self.store.note_shown(fresh, user.name, what)

    def close(self) -> None:
        self.teacher.close()
        self.rereader.close()
        self.exporter.close()
        with self._lock:
            self._closed = True
        self.index.close()

    def _remember(self, document_ids: Iterable[str], user: User) -> list[str]:
        with self._lock:
            fresh = [d for d in dict.fromkeys(document_ids) if (user.name, d) not in self._opened]
            for document_id in fresh:
                self._opened[user.name, document_id] = None
            while len(self._opened) > _REMEMBERED:
                self._opened.popitem(last=False)
        return fresh

    def forget_openings(self, user: User) -> None:
        """A session ended: what the next one sees is noted again."""
        with self._lock:
            for key in [key for key in self._opened if key[0] == user.name]:
                del self._opened[key]

    def _load(self) -> Rules:
        return rules_in_force(self.settings, datetime.date.today())
