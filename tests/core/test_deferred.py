"""Dataclasses that are written late are dataclasses all the same."""

from __future__ import annotations

import copy
import dataclasses
import pickle
import threading
from dataclasses import FrozenInstanceError, asdict, field, fields, replace
from typing import Any

import pytest

from octoprint_aiwatch.core import deferred
from octoprint_aiwatch.core.deferred import dataclass


@dataclass(frozen=True)
class Point:
    """A class like most of ours."""

    x: float
    y: float = 0.0
    tags: tuple[str, ...] = field(default=(), repr=False)

    @property
    def flat(self) -> bool:
        return self.y == 0.0


@dataclass
class Basket:
    """One that changes."""

    apples: int = 0
    others: list[str] = field(default_factory=list)


def test_nothing_is_written_until_the_first_object_is_made() -> None:
    @dataclass(frozen=True)
    class Late:
        x: int

    assert not dataclasses.is_dataclass(Late)
    assert Late(1).x == 1
    assert dataclasses.is_dataclass(Late)


def test_objects_are_made_compared_shown_and_hashed_as_ever() -> None:
    assert Point(1.0) == Point(1.0, 0.0)
    assert Point(1.0) != Point(2.0)
    assert repr(Point(1.0, 2.0, ("a",))).endswith("Point(x=1.0, y=2.0)")
    assert len({Point(1.0), Point(1.0), Point(2.0)}) == 2
    assert Point(1.0).flat


def test_a_frozen_object_cannot_be_changed() -> None:
    @dataclass(frozen=True)
    class Stone:
        x: float

    stone = Stone(1.0)
    with pytest.raises(FrozenInstanceError):
        stone.x = 2.0  # type: ignore[misc]


def test_a_missing_value_is_told_of_as_ever() -> None:
    with pytest.raises(TypeError, match="missing 1 required positional argument: 'x'"):
        Point()  # type: ignore[call-arg]


def test_what_the_library_does_with_objects_works() -> None:
    point = replace(Point(1.0), y=2.0)
    assert asdict(point) == {"x": 1.0, "y": 2.0, "tags": ()}
    assert [one.name for one in fields(point)] == ["x", "y", "tags"]
    assert copy.deepcopy(point) == point
    assert pickle.loads(pickle.dumps(point)) == point


def test_every_object_has_a_list_of_its_own() -> None:
    first, second = Basket(), Basket(2)
    first.others.append("pear")
    assert second == Basket(2, [])


def test_a_class_that_inherits_has_the_fields_of_both() -> None:
    @dataclass(frozen=True)
    class Base:
        a: int

    @dataclass(frozen=True)
    class Both(Base):
        b: int = 2

    class Plain(Both):
        pass

    assert Plain(1).b == 2
    assert asdict(Both(1)) == {"a": 1, "b": 2}
    assert Base(3).a == 3


def test_many_threads_may_make_the_first_object_at_once() -> None:
    for _ in range(50):

        @dataclass(frozen=True)
        class Wanted:
            x: int
            y: int = 1

        found: list[bool] = []

        def make(
            cls: type = Wanted,
            ready: threading.Barrier = threading.Barrier(4),  # noqa: B008 - for all four
            results: list[bool] = found,
        ) -> None:
            ready.wait()
            results.append(cls(1) == cls(1, 1))

        threads = [threading.Thread(target=make) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert found == [True] * 4


def test_the_lock_is_free_again_when_a_class_cannot_be_written() -> None:
    @dataclass(frozen=True)
    class Wrong:
        x: int = 1
        y: int  # type: ignore[misc]

    with pytest.raises(TypeError, match="non-default argument 'y'"):
        Wrong(1, 2)
    assert deferred.WRITES.acquire(blocking=False)
    deferred.WRITES.release()


@dataclass(frozen=True)
class Turned:
    """One that looks at itself once it is made."""

    degrees: int

    def __post_init__(self) -> None:
        object.__setattr__(self, "degrees", self.degrees % 360)


@pytest.mark.parametrize(
    ("one", "changes"),
    [
        (Point(1.0, 2.0, ("a",)), {}),
        (Point(1.0, 2.0, ("a",)), {"y": 3.0}),
        (Point(1.0, 2.0, ("a",)), {"x": 0.0, "y": 0.0, "tags": ()}),
        (Basket(2, ["pear"]), {"apples": 5}),
        (Turned(10), {"degrees": 370}),
    ],
)
def test_replacing_gives_what_dataclasses_would(
    one: Any, changes: dict[str, Any]
) -> None:
    made = deferred.replace(one, **changes)
    assert made == replace(one, **changes)
    assert type(made) is type(one)


def test_what_is_replaced_stays_as_it_was() -> None:
    basket = Basket(2, ["pear"])
    deferred.replace(basket, apples=5)
    assert basket == Basket(2, ["pear"])


def test_a_name_that_is_no_field_cannot_be_replaced() -> None:
    with pytest.raises(TypeError):
        deferred.replace(Point(1.0), z=3.0)


def test_what_came_of_replacing_is_frozen_as_well() -> None:
    made = deferred.replace(Point(1.0), x=2.0)
    with pytest.raises(FrozenInstanceError):
        made.x = 3.0
