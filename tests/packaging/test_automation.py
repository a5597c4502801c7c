"""Scripts, hooks and workflows: linted, pinned, and calling targets that exist."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml  # type: ignore[import-untyped]

from tests.packaging.linters import linted
from tests.support.programs import ROOT

WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
HOOKS = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text(encoding="utf-8"))
MAKEFILE = (ROOT / "Makefile").read_text(encoding="utf-8")
LINES = re.findall(r"^([a-z -]+):.* ## [A-Z]", MAKEFILE, re.MULTILINE)
TARGETS = {target for line in LINES for target in line.split()}


def read(workflow: Path) -> dict[Any, Any]:
    """A workflow; its key `on` is a truth value to YAML."""
    found: dict[Any, Any] = yaml.safe_load(workflow.read_text(encoding="utf-8"))
    return found


def steps(workflow: Path) -> list[dict[str, Any]]:
    """The steps of all its jobs."""
    return [step for job in read(workflow)["jobs"].values() for step in job["steps"]]


def is_shell(path: Path) -> bool:
    """A file that begins by naming a shell."""
    return bool(re.match(rb"#!.*\b(ba)?sh\b", path.read_bytes()[:40]))


def test_shellcheck_finds_nothing() -> None:
    """In any script of a shell, wherever it is."""
    folders = (ROOT / "scripts", ROOT / ".ci")
    scripts = [path for folder in folders for path in folder.iterdir() if path.is_file()]
    shell = [path for path in scripts if is_shell(path)]
    assert len(shell) >= 4
    assert all(path.stat().st_mode & 0o111 for path in shell if path.parent.name == "scripts")
    linted("shellcheck", *shell)


def test_make_help_explains_every_target() -> None:
    """Each has its line; a target without one would not be found."""
    declared = MAKEFILE.partition(".PHONY:")[2].replace("\\\n", " ").partition("\n")[0].split()
    assert set(declared) == TARGETS


def test_hooks_call_targets() -> None:
    """Formatting, linting and types among them, and nothing is fetched from elsewhere."""
    assert [repo["repo"] for repo in HOOKS["repos"]] == ["local"]
    entries = [hook["entry"] for hook in HOOKS["repos"][0]["hooks"]]
    assert {"make format", "make lint", "make types"} <= set(entries)
    assert {entry.split()[1] for entry in entries} <= TARGETS


@pytest.mark.parametrize("workflow", WORKFLOWS, ids=lambda path: path.stem)
def test_a_workflow_calls_targets(workflow: Path) -> None:
    """What it runs can be run by hand: a target, or Docker, which it has and we have not."""
    for step in steps(workflow):
        words = step.get("run", "make dev").split()
        assert words[0] in {"make", "docker"}
        assert words[0] == "docker" or words[1] in TARGETS


@pytest.mark.parametrize("workflow", WORKFLOWS, ids=lambda path: path.stem)
def test_a_workflow_is_pinned_and_holds_no_secret(workflow: Path) -> None:
    """Actions have a full version, machines a named one, tokens may only read."""
    for step in steps(workflow):
        assert re.fullmatch(r"actions/[a-z-]+@v\d+\.\d+\.\d+", step.get("uses", "actions/a@v1.1.1"))
    text = workflow.read_text(encoding="utf-8")
    assert "secrets." not in text
    assert "-latest" not in text
    assert read(workflow)["permissions"] == {"contents": "read"}


@pytest.mark.parametrize("workflow", WORKFLOWS, ids=lambda path: path.stem)
def test_a_workflow_runs_for_what_concerns_it(workflow: Path) -> None:
    """Pushes and pull requests are filtered by path, and each filter names what there is."""
    events = read(workflow)[True]
    for event in ("push", "pull_request"):
        if event in events:
            filters = events[event].get("paths") or events[event]["paths-ignore"]
            for name in filters:
                assert (ROOT / name.removesuffix("/**")).exists(), name
