"""`scripts/release.sh` and the targets that call it, on a copy of the repository with git."""

import io
import os
import re
import shutil
import subprocess
import tarfile
from datetime import date
from pathlib import Path

import pytest

from tests.support.programs import ROOT, WITHIN_S, environment

COPIED = ("Makefile", "CHANGELOG.md", "Dockerfile", ".gitignore", "scripts", "cxgame/__init__.py")
NOTES = "- Something new.\n- Something fixed: a `#` begins no comment."
CHANGELOG = f"# Changelog\n\n## Unreleased\n\n{NOTES}\n\n## 0.3.1 (2026-01-01)\n\n- Old.\n"
VERSION = re.compile(r'^__version__ = "(.*)"$', re.MULTILINE)
DOCKER = """#!/bin/sh
if [ "$1" = build ]; then
    echo "$@" > "$SPOOL/words"
    cat > "$SPOOL/context.tar"
fi
"""


class Repository:
    """A copy of what a release touches, at version 0.3.1, with one commit."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "copy"
        self.variables = {
            "RELEASE_CHECK": "true",
            "GIT_CONFIG_GLOBAL": os.devnull,
            **{f"GIT_{who}_NAME": "Tester" for who in ("AUTHOR", "COMMITTER")},
            **{f"GIT_{who}_EMAIL": "tester@localhost" for who in ("AUTHOR", "COMMITTER")},
        }
        for name in COPIED:
            target = self.path / name
            target.parent.mkdir(parents=True, exist_ok=True)
            copy = shutil.copytree if (ROOT / name).is_dir() else shutil.copy2
            copy(ROOT / name, target)
        source = self.path / "cxgame" / "__init__.py"
        source.write_text(VERSION.sub('__version__ = "0.3.1"', source.read_text()))
        (self.path / "CHANGELOG.md").write_text(CHANGELOG)
        self.git("init", "--quiet", "--initial-branch=main")
        self.git("add", "--all")
        self.git("commit", "--quiet", "--message=All of it")

    def do(self, *words: str) -> subprocess.CompletedProcess[str]:
        """Run a program in the copy."""
        return subprocess.run(
            words,
            cwd=self.path,
            env=environment(**self.variables),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=WITHIN_S,
            check=False,
        )

    def git(self, *words: str) -> str:
        """What git says; it must succeed."""
        done = self.do("git", *words)
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()

    def release(self, *words: str) -> subprocess.CompletedProcess[str]:
        """Call the script."""
        return self.do("scripts/release.sh", *words)

    def refused(self, *words: str) -> str:
        """The one line with which the script refuses; nothing has changed."""
        before = self.state()
        done = self.release(*words)
        assert done.returncode == 1, done.stdout
        assert done.stderr.startswith("release: ")
        assert done.stderr.count("\n") == 1
        assert self.state() == before
        return done.stderr

    def state(self) -> str:
        """Commits, tags and changed files."""
        return "\n".join(self.git(*words) for words in (["log"], ["tag"], ["status", "--short"]))

    def version(self) -> str:
        """As the copy's source says it."""
        found = VERSION.search((self.path / "cxgame" / "__init__.py").read_text())
        assert found is not None
        return found[1]


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    """A fresh copy, clean, at 0.3.1, with something to release."""
    return Repository(tmp_path)


@pytest.mark.parametrize(
    ("word", "version"),
    [("-p", "0.3.2"), ("-m", "0.4.0"), ("-M", "1.0.0"), ("v0.3.10", "0.3.10")],
)
def test_a_release_sets_version_changelog_and_tag(
    repository: Repository, word: str, version: str
) -> None:
    """One commit with both files, and a tag that carries the notes word for word."""
    done = repository.release(word)
    assert done.returncode == 0, done.stderr
    assert repository.version() == version
    assert repository.git("status", "--short") == ""
    assert repository.git("log", "-1", "--format=%s") == f"Release {version}"
    changed = repository.git("diff", "--name-only", "HEAD~1").splitlines()
    assert changed == ["CHANGELOG.md", "cxgame/__init__.py"]
    heading = f"## {version} ({date.today()})"
    expected = CHANGELOG.replace("## Unreleased\n", f"## Unreleased\n\n{heading}\n")
    assert (repository.path / "CHANGELOG.md").read_text() == expected
    assert repository.git("cat-file", "-t", f"v{version}") == "tag", "annotated"
    assert repository.git("rev-parse", f"v{version}^{{commit}}") == repository.git(
        "rev-parse", "HEAD"
    )
    told = repository.git("tag", "--list", f"v{version}", "--format=%(contents)")
    assert told == f"cxgame {version}\n\n{NOTES}"


def test_a_dry_run_says_everything_and_does_nothing(repository: Repository) -> None:
    """Not even the tests are run."""
    repository.variables["RELEASE_CHECK"] = "touch checked"
    before = repository.state()
    done = repository.release("--dry-run", "-m")
    assert done.returncode == 0
    for step in ("check: touch checked", "write 0.4.0", 'commit "Release 0.4.0"', "tag v0.4.0"):
        assert f"would {step}" in done.stdout
    assert repository.state() == before
    assert not (repository.path / "checked").exists()


def test_a_dirty_tree_is_refused(repository: Repository) -> None:
    """A file that git does not know is enough; so is a dry run."""
    (repository.path / "forgotten.txt").write_text("")
    assert "not committed" in repository.refused("-p")
    assert "not committed" in repository.refused("-p", "--dry-run")


