"""A cache bounded by weight, in which each thing is made once however many threads ask for it."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from concurrent.futures import Future
from typing import Generic, TypeVar

_Key = TypeVar("_Key", bound=Hashable)
_Value = TypeVar("_Value")


class Cache(Generic[_Key, _Value]):
    """Keeps what was used last, up to a weight of ``budget`` in all, as ``weigh`` tells it of each value.

    The newest value is kept even where it alone is over the budget, or each part of a huge page that is
    asked for would make it anew. Errors are not kept.
    """

    def __init__(self, budget: int, weigh: Callable[[_Value], int]) -> None:
        self._budget = budget
        self._weigh = weigh
        self._lock = threading.Lock()
        self._kept: OrderedDict[_Key, _Value] = OrderedDict()
        self._in_making: dict[_Key, Future[_Value]] = {}
        self._weight = 0

    @property
    def weight(self) -> int:
        """What all that is kept weighs."""
        return self._weight

    def get(self, key: _Key, make: Callable[[], _Value]) -> _Value:
        """The value of ``key``, from ``make`` where there is none.

        Who asks while another thread makes it waits for that, and shares what comes of it, or its error.
        ``make`` must not ask this cache for the same key.
        """
        with self._lock:
            if key in self._kept:
                self._kept.move_to_end(key)
                return self._kept[key]
            others = self._in_making.get(key)
            if others is None:
                own = self._in_making[key] = Future()
        if others is not None:
            return others.result()
        try:
            value = make()
        except BaseException as error:
            with self._lock:
                del self._in_making[key]
            own.set_exception(error)
            raise
        with self._lock:
            del self._in_making[key]
            self._keep(key, value)
        own.set_result(value)
        return value

    def _keep(self, key: _Key, value: _Value) -> None:
        self._kept[key] = value
        self._weight += self._weigh(value)
        while self._weight > self._budget and len(self._kept) > 1:
            _, oldest = self._kept.popitem(last=False)
            self._weight -= self._weigh(oldest)
