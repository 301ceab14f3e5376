import errno
import gzip
import hashlib
import http.server
import io
import random
import socket
import tarfile
import threading
import zipfile
import zlib

import pytest

from training.cli.data import data
from training.data import download as download_module
from training.data.download import fetch_caltech101, unpack
from training.errors import DataError

# requests leaves the socket of a transfer that broke off to the garbage collector.
pytestmark = pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")

PICTURES = {f"101_ObjectCategories/ant/image_{i:04d}.jpg": bytes([i]) * 500 for i in range(1, 9)}


def tar_of(files, links=()):
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as tar:
        for name, content in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            tar.addfile(member, io.BytesIO(content))
        for name, target in links:
            member = tarfile.TarInfo(name)
            member.type, member.linkname = tarfile.SYMTYPE, target
            tar.addfile(member)
    return buffer.getvalue()


def zip_of(files):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return buffer.getvalue()


def publishers_archive(files=None):
    return zip_of(
        {
            "caltech-101/101_ObjectCategories.tar.gz": tar_of(PICTURES if files is None else files),
            "caltech-101/Annotations.tar": b"not needed",
        }
    )


class Server:
    """Serves one archive on loopback; the first `broken` answers stop half-way."""

    def __init__(self):
        self.content, self.broken, self.status, self.requests = b"", 0, 200, 0
        server = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                server.answer(self)

            def log_message(self, *_):
                pass

        self.httpd = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.httpd.server_port}/caltech-101.zip"
        self.thread = threading.Thread(target=self.httpd.serve_forever, args=(0.01,))
        self.thread.start()

    def answer(self, handler):
        self.requests += 1
        handler.send_response(self.status)
        handler.send_header("Content-Length", str(len(self.content)))
        handler.end_headers()
        half = self.requests <= self.broken
        handler.wfile.write(self.content[: len(self.content) // 2] if half else self.content)
        handler.close_connection = True

    def stop(self):
        self.httpd.shutdown()
        self.httpd.server_close()
        self.thread.join()


@pytest.fixture
def server(monkeypatch):
    monkeypatch.setattr("pooch.core.time.sleep", lambda _: None)
    running = Server()
    running.content = publishers_archive()
    yield running
    running.stop()


def md5(content):
    return hashlib.md5(content, usedforsecurity=False).hexdigest()


def fetched(server, cache, checksum=None, progress=None):
    return fetch_caltech101(cache, server.url, checksum or md5(server.content), progress)


def test_the_pictures_arrive(server, own_cache):
    said = []
    folder = fetched(server, own_cache, progress=lambda *event: said.append(event))
    found = {str(p.relative_to(folder)): p.read_bytes() for p in folder.rglob("*.jpg")}
    assert found == PICTURES
    assert [path.name for path in folder.iterdir()] == ["101_ObjectCategories"]
    assert (len(server.content), len(server.content), "bytes downloaded") in said
    assert list((own_cache / "downloads").iterdir()) == []


def test_what_is_there_is_not_fetched_again(server, own_cache):
    first = fetched(server, own_cache)
    assert fetched(server, own_cache) == first
    assert server.requests == 1


def test_the_inner_archive_alone_will_do(server, own_cache):
    server.content = tar_of(PICTURES)
    assert (fetched(server, own_cache) / "101_ObjectCategories").is_dir()


def test_address_and_checksum_come_from_the_environment(server, own_cache, monkeypatch):
    monkeypatch.setenv("HOMEWORK_DATA_URL", server.url)
    monkeypatch.setenv("HOMEWORK_DATA_MD5", "0" * 32)
    with pytest.raises(DataError, match="0" * 32):
        fetch_caltech101(own_cache)


def test_a_broken_transfer_is_tried_again(server, own_cache):
    server.broken = 1
    assert fetched(server, own_cache).is_dir()
    assert server.requests == 2


def problem(server, cache, checksum=None):
    with pytest.raises(DataError) as caught:
        fetched(server, cache, checksum)
    assert not (cache / "caltech101").exists()
    assert not any(p.is_file() for p in cache.rglob("*"))
    assert "--data DIR" in caught.value.hint
    assert "--preset quick" in caught.value.hint
    return caught.value.message


def test_a_wrong_checksum_is_refused(server, own_cache):
    assert "hash" in problem(server, own_cache, "0" * 32)


def test_a_transfer_that_stays_broken_is_one_message(server, own_cache):
    server.broken = 9
    assert "the connection was lost" in problem(server, own_cache)


def test_a_missing_file_names_the_address(server, own_cache):
    server.status = 404
    assert server.url in problem(server, own_cache)


def test_no_server_is_one_message(own_cache):
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    with pytest.raises(DataError, match="can't connect to the server"):
        fetch_caltech101(own_cache, f"http://127.0.0.1:{port}/x.zip", "0" * 32)


@pytest.mark.parametrize(
    "name",
    ["../outside.jpg", "/tmp/outside.jpg", "101_ObjectCategories/../../outside.jpg",
     "101_ObjectCategories\\..\\..\\outside.jpg", "C:/outside.jpg"],
)  # fmt: skip
def test_an_entry_that_leads_outside_is_refused(server, own_cache, name):
    server.content = publishers_archive({**PICTURES, name: b"x"})
    assert "unsafe entry" in problem(server, own_cache)


def test_a_link_is_refused(server, own_cache):
    link = ("101_ObjectCategories/ant/link.jpg", "/etc/passwd")
    server.content = tar_of(PICTURES, [link])
    assert "unsafe entry" in problem(server, own_cache)


def test_an_archive_without_pictures_is_refused(server, own_cache):
    server.content = publishers_archive({"other/x.jpg": b"x"})
    assert "doesn't contain 101_ObjectCategories" in problem(server, own_cache)
    server.content = zip_of({"x": b"x"})
    assert "doesn't contain 101_ObjectCategories.tar.gz" in problem(server, own_cache)
    server.content = b"no archive at all"
    assert "Can't unpack" in problem(server, own_cache)


def tar_with_a_damaged_header():
    """Return a tar.gz whose third entry is spoilt after its checksum was taken."""
    good = gzip.decompress(tar_of(PICTURES))
    spoilt = good[:2048] + b"?" * 512 + good[2560:]
    compressed = bytearray(gzip.compress(spoilt, mtime=0))
    compressed[-8:-4] = zlib.crc32(good).to_bytes(4, "little")
    return bytes(compressed)


def test_damage_that_looks_like_the_end_is_refused(server, own_cache):
    server.content = tar_with_a_damaged_header()
    assert "CRC check failed" in problem(server, own_cache)


def test_a_damaged_stream_is_refused(server, own_cache):
    whole = tar_of({"101_ObjectCategories/a/1.jpg": random.Random(0).randbytes(60_000)})
    server.content = whole[:30_000]
    assert "ended before" in problem(server, own_cache)
    server.content = zip_of({"101_ObjectCategories.tar.gz": whole}).replace(
        whole[99:200], bytes(101)
    )
    assert "CRC" in problem(server, own_cache)


def test_a_locked_archive_is_refused(server, own_cache):
    locked = bytearray(publishers_archive())
    locked[locked.find(b"PK\x01\x02") + 8] |= 1
    locked[6] |= 1
    server.content = bytes(locked)
    assert "encrypted" in problem(server, own_cache)


def test_bytes_behind_the_end_do_no_harm(server, own_cache):
    server.content = tar_of(PICTURES) + b"behind the end"
    assert fetched(server, own_cache).is_dir()


def test_what_was_unpacked_meanwhile_is_kept(tmp_path):
    (tmp_path / "a.tar.gz").write_bytes(tar_of(PICTURES))
    unpack(tmp_path / "a.tar.gz", tmp_path / "out")
    (tmp_path / "out" / "in_use").touch()
    unpack(tmp_path / "a.tar.gz", tmp_path / "out")
    assert (tmp_path / "out" / "in_use").exists()
    assert len(list(tmp_path.iterdir())) == 2


def test_a_full_disk_keeps_the_download(server, own_cache, monkeypatch):
    copy = download_module._copy

    def full(*_):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("training.data.download._copy", full)
    with pytest.raises(DataError, match="No space left") as caught:
        fetched(server, own_cache)
    assert "download is saved" in caught.value.hint
    monkeypatch.setattr("training.data.download._copy", copy)
    assert fetched(server, own_cache).is_dir()
    assert server.requests == 1


def test_an_address_without_checksum_is_said_to_be_unchecked(server, own_cache, caplog):
    fetch_caltech101(own_cache, server.url)
    assert f"{server.url} is not checked" in caplog.text


@pytest.mark.parametrize("url", ["caltech.zip", "ftp://127.0.0.1/caltech.zip"])
def test_what_is_no_web_address_is_said_to_be_none(own_cache, url):
    with pytest.raises(DataError, match="is not a web address"):
        fetch_caltech101(own_cache, url)


def test_the_command_prints_the_folder_alone(server, own_cache, capsys):
    data.main(["fetch", "--url", server.url], standalone_mode=False)
    assert capsys.readouterr().out == f"{own_cache / 'caltech101'}\n"


def test_too_many_files_are_refused(tmp_path, monkeypatch):
    monkeypatch.setattr("training.data.download.MAXIMUM_FILES", 3)
    (tmp_path / "a.tar.gz").write_bytes(tar_of(PICTURES))
    with pytest.raises(DataError, match="too large for a set of images"):
        unpack(tmp_path / "a.tar.gz", tmp_path / "out")
    assert not (tmp_path / "out").exists()
