"""Compiles locale/*/LC_MESSAGES/*.po to the .mo files that Django reads, when they are missing or older.

Done with Babel, so that no gettext tools are needed: python -m tierdash.launcher.translations
"""

from pathlib import Path

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

from tierdash.launcher.ground import BASE_DIR


def compile_stale(locale_dir: Path = BASE_DIR / "locale") -> list[Path]:
    """Compile what is stale and return the files written."""
    written = []
    for source in sorted(locale_dir.glob("*/LC_MESSAGES/*.po")):
        target = source.with_suffix(".mo")
        if target.exists() and target.stat().st_mtime >= source.stat().st_mtime:
            continue
        new = source.with_suffix(".mo.new")
        with source.open("rb") as text, new.open("wb") as binary:
            write_mo(binary, read_po(text, locale=source.parts[-3], domain=source.stem))
        new.rename(target)
        written.append(target)
    return written


if __name__ == "__main__":
    compile_stale()
