"""What a model on an inference server takes and gives, and how it is used by us.

From its metadata in the Open Inference Protocol v2. Whatever a server says is checked
here; a mistake of its is a TensorError.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Optional

from .deferred import dataclass

UINT8, FP32 = "UINT8", "FP32"
BASE64 = "base64"
"""A content type of MLServer's: the tensor's own bytes as one text, a third of the length
of a list of their numbers, and many times quicker to read."""
HEAT, SCORE, BOXES, CALIBRATION = "heat", "score", "boxes", "calibration"
FORMATS = {"FP16": "e", "FP32": "f", "FP64": "d"}
"""Datatypes of outputs that can be read, and how struct calls them."""
MOST_TENSORS = 16
MOST_LENGTHS = 8
MOST_TEXT = 160
MOST_PX = 4096
"""A model that wants a longer side than this is taken for a mistake."""


class TensorError(ValueError):
    """What a server says of its tensors makes no sense; the text says why."""


@dataclass(frozen=True)
class Described:
    """A tensor in a model's metadata; -1 in the shape is any length.

    ``content`` is its content type, empty where none is told.
    """

    name: str
    datatype: str
    shape: tuple[int, ...]
    content: str = ""


@dataclass(frozen=True)
class Input:
    """How a frame is sent: ``size`` is width and height, None if any is taken.

    ``planar``: the colours come before height and width. ``batched``: a 1 comes first.
    ``in_base64``: its bytes may be sent as text.
    """

    name: str
    datatype: str
    size: Optional[tuple[int, int]]
    planar: bool
    batched: bool
    in_base64: bool = False


@dataclass(frozen=True)
class Plan:
    """How a model is used: its input, and what is read out of which outputs.

    ``kind`` is heat, score or boxes, from the output ``output``; ``boxes`` is the output
    with boxes, if there is one.
    """

    input: Input
    kind: str
    output: str
    boxes: str = ""
    calibrated: bool = False

    @property
    def wanted(self) -> tuple[str, ...]:
        """The outputs to ask for."""
        names = [self.output]
        if self.boxes and self.boxes != self.output:
            names.append(self.boxes)
        return (*names, CALIBRATION) if self.calibrated else tuple(names)


def described(raw: Any) -> tuple[Described, ...]:
    """The tensors in a model's metadata."""
    if not isinstance(raw, list) or len(raw) > MOST_TENSORS:
        raise TensorError("the model's tensors are not listed")
    return tuple(tensor_of(one) for one in raw)


def tensor_of(raw: Any) -> Described:
    """One tensor's name, datatype and shape."""
    if not isinstance(raw, dict):
        raise TensorError("a tensor is not an object")
    name, datatype = raw.get("name"), raw.get("datatype")
    if not isinstance(name, str) or not isinstance(datatype, str):
        raise TensorError("a tensor has no name or datatype")
    parameters = raw.get("parameters")
    content = parameters.get("content_type") if isinstance(parameters, dict) else None
    content = content if isinstance(content, str) else ""
    return Described(name, datatype, _shape(raw.get("shape")), content)


def _shape(raw: Any) -> tuple[int, ...]:
    if not isinstance(raw, list) or len(raw) > MOST_LENGTHS:
        raise TensorError("a tensor has no shape")
    if not all(_is_length(one) for one in raw):
        raise TensorError("a tensor's shape makes no sense")
    return tuple(int(one) for one in raw)


def _is_length(one: Any) -> bool:
    # OpenVINO Model Server and others may write a length as text.
    if isinstance(one, str):
        return one == "-1" or (len(one) < 10 and one.isdecimal())
    return type(one) is int and -1 <= one < 1 << 31


def in_words(tensors: Sequence[Described]) -> str:
    """A model's tensors for people, as in ``frame UINT8 [-1, 3, -1, -1]``."""
    listed = (f"{one.name} {one.datatype} {list(one.shape)}" for one in tensors)
    return shortened(", ".join(listed) or "nothing")


def shortened(text: str) -> str:
    """A server's words, bounded: what any log can hold."""
    printable = "".join(char if char.isprintable() else " " for char in text)
    return printable if len(printable) <= MOST_TEXT else printable[: MOST_TEXT - 1] + "…"


def input_of(tensors: Sequence[Described]) -> Optional[Input]:
    """How a frame is sent to a model that takes these; None if it cannot be."""
    if len(tensors) != 1 or tensors[0].datatype not in (UINT8, FP32):
        return None
    (only,) = tensors
    batched = len(only.shape) == 4
    shape = only.shape[1:] if batched else only.shape
    if len(shape) != 3 or (batched and only.shape[0] not in (-1, 1)):
        return None
    planar = shape[0] == 3
    if not planar and shape[2] != 3:
        return None
    height, width = shape[1:] if planar else shape[:2]
    size = None if height == width == -1 else (width, height)
    if size is not None and not all(1 <= length <= MOST_PX for length in size):
        return None
    in_base64 = only.datatype == UINT8 and only.content == BASE64
    return Input(only.name, only.datatype, size, planar, batched, in_base64)


def plan_of(wanted: Input, outputs: Sequence[Described]) -> Optional[Plan]:
    """How a model that gives these is read; None if it cannot be.

    A name says most: ``heat``, ``score``, ``boxes``. Otherwise four lengths are a heat
    map's, and what holds one number only is a score.
    """
    readable = [one for one in outputs if one.datatype in FORMATS]
    names = {one.name for one in readable}
    boxes = BOXES if BOXES in names else ""
    maps = [one.name for one in readable if one.name == HEAT or len(one.shape) == 4]
    if maps:
        name = HEAT if HEAT in maps else maps[0]
        return Plan(wanted, HEAT, name, calibrated=CALIBRATION in names)
    if SCORE in names:
        return Plan(wanted, SCORE, SCORE, boxes)
    if boxes:
        return Plan(wanted, BOXES, BOXES, boxes)
    single = [one.name for one in readable if _is_single(one.shape)]
    return Plan(wanted, SCORE, single[0]) if len(single) == 1 else None


def _is_single(shape: tuple[int, ...]) -> bool:
    """One number, whatever the batch."""
    return all(length == 1 for length in shape[1:]) and shape[:1] in ((), (1,), (-1,))
