"""Every command of a page is run by a test, or says what it needs that tests do not have.

A command is a line of a code block that is in no other language, or code in a sentence
that begins with a program. Either a pattern fits it, which names the test that runs it,
or it needs something: in a block a comment before it says so, ``<!-- needs: a Raspberry
Pi -->``, in a sentence the list here does.
"""

from __future__ import annotations

import ast
import importlib.util
import re

import pytest
from dev.pages import ROOT

from tests.dev.markdown import FENCED, PAGES, all_blocks, blocks, commands, names
from tests.dev.test_makefile import TARGETS

LANGUAGES = {"json", "yaml", "python", "mermaid", "text"}
"""Of blocks that hold no commands."""
RUN_BY = {
    r"make demo": "tests/e2e/test_demo.py::"
    "test_the_demo_pauses_a_failing_print_and_says_so",
    r"make zip": "tests/e2e/test_package.py::"
    "test_the_archive_installs_runs_and_uninstalls_through_the_plugin_manager",
    r"make (test|check)": ".ci/run",
    r"make languages": "tests/test_languages.py::"
    "test_every_file_is_what_the_tool_would_write",
    r"octoprint plugins aiwatch:evaluate \S+": "tests/e2e/test_evaluate_command.py::"
    "test_the_detector_judges_a_folder_and_draws_a_sheet",
    r"octoprint plugins aiwatch:export-model \S+": "tests/e2e/test_watch_kserve.py::"
    "test_the_model_is_exported_by_octoprints_own_command",
    r"python -m simulator clouds": "tests/simulator/test_command_line.py::"
    "test_both_clouds_are_served_until_they_are_interrupted",
    r"python -m simulator gcode .+": "tests/simulator/test_command_line.py::"
    "test_a_job_is_written",
    r"python -m simulator frame .+": "tests/simulator/test_command_line.py::"
    "test_one_frame_of_a_job_is_written_and_judged",
    r"python -m simulator camera .+": "tests/simulator/test_command_line.py::"
    "test_a_camera_of_a_job_is_served_until_it_is_interrupted",
    r"python -m simulator measure": "tests/simulator/test_command_line.py::"
    "test_the_judge_is_measured",
}

IN_TEXT = {
    **RUN_BY,
    r"make demo( FAIL=never)? ONCE=1": "tests/e2e/test_demo.py::"
    "test_the_demo_pauses_a_failing_print_and_says_so",
    r"(AIWATCH_\w+=\w+ )?make test ONLY=e2e( ARGS='.+')?": ".ci/run",
    r"make languages ADD=nl": "tests/dev/test_makefile.py::"
    "test_a_target_runs_what_it_says",
    r"make pages": "tests/dev/test_pages.py::"
    "test_what_is_drawn_from_the_code_is_up_to_date",
    r"make fuzz": "tests/test_fuzz.py::test_a_decoder_takes_anything",
    r"make coverage": "needs: a quarter of an hour",
    r"make mutants( MODULES=core/budget)?": "needs: some hours",
    r"make audit": "needs: PyPI's database of vulnerabilities",
    r"make (bench|load)": "needs: a machine that does nothing else",
    r"make soak": "tests/soak/test_week.py::"
    "test_a_day_of_prints_full_of_faults_leave_nothing_behind",
    r"make soak REAL=30": "needs: half an hour",
    r"make package": "tests/e2e/test_package_forms.py::"
    "test_a_released_file_installs_runs_and_uninstalls",
    r"make wheels": "needs: PyPI",
    r"make screenshots": "tests/e2e/test_ui_screenshots.py::test_the_tab",
    r"octoprint plugins aiwatch:replay": "tests/e2e/test_watch_history.py::"
    "test_a_print_is_in_the_history_with_who_paused_it",
    r"octoprint plugins aiwatch:evaluate": "tests/e2e/test_evaluate_command.py::"
    "test_the_detector_judges_a_folder_and_draws_a_sheet",
    r"octoprint plugins aiwatch:evaluate \S+ --backend …": "tests/e2e/"
    "test_evaluate_command.py::test_a_service_judges_with_the_key_of_the_settings",
    r"python -m tests\.(ladder|traces)\.tell": "tests/dev/test_told.py::"
    "test_a_pages_tables_are_what_its_command_prints",
    r"python -m benchmarks\.sight_shares .+": "tests/dev/test_told.py::"
    "test_the_shares_of_a_folder_of_frames_are_printed",
    r"python -m benchmarks\.history_view": "needs: a machine that does nothing else",
    r"python -m simulator measure .+": "tests/simulator/test_command_line.py::"
    "test_the_judge_is_measured",
    r"python -m pytest extras/detector": "needs: PyTorch",
    r"mlserver start \S+": "tests/e2e/test_kserve_mlserver.py::"
    "test_a_real_server_says_what_the_detector_on_this_machine_says",
    r"pip install [\w ]+": "needs: an environment of its own",
    r"~/oprint/bin/.+": "needs: OctoPi",
    r"tritonserver .+": "needs: a machine with Triton",
    r"ovms .+": "needs: a machine with OpenVINO Model Server",
    r"docker compose .+": "needs: Docker",
}
"""The same for commands within a sentence, where a comment would be in the way."""
PROGRAMS = "make|python|pip|octoprint|mlserver|tritonserver|ovms|docker|~/oprint"


