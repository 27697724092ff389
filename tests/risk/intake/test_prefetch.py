"""What is read ahead comes in order, fails where it is asked for, and stops with the block."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest

from risk.intake.prefetch import prefetch


def test_prefetch_preserves_order() -> None:
    with prefetch(range(1_000)) as numbers:
        assert list(numbers) == list(range(1_000))


def test_prefetch_computes_at_most_one_item_ahead() -> None:
    made: list[int] = []

    def items() -> Iterator[int]:
        for number in range(10):
            made.append(number)
            yield number

    with prefetch(items()) as numbers:
        for number in numbers:
            assert len(made) <= number + 2
    assert len(made) == 10


def test_prefetch_uses_another_thread() -> None:
    with prefetch(threading.get_ident() for _ in range(3)) as threads:
        assert threading.get_ident() not in set(threads)


def test_prefetch_raises_after_the_items_before() -> None:
    def items() -> Iterator[int]:
        yield 1
        raise ValueError("the second is broken")

    met: list[int] = []
    with pytest.raises(ValueError, match="second is broken"), prefetch(items()) as numbers:
        met.extend(numbers)
    assert met == [1]


def test_prefetch_stops_when_the_block_ends() -> None:
    made: list[int] = []

    def items() -> Iterator[int]:
        for number in range(1_000):
            made.append(number)
            yield number

    with prefetch(items()) as numbers:
        next(numbers)
    left_with = len(made)
    assert left_with <= 2
    assert not [t for t in threading.enumerate() if t.name.startswith("wagewatch-import")]
