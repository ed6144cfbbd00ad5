"""Command line of the simulator, for contributors: `python -m simulator --help`.

Must not hold logic of its own.
"""

from __future__ import annotations

import argparse
import math
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Optional

from . import interruption
from .camera import CameraServer, FailPlan, FixedProgress, OctoPrintProgress
from .clouds import GadgetCloud, ObicoCloud
from .fit_judge import collect, fit, save
from .gcode import write_job
from .judge import WEIGHTS_FILE, PixelJudge
from .measure import measure, report
from .progress import ProgressSource
from .shapes import SHAPES


def _clouds(options: argparse.Namespace) -> None:
    judge = PixelJudge()
    keys = [options.api_key]
    interval_s = options.interval
    gadget = GadgetCloud(judge, keys, interval_s=interval_s, port=options.gadget_port)
    devices = {options.serial_no: options.access_token}
    with gadget, ObicoCloud(judge, devices, port=options.obico_port) as obico:
        print(f"Gadget  {gadget.url}  X-API-Key: {options.api_key}")
        print(
            f"Obico   {obico.url}  serial_no: {options.serial_no}  "
            f"access_token: {options.access_token}",
            flush=True,
        )
        _until_interrupted()
        for violation in [*gadget.violations, *obico.violations]:
            print(f"against the protocol: {violation}")


def _camera(options: argparse.Namespace) -> None:
    source: ProgressSource
    if options.octoprint:
        source = OctoPrintProgress(options.octoprint, options.api_key, options.gcode)
    else:
        source = FixedProgress(options.gcode, options.progress)
    plan = FailPlan(options.fail_after)
    with CameraServer(source, plan, options.seed, options.port) as camera:
        camera.mode = options.mode
        print(f"{camera.snapshot_url}\n{camera.stream_url}", flush=True)
        _until_interrupted()


def _frame(options: argparse.Namespace) -> None:
    source = FixedProgress(options.gcode, options.progress, printed_s=0.0)
    with CameraServer(source, seed=options.seed) as camera:
        if options.grown > 0:
            camera.fail_now(options.grown)
        jpeg = camera.snapshot()
    options.out.write_bytes(jpeg)
    judgement = PixelJudge().judge(jpeg)
    print(f"{options.out}: p = {judgement.p:.3f}, {len(judgement.detections)} boxes")


def _gcode(options: argparse.Namespace) -> None:
    heat = not options.cold
    write_job(options.out, options.duration, options.layers, options.shape, heat)
    print(options.out)


def _fit(options: argparse.Namespace) -> None:
    features, labels = collect(options.printers)
    save(fit(features, labels), WEIGHTS_FILE)
    print(f"{WEIGHTS_FILE.name}: fitted to {len(labels)} cells")


def _measure(options: argparse.Namespace) -> None:
    print(report(measure(options.printers, options.first_seed)))


def _until_interrupted() -> None:
    interruption.heed()
    try:
        while True:
            time.sleep(3600)
    except KeyboardInterrupt:
        print()


def _parser() -> argparse.ArgumentParser:
    shown = argparse.ArgumentDefaultsHelpFormatter
    parser = argparse.ArgumentParser(prog="python -m simulator", description=__doc__)
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    def command(name: str, does: object, text: str) -> argparse.ArgumentParser:
        added = commands.add_parser(name, help=text, formatter_class=shown)
        added.set_defaults(does=does)
        return added

    clouds = command(
        "clouds", _clouds, "serve both clouds, which judge the pixels they get"
    )
    clouds.add_argument("--api-key", default="test-key", help="Gadget's key")
    clouds.add_argument(
        "--interval", type=float, default=40.0, help="Gadget's interval, s"
    )
    clouds.add_argument("--gadget-port", type=int, default=0, help="0: any free one")
    clouds.add_argument("--serial-no", default="SN-TEST-1", help="Obico's device")
    clouds.add_argument("--access-token", default="test-token", help="and its token")
    clouds.add_argument("--obico-port", type=int, default=0, help="0: any free one")

    camera = command("camera", _camera, "serve snapshot and stream of a job")
    _add_picture(camera)
    camera.add_argument("--octoprint", help="follow this OctoPrint's job (its URL)")
    camera.add_argument("--api-key", default="", help="OctoPrint's key")
    camera.add_argument(
        "--fail-after", type=float, default=math.inf, help="s of printing"
    )
    camera.add_argument("--port", type=int, default=0, help="0: any free one")
    camera.add_argument("--mode", default="ok", help="how to answer, see camera.MODES")

    frame = command(
        "frame", _frame, "write one frame and say what the judge thinks of it"
    )
    _add_picture(frame)
    frame.add_argument("--grown", type=float, default=0.0, help="s of loose strands")
    frame.add_argument("out", type=Path, help="the JPEG to write")

    gcode = command("gcode", _gcode, "write a job for the virtual printer")
    gcode.add_argument("--duration", type=float, default=60.0, help="s, heating included")
    gcode.add_argument("--layers", type=int, default=40)
    gcode.add_argument("--shape", choices=sorted(SHAPES), default="box")
    gcode.add_argument("--cold", action="store_true", help="without heating up")
    gcode.add_argument("out", type=Path)

    fitting = command("fit", _fit, "fit the judge anew after a change of the scene")
    fitting.add_argument("--printers", type=int, default=60)
    measuring = command("measure", _measure, "print the judge's figures")
    measuring.add_argument("--printers", type=int, default=15)
    measuring.add_argument("--first-seed", type=int, default=0)
    return parser


def _add_picture(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--gcode", type=Path, required=True, help="the job's file")
    parser.add_argument("--progress", type=float, default=0.5, help="0 to 1, fixed")
    parser.add_argument("--seed", type=int, default=0, help="which printer")


def main(arguments: Optional[Sequence[str]] = None) -> None:
    """Run one command."""
    options = _parser().parse_args(arguments)
    options.does(options)


if __name__ == "__main__":
    main()
