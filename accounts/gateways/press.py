"""The press: a program of its own that reads a job from its standard input and prints a PDF. See typesetting.py.

It knows nothing of the app and may take only so much memory and time. What it sets may read no file: its root is an
empty folder, and its fonts come from two packages, never from the machine, so that every machine prints the same.
"""

import contextlib
import importlib.util
import json
import sys
import tempfile

import typst

FONT_PACKAGES = ("manimgx_fonts_cjk", "manimgx_fonts")
MOST_MEMORY = 2 * 1024**3
MOST_SECONDS = 60


def font_folders() -> list[str]:
    folders = []
    for name in FONT_PACKAGES:
        spec = importlib.util.find_spec(name)
        if spec is None:
            raise SystemExit(f"The fonts {name} are not installed.")
        folders += list(spec.submodule_search_locations or ())
    return folders


def bind() -> None:
    """Give up what the job does not need; where the system knows no such limits, only the caller's patience counts."""
    with contextlib.suppress(ImportError, ValueError, OSError):
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (MOST_MEMORY, MOST_MEMORY))
        resource.setrlimit(resource.RLIMIT_CPU, (MOST_SECONDS, MOST_SECONDS))


def main() -> None:
    bind()
    job = json.load(sys.stdin.buffer)
    fonts = typst.Fonts(include_system_fonts=False, include_embedded_fonts=False, font_paths=list(font_folders()))
    with tempfile.TemporaryDirectory() as nothing:
        compiler = typst.Compiler(root=nothing, font_paths=fonts, package_path=nothing, package_cache_path=nothing)
        try:
            printed = compiler.compile(
                job["source"].encode(), format="pdf", sys_inputs=job["values"], timestamp=job["timestamp"]
            )
        except typst.TypstError as error:
            raise SystemExit(f"{error.message}\n{error.diagnostic}") from None
    if not isinstance(printed, bytes):  # a list is what the pages of pictures would be
        raise SystemExit("The press made no PDF.")
    sys.stdout.buffer.write(printed)


if __name__ == "__main__":
    main()
