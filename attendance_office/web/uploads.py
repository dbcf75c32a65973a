"""Files that are too large are let run by: nothing of them is kept, in memory or on disk, and the page says so."""

from __future__ import annotations

from typing import Any, Final

from django.core.files.uploadhandler import FileUploadHandler, SkipFile
from django.http import HttpRequest

# A little more than the largest file that any page takes, for the form around it.
LARGEST_BODY: Final = 26 * 1024 * 1024


class WithinLimit(FileUploadHandler):
    """Skips every file of a request that says beforehand that it is too large."""

    request: Any

    def new_file(self, *args: Any, **kwargs: Any) -> None:
        """Skip the file where the whole is too large; else leave it to the handlers behind."""
        super().new_file(*args, **kwargs)
        if is_too_large(self.request):
            raise SkipFile

    def receive_data_chunk(self, raw_data: bytes, start: int) -> bytes:
        """Hand the bytes on to the handlers behind."""
        return raw_data

    def file_complete(self, file_size: int) -> None:
        """Leave the file to the handlers behind."""


def is_too_large(request: HttpRequest) -> bool:
    """Tell whether a request says that it carries more than any page takes."""
    said = str(request.META.get("CONTENT_LENGTH") or "")
    return said.isdecimal() and int(said) > LARGEST_BODY
