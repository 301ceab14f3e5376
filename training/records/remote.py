"""Records on another machine: a folder here that mirrors an fsspec URL (S3, SFTP, …).

Everything reads and writes the mirror; `fetch` brings what is new there, `send` takes what is new
here, a run's metrics.json behind all that it speaks of. A file that both sides changed is left
alone and named.
"""

import contextlib
import datetime
import hashlib
import itertools
import os
import re
import threading
from collections.abc import Callable, Iterator
from pathlib import PurePosixPath
from typing import Any, TypeVar

import filelock
import msgspec

from training.errors import HomeworkError
from training.folders import cache_folder
from training.plurals import counted
from training.records.files import BESIDE, replacing, write_bytes
from training.time_limit import within

T = TypeVar("T")

SECONDS_TO_ANSWER = 15.0
"""What a place has for its first answer, the import of its library included."""

SECONDS_BETWEEN = 20.0
"""Time between two sendings while experiments run."""

CHECKPOINTS_EVERY = 15
"""Of so many sendings, one takes the checkpoints along; so does the last."""

_URL = re.compile(r"^[A-Za-z][A-Za-z0-9+.-]+(://|::)")
_WHOLE_AT_ONCE = {"s3", "s3a", "gs", "gcs", "abfs", "az", "adl", "oss", "oci", "memory"}
"""Stores where a file appears under its name only when it is whole."""
_VERSIONS = ("ETag", "etag", "md5Hash", "checksum", "generation", "mtime", "LastModified",
             "last_modified", "created", "modified")  # fmt: skip
_NOT_SENT = {"running.json"}


class RemoteError(HomeworkError):
    """The place that --runs names can't be reached, or holds something else than expected."""


class _Known(msgspec.Struct, frozen=True):
    """A file as it was when both sides were the same."""

    there: str
    size: int
    mtime_ns: int


_MIRRORED: dict[str, str] = {}
"""Folders of mirrors that this process works in, and their URLs."""


def with_urls(text: str) -> str:
    """Return a message with the URL in the place of the mirror that stands for it here."""
    for folder, url in _MIRRORED.items():
        text = text.replace(folder, url)
    return text


def is_url(text: str) -> bool:
    """Tell whether `text` is an fsspec URL, not a path (a Windows drive is a path)."""
    return bool(_URL.match(text))


def masked(text: str) -> str:
    """Return `text` without the passwords of the URLs in it."""
    return re.sub(r"(?<=://)([^\s/@:]*):[^\s/@]*@", r"\1:***@", text)


