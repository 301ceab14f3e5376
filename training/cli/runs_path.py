"""The option --runs: a folder, or an fsspec URL whose mirror here stands for it."""

import sys
from pathlib import Path
from typing import Any

import click

from training.folders import expanded
from training.plurals import counted
from training.records.remote import Mirror, is_url


class RunsPath(click.Path):
    """A folder of records; of a URL, its mirror, sent back when the command ends.

    Args:
        remote: Whether the command can do with a mirror.
    """

    def __init__(self, remote: bool = True) -> None:
        super().__init__(path_type=Path, file_okay=False)
        self._remote = remote

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        if not isinstance(value, str) or not is_url(value):
            place = expanded(value) if isinstance(value, str) else value  # of --runs=~/runs
            return super().convert(place, param, ctx)
        if not self._remote:
            self.fail("this command reads a folder on this machine, not a URL.", param, ctx)
        return self.follow(value, ctx)

    def follow(self, url: str, ctx: click.Context | None) -> Path:
        """Return the mirror of `url`, fetched now and sent until the command has ended."""
        mirror = Mirror(url, _say)
        if ctx is not None and not ctx.resilient_parsing:
            if n_files := mirror.fetch():
                _say(f"{counted(n_files, 'file')} fetched from {mirror.url}")
            ctx.with_resource(mirror.sending(_say))
        return mirror.folder


def _say(text: str) -> None:
    click.echo(text, file=sys.stderr)
