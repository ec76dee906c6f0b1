"""A file that the disk does not take to its end leaves nothing behind; one that it takes is there."""

import errno

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage

from deploy.storage import WholeUploads


class CutOff(ContentFile):
    """A file of which the disk takes the first half."""

    def chunks(self, chunk_size=None):
        yield b"the first half"
        raise OSError(errno.ENOSPC, "No space left on device")


def test_half_a_file_is_none(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    default_storage.save("there/before", ContentFile(b"whole"))
    with pytest.raises(OSError, match="No space"):
        default_storage.save("there/half", CutOff(b"the first half and the second"))
    assert [path.name for path in tmp_path.rglob("*") if path.is_file()] == ["before"]
    assert default_storage.save("there/half", ContentFile(b"again")) == "there/half"


class FullDisk:
    """A temporary file that takes nothing any more."""

    closed = False

    def write(self, data):
        raise OSError(errno.ENOSPC, "No space left on device")

    def close(self):
        self.closed = True


def test_an_upload_that_the_disk_cuts_off_is_closed_and_thereby_gone():
    handler = WholeUploads()
    handler.file = disk = FullDisk()
    with pytest.raises(OSError, match="No space"):
        handler.receive_data_chunk(b"more", 0)
    assert disk.closed
