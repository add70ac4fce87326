"""The server's settings: environment variables with safe defaults. `python -m letters.serve.settings` lists them."""

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path

from limits import parse_many
from limits.errors import ConfigurationError
from limits.storage import storage_from_string

from letters import picture
from letters.recognizer import PATH
from letters.serve import counts

PREFIX = "LETTERS_"


class SettingsError(ValueError):
    """A setting with a wrong name or value; the message says which values it takes."""


def _whole(low, high):
    def read(text):
        if not text.isdecimal() or not low <= int(text) <= high:
            raise ValueError(f"give a whole number from {low} to {high}")
        return int(text)

    return read


def _number(low, high):
    def read(text):
        try:
            number = float(text)
        except ValueError:
            number = None
        if number is None or not low <= number <= high:
            raise ValueError(f"give a number from {low} to {high}")
        return number

    return read


def _one_of(*names):
    def read(text):
        if text not in names:
            raise ValueError(f"give one of {', '.join(names)}")
        return text

    return read


def _rate(text):
    try:
        parse_many(text)
    except ValueError:
        raise ValueError("give limits such as 20/second;600/minute") from None
    return text


def _storage(text):
    try:
        storage_from_string(text)
    except ConfigurationError as error:
        message = f"{error}; give {counts.ADDRESS}, or the address of a Redis server whose client is installed"
        raise ValueError(message) from None
    return text


def _names(text):
    return tuple(name for name in re.split(r"[,\s]+", text) if name)


def _origins(text):
    origins = _names(text)
    for origin in origins:
        if not re.fullmatch(r"https?://[^/\s*]+", origin):
            raise ValueError("give origins such as https://example.org, separated by commas")
    return origins


def _address(text):
    if text and not re.fullmatch(r"https?://\S+", text):
        raise ValueError("give an address such as https://example.org/letters")
    return text


def _setting(default, read, meaning):
    return field(default=default, metadata={"read": read, "meaning": meaning})


@dataclass(frozen=True)
class Settings:
    """How to serve. `from_environment` reads each field from LETTERS_ and its name in capitals."""

    host: str = _setting("127.0.0.1", str, "address to listen on; 0.0.0.0 for all of this machine's")
    port: int = _setting(5000, _whole(1, 65535), "port to listen on")
    threads: int = _setting(4, _whole(1, 64), "requests answered at the same time")
    model: Path = _setting(PATH, Path, "the network, as `letters.training.letter.export` writes it")  # noqa: RUF009
    max_megabytes: float = _setting(10.0, _number(0.1, 100), "largest body of a request")
    max_megapixels: float = _setting(
        picture.Limits.pixels / 1e6,
        _number(0.1, 200),
        "largest picture; JPEGs may have five times as many, and are read smaller",
    )
    max_decode_seconds: float = _setting(
        picture.Limits.seconds, _number(0.1, 60), "longest time for decoding a picture"
    )
    max_letters: int = _setting(1500, _whole(1, 3000), "most letters of a picture")
    rate_limit: str = _setting("20/second;600/minute", _rate, "most requests of a client; above, it gets 429")
    rate_storage: str = _setting(counts.ADDRESS, _storage, "where they are counted; redis://host for several processes")
    trusted_hosts: tuple = _setting(
        ("localhost", "127.0.0.1"), _names, "names that the server may be called by, in the Host header"
    )
    cors_origins: tuple = _setting((), _origins, "other sites whose pages may send requests")
    frame_origins: tuple = _setting((), _origins, "other sites that may embed the page in an iframe")
    source: str = _setting("", _address, "address of the source code, for the page to link to")
    proxies: int = _setting(0, _whole(0, 9), "proxies in front, whose X-Forwarded headers are trusted")
    metrics: str = _setting("local", _one_of("local", "all", "off"), "who may see /metrics: this machine, all, nobody")
    access_log: str = _setting("on", _one_of("on", "off"), "a line of JSON on stderr for each request")

    @property
    def max_bytes(self) -> int:
        """The largest body of a request, in bytes."""
        return int(self.max_megabytes * 1024**2)

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] = os.environ) -> "Settings":
        """Read the settings. Raises SettingsError where one has a wrong value or an unknown name."""
        known = {PREFIX + one.name.upper(): one for one in fields(cls)}
        given = {name: text.strip() for name, text in environment.items() if name.startswith(PREFIX)}
        chosen = {}
        for name, text in given.items():
            if name not in known:
                raise SettingsError(f"there is no setting {name}; there are {', '.join(known)}")
            try:
                chosen[known[name].name] = known[name].metadata["read"](text)
            except ValueError as error:
                raise SettingsError(f"{name}={text} makes no sense: {error}") from error
        return cls(**chosen)

    @classmethod
    def table(cls) -> str:
        """The settings as rows of Markdown."""
        rows = ["| variable | default | |", "| --- | --- | --- |"]
        for one in fields(cls):
            rows.append(f"| `{PREFIX}{one.name.upper()}` | `{_shown(one.default)}` | {one.metadata['meaning']} |")
        return "\n".join(rows)


def _shown(value):
    if isinstance(value, Path):
        return f"{value.parent.name}/{value.name}"
    if isinstance(value, tuple):
        return ",".join(value) or " "
    return f"{value:g}" if isinstance(value, float) else str(value) or " "


if __name__ == "__main__":
    print(Settings.table())
