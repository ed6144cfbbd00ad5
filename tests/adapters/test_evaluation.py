"""aiwatch:evaluate with the real detector process: scores, figures, files, usage."""

from __future__ import annotations

import csv
import json
import os
import re
import signal
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from PIL import Image

from octoprint_aiwatch.adapters.evaluation import command, sheet
from octoprint_aiwatch.core.errors import Retry
from octoprint_aiwatch.plugin import HOOKS
from tests import brightness
from tests.adapters.evaluating import Desk, runner, table, value


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Desk:
    monkeypatch.chdir(tmp_path)
    return Desk(tmp_path)


# -- the detector on this machine ------------------------------------------------------


def test_pictures_get_the_scores_that_the_detector_gives(desk: Desk) -> None:
    result = desk.judge(desk.folder(good=[150], bad=[230], none=[192]))
    assert result.exit_code == 0, result.output
    printed = {name: float(row[1]) for name, row in table(result).items()}
    assert printed == {
        "good/000.jpg": pytest.approx(brightness.score(150), abs=0.01),
        "bad/000.jpg": pytest.approx(brightness.score(230), abs=0.01),
        "000.jpg": pytest.approx(brightness.score(192), abs=0.02),
    }
    assert "1 good, 1 bad, 1 without a label" in result.stdout


def test_the_figures_are_those_of_the_scores(desk: Desk) -> None:
    folder = desk.folder(good=[130, 140, 150, 215], bad=[200, 210, 220, 230])
    result = desk.judge(folder, "--no-sheet")
    assert value(result, "ROC-AUC") == pytest.approx(14 / 16, abs=0.001)
    assert value(result, "TPR at 1 % FPR") == 0.5
    assert value(result, "TPR at 5 % FPR") == 0.5
    assert value(result, "good at 0.5 or more") == 0.25
    assert value(result, "bad at 0.5 or more") == 1.0
    assert "(4 of 4)" in result.stdout
    assert len(re.findall("95 % interval", result.stdout)) == 5


def test_with_one_label_there_are_scores_and_no_auc(desk: Desk) -> None:
    result = desk.judge(desk.folder(bad=[200, 210]), "--no-sheet")
    assert result.exit_code == 0
    assert len(table(result)) == 2
    assert "need pictures in good/ and in bad/" in result.stdout
    assert "ROC-AUC  " not in result.stdout


def test_few_good_pictures_are_called_too_few(desk: Desk) -> None:
    result = desk.judge(desk.folder(good=[140] * 3, bad=[230]), "--no-sheet")
    assert "1 % of 3 good pictures is less than one" in result.stdout
    assert "Take 368 good ones" in result.stdout


