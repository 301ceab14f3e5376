"""Data sets in an archive are unpacked once, into the cache, and nowhere else."""

import io
import os
import shutil
import tarfile
import zipfile

import pytest

from training.data.layouts import index_pictures
from training.data.locate import locate
from training.errors import DataError
from training.records.archives import ArchiveError, Limits, unpack


@pytest.fixture
def pictures(tmp_path, make_classes):
    return make_classes(tmp_path / "in" / "flowers", {"rose": 4, "tulip": 4})


@pytest.mark.parametrize("kind", ["zip", "tar", "gztar", "bztar", "xztar"])
def test_an_archive_is_read_where_it_lies(pictures, tmp_path, kind, own_cache):
    archive = shutil.make_archive(str(tmp_path / "flowers"), kind, pictures.parent)
    place = locate(archive)
    assert place.is_relative_to(own_cache)
    assert place.name == "flowers"
    index = index_pictures(place)
    assert index.classes == ("rose", "tulip")
    assert len(index.paths) == 8
    before = (place / "flowers").stat().st_mtime_ns
    assert locate(archive) == place
    assert (place / "flowers").stat().st_mtime_ns == before


def test_a_changed_archive_is_unpacked_again(pictures, tmp_path):
    first = locate(shutil.make_archive(str(tmp_path / "f"), "zip", pictures))
    shutil.copytree(pictures / "rose", pictures / "lily")
    second = locate(shutil.make_archive(str(tmp_path / "f"), "zip", pictures))
    assert first != second
    assert len(index_pictures(second).classes) == 3


def test_names_that_are_not_utf8_keep_their_bytes(tmp_path, pictures):
    """A zip whose names are in an old Windows code page, unmarked, as Windows writes them."""
    picture = next(pictures.rglob("*.png")).read_bytes()
    file = tmp_path / "old.zip"
    with zipfile.ZipFile(file, "w") as archive:
        for name in ("Hund", "H?nd"):
            for i in range(3):
                archive.writestr(f"{name}/{i}.png", picture)
    file.write_bytes(file.read_bytes().replace(b"H?nd", b"H\xfcnd"))
    place = locate(str(file))
    assert (place / os.fsdecode(b"H\xfcnd")).is_dir()
    assert len(index_pictures(place).paths) == 6


def zip_of(file, **members):
    with zipfile.ZipFile(file, "w") as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return file


def tar_of(file, member, content=b""):
    with tarfile.open(file, "w") as archive:
        member.size = len(content)
        archive.addfile(member, io.BytesIO(content))
    return file


def link(kind):
    member = tarfile.TarInfo("a/link")
    member.type, member.linkname = kind, "/etc/passwd"
    return member


@pytest.mark.parametrize("name", ["../x.png", "/x.png", "a/../../x.png", "C:/x.png", "..\\x.png"])
def test_paths_that_lead_outside_are_refused(tmp_path, name, own_cache):
    for file in (
        zip_of(tmp_path / "a.zip", **{name: b"x"}),
        tar_of(tmp_path / "a.tar", tarfile.TarInfo(name), b"x"),
    ):
        with pytest.raises(DataError, match="unsafe entry"):
            locate(str(file))
    assert not list(own_cache.rglob("x.png"))
    assert not (tmp_path / "x.png").exists()


@pytest.mark.parametrize("kind", [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.FIFOTYPE])
def test_links_and_devices_are_refused(tmp_path, kind, own_cache):
    with pytest.raises(DataError, match="a link or no file"):
        locate(str(tar_of(tmp_path / "a.tar", link(kind))))
    assert not list((own_cache / "unpacked").glob("*/*"))


def test_a_link_in_a_zip_is_refused(tmp_path):
    info = zipfile.ZipInfo("link")
    info.external_attr = 0o120777 << 16
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.writestr(info, "/etc/passwd")
    with pytest.raises(DataError, match="a link or no file"):
        locate(str(tmp_path / "a.zip"))


def test_more_than_the_limits_is_refused(tmp_path):
    file = zip_of(tmp_path / "a.zip", a=b"x" * 100, b=b"x")
    (tmp_path / "out").mkdir()
    with pytest.raises(ArchiveError, match="more than"):
        unpack(file, tmp_path / "out", Limits(n_bytes=50))
    with pytest.raises(ArchiveError, match="more than"):
        unpack(file, tmp_path / "out", Limits(n_files=0))


def test_a_bomb_is_refused_by_its_ratio(tmp_path):
    with zipfile.ZipFile(tmp_path / "a.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a.bin", bytes(2 * 10**8))
    with pytest.raises(DataError, match="holds more than"):
        locate(str(tmp_path / "a.zip"))


@pytest.mark.parametrize("content", [b"", b"PK\3\4 broken", b"nothing"])
@pytest.mark.parametrize("suffix", ["zip", "tar.gz"])
def test_a_damaged_archive_is_one_message_and_leaves_nothing(tmp_path, content, suffix, own_cache):
    (tmp_path / f"a.{suffix}").write_bytes(content)
    with pytest.raises(DataError, match="Can't unpack"):
        locate(str(tmp_path / f"a.{suffix}"))
    assert not list((own_cache / "unpacked").glob("*/*"))


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_a_file_that_is_named_twice_is_refused(tmp_path):
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.writestr("a/x.png", b"one")
        archive.writestr("a/x.png", b"two")
    with pytest.raises(DataError, match="names files twice"):
        locate(str(tmp_path / "a.zip"))


@pytest.mark.parametrize("url", ["https://example.org/a.zip", "s3://bucket/pictures"])
def test_an_address_is_refused_with_what_to_do(url):
    with pytest.raises(DataError, match="is a URL") as caught:
        locate(url)
    assert "Download" in caught.value.hint
