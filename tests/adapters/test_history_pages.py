"""The history over HTTP, as a zip and on the command line."""

from __future__ import annotations

import csv
import io
import json
import re
import zipfile
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import flask
import pytest
from click.testing import CliRunner

from octoprint_aiwatch.adapters.history import archive, command
from octoprint_aiwatch.adapters.history.pages import HistoryPages
from octoprint_aiwatch.adapters.history.replaying import replayed
from octoprint_aiwatch.adapters.history.store import DATABASE, connect
from octoprint_aiwatch.core import messages as m
from octoprint_aiwatch.core.settings import History
from tests.adapters.telling import a_job
from tests.adapters.test_history import Desk, clean

HOSTILE = "=cmd|' /C calc'!A0 <script>alert(1)</script> \u202egnp.SECRET"


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Any]:
    desk = Desk(tmp_path / "data")
    desk.tell(a_job(1, scores=[0.02] * 18 + [0.8] * 15, end=""), size=30)
    note = m.RecordNote(
        "id1", 500.0, "blind", m.Reason("bad_answer", {"detail": HOSTILE})
    )
    desk.tell([note, m.RecordEnd("id1", "done")])
    desk.tell(a_job(2), size=30)
    desk.settle()
    running = {"id": "id9", "name": "SECRET.gcode", "started_at": 5.0}
    pages = HistoryPages(
        desk.writer, desk.reader, lambda: History(50, 500), clean, lambda: running
    )
    app = flask.Flask("aiwatch-test")
    rule = app.add_url_rule
    rule("/jobs", "jobs", pages.jobs)
    rule("/jobs", "delete_all", pages.delete, methods=["DELETE"])
    rule("/jobs/<job>", "job", pages.job)
    rule("/jobs/<job>", "delete", pages.delete, methods=["DELETE"])
    rule("/jobs/<job>/checks/<int:number>", "check", pages.check)
    rule("/jobs/<job>/frames/<int:number>.jpg", "frame", pages.frame)
    rule("/jobs/<job>/export.zip", "export", pages.export)
    rule("/jobs/<job>/mark", "mark", pages.mark, methods=["POST"])
    rule("/replay", "replay", pages.replay, methods=["POST"])
    yield SimpleNamespace(client=app.test_client(), desk=desk, folder=desk.folder)
    desk.end()


def refused(answer: Any, status: int, code: str) -> bool:
    return (answer.status_code, answer.get_json()["error"]["code"]) == (status, code)


# -- looking --------------------------------------------------------------------------


def test_the_list_says_what_each_job_came_to_and_what_is_kept(site: Any) -> None:
    document = site.client.get("/jobs").get_json()
    assert [job["id"] for job in document["jobs"]] == ["id2", "id1"]
    assert (document["keep_jobs"], document["keep_mb"]) == (50, 500)
    assert document["used_mb"] >= 0.0
    assert set(document["jobs"][0]) == {
        "id",
        "name",
        "started_at",
        "ended_at",
        "outcome",
        "mark",
        "checks",
        "worst",
        "frames",
        "frames_mb",
        "watched_s",
        "warnings",
        "pauses",
        "calls",
        "cost_usd",
        "sparkline",
    }


def test_a_job_has_columns_and_notes(site: Any) -> None:
    document = site.client.get("/jobs/id1").get_json()
    assert len(document["columns"]["n"]) == 33
    assert [note["kind"] for note in document["notes"]] == ["warning", "failure", "blind"]


def test_the_running_job_is_there_before_anything_is_kept_of_it(site: Any) -> None:
    kept = site.client.get("/jobs/id1").get_json()
    document = site.client.get("/jobs/id9").get_json()
    assert set(document) == set(kept)
    assert set(document["columns"]) == set(kept["columns"])
    assert (document["name"], document["columns"]["n"]) == ("[hidden].gcode", [])
    assert (document["notes"], document["judges"], document["pause"]) == ([], [], None)


def test_a_check_says_what_was_seen_and_why(site: Any) -> None:
    check = site.client.get("/jobs/id1/checks/33").get_json()
    assert check["detections"][0]["counts"] is True
    assert check["view"] == {"flip_h": False, "flip_v": False, "rotate_90": False}
    assert "record" not in check


