"""Build the source distribution and the wheel: `python scripts/build_dist.py DIRECTORY`.

Built from a copy of the files that git does not ignore, so that neither a private file nor the
trace of an earlier build gets in, and nothing but the result is left behind. The wheel is made from
the unpacked source distribution: whatever that one lacks fails here, not with who downloads it.
Times inside the wheel are those of the commit, so the same commit gives the same wheel.
"""

import os
import shutil
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

ROOT = Path(__file__).parents[1]
HOOKS = "import sys, setuptools.build_meta as b; sys.stdout.write('\\n' + b.{hook}(sys.argv[1]))"


def build(out: Path) -> tuple[Path, Path]:
    """Write both distributions to `out`; returns the source distribution and the wheel."""
    out.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="cxgame-dist-") as scratch:
        source = copy_of_known_files(Path(scratch) / "source")
        sdist = _run_hook("build_sdist", source, out)
        with tarfile.open(sdist) as archive:
            archive.extractall(scratch, filter="data")
        wheel = _run_hook("build_wheel", Path(scratch) / sdist.name.removesuffix(".tar.gz"), out)
    return sdist, wheel


def copy_of_known_files(target: Path) -> Path:
    """The working tree as it stands, without what git ignores."""
    listed = _git("ls-files", "-z", "--cached", "--others", "--exclude-standard")
    for name in filter(None, listed.split("\0")):
        path = target / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if (ROOT / name).exists():  # else it was deleted, which git learns with the next commit
            shutil.copy2(ROOT / name, path)
    return target


def _run_hook(hook: str, source: Path, out: Path) -> Path:
    """Ask the build backend, in a process of its own because it works in the current directory."""
    environment = {**os.environ, "SOURCE_DATE_EPOCH": _git("log", "-1", "--format=%ct").strip()}
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", HOOKS.format(hook=hook), str(out.resolve())],
        cwd=source,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise SystemExit(f"{hook} failed:\n{done.stdout}{done.stderr}")
    return out / done.stdout.splitlines()[-1]


def _git(*words: str) -> str:
    done = subprocess.run(
        ["git", "-C", str(ROOT), *words], capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise SystemExit(f"distributions are built from a git checkout: {done.stderr.strip()}")
    return done.stdout


if __name__ == "__main__":
    for built in build(Path(sys.argv[1])):
        sys.stdout.write(f"{built} ({built.stat().st_size:,} bytes)\n")
