"""The command line: what may be asked for, and putting together what does it.

Must not judge or print results. Whatever is printed is cleaned of secrets.
"""

from __future__ import annotations

import importlib.metadata
import logging
from contextlib import closing
from pathlib import Path
from typing import Any, Callable, Optional

import click

from ... import backends
from ...backends.local import Local
from ...core.deferred import replace
from ...core.settings import Settings, merged, parse
from ..detector import Detector
from ..http import Http
from ..ids import draw_id
from ..redact import NETWORK_LOGGER, Redactor
from ..settings_store import secrets_in
from ..transport import Transport
from ..worker import build
from . import sheet as sheets
from .bench import Bench, Stopped, World
from .pictures import Picture, choose, find, printable
from .run import TROUBLE, Run, Wanted, warn

DEFAULT_SHEET = "contact-sheet.jpg"
DISTRIBUTION = "OctoPrint-AIWatch"
A_FILE = click.Path(dir_okay=False, path_type=Path)
HELP = """Have a backend judge the JPEGs of FOLDER.

Put pictures of good prints into FOLDER/good and pictures of failures into FOLDER/bad;
pictures directly in FOLDER have no label. Prints a score for each (0 to 1, higher is
worse) and how well the scores tell the two apart, and draws a contact sheet.

Exit codes: 0 all done, 1 nothing could be judged or the run had to stop, 2 wrong usage,
130 interrupted."""
PARAMETERS: tuple[click.Parameter, ...] = (
    click.Argument(
        ["folder"], type=click.Path(exists=True, file_okay=False, path_type=Path)
    ),
    click.Option(
        ["--backend"],
        type=click.Choice(list(backends.REGISTRY)),
        help="Who judges; unless given, the backend of the settings.",
    ),
    click.Option(
        ["--model"],
        type=click.Path(exists=True, dir_okay=False, path_type=Path),
        help=f"A model file for the backend {Local.key}, instead of the settings' one.",
    ),
    click.Option(
        ["--sheet"],
        type=A_FILE,
        help="Where the contact sheet goes, JPEG or PNG; unless given, "
        f"{DEFAULT_SHEET} in the current folder.",
    ),
    click.Option(["--no-sheet"], is_flag=True, help="Draw no contact sheet."),
    click.Option(["--csv"], type=A_FILE, help="Write the scores to this file."),
    click.Option(
        ["--json"], type=A_FILE, help="Write scores, boxes and figures to this file."
    ),
    click.Option(
        ["--limit"],
        type=click.IntRange(min=1),
        help="Judge at most so many pictures, taken from all over the folder.",
    ),
    click.Option(["--force"], is_flag=True, help="Write over files that exist."),
    click.Option(
        ["--yes", "-y"], is_flag=True, help="Do not ask before making calls that count."
    ),
)


def new_transport() -> Transport:
    """The way to the backends."""
    try:
        version = importlib.metadata.version(DISTRIBUTION)
    except importlib.metadata.PackageNotFoundError:
        version = "0"
    return Transport(Http("AI-Watch/" + version), Detector())


def command(
    stored: Callable[[], Any],
    transport: Callable[[], Any] = new_transport,
    world: Callable[..., World] = World,
) -> click.Command:
    """The command for OctoPrint's ``plugins`` group.

    Args:
        stored: gives the plugin's settings as they are in OctoPrint's configuration.
    """

    def evaluate(**given: Any) -> None:
        redactor = Redactor()
        logger = logging.getLogger(NETWORK_LOGGER)
        logger.addFilter(redactor)
        try:
            code = _evaluate(stored() or {}, given, transport, world, redactor)
        except Stopped as stopped:
            warn(str(stopped))
            code = TROUBLE
        finally:
            logger.removeFilter(redactor)
        click.get_current_context().exit(code)

    return click.Command(
        "evaluate", params=list(PARAMETERS), callback=evaluate, help=HELP
    )


def _evaluate(
    stored: Any,
    given: dict[str, Any],
    transport: Callable[[], Any],
    world: Callable[..., World],
    redactor: Redactor,
) -> int:
    entropy = draw_id()
    redactor.learn([entropy, *secrets_in(stored, backends.fields())])
    settings = _settings(stored, given["backend"], given["model"])
    wanted = _wanted(given, settings)
    pictures = _pictures(given["folder"], given["limit"])
    _check_outputs(wanted, len(pictures))
    with closing(transport()) as way:
        around = world(transport=way, clean=redactor.clean_all, tell=warn)
        backend = build(backends.REGISTRY, settings, settings.backend)
        bench = Bench(backend, entropy, around)
        return Run(wanted, bench).do(pictures)


def _settings(stored: Any, key: Optional[str], model: Optional[Path]) -> Settings:
    """The stored settings with what the command line changes of them."""
    if model is not None:
        path = {"backends": {Local.key: {"model": str(model.resolve())}}}
        stored = merged(stored, path)
    settings, problems = parse(stored, backends.fields())
    if key is not None:
        settings = replace(settings, backend=key)
    if model is not None and settings.backend != Local.key:
        raise click.UsageError(f"--model is for --backend {Local.key}.")
    for problem in problems:
        concerns = problem.path.startswith(f"backends.{settings.backend}.")
        if concerns or (problem.path == "backend" and key is None):
            warn(f"Setting {problem.path} cannot be used: {problem.said()}")
    return settings


def _wanted(given: dict[str, Any], settings: Settings) -> Wanted:
    sheet: Optional[Path] = given["sheet"]
    if sheet is not None and given["no_sheet"]:
        raise click.UsageError("Use --sheet or --no-sheet, not both.")
    if sheet is None and not given["no_sheet"]:
        sheet = Path(DEFAULT_SHEET)
    if sheet is not None and sheet.suffix.lower() not in sheets.SUFFIXES:
        names = ", ".join(sheets.SUFFIXES)
        raise click.UsageError(f"The contact sheet's name must end in one of {names}.")
    return Wanted(
        key=settings.backend,
        label=_label(settings),
        most_bytes=settings.camera.max_bytes,
        sheet=sheet,
        csv=given["csv"],
        json=given["json"],
        force=given["force"],
        yes=given["yes"],
    )


def _label(settings: Settings) -> str:
    """The backend's name, and its model's if it is not the backend's own choice."""
    label = backends.REGISTRY[settings.backend].label
    model = settings.fields(settings.backend).get("model")
    return f"{label}, model {printable(Path(model).name)}" if model else label


def _pictures(folder: Path, limit: Optional[int]) -> list[Picture]:
    try:
        found, others = find(folder)
    except OSError as error:
        raise click.ClickException(f"{error.filename}: {error.strerror}") from None
    if others:
        warn(f"Files that are no .jpg or .jpeg and are left out: {others}.")
    if not found:
        places = f"{folder}, {folder / 'good'} or {folder / 'bad'}"
        raise click.ClickException(f"There are no .jpg or .jpeg files in {places}.")
    return choose(found, limit or len(found))


def _check_outputs(wanted: Wanted, count: int) -> None:
    """Better now than after an hour of judging."""
    paths = [path for path in (wanted.csv, wanted.json) if path is not None]
    if wanted.sheet is not None:
        paths += sheets.pages(wanted.sheet, count)
    for path in paths:
        if not path.parent.is_dir():
            raise click.UsageError(f"There is no folder {path.parent}.")
        if path.exists() and not wanted.force:
            raise click.UsageError(
                f"{path} exists. Use --force to write over it, or another name."
            )