@pytest.mark.parametrize("version", ["v0.3.1", "v0.3.0", "v0.2.99", "v0.0.0"])
def test_a_version_that_is_not_higher_is_refused(repository: Repository, version: str) -> None:
    """Compared as numbers, part by part."""
    assert "is not higher than 0.3.1" in repository.refused(version)


def test_an_existing_tag_is_refused(repository: Repository) -> None:
    """Whatever it points to."""
    repository.git("tag", "v0.4.0")
    assert "the tag v0.4.0 exists already" in repository.refused("-m")


@pytest.mark.parametrize(
    ("words", "says"),
    [
        ([], "which version?"),
        (["-p", "-m"], "give one version"),
        (["0.4.0"], "what is 0.4.0?"),
        (["v0.4"], "v0.4 is not vX.Y.Z"),
        (["v0.04.0"], "v0.04.0 is not vX.Y.Z"),
        (["v1.0.0rc1"], "v1.0.0rc1 is not vX.Y.Z"),
        (["--fast"], "what is --fast?"),
    ],
)
def test_what_is_no_version_is_refused(repository: Repository, words: list[str], says: str) -> None:
    """In one line, before anything is done."""
    assert says in repository.refused(*words)


def test_failing_tests_prevent_a_release(repository: Repository) -> None:
    """Nothing was changed before they ran."""
    repository.variables["RELEASE_CHECK"] = "false"
    assert "the check failed" in repository.refused("-p")


def test_nothing_to_release_is_refused(repository: Repository) -> None:
    """After a release, "Unreleased" stands there empty."""
    assert repository.release("-p").returncode == 0
    assert 'nothing stands under "## Unreleased"' in repository.refused("-p")


def test_no_branch_is_refused(repository: Repository) -> None:
    """The commit would belong to nothing."""
    repository.git("checkout", "--quiet", "--detach")
    assert "no branch" in repository.refused("-p")


def test_a_commit_that_fails_leaves_the_files_as_they_were(repository: Repository) -> None:
    """As when a hook says no."""
    hook = repository.path / ".git" / "hooks" / "pre-commit"
    hook.parent.mkdir(exist_ok=True)
    hook.write_text("#!/bin/sh\nexit 1\n")
    hook.chmod(0o755)
    assert "git made no commit" in repository.refused("-p")
    assert repository.version() == "0.3.1"


def test_tag_only_tags_the_version_at_hand(repository: Repository) -> None:
    """And no other."""
    assert "this commit is 0.3.1, not 0.4.0" in repository.refused("--tag-only", "v0.4.0")
    assert repository.do("make", "tag", "version=v0.3.1").returncode == 0
    assert "- Old." in repository.git("tag", "--list", "v0.3.1", "--format=%(contents)")


def test_make_has_the_same_words(repository: Repository) -> None:
    """`release-patch`, `release version=…` and `version`."""
    assert repository.do("make", "release-patch", "ARGS=--dry-run").returncode == 0
    done = repository.do("make", "release", "version=v2.0.0")
    assert done.returncode == 0, done.stderr
    said = repository.do("make", "version").stdout
    assert "cxgame 2.0.0\nv2.0.0" in said
    assert repository.do("make", "release").returncode != 0


def test_help_explains_every_option(repository: Repository) -> None:
    """All that the script takes, and the variable."""
    said = repository.release("--help").stdout
    for word in ("-p, -m, -M", "vX.Y.Z", "--tag-only", "--images", "--dry-run", "RELEASE_CHECK"):
        assert word in said


def test_images_are_built_from_the_tag(repository: Repository, tmp_path: Path) -> None:
    """Three names, and a context that holds the tag's files whatever the tree looks like."""
    assert repository.release("v0.4.0").returncode == 0
    sha = repository.git("rev-parse", "--short", "HEAD")
    (repository.path / "cxgame" / "__init__.py").write_text("half a thought")
    docker = tmp_path / "bin" / "docker"
    docker.parent.mkdir()
    docker.write_text(DOCKER)
    docker.chmod(0o755)
    repository.variables["PATH"] = f"{docker.parent}:{os.environ['PATH']}"
    repository.variables["SPOOL"] = str(tmp_path)
    done = repository.do("make", "release-docker", "version=v0.4.0")
    assert done.returncode == 0, done.stderr
    words = (tmp_path / "words").read_text().split()
    assert words == [
        *("build", "--tag", "cxgame:0.4.0", "--tag", f"cxgame:0.4.0-{sha}"),
        *("--tag", "cxgame:latest", "-"),
    ]
    context = tarfile.open(fileobj=io.BytesIO((tmp_path / "context.tar").read_bytes()))
    source = context.extractfile("cxgame/__init__.py")
    assert source is not None
    assert b'__version__ = "0.4.0"' in source.read()


def test_images_need_a_tag_and_docker(repository: Repository, tmp_path: Path) -> None:
    """Each is missing in one line."""
    assert "there is no tag v0.3.1" in repository.refused("--images", "v0.3.1")
    repository.git("tag", "v0.3.1")
    docker = tmp_path / "bin" / "docker"
    docker.parent.mkdir()
    docker.write_text("#!/bin/sh\nexit 1\n")
    docker.chmod(0o755)
    repository.variables["PATH"] = f"{docker.parent}:{os.environ['PATH']}"
    assert "images need Docker" in repository.refused("--images", "v0.3.1")


def test_the_changelog_is_ready_for_a_release() -> None:
    """It has the heading that a release looks for, once."""
    text = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    assert text.count("\n## Unreleased\n") == 1
