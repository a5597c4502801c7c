"""Build the site into build/site, strictly: a warning or a dead link ends it with status 1."""

import re
import subprocess
import sys
from pathlib import Path

from scripts.website.check import faults
from scripts.website.source import ROOT, configuration, lay_out

BUILD = ROOT / "build"
FOLDER, SITE, SETTINGS = BUILD / "site-source", BUILD / "site", BUILD / "site.toml"

_COLOUR = re.compile(r"\x1b\[[\d;]*m")


def main() -> int:
    """Lay out, build, look."""
    entries = lay_out(FOLDER)
    SETTINGS.write_text(configuration(FOLDER, SITE, entries))
    program = Path(sys.executable).parent / "zensical"
    words = (program, "build", "--strict", "--clean", "--config-file", SETTINGS)
    built = subprocess.run(words, capture_output=True, text=True, check=False)
    if built.returncode:
        sys.stderr.write(_COLOUR.sub("", built.stdout))
        return built.returncode
    found = faults(SITE.resolve())
    sys.stderr.write("".join(f"{line}\n" for line in found))
    if not found:
        sys.stdout.write(f"The site is in {SITE.relative_to(ROOT)}.\n")
    return int(bool(found))


if __name__ == "__main__":
    sys.exit(main())
