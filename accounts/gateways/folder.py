"""A folder that only its owner can open, as a storage of Django's. Nothing in it has an address."""

import os
import tempfile
import time
from pathlib import Path
from typing import Any

from django.core.files.base import File
from django.core.files.storage import FileSystemStorage

DRAFTS = "drafts"
LONGEST_WRITE_SECONDS = 3600


class Folder(FileSystemStorage):
    """Files that have their names only when they are whole and on the disk; a name that is taken is written anew."""

    def __init__(self, location: str) -> None:
        super().__init__(location=location, allow_overwrite=True)

    def _save(self, name: str, content: "File[Any]") -> str:
        path, drafts = Path(self.path(name)), self._home() / DRAFTS
        for folder in (drafts, path.parent):
            folder.mkdir(mode=0o700, exist_ok=True)
        handle, draft = tempfile.mkstemp(dir=drafts)
        try:
            with os.fdopen(handle, "wb") as file:
                for chunk in content.chunks():
                    file.write(chunk)
                file.flush()
                os.fsync(file.fileno())
            Path(draft).replace(path)
        except OSError:
            Path(draft).unlink(missing_ok=True)
            raise
        _settle(path.parent)
        return name

    def _home(self) -> Path:
        home = Path(self.location)
        home.mkdir(mode=0o700, parents=True, exist_ok=True)
        return home

    def sweep(self) -> None:
        """Delete what was being written when something crashed."""
        for draft in (Path(self.location) / DRAFTS).glob("*"):
            if draft.stat().st_mtime < time.time() - LONGEST_WRITE_SECONDS:
                draft.unlink(missing_ok=True)


def _settle(folder: Path) -> None:
    """See to it that a new name is on the disk, too."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
