"""Write the reference part of `docs/configuration.md` from the settings themselves.

Run it after a change to a setting: `python scripts/configuration_docs.py`. A test compares the
file with what this would write. The text above the marker is written by hand and kept.
"""

from pathlib import Path

from cxgame.cli_flags import default_text, text_of
from cxgame.config import ABOUT, PRESETS, flag_of
from cxgame.config.about import GROUPS, About

PAGE = Path(__file__).parent.parent / "docs" / "configuration.md"
MARKER = "<!-- From here on written by scripts/configuration_docs.py. -->"


def reference() -> str:
    """The reference: a section for every group, a heading for every setting."""
    sections = []
    for group in GROUPS:
        sections.append(f"## {group}\n")
        sections += [_entry(name, about) for name, about in ABOUT.items() if about.group == group]
    return "\n".join(sections)


def page(current: str) -> str:
    """The whole page, with the reference renewed."""
    by_hand, marker, _ = current.partition(MARKER)
    assert marker, f"{PAGE} has lost its marker"
    return f"{by_hand}{MARKER}\n\n{reference()}"


def _entry(name: str, about: About) -> str:
    lines = [f"### {name}", "", about.help, ""]
    if about.has_flag:
        flags = [flag_of(name), flag_of(name, False)] if about.kind.is_switch else [flag_of(name)]
        lines.append(f"- Flag: {_codes(flags)}")
    lines.append(f"- Environment: {_codes([f'CXGAME_{name.upper()}', *about.variables])}")
    if about.keywords:
        lines.append(f"- Also as keyword and TOML key: {_codes(about.keywords)}")
    lines.append(f"- Default: {_codes([default_text(name)]) if default_text(name) else 'none'}")
    lines.append(f"- Allowed: {about.kind.allowed}")
    if name == "preset":
        lines += [line for preset in PRESETS for line in _preset(preset)]
    return "\n".join(lines) + "\n"


def _preset(name: str) -> list[str]:
    """What a preset says, as a table."""
    rows = ["", f"| setting | with `{name}` |", "|---|---|"]
    for setting, value in PRESETS[name].items():
        rows.append(f"| [{setting}](#{setting}) | `{text_of(ABOUT[setting], value)}` |")
    return rows


def _codes(words: list[str] | tuple[str, ...]) -> str:
    return ", ".join(f"`{word}`" for word in words)


if __name__ == "__main__":
    PAGE.write_text(page(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
