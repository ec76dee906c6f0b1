"""Uploaded files on disk, whole or not at all: what a full disk cut off is taken away again."""

import contextlib
import os
from typing import Any

from django.core.files.storage import FileSystemStorage
from django.core.files.uploadhandler import TemporaryFileUploadHandler


class WholeFiles(FileSystemStorage):
    """Django's storage, which leaves the beginning of a file that could not be written to its end."""

    def _save(self, name: str, content: Any) -> str:
        try:
            return str(super()._save(name, content))  # type: ignore[misc]
        except OSError:
            # The name was free a moment ago: what stands there now is ours.
            with contextlib.suppress(OSError):
                os.unlink(self.path(name))
            raise


class WholeUploads(TemporaryFileUploadHandler):
    """Django's handler of large uploads, which leaves what it has received when the disk takes no more."""

    def receive_data_chunk(self, raw_data: bytes, start: int) -> None:
        try:
            super().receive_data_chunk(raw_data, start)
        except OSError:
            # Closing takes the temporary file away; when the disk took nothing of it, closing fails too.
            with contextlib.suppress(OSError):
                self.file.close()
            raise