@pytest.mark.parametrize("page", PAGES, ids=names)
def test_every_command_of_a_page_is_run_by_a_test_or_says_what_it_needs(page) -> None:
    found = blocks(page, page.read_text("utf-8"))
    unknown = [
        command
        for block in found
        if block.language not in LANGUAGES and not block.needs
        for command in commands(block)
        if not any(re.fullmatch(pattern, command) for pattern in RUN_BY)
    ]
    assert unknown == []


@pytest.mark.parametrize(
    "pattern", [one for one, by in IN_TEXT.items() if not by.startswith("needs: ")]
)
def test_the_test_that_runs_a_command_is_there(pattern: str) -> None:
    path, _, name = IN_TEXT[pattern].partition("::")
    source = (ROOT / path).read_text("utf-8")
    if name:
        defined = [node for node in ast.parse(source).body if hasattr(node, "name")]
        assert name in [node.name for node in defined]
    else:
        assert re.search(r"(?m)^make (check|test)$", source)


@pytest.mark.parametrize("pattern", RUN_BY)
def test_no_command_is_listed_that_no_page_has(pattern: str) -> None:
    found = [one for block in all_blocks() for one in commands(block)]
    assert any(re.fullmatch(pattern, one) for one in found)


def test_every_command_in_a_text_is_run_by_a_test_or_needs_something() -> None:
    found = {
        " ".join(code.split())
        for page in PAGES
        for code in re.findall(r"`([^`]+)`", re.sub(FENCED, "", page.read_text("utf-8")))
        if re.match(rf"(AIWATCH_\w+=\w+ )?({PROGRAMS})[ /]", " ".join(code.split()))
    }
    fits = {one: [p for p in IN_TEXT if re.fullmatch(p, one)] for one in found}
    bare = {one for one, patterns in fits.items() if not patterns}
    assert bare == set()
    used = {pattern for patterns in fits.values() for pattern in patterns}
    assert set(IN_TEXT) - set(RUN_BY) - used == set()


def inline(pattern: str) -> set[str]:
    """Names in commands that stand in the text."""
    return {
        name
        for page in PAGES
        for code in re.findall(r"`([^`]+)`", page.read_text("utf-8"))
        for name in re.findall(pattern, " ".join(code.split()))
    }


def test_every_make_target_in_a_text_is_one() -> None:
    found = inline(r"(?:^|[ ;])make ([a-z]+)")
    assert len(found) > 8
    assert found - TARGETS == set()


def test_every_command_of_octoprint_in_a_text_is_one_of_ours() -> None:
    source = "".join(
        path.read_text("utf-8")
        for path in (ROOT / "octoprint_aiwatch" / "adapters").glob("*/command.py")
    )
    ours = set(re.findall(r'"(?:aiwatch:)?([a-z]+(?:-[a-z]+)*)"', source))
    found = inline(r"aiwatch:([a-z-]+)")
    assert found == {"evaluate", "export-model", "replay"}
    assert found - ours == set()


def test_every_module_that_a_text_has_python_run_is_there() -> None:
    """Of our own: from the root or from extras/."""
    found = inline(r"python -m ((?:tests|benchmarks|simulator|fuzz|detector)[\w.]*)")
    assert len(found) >= 4
    missing = [name for name in found if importlib.util.find_spec(name) is None]
    assert missing == []
