"""A job as a zip for people and programs, made while it is sent.

Nothing is gathered in memory but the file that is being added. Texts that a spreadsheet
would take for a formula are made harmless.
"""

from __future__ import annotations

import csv
import io
import json
import zipfile
from collections.abc import Iterator
from typing import Any, Callable

from .reader import Reader

COLUMNS = (
    "n",
    "at_s",
    "score",
    "verdict",
    "backend",
    "phase",
    "boxes",
    "counting",
    "frame",
    "reason",
)
FORMULA = ("=", "+", "-", "@", "\t", "\r")
CHUNK = 256 * 1024
EPOCH = (1980, 1, 1, 0, 0, 0)


class _Pipe(io.RawIOBase):
    """Takes what the zip writes, until it is fetched."""

    def __init__(self) -> None:
        super().__init__()
        self._parts: list[bytes] = []
        self.held = 0

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        part = bytes(data)
        self._parts.append(part)
        self.held += len(part)
        return len(part)

    def fetch(self) -> bytes:
        whole, self._parts, self.held = b"".join(self._parts), [], 0
        return whole


def exported(reader: Reader, job: str, clean: Callable[[Any], Any]) -> Iterator[bytes]:
    """The zip of a job, in pieces: what it came to, its settings, checks and frames.

    Args:
        clean: takes secrets out of a JSON-like value.
    """
    document = reader.job(job)
    if document is None:
        return
    pipe = _Pipe()
    columns = document.pop("columns")
    with zipfile.ZipFile(pipe, "w", zipfile.ZIP_DEFLATED) as archive:
        _add(archive, "job.json", _json(clean(document)))
        _add(archive, "settings.json", _json(clean(reader.settings(job))))
        yield pipe.fetch()
        yield from _tables(archive, pipe, reader, job, clean)
        for number, has_frame in zip(columns["n"], columns["frame"]):
            jpeg = reader.frame(job, number) if has_frame else None
            if jpeg is None:
                continue
            _add(archive, f"frames/{number}.jpg", jpeg, zipfile.ZIP_STORED)
            if pipe.held >= CHUNK:
                yield pipe.fetch()
    yield pipe.fetch()


def _tables(
    archive: zipfile.ZipFile,
    pipe: _Pipe,
    reader: Reader,
    job: str,
    clean: Callable[[Any], Any],
) -> Iterator[bytes]:
    """The checks twice: as a table, and as one JSON document a line."""
    with archive.open(_info("checks.csv"), "w") as file:
        table = io.TextIOWrapper(file, "utf-8", "replace", "", write_through=True)
        rows = csv.writer(table)
        rows.writerow(COLUMNS)
        for check in reader.details(job):
            rows.writerow([plain(value) for value in _cells(clean(check))])
            if pipe.held >= CHUNK:
                yield pipe.fetch()
        table.detach()
    with archive.open(_info("checks.jsonl"), "w") as file:
        for check in reader.details(job):
            file.write(json.dumps(clean(check)).encode() + b"\n")
            if pipe.held >= CHUNK:
                yield pipe.fetch()


def _cells(check: dict[str, Any]) -> list[Any]:
    boxes = check["detections"]
    return [
        check["n"],
        check["at_s"],
        "" if check["score"] is None else check["score"],
        check["verdict"],
        check["backend"],
        check["phase"],
        len(boxes),
        sum(box["counts"] for box in boxes),
        int(check["has_frame"]),
        " ".join(check["reasons"]),
    ]


def plain(value: Any) -> Any:
    """A cell that no spreadsheet takes for a formula."""
    if isinstance(value, str) and value.startswith(FORMULA):
        return "'" + value
    return value


def _json(value: Any) -> bytes:
    return json.dumps(value, indent=2, sort_keys=True).encode()


def _info(name: str, kind: int = zipfile.ZIP_DEFLATED) -> zipfile.ZipInfo:
    info = zipfile.ZipInfo(name, EPOCH)
    info.compress_type = kind
    return info


def _add(
    archive: zipfile.ZipFile, name: str, data: bytes, kind: int = zipfile.ZIP_DEFLATED
) -> None:
    archive.writestr(_info(name, kind), data)
