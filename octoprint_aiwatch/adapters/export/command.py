"""The command line of ``aiwatch:export-model``: writes the folder, says how to use it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from . import repository
from .onnx_file import for_servers

HELP = """Write the built-in model for inference servers.

DIR becomes a model repository that Triton and OpenVINO Model Server load as it is, and
MLServer with the runtime beside the model. Nothing in it is written over unless --force.

Exit codes: 0 written, 1 it could not be, 2 wrong usage."""
USES = """Start one of these with it:
  tritonserver --model-repository={folder}
  ovms --model_name aiwatch --model_path {folder}/aiwatch --rest_port 8000
  mlserver start {folder}        (pip install mlserver onnxruntime)
Then choose "Inference server (KServe v2)" in AI Watch's settings."""
PARAMETERS: tuple[click.Parameter, ...] = (
    click.Argument(
        ["folder"], metavar="DIR", type=click.Path(file_okay=False, path_type=Path)
    ),
    click.Option(["--force"], is_flag=True, help="Write over files that exist."),
)


def command() -> click.Command:
    """The command for OctoPrint's ``plugins`` group."""
    return click.Command(
        "export-model", params=list(PARAMETERS), callback=_export, help=HELP
    )


def _export(folder: Path, force: bool, **_: Any) -> None:
    contents = repository.files(for_servers(repository.BUNDLED.read_bytes()))
    if not force:
        for name in contents:
            if (folder / name).exists():
                raise click.UsageError(
                    f"{folder / name} exists. Use --force to write over it."
                )
    for name, content in contents.items():
        path = folder / name
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
        except OSError as error:
            raise click.ClickException(f"{path}: {error.strerror}") from None
        click.echo(f"Wrote {path}")
    click.echo(USES.format(folder=folder.absolute()))