class Mirror:
    """A folder of this machine's cache, kept the same as a folder elsewhere.

    Args:
        url: Of the folder of records, such as s3://bucket/runs; it needn't exist yet.
        say: Told when the place takes a while to answer.

    Raises:
        RemoteError: No file system is known for the URL, or nothing answers there.
    """

    def __init__(self, url: str, say: Callable[[str], object] = lambda _: None) -> None:
        self._say = say
        self.url = masked(url).rstrip("/")
        name = hashlib.sha256(url.rstrip("/").encode()).hexdigest()[:16]
        self.folder = cache_folder() / "remote" / name / "runs"
        self._state = self.folder.parent / "known.json"
        self._lock = filelock.FileLock(self.folder.parent / "lock")
        try:
            import fsspec

            self._fs, self._root = self._ask(lambda: fsspec.core.url_to_fs(url))  # may connect
        except (ImportError, ValueError) as error:
            raise RemoteError(
                f"--runs {self.url}: {masked(str(error))}.",
                "S3 needs: pip install 'cnn-homework[s3]'. Other places need what fsspec names.",
            ) from error
        except Exception as error:  # each file system has exceptions of its own
            raise self._away("read", error) from error
        self._root = self._root.rstrip("/")
        _MIRRORED.update({str(self.folder.resolve()): self.url, str(self.folder): self.url})
        protocols = self._fs.protocol
        names = {protocols} if isinstance(protocols, str) else set(protocols)
        self._whole_at_once = bool(names & _WHOLE_AT_ONCE)

    def fetch(self) -> int:
        """Bring here what is new there; return the number of files.

        Raises:
            RemoteError: The place can't be read, or a file was changed on both sides.
        """
        self.folder.mkdir(parents=True, exist_ok=True)
        with self._lock, self._telling("read"):
            self._probe()
            known = self._known()
            listed = self._listed()
            for name in sorted(known.keys() - listed.keys()):
                if self._stamp(name) == _stamp_of(known[name]):
                    (self.folder / name).unlink()
                del known[name]
            new = [n for n, info in listed.items() if self._is_new(n, _version(info), known)]
            try:
                for name in sorted(new, key=_last_what_says_done):
                    self._fetch_one(name, _version(listed[name]), known)
            finally:
                self._write_known(known)
            return len(new)

    def send(self, checkpoints: bool = True) -> int:
        """Take there what is new here, and remove there what was removed here.

        Args:
            checkpoints: Also those of unfinished runs, which are large.

        Returns:
            The number of files sent.

        Raises:
            RemoteError: The place can't be written, or a file was changed there meanwhile.
        """
        with self._lock, self._telling("write"):
            self._probe()
            known = self._known()
            here = self._here()
            changed = [
                name
                for name, stamp in here.items()
                if not _same(stamp, known.get(name)) and (checkpoints or "/checkpoint/" not in name)
            ]
            try:
                for name in sorted(changed, key=_last_what_says_done):
                    self._send_one(name, known)
                for name in sorted(known.keys() - here.keys()):
                    if self._version_there(name) == known[name].there:
                        self._fs.rm_file(self._there(name))
                    del known[name]
            finally:
                self._write_known(known)
            return len(changed)

    @contextlib.contextmanager
    def sending(self, say: Callable[[str], object]) -> Iterator[None]:
        """Send every `SECONDS_BETWEEN` seconds while the block runs, and once more behind it.

        A failure is reported once and retried.

        Raises:
            RemoteError: The last sending failed; everything is in the mirror.
        """
        ended = threading.Event()
        said: set[str] = set()

        def repeat() -> None:
            for turn in itertools.count(1):
                if ended.wait(SECONDS_BETWEEN):
                    return
                try:
                    self.send(checkpoints=turn % CHECKPOINTS_EVERY == 0)
                except (HomeworkError, OSError) as error:
                    if str(error) not in said:
                        said.add(str(error))
                        say(f"{error} Retrying every {SECONDS_BETWEEN:.0f} s.")

        thread = threading.Thread(target=repeat, name="send records", daemon=True)
        thread.start()
        try:
            yield
        finally:
            ended.set()
            thread.join()
            if n_files := self.send():
                say(f"{counted(n_files, 'file')} sent to {self.url}")

    def _is_new(self, name: str, there: str, known: dict[str, _Known]) -> bool:
        before, stamp = known.get(name), self._stamp(name)
        return stamp is None or before is None or before.there != there

    def _fetch_one(self, name: str, there: str, known: dict[str, _Known]) -> None:
        file, before = self.folder / name, known.get(name)
        if file.exists() and not _same(self._stamp(name), before):
            if not self._equal(name):
                raise self._conflict(name)
        else:
            with replacing(file) as temporary:
                self._fs.get_file(self._there(name), str(temporary))
        known[name] = _Known(there, *self._stamp(name) or (0, 0))

    def _send_one(self, name: str, known: dict[str, _Known]) -> None:
        before, stamp = known.get(name), self._stamp(name)
        if stamp is None:
            return  # removed meanwhile
        version = self._version_there(name)
        unseen = version is not None and (before is None or version != before.there)
        if unseen and not self._equal(name):
            raise self._conflict(name)
        if not unseen:
            self._put(name)
        known[name] = _Known(self._version_there(name) or "", *stamp)

    def _put(self, name: str) -> None:
        here, there = str(self.folder / name), self._there(name)
        if self._whole_at_once:
            self._fs.put_file(here, there)
            return
        parent, _, last = there.rpartition("/")
        self._fs.makedirs(parent, exist_ok=True)
        part = f"{parent}/.{last}.{os.getpid()}.part"
        try:
            self._fs.put_file(here, part)
            self._fs.mv(part, there)
        except BaseException:
            with contextlib.suppress(Exception):
                self._fs.rm_file(part)
            raise

    def _equal(self, name: str) -> bool:
        content: bytes = self._fs.cat_file(self._there(name))
        return content == (self.folder / name).read_bytes()

    def _conflict(self, name: str) -> RemoteError:
        return RemoteError(
            f"{self.url}/{name} was changed both there and here.",
            "Two machines worked on one study. Nothing was overwritten. Keep one: remove "
            f"{self.folder / name}, or the one there, and repeat the command.",
        )

    def _there(self, name: str) -> str:
        return f"{self._root}/{name}"

    def _listed(self) -> dict[str, dict[str, Any]]:
        """Return what lies there, by path below the root; no names that leave the mirror."""
        self._fs.invalidate_cache()
        try:
            found = self._fs.find(self._root, detail=True)
        except FileNotFoundError:
            return {}
        root = self._fs._strip_protocol(self._root).rstrip("/")
        names = {
            path[len(root) :].lstrip("/"): info
            for path, info in found.items()
            if path.startswith(root + "/") and info.get("type") != "directory"
        }
        return {name: info for name, info in names.items() if _ours(name)}

    def _version_there(self, name: str) -> str | None:
        self._fs.invalidate_cache()
        try:
            return _version(self._fs.info(self._there(name)))
        except FileNotFoundError:
            return None

    def _here(self) -> dict[str, tuple[int, int]]:
        names = (
            path.relative_to(self.folder).as_posix()
            for path in self.folder.rglob("*")
            if path.is_file() and not path.is_symlink()
        )
        stamps = {name: self._stamp(name) for name in names if _ours(name)}
        return {name: stamp for name, stamp in stamps.items() if stamp is not None}

    def _stamp(self, name: str) -> tuple[int, int] | None:
        try:
            found = (self.folder / name).stat()
        except FileNotFoundError:
            return None
        return found.st_size, found.st_mtime_ns

    def _known(self) -> dict[str, _Known]:
        try:
            return msgspec.json.decode(self._state.read_bytes(), type=dict[str, _Known])
        except (OSError, msgspec.MsgspecError, UnicodeDecodeError):
            return {}  # contents are compared instead

    def _write_known(self, known: dict[str, _Known]) -> None:
        write_bytes(self._state, msgspec.json.encode(known))

    @contextlib.contextmanager
    def _telling(self, verb: str) -> Iterator[None]:
        try:
            yield
        except HomeworkError:
            raise
        except Exception as error:
            raise self._away(verb, error) from error

    def _away(self, verb: str, error: Exception) -> RemoteError:
        return RemoteError(
            f"Can't {verb} {self.url}: {masked(str(error)) or type(error).__name__}.",
            "Check address, network and credentials. Finished work is saved in "
            f"{self.folder}; the same command resumes from there.",
        )

    def _probe(self) -> None:
        """Look into the folder there, before anything is asked that may take long."""

        def look() -> None:
            with contextlib.suppress(FileNotFoundError, NotADirectoryError):
                self._fs.invalidate_cache()
                self._fs.ls(self._root, detail=False)

        self._ask(look)

    def _ask(self, ask: Callable[[], T]) -> T:
        waiting = f"Waiting for {self.url}, at most {SECONDS_TO_ANSWER:g} s"
        return within(SECONDS_TO_ANSWER, ask, lambda: self._say(waiting))


def _version(info: dict[str, Any]) -> str:
    """Return what changes whenever a file there does."""
    mark = next((info[key] for key in _VERSIONS if info.get(key) is not None), "")
    if isinstance(mark, datetime.datetime):
        mark = mark.timestamp()  # a listing may say it as a number
    return f"{info.get('size')} {mark}"


def _stamp_of(known: _Known) -> tuple[int, int]:
    return known.size, known.mtime_ns


def _same(stamp: tuple[int, int] | None, known: _Known | None) -> bool:
    return stamp is not None and known is not None and stamp == _stamp_of(known)


def _ours(name: str) -> bool:
    """Tell whether a path below the root is mirrored: no temporary file, lock or way out."""
    parts = PurePosixPath(name).parts
    bad = not parts or "\\" in name or name.startswith("/") or "\0" in name
    return not bad and not any(p.startswith(".") for p in parts) and parts[-1] not in _NOT_SENT


def _last_what_says_done(name: str) -> tuple[int, str]:
    """Sort files so that one stands behind all that it speaks of."""
    order = {"metrics.json": 2, "report.html": 3, "report.pdf": 3, **dict.fromkeys(BESIDE, 1)}
    return order.get(PurePosixPath(name).name, 0), name