def test_a_frame_is_a_jpeg_that_nobody_may_keep(site: Any) -> None:
    answer = site.client.get("/jobs/id1/frames/1.jpg")
    assert answer.data.startswith(b"\xff\xd8")
    assert answer.headers["Content-Type"] == "image/jpeg"
    assert answer.headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize(
    ("path", "code"),
    [
        ("/jobs/none", "no_such_job"),
        ("/jobs/id1/checks/999", "no_such_job"),
        ("/jobs/id1/frames/999.jpg", "no_such_frame"),
        ("/jobs/none/frames/1.jpg", "no_such_frame"),
        ("/jobs/none/export.zip", "no_such_job"),
        ("/jobs/..%2f..%2fetc/frames/1.jpg", ""),
        ("/jobs/%2e%2e/frames/1.jpg", "no_such_frame"),
        ("/jobs/id1/frames/..%2f1.jpg", ""),
        ("/jobs/id1/frames/-1.jpg", ""),
    ],
)
def test_what_is_not_there_is_not_found(site: Any, path: str, code: str) -> None:
    answer = site.client.get(path)
    assert answer.status_code == 404
    assert not code or answer.get_json()["error"]["code"] == code


@pytest.mark.parametrize(
    "path", ["/jobs", "/jobs/id1", "/jobs/id1/frames/1.jpg", "/jobs/id1/export.zip"]
)
def test_a_history_that_cannot_be_read_is_said(site: Any, path: str) -> None:
    site.desk.end()
    (site.folder / DATABASE).write_bytes(b"no database" * 100)
    assert refused(site.client.get(path), 503, "history_unreadable")


# -- touching -------------------------------------------------------------------------


def test_a_job_is_marked(site: Any) -> None:
    assert site.client.post("/jobs/id1/mark", json={"mark": "wrong"}).status_code == 200
    assert site.client.get("/jobs/id1").get_json()["mark"] == "wrong"
    answer = site.client.post("/jobs/none/mark", json={"mark": "right"})
    assert refused(answer, 404, "no_such_job")


@pytest.mark.parametrize("body", [None, {}, {"mark": "maybe"}, {"mark": 1}, {"mark": []}])
def test_an_odd_mark_is_a_bad_request(site: Any, body: Any) -> None:
    assert refused(site.client.post("/jobs/id1/mark", json=body), 400, "bad_request")


def test_one_job_is_deleted_and_then_all(site: Any) -> None:
    assert site.client.delete("/jobs/id1").status_code == 200
    assert refused(site.client.delete("/jobs/id1"), 404, "no_such_job")
    assert [one["id"] for one in site.client.get("/jobs").get_json()["jobs"]] == ["id2"]
    assert site.client.delete("/jobs").status_code == 200
    assert site.client.get("/jobs").get_json()["jobs"] == []


def test_without_its_writer_nothing_is_changed(site: Any) -> None:
    site.desk.end()
    assert refused(site.client.delete("/jobs"), 503, "history_busy")


# -- replay ---------------------------------------------------------------------------


def test_a_replay_without_changes_is_what_was(site: Any) -> None:
    document = site.client.post("/replay", json={"job": "id1"}).get_json()
    assert (document["checks"], document["other_verdicts"]) == (33, 0)
    assert len(document["warnings"]) == 1
    assert document["calls"] == 33


def test_a_replay_with_other_confidence_is_what_would_have_been(site: Any) -> None:
    decision = {"warning_confidence": 1, "pause_confidence": 1}
    body = {"job": "id1", "decision": decision}
    eager = site.client.post("/replay", json=body).get_json()
    usual = site.client.post("/replay", json={"job": "id1"}).get_json()
    assert eager["warnings"][0]["at_s"] <= usual["warnings"][0]["at_s"]
    assert site.client.post("/replay", json=body).get_json() == eager


@pytest.mark.parametrize(
    "body",
    [
        None,
        {},
        {"job": 5},
        {"job": "id1", "decision": []},
        {"job": "id1", "decision": {"odd": 1}},
        {"job": "id1", "decision": {"pause_confidence": 9}},
        {"job": "id1", "decision": {"pause_confidence": "x"}},
    ],
)
def test_an_odd_replay_is_a_bad_request(site: Any, body: Any) -> None:
    assert refused(site.client.post("/replay", json=body), 400, "bad_request")


