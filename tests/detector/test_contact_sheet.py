"""The contact sheet: every picture with its boxes, no file written over unasked."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any, Optional

import pytest
from PIL import Image, ImageFont

from octoprint_aiwatch.adapters.evaluation import pictures as pictures_of_folder
from octoprint_aiwatch.detector import contact_sheet as cs

GREEN = (10, 120, 30)
YELLOW = tuple(bytes.fromhex(cs.BOX[1:]))


def jpeg(folder: Path, size: tuple[int, int] = (440, 330)) -> Path:
    path = folder / "one.jpg"
    Image.new("RGB", size, GREEN).save(path, quality=95)
    return path


def entry(path: Path, *boxes: tuple[float, ...], **changes: Any) -> dict[str, Any]:
    one = {"file": str(path), "name": path.name, "label": "bad", "score": 0.25}
    return {**one, "boxes": [list(box) for box in boxes], **changes}


def order(target: Path, *entries: dict[str, Any], force: bool = False) -> dict[str, Any]:
    page = {"file": str(target), "title": "A title", "pictures": list(entries)}
    return {"force": force, "pages": [page]}


def is_near(pixel: Any, colour: tuple[int, ...]) -> bool:
    return all(abs(a - b) < 12 for a, b in zip(pixel, colour))


def test_a_box_is_drawn_where_it_is_in_the_picture(tmp_path: Path) -> None:
    drawn = cs.tile(entry(jpeg(tmp_path), (0.9, 0.5, 0.5, 0.5, 0.4)))
    width, height = cs.TILE_PX
    left, top = round(width * 0.25), round(height * 0.3)
    assert drawn.getpixel((left, top + 20)) == YELLOW
    assert drawn.getpixel((width - left, top + 20)) == YELLOW
    assert drawn.getpixel((left + 20, top)) == YELLOW
    assert is_near(drawn.getpixel((width // 2, height // 2)), GREEN)


def test_a_box_in_a_picture_of_another_shape_moves_with_the_picture(
    tmp_path: Path,
) -> None:
    drawn = cs.tile(entry(jpeg(tmp_path, (200, 400)), (0.9, 0.5, 0.5, 1.0, 1.0)))
    width, height = cs.TILE_PX
    edge = (width - round(height / 2)) // 2
    assert drawn.getpixel((5, 5)) == tuple(bytes.fromhex(cs.EMPTY[1:]))
    assert YELLOW in {drawn.getpixel((x, height // 2)) for x in (edge, edge + 1)}


def test_a_sure_box_has_a_thicker_line_than_a_doubtful_one(tmp_path: Path) -> None:
    def yellow(confidence: float) -> int:
        box = (confidence, 0.5, 0.5, 0.4, 0.4)
        drawn = cs.tile(entry(jpeg(tmp_path), box)).getcolors(1 << 20)
        return sum(count for count, colour in drawn or [] if colour == YELLOW)

    assert yellow(0.5) > 1.8 * yellow(0.49)


@pytest.mark.parametrize(
    "box",
    [(0.9, 0.0, 0.0, 5.0, 5.0), (0.9, 1.0, 1.0, 0.0, 0.0), (0.9, -3.0, 9.0, 1.0, 1.0)],
)
def test_no_box_makes_the_drawing_fail(tmp_path: Path, box: tuple[float, ...]) -> None:
    assert cs.tile(entry(jpeg(tmp_path), box)).width == cs.TILE_PX[0]


@pytest.mark.parametrize("label", ["good", "bad", ""])
def test_the_strip_below_a_picture_tells_its_label(tmp_path: Path, label: str) -> None:
    drawn = cs.tile(entry(jpeg(tmp_path), label=label))
    corner = drawn.getpixel((drawn.width - 2, drawn.height - 2))
    assert corner == tuple(bytes.fromhex(cs.COLOURS[label][1:]))


@pytest.mark.parametrize("content", [b"", b"nonsense", None])
def test_a_file_that_cannot_be_drawn_leaves_a_place_and_stops_nothing(
    tmp_path: Path, content: Optional[bytes]
) -> None:
    broken = tmp_path / "broken.jpg"
    if content is not None:
        broken.write_bytes(content)
    target = tmp_path / "sheet.png"
    answer = cs.draw(order(target, entry(broken), entry(jpeg(tmp_path))))
    assert answer == {"written": [str(target)]}
    with Image.open(target) as sheet:
        second = (cs.GAP_PX * 2 + cs.TILE_PX[0] + 50, cs.HEADER_PX + 50)
        assert is_near(sheet.getpixel(second), GREEN)


def test_a_row_is_full_before_the_next_begins(tmp_path: Path) -> None:
    sizes = [
        cs.page("", [entry(jpeg(tmp_path))] * count).size for count in (1, 8, 9, 16, 17)
    ]
    heights = [height for _, height in sizes]
    step = cs.TILE_PX[1] + cs.CAPTION_PX + cs.GAP_PX
    assert [height - heights[0] for height in heights] == [0, 0, step, step, 2 * step]
    assert sizes[1][0] == sizes[4][0]


@pytest.mark.parametrize("name", ["名前の長い写真.jpg", "\udcff.jpg", "a" * 300])
@pytest.mark.parametrize("is_old", [False, True])
def test_any_name_can_be_written(
    tmp_path: Path, name: str, is_old: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    if is_old:  # before 10.1 Pillow's own letters took no size
        bitmap = getattr(ImageFont, "load_default_imagefont", ImageFont.load_default)()
        monkeypatch.setattr(ImageFont, "load_default", lambda: bitmap)
    cs.page(name, [entry(jpeg(tmp_path), name=name)])


def test_a_sheet_of_jpeg_is_known_by_its_comment(tmp_path: Path) -> None:
    target = tmp_path / "sheet.jpg"
    cs.draw(order(target, entry(jpeg(tmp_path))))
    found = pictures_of_folder.Picture(target, target.name, "")
    assert cs.MARK == pictures_of_folder.SHEET_MARK
    with pytest.raises(pictures_of_folder.Unusable, match="contact sheet"):
        pictures_of_folder.read(found, 10_000_000)


def test_an_existing_file_is_left_alone_unless_told(tmp_path: Path) -> None:
    target = tmp_path / "sheet.jpg"
    target.write_bytes(b"mine")
    answer = cs.draw(order(target, entry(jpeg(tmp_path))))
    assert (answer["written"], bool(answer["error"])) == ([], True)
    assert target.read_bytes() == b"mine"
    assert cs.draw(order(target, entry(jpeg(tmp_path)), force=True)) == {
        "written": [str(target)]
    }
    assert target.read_bytes() != b"mine"


def test_what_was_written_before_trouble_is_said(tmp_path: Path) -> None:
    one = order(tmp_path / "a.jpg", entry(jpeg(tmp_path)))
    one["pages"] += order(tmp_path / "nowhere" / "b.jpg", entry(jpeg(tmp_path)))["pages"]
    answer = cs.draw(one)
    assert answer["written"] == [str(tmp_path / "a.jpg")]
    assert "error" in answer


def test_the_program_answers_on_its_standard_output(tmp_path: Path) -> None:
    target = tmp_path / "sheet.png"
    done = subprocess.run(
        [sys.executable, "-m", cs.__name__],
        input=json.dumps(order(target, entry(jpeg(tmp_path)))).encode(),
        capture_output=True,
        check=True,
    )
    assert json.loads(done.stdout) == {"written": [str(target)]}
    with Image.open(target) as sheet:
        assert sheet.format == "PNG"