def test_what_is_no_picture_is_named_counted_and_left_out(desk: Desk) -> None:
    folder = desk.folder(good=[140], bad=[230])
    whole = brightness.jpeg(200)
    (folder / "bad" / "empty.jpg").write_bytes(b"")
    (folder / "bad" / "text.jpeg").write_bytes(b"no picture")
    (folder / "bad" / "cut.JPG").write_bytes(whole[: len(whole) // 2])
    damaged = bytearray(whole)
    start = whole.index(b"\xff\xc4")  # the tables without which nothing decodes
    damaged[start + 4 : start + 24] = b"\xff" * 20
    (folder / "bad" / "damaged.jpg").write_bytes(damaged)
    (folder / "bad" / "folder.jpg").mkdir()
    (folder / "notes.txt").write_text("x")
    (folder / ".hidden.jpg").write_bytes(whole)
    result = desk.judge(folder)
    assert result.exit_code == 0, result.output
    rows = table(result)
    assert {name: row[2] for name, row in rows.items() if row[1] == "-"} == {
        "bad/empty.jpg": "the file is empty",
        "bad/text.jpeg": "no JPEG",
        "bad/cut.JPG": "cut off or damaged",
        "bad/damaged.jpg": "damaged, cannot be decoded",
    }
    assert len(rows) == 6
    assert "2 judged: 1 good, 1 bad; 4 not judged." in result.stdout
    assert "left out: 1" in result.stderr


def test_a_picture_larger_than_a_snapshot_may_be_is_left_out(desk: Desk) -> None:
    folder = desk.folder(good=[140])
    desk.stored["camera"] = {"max_bytes": 65536}
    (folder / "good" / "large.jpg").write_bytes(brightness.jpeg(140) + b"\0" * 65536)
    rows = table(desk.judge(folder, "--no-sheet"))
    assert "larger than" in rows["good/large.jpg"][2]


def test_a_folder_of_nothing_but_rubbish_is_a_failure(desk: Desk) -> None:
    folder = desk.folder(good=[])
    (folder / "good" / "text.jpg").write_bytes(b"no picture")
    result = desk.judge(folder)
    assert result.exit_code == 1
    assert "None of the pictures could be judged" in result.stderr
    assert not Path("contact-sheet.jpg").exists()


def test_a_folder_without_pictures_is_a_failure(desk: Desk) -> None:
    result = desk.judge(desk.folder(good=[], bad=[]))
    assert result.exit_code == 1
    assert "There are no .jpg or .jpeg files" in result.stderr


def test_a_limit_takes_pictures_of_both_labels_from_all_over(desk: Desk) -> None:
    folder = desk.folder(good=[140] * 20, bad=[230] * 10)
    rows = table(desk.judge(folder, "--no-sheet", "--limit", "6"))
    labels = [row[0] for row in rows.values()]
    assert (labels.count("good"), labels.count("bad")) == (4, 2)
    assert "good/000.jpg" in rows
    assert max(rows) > "good/014.jpg"


def test_the_labels_take_turns_so_that_an_end_midway_leaves_some_of_each(
    desk: Desk,
) -> None:
    folder = desk.folder(good=[140] * 4, bad=[230] * 4)
    labels = [row[0] for row in table(desk.judge(folder, "--no-sheet")).values()]
    assert sorted(labels[:4]) == ["bad", "bad", "good", "good"]


def test_without_the_model_file_nothing_is_judged(desk: Desk) -> None:
    desk.stored["backends"]["local"]["model"] = "/nowhere/model.onnx"
    result = desk.run(str(desk.folder(good=[140])))
    assert result.exit_code == 1
    assert "There is no such model file. Correct the path" in result.stderr


def test_the_settings_model_is_the_one_that_judges(desk: Desk) -> None:
    desk.stored["backends"]["local"]["model"] = desk.model
    result = desk.run(str(desk.folder(good=[230])))
    assert "model brightness.npz" in result.stdout
    assert float(table(result)["good/000.jpg"][1]) > 0.9


class Dying:
    """A way on which the detector dies of one frame, so many times."""

    def __init__(self, frame: bytes, times: int) -> None:
        self.inner = command.new_transport()
        self.frame = frame
        self.left = times

    def send(self, wish: Any) -> Any:
        if self.left and getattr(wish, "frame", None) and wish.frame.jpeg == self.frame:
            self.left -= 1
            pid = self.inner._detector.pid
            if pid is None:
                raise Retry(
                    "detector_died", how="signal 9"
                )  # while it was starting again
            os.kill(pid, signal.SIGKILL)
        return self.inner.send(wish)

    def close(self) -> None:
        self.inner.close()


def test_a_detector_that_dies_is_started_again_for_the_same_picture(desk: Desk) -> None:
    folder = desk.folder(good=[140, 230, 150])
    deadly = (folder / "good" / "001.jpg").read_bytes()
    desk.transport = lambda: Dying(deadly, 1)
    result = desk.judge(folder, "--no-sheet")
    assert result.exit_code == 0
    assert float(table(result)["good/001.jpg"][1]) > 0.9
    assert desk.naps.lengths == []


def test_a_picture_of_which_the_detector_dies_twice_is_left_out(desk: Desk) -> None:
    folder = desk.folder(good=[140, 230, 150])
    deadly = (folder / "good" / "001.jpg").read_bytes()
    desk.transport = lambda: Dying(deadly, 2)
    result = desk.judge(folder, "--no-sheet")
    assert result.exit_code == 0
    rows = table(result)
    sentence = "The detector's process ended unexpectedly (signal 9)."
    assert rows["good/001.jpg"][1:] == ["-", sentence]
    assert rows["good/002.jpg"][1] != "-"


# -- files -----------------------------------------------------------------------------


def test_the_sheet_shows_the_worst_first_with_its_boxes(desk: Desk) -> None:
    folder = desk.folder(good=[140], bad=[])
    (folder / "bad" / "spot.jpg").write_bytes(brightness.jpeg(240, (160, 80, 240, 160)))
    result = desk.judge(folder, "--sheet", "out.png")
    assert f"Wrote {desk.place / 'out.png'}" in result.stdout
    assert table(result)["bad/spot.jpg"][2] == "1"
    with Image.open("out.png") as drawn:
        tiles = drawn.crop((8, 40, drawn.width, drawn.height))
        yellow = [
            x // 228
            for x in range(tiles.width)
            for y in range(165)
            if tiles.getpixel((x, y)) == (0xFF, 0xE1, 0x4D)
        ]
    assert set(yellow) == {0}
    assert len(yellow) > 100


def test_the_sheet_goes_into_the_current_folder_unless_told(desk: Desk) -> None:
    result = desk.judge(desk.folder(good=[140]))
    assert f"Wrote {desk.place / 'contact-sheet.jpg'}" in result.stdout
    with Image.open("contact-sheet.jpg") as drawn:
        assert drawn.format == "JPEG"


def test_more_pictures_than_a_page_holds_make_more_pages(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sheet, "PER_PAGE", 2)
    result = desk.judge(desk.folder(good=[140] * 5), "--sheet", "s.png")
    names = ["s.png", "s-2.png", "s-3.png"]
    assert [
        Path(line[6:]).name for line in re.findall("Wrote .+", result.stdout)
    ] == names
    assert sorted(path.name for path in desk.place.glob("s*.png")) == sorted(names)


def test_our_own_sheet_beside_the_pictures_is_not_judged(desk: Desk) -> None:
    folder = desk.folder(none=[140])
    desk.judge(folder, "--sheet", str(folder / "sheet.jpg"))
    rows = table(desk.judge(folder, "--no-sheet"))
    assert rows["sheet.jpg"][1:] == ["-", "one of our contact sheets"]


@pytest.mark.parametrize("option", ["--sheet", "--csv", "--json"])
def test_an_existing_file_is_kept_unless_forced(desk: Desk, option: str) -> None:
    folder = desk.folder(good=[140])
    Path("mine.jpg").write_text("mine")
    rest = [] if option == "--sheet" else ["--no-sheet"]
    result = desk.judge(folder, option, "mine.jpg", *rest)
    assert result.exit_code == 2
    assert "mine.jpg exists" in result.stderr
    assert table(result) == {}
    assert Path("mine.jpg").read_text() == "mine"
    assert desk.judge(folder, option, "mine.jpg", "--force", *rest).exit_code == 0
    assert Path("mine.jpg").read_bytes() != b"mine"


def test_a_later_page_of_an_older_sheet_is_kept_too(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sheet, "PER_PAGE", 2)
    Path("contact-sheet-2.jpg").write_text("mine")
    result = desk.judge(desk.folder(good=[140] * 3))
    assert result.exit_code == 2
    assert "contact-sheet-2.jpg exists" in result.stderr


def test_the_scores_as_a_table_for_other_programs(desk: Desk) -> None:
    folder = desk.folder(good=[140], bad=[230])
    (folder / "bad" / "text.jpg").write_bytes(b"no picture")
    desk.judge(folder, "--no-sheet", "--csv", "scores.csv")
    with open("scores.csv", newline="", encoding="utf-8") as file:
        rows = {
            Path(row["file"]).name + row["label"]: row for row in csv.DictReader(file)
        }
    assert float(rows["000.jpgbad"]["score"]) > 0.9
    assert rows["000.jpgbad"]["boxes"] == "1"
    assert rows["text.jpgbad"]["score"] == ""
    assert rows["text.jpgbad"]["problem"] == "no JPEG"
    assert len(rows) == 3


def test_scores_boxes_and_figures_as_json(desk: Desk) -> None:
    folder = desk.folder(good=[140], bad=[230])
    desk.judge(folder, "--no-sheet", "--json", "scores.json")
    document = json.loads(Path("scores.json").read_text())
    by_label = {one["label"]: one for one in document["pictures"]}
    assert document["backend"] == "local"
    assert by_label["bad"]["detections"][0]["w"] == pytest.approx(1.0)
    assert by_label["good"]["detections"] == []
    assert document["figures"]["auc"]["value"] == 1.0
    assert set(document["figures"]["tpr_at_fpr"]) == {"0.01", "0.05"}


def test_a_file_that_cannot_be_written_is_a_failure_and_the_others_are_written(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("octoprint_aiwatch.adapters.evaluation.report.write_csv", full)
    folder = desk.folder(good=[140])
    result = desk.judge(folder, "--no-sheet", "--csv", "a.csv", "--json", "a.json")
    assert result.exit_code == 1
    assert "a.csv cannot be written: No space left on device." in result.stderr
    assert Path("a.json").exists()


def test_a_sheet_that_cannot_be_drawn_is_a_failure(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sheet, "PROGRAM", (sheet.sys.executable, "-c", "1/0"))
    result = desk.judge(desk.folder(good=[140]))
    assert result.exit_code == 1
    assert "ended unexpectedly" in result.stderr


def test_a_name_that_no_terminal_should_see_is_printed_without_it(desk: Desk) -> None:
    folder = desk.folder(none=[])
    odd = b"\x1b[31m\xff.jpg"
    (folder / odd.decode("utf-8", "surrogateescape")).write_bytes(brightness.jpeg(140))
    result = desk.judge(folder, "--csv", "s.csv", "--json", "s.json")
    assert result.exit_code == 0, result.output
    assert "?[31m?.jpg" in result.stdout
    assert odd in Path("s.csv").read_bytes()


# -- in OctoPrint ----------------------------------------------------------------------


def test_octoprints_command_line_gets_it_with_the_stored_settings(desk: Desk) -> None:
    stored = {"backend": "gadget", "backends": {"gadget": {"api_key": ""}}}
    tree = {("plugins", "aiwatch"): stored}
    settings = SimpleNamespace(get=lambda path: tree[tuple(path)])
    group = SimpleNamespace(settings=settings)
    found, export, replay = HOOKS["octoprint.cli.commands"](group, None)
    names = (found.name, export.name, replay.name)
    assert names == ("evaluate", "export-model", "replay")
    result = runner().invoke(found, [str(desk.folder(good=[140]))])
    assert "The API key is missing" in result.stderr


def test_a_server_never_loads_it() -> None:
    code = (
        "import sys, octoprint_aiwatch.plugin as p; "
        "sys.exit(any(word in name for name in sys.modules "
        "for word in ('evaluation', 'adapters.export')))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


# -- wrong usage -----------------------------------------------------------------------


@pytest.mark.parametrize(
    "given",
    [
        ["nowhere"],
        [".", "--backend", "unknown"],
        [".", "--limit", "0"],
        [".", "--model", "nowhere.onnx"],
        [".", "--sheet", "sheet.gif"],
        [".", "--sheet", "nowhere/sheet.jpg"],
        [".", "--sheet", "a.jpg", "--no-sheet"],
        [],
    ],
)
def test_wrong_usage_is_said_before_anything_is_judged(
    desk: Desk, given: list[str]
) -> None:
    Path("one.jpg").write_bytes(brightness.jpeg(140))
    result = desk.run(*given)
    assert result.exit_code == 2, result.output
    assert "Error: " in result.stderr
    assert table(result) == {}


def test_a_model_is_for_the_detector_on_this_machine_only(desk: Desk) -> None:
    folder = desk.folder(good=[140])
    assert desk.judge(folder, "--backend", "gadget").exit_code == 2


def test_a_stored_backend_that_there_is_not_is_said(desk: Desk) -> None:
    desk.stored["backend"] = "no-such"
    desk.stored["backends"]["local"]["model"] = desk.model
    result = desk.run(str(desk.folder(good=[140])), "--no-sheet")
    assert "Setting backend cannot be used" in result.stderr
    assert "On this machine" in result.stdout


# -- interrupted -----------------------------------------------------------------------


class Interrupting:
    """Ctrl-C at a call."""

    def __init__(self, at: int) -> None:
        self.inner = command.new_transport()
        self.left = at
        self.closed = False

    def send(self, wish: Any) -> Any:
        self.left -= 1
        if self.left < 0:
            raise KeyboardInterrupt
        return self.inner.send(wish)

    def close(self) -> None:
        self.closed = True
        self.inner.close()


def test_ctrl_c_prints_what_there_is(desk: Desk) -> None:
    way = Interrupting(at=3)  # the model, and two pictures
    desk.transport = lambda: way
    folder = desk.folder(good=[140, 145], bad=[230, 235])
    result = desk.judge(folder, "--csv", "s.csv")
    assert result.exit_code == 130
    assert "Interrupted after 2 of 4" in result.stderr
    assert "2 judged: 1 good, 1 bad." in result.stdout
    assert value(result, "ROC-AUC") == 1.0
    assert Path("s.csv").exists()
    assert Path("contact-sheet.jpg").exists()
    assert way.closed


def test_ctrl_c_before_the_first_picture_prints_no_figures(desk: Desk) -> None:
    desk.transport = lambda: Interrupting(at=0)
    result = desk.judge(desk.folder(good=[140]))
    assert result.exit_code == 130
    assert "judged:" not in result.output


def test_ctrl_c_while_the_sheet_is_drawn_leaves_the_figures(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(*_: Any, **__: Any) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("octoprint_aiwatch.adapters.evaluation.sheet._ask", interrupted)
    result = desk.judge(desk.folder(good=[140]))
    assert result.exit_code == 1
    assert "1 judged" in result.stdout
    assert "interrupted" in result.stderr