def test_a_job_that_is_not_there_cannot_be_replayed(site: Any) -> None:
    answer = site.client.post("/replay", json={"job": "none"})
    assert refused(answer, 404, "no_such_job")


def test_a_running_jobs_replay_is_not_kept(site: Any) -> None:
    effects = a_job(3, scores=[0.1] * 6, end="")
    site.desk.tell(effects[:4])
    site.desk.settle()
    body = {"job": "id3"}
    assert site.client.post("/replay", json=body).get_json()["checks"] == 3
    site.desk.tell(effects[4:])
    site.desk.settle()
    assert site.client.post("/replay", json=body).get_json()["checks"] == 6


# -- the zip --------------------------------------------------------------------------


def unzipped(site: Any, job: str = "id1") -> zipfile.ZipFile:
    answer = site.client.get(f"/jobs/{job}/export.zip")
    assert answer.headers["Content-Type"] == "application/zip"
    disposition = answer.headers["Content-Disposition"]
    assert disposition == f'attachment; filename="aiwatch-{job}.zip"'
    found = zipfile.ZipFile(io.BytesIO(answer.data))
    assert found.testzip() is None
    return found


def test_the_zip_has_everything_of_the_job(site: Any) -> None:
    found = unzipped(site)
    job = json.loads(found.read("job.json"))
    assert (job["id"], job["checks"]) == ("id1", 33)
    settings = json.loads(found.read("settings.json"))
    assert settings["decision"]["pause_confidence"] == 3
    assert "backends" not in settings
    frames = [name for name in found.namelist() if name.startswith("frames/")]
    assert len(frames) == job["frames"] > 15
    assert found.read("frames/1.jpg").startswith(b"\xff\xd8")
    rows = list(csv.DictReader(io.StringIO(found.read("checks.csv").decode())))
    assert len(rows) == 33
    assert rows[-1]["verdict"] == "failure"
    lines = found.read("checks.jsonl").decode().splitlines()
    assert json.loads(lines[0])["record"]["decision"]["pause_confidence"] == 3


def test_no_secret_gets_into_the_zip(site: Any) -> None:
    found = unzipped(site)
    for name in found.namelist():
        assert b"SECRET" not in found.read(name), name


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@x", "\tx"])
def test_no_spreadsheet_takes_a_text_for_a_formula(text: str) -> None:
    assert archive.plain(text) == "'" + text
    assert archive.plain("fine") == "fine"
    assert archive.plain(-1.5) == -1.5


def test_the_zip_is_made_in_pieces(site: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archive, "CHUNK", 1000)
    pieces = list(archive.exported(site.desk.reader, "id1", clean))
    assert len(pieces) > 4
    assert max(map(len, pieces)) < 20_000
    assert zipfile.ZipFile(io.BytesIO(b"".join(pieces))).testzip() is None


def test_a_job_that_is_deleted_meanwhile_still_ends_in_a_zip(site: Any) -> None:
    pieces = archive.exported(site.desk.reader, "id1", clean)
    first = next(pieces)
    site.client.delete("/jobs/id1")
    site.desk.settle()
    whole = first + b"".join(pieces)
    assert zipfile.ZipFile(io.BytesIO(whole)).testzip() is None


# -- the command ----------------------------------------------------------------------


def ran(folder: Path, *arguments: str) -> Any:
    replay = command.command(lambda: folder)
    return CliRunner().invoke(replay, list(arguments))


def test_the_command_says_for_each_job_what_was_and_what_would_have_been(
    site: Any,
) -> None:
    result = ran(site.folder)
    assert result.exit_code == 0
    first, second = result.output.splitlines()
    said = "id1  1.gcode: 33 checks, 33 calls; warnings 1 -> 1, pauses 0 -> 1"
    assert first == said + " (at 0:05:00)"
    assert second.startswith("id2  2.gcode: 3 checks")


def test_the_command_takes_other_settings_and_gives_json(site: Any) -> None:
    arguments = ("--job", "id1", "--json", "--warning-confidence", "1")
    result = ran(site.folder, *arguments)
    (line,) = result.output.splitlines()
    found = replayed(site.desk.reader, "id1", {"warning_confidence": 1})
    assert found is not None
    document = json.loads(line)
    assert document["warnings"][0]["at_s"] == found[0].warnings[0].at_s


