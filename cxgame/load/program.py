"""`cxgame load`: drive a server, show how it goes, and report."""

import asyncio
import signal
import sys
from dataclasses import dataclass
from pathlib import Path

import msgspec
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeElapsedColumn

from cxgame.load.dialect import CannotLoad, Target
from cxgame.load.dialects import build
from cxgame.load.plot import svg
from cxgame.load.profiles import Plan
from cxgame.load.report import Report, report_of, tables
from cxgame.load.running import Run, Stage

FINE, FAILED = 0, 1


@dataclass(frozen=True)
class Job:
    """What somebody has asked for."""

    target: Target
    dialect: str
    plan: Plan
    json: Path | None = None
    plot: Path | None = None


def main(job: Job) -> int:
    """Play it; the exit status is 1 if anything happened that should not."""
    try:
        report = asyncio.run(_run(job))
        Console().print(tables(report))
        _write(job, report)
    except (CannotLoad, OSError) as error:
        sys.stderr.write(f"cxgame: {error}\n")
        return FAILED
    return FAILED if report.has_errors else FINE


async def _run(job: Job) -> Report:
    console = Console(stderr=True)
    bar = Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.fields[figures]}"),
        TimeElapsedColumn(),
        console=console,
        transient=True,
        disable=not console.is_terminal,
    )
    with bar:
        shown = bar.add_task(Stage.OPENING, total=1.0, figures="")

        def tell(stage: Stage, share: float) -> None:
            _show(bar, shown, run, stage, share)

        run = Run(build(job.dialect, job.target), job.plan, tell)
        loop = asyncio.get_running_loop()
        if sys.platform != "win32":
            loop.add_signal_handler(signal.SIGINT, run.interrupt)
        try:
            await run.play()
        finally:
            if sys.platform != "win32":
                loop.remove_signal_handler(signal.SIGINT)
    return report_of(run, job.target.url, job.dialect)


def _show(bar: Progress, shown: TaskID, run: Run, stage: Stage, share: float) -> None:
    tally = run.tally
    figures = f"{tally.connected:,} connected"
    if stage is not Stage.OPENING:
        figures += f", {tally.done:,} done, {sum(tally.refused.values()):,} refused"
        figures += f", {sum(tally.errors.values()):,} errors"
    bar.update(shown, description=stage, completed=share, figures=figures)


def _write(job: Job, report: Report) -> None:
    if job.json is not None:
        job.json.write_bytes(msgspec.json.format(msgspec.json.encode(report)) + b"\n")
    if job.plot is not None:
        job.plot.write_text(svg(report), encoding="utf-8")