@pytest.mark.parametrize("arguments", [("--job", "none"), ()])
def test_without_a_job_the_command_fails(tmp_path: Path, arguments: Any) -> None:
    result = ran(tmp_path / "nothing", *arguments)
    assert result.exit_code == 1
    assert "There" in result.output


def test_a_confidence_out_of_range_is_wrong_usage(site: Any) -> None:
    assert ran(site.folder, "--pause-confidence", "9").exit_code == 2


def test_pauses_are_told_with_their_times() -> None:
    job = {"id": "x", "name": "a\nb", "warnings": 0, "pauses": [{"who": "us"}]}
    document = {
        "checks": 5,
        "calls": 5,
        "warnings": [],
        "pauses": [{"at_s": 3725.0}],
        "fixed": 5,
        "skipped": 2,
    }
    text = command.line(job, document)
    assert "pauses 1 -> 1 (at 1:02:05)" in text
    assert "5 decided by a service" in text
    assert "2 could not be judged again" in text
    assert "\n" not in text


# -- rows that were damaged -----------------------------------------------------------


def damage(site: Any, query: str, text: str) -> None:
    with closing(connect(site.folder, write=True)) as connection:
        connection.execute(query, (text,))


@pytest.mark.parametrize(
    "text", ["", "{", "[]", "7", "[" * 9000, '{"boxes": 5}', '{"phase": "\\ud800"}']
)
def test_a_damaged_check_hides_neither_its_job_nor_the_others(
    site: Any, text: str
) -> None:
    damage(site, "UPDATE details SET detail = ? WHERE n = 5", text)
    check = site.client.get("/jobs/id1/checks/5")
    assert check.status_code == 200
    assert check.get_json()["detections"] == check.get_json()["reasons"] == []
    assert site.client.get("/jobs/id1/checks/6").get_json()["reasons"]
    for path in ("/jobs", "/jobs/id1", "/jobs/id1/export.zip"):
        whole = site.client.get(path)
        assert whole.status_code == 200
        assert whole.data
    answer = site.client.post("/replay", json={"job": "id1"}).get_json()
    assert answer["skipped"] >= 1
    assert answer["checks"] >= 1


@pytest.mark.parametrize("column", ["summary", "settings"])
@pytest.mark.parametrize("text", ["", "{", "[]", '{"checks": "x"}', '{"id": 5}'])
def test_a_damaged_jobs_row_is_worked_out_again(
    site: Any, column: str, text: str
) -> None:
    damage(site, f"UPDATE jobs SET {column} = ?", text)
    jobs = {one["id"]: one for one in site.client.get("/jobs").get_json()["jobs"]}
    assert jobs["id1"]["checks"] == 33
    assert site.client.post("/replay", json={"job": "id1"}).status_code == 200


def test_a_damaged_note_fills_nothing_into_a_sentence(site: Any) -> None:
    damage(site, "UPDATE notes SET code = ?", "{detail.__class__}")
    notes = site.client.get("/jobs/id1").get_json()["notes"]
    assert any(note["text"] == "{detail.__class__}" for note in notes)


@pytest.mark.parametrize("number", ["9" * 9, "9" * 30, "9" * 5000, "-1", "x", "1e3"])
def test_a_number_that_no_check_has_is_not_found(site: Any, number: str) -> None:
    pages = HistoryPages(
        site.desk.writer, site.desk.reader, lambda: History(50, 500), clean
    )
    with flask.Flask("aiwatch-test").app_context():
        assert pages.check("id1", number)[1] == 404
        assert pages.frame("id1", number)[1] == 404


@pytest.mark.parametrize("job", ["..", "../id1", "id1/..", "\ud800", "\x00", "a" * 70])
def test_a_name_that_is_no_jobs_is_not_found(site: Any, job: str) -> None:
    assert site.desk.reader.job(job) is None
    assert site.desk.reader.frame(job, 1) is None
    assert site.desk.reader.settings(job) is None


def test_every_name_in_the_zip_stays_in_the_folder_it_is_unpacked_to(site: Any) -> None:
    with zipfile.ZipFile(
        io.BytesIO(site.client.get("/jobs/id1/export.zip").data)
    ) as zipped:
        for info in zipped.infolist():
            pattern = r"(job|settings)\.json|checks\.(csv|jsonl)|frames/\d+\.jpg"
            assert re.fullmatch(pattern, info.filename)
            assert info.file_size < 8 * 1024 * 1024
