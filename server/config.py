"""Settings: one frozen value, read from the environment once; a wrong one stops the start with a sentence."""

from __future__ import annotations

import ipaddress
import os
import secrets
import stat
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from difflib import get_close_matches
from pathlib import Path
from urllib.parse import urlsplit

ROOT = Path(__file__).resolve().parent.parent
NAMES = frozenset(
    f"XUNTING_{name}"
    for name in (
        *(
            "DATA",
            "DATABASE",
            "FILES",
            "SECRET",
            "MODE",
            "DEMO_PASSWORD",
            "PUBLIC_URL",
            "THREADS",
            "PROCESSES",
        ),
        *("TRUSTED_PROXIES", "PKCS12", "PKCS12_PASSWORD", "TIMESTAMP_URL", "VOICE_GROUND", "WEBHOOK_PRIVATE"),
        *("SEAL_PHONES", "MAX_DOCUMENT_BYTES", "MAX_PHOTO_BYTES", "MAX_PHOTOS", "MAX_MEGAPIXELS"),
        "MAX_RESCUE_BYTES",
        # What the tests alone read.
        *("TEST_ROOT", "VECTORS"),
    )
)
"""Every setting of our own; what else begins like one is misspelt."""


class WrongSetting(Exception):
    """A setting that cannot be used; its text is the sentence that the person who starts the server reads."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What the server takes from a phone at most (handbook 06)."""

    document_bytes: int = 1_000_000
    photo_bytes: int = 15_000_000
    photos_per_visit: int = 60
    megapixels: int = 40
    upload_hours: int = 72
    rescue_bytes: int = 500_000_000
    login_tries: int = 5
    login_lock_minutes: int = 10


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything that an operator may choose; paths are absolute, sizes in bytes."""

    data: Path
    database: str
    files: str
    secret: bytes = field(repr=False)
    demo: bool = True
    demo_password: str = field(default="xunting-demo", repr=False)
    host: str = "127.0.0.1"
    port: int = 8000
    tls: bool = False
    public_url: str = "http://127.0.0.1:8000"
    threads: int = 16
    processes: int = 2
    trusted_proxies: int = 0
    pkcs12: Path | None = None
    pkcs12_password: str | None = field(default=None, repr=False)
    timestamp_url: str | None = None
    figures: Path | None = None
    voice_ground: str = ""
    webhook_private: bool = False
    seal_phones: bool = True
    limits: Limits = field(default_factory=Limits)
    root: Path = ROOT

    @property
    def uploads(self) -> Path:
        """Where the bytes of unfinished uploads lie."""
        return self.data / "uploads"

    @property
    def loopback(self) -> bool:
        """Whether only this machine can reach the server."""
        return _is_loopback(self.host)

    @classmethod
    def from_env(cls, env: Mapping[str, str]) -> Settings:
        """Read and check all settings; creates the data folder and, in the demonstration, its secret.

        Raises WrongSetting with a sentence for the first value that cannot be used.
        """
        _refuse_unknown(env)
        data = data_folder(env)
        demo = _one_of(env, "XUNTING_MODE", ("demo", "production"), "demo") == "demo"
        host = env.get("HOST") or "127.0.0.1"
        if not host.replace(".", "").replace(":", "").replace("-", "").isalnum():
            raise WrongSetting(f"HOST={host} 不是地址或主机名。 HOST must be an address or a host name.")
        if demo and not _is_loopback(host) and not env.get("XUNTING_DEMO_PASSWORD"):
            raise WrongSetting(
                f"演示模式要对外开放（HOST={host}），请先用 XUNTING_DEMO_PASSWORD 设置自己的演示密码。 "
                "The demonstration is reachable from other machines only with XUNTING_DEMO_PASSWORD set."
            )
        password = env.get("XUNTING_DEMO_PASSWORD") or "xunting-demo"
        if len(password) < 8:
            raise WrongSetting(
                "XUNTING_DEMO_PASSWORD 至少 8 个字符。 XUNTING_DEMO_PASSWORD needs at least 8 characters."
            )
        port = _number(env, "PORT", 8000, 1, 65535)
        tls = _one_of(env, "TLS", ("0", "1"), "0") == "1"
        pkcs12 = env.get("XUNTING_PKCS12")
        if pkcs12 and not Path(pkcs12).is_file():
            raise WrongSetting(
                f"XUNTING_PKCS12={pkcs12}：没有这个文件。 The file that XUNTING_PKCS12 names does not exist."
            )
        if not demo and not pkcs12:
            raise WrongSetting(
                "正式运行要用 XUNTING_PKCS12 指定单位的签名证书。 "
                "In production XUNTING_PKCS12 must name the organisation's key for signing reports."
            )
        pkcs12_password = env.get("XUNTING_PKCS12_PASSWORD")
        if pkcs12:
            _check_pkcs12(Path(pkcs12), pkcs12_password)
        given_url = _web_address(env, "XUNTING_PUBLIC_URL")
        if not demo and not given_url:
            raise WrongSetting(
                "正式运行要用 XUNTING_PUBLIC_URL 说明网址，报告和手机都用它。 "
                "In production XUNTING_PUBLIC_URL must name the address that reports and phones use."
            )
        database = env.get("XUNTING_DATABASE") or f"sqlite:///{data / 'xunting.sqlite'}"
        if not database.startswith(("sqlite:///", "postgresql+psycopg://")):
            raise WrongSetting(
                "XUNTING_DATABASE 要以 sqlite:/// 或 postgresql+psycopg:// 开头。 "
                "XUNTING_DATABASE must begin with sqlite:/// or postgresql+psycopg://."
            )
        files = env.get("XUNTING_FILES") or f"folder://{data / 'files'}"
        if not files.startswith(("folder://", "s3://")):
            raise WrongSetting(
                "XUNTING_FILES 要以 folder:// 或 s3:// 开头。 XUNTING_FILES must begin with folder:// or s3://."
            )
        if files.startswith("folder://") and not files.startswith("folder:///"):
            raise WrongSetting(
                f"XUNTING_FILES={files} 要写绝对路径（folder:///…）。 "
                "XUNTING_FILES must be an absolute path (folder:///...)."
            )
        try:
            data.mkdir(parents=True, exist_ok=True, mode=0o700)
            owner_only(data)
        except OSError as error:
            raise WrongSetting(
                f"XUNTING_DATA={data}：不能建立这个目录（{error.strerror}）。 The data folder cannot be created."
            ) from error
        if not os.access(data, os.W_OK):
            raise WrongSetting(f"XUNTING_DATA={data}：目录不可写。 The data folder cannot be written to.")
        return cls(
            data=data,
            database=database,
            files=files,
            secret=_secret(env, data, demo=demo),
            demo=demo,
            demo_password=password,
            host=host,
            port=port,
            tls=tls,
            public_url=(
                given_url
                or f"{'https' if tls else 'http'}://{'127.0.0.1' if host == '0.0.0.0' else host}:{port}"  # noqa: S104
            ).rstrip("/"),
            threads=_number(env, "XUNTING_THREADS", 16, 1, 256),
            processes=_number(env, "XUNTING_PROCESSES", 2, 1, 64),
            trusted_proxies=_number(env, "XUNTING_TRUSTED_PROXIES", 0, 0, 8),
            pkcs12=Path(pkcs12).resolve() if pkcs12 else None,
            pkcs12_password=pkcs12_password,
            timestamp_url=_web_address(env, "XUNTING_TIMESTAMP_URL"),
            # `serve` sets it where several processes count together; the library reads it under this name.
            figures=Path(env["PROMETHEUS_MULTIPROC_DIR"]) if env.get("PROMETHEUS_MULTIPROC_DIR") else None,
            voice_ground=_ground(env),
            webhook_private=_one_of(env, "XUNTING_WEBHOOK_PRIVATE", ("0", "1"), "0") == "1",
            seal_phones=_one_of(env, "XUNTING_SEAL_PHONES", ("0", "1"), "1") == "1",
            limits=Limits(
                document_bytes=_number(env, "XUNTING_MAX_DOCUMENT_BYTES", 1_000_000, 10_000, 100_000_000),
                photo_bytes=_number(env, "XUNTING_MAX_PHOTO_BYTES", 15_000_000, 100_000, 1_000_000_000),
                photos_per_visit=_number(env, "XUNTING_MAX_PHOTOS", 60, 1, 10_000),
                megapixels=_number(env, "XUNTING_MAX_MEGAPIXELS", 40, 1, 400),
                rescue_bytes=_number(env, "XUNTING_MAX_RESCUE_BYTES", 500_000_000, 1_000_000, 10_000_000_000),
            ),
        )


def data_folder(env: Mapping[str, str]) -> Path:
    """Where the data lies, whether it is there or not."""
    return Path(env.get("XUNTING_DATA") or ROOT / "data").expanduser().resolve()


def _refuse_unknown(env: Mapping[str, str]) -> None:
    """A misspelt name would begin with another database, or none of what was wished, without a word."""
    for name in sorted(env):
        if name.startswith("XUNTING_") and name not in NAMES:
            (near,) = get_close_matches(name, sorted(NAMES), n=1, cutoff=0)
            raise WrongSetting(
                f"没有 {name} 这个设置，最接近的是 {near}。 There is no setting {name}; the nearest one is {near}."
            )


def owner_only(path: Path) -> None:
    """Let no other user of the machine read a file or folder of ours, also one from before; where there is none nothing happens.

    What belongs to somebody else stays, and so does a folder that all may write to (/tmp).
    """
    with suppress(FileNotFoundError):
        found = path.stat()
        if found.st_uid == os.geteuid() and found.st_mode & 0o077 and not found.st_mode & stat.S_ISVTX:
            path.chmod(stat.S_IMODE(found.st_mode) & 0o700)


def _number(env: Mapping[str, str], name: str, default: int, low: int, high: int) -> int:
    text = env.get(name) or str(default)
    if not text.isascii() or not text.isdigit() or not low <= int(text) <= high:
        raise WrongSetting(
            f"{name}={text} 要是 {low} 到 {high} 的整数。 {name} must be a whole number from {low} to {high}."
        )
    return int(text)


def _one_of(env: Mapping[str, str], name: str, allowed: tuple[str, ...], default: str) -> str:
    text = env.get(name) or default
    if text not in allowed:
        raise WrongSetting(
            f"{name}={text} 只能是 {'、'.join(allowed)}。 {name} must be one of {', '.join(allowed)}."
        )
    return text


def _web_address(env: Mapping[str, str], name: str) -> str | None:
    text = env.get(name)
    if not text:
        return None
    try:
        parts = urlsplit(text)
        # Reading the port is what finds a wrong one.
        right = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        right = False
    if not right or not text.isprintable() or " " in text:
        raise WrongSetting(
            f"{name}={text!r} 要是 http:// 或 https:// 开头的网址。 {name} must be an http:// or https:// address."
        )
    return text


def _ground(env: Mapping[str, str]) -> str:
    """The written ground of voice notes (handbook 03, Law and conduct 3); without one there are none."""
    text = (env.get("XUNTING_VOICE_GROUND") or "").strip()
    if text and (not 6 <= len(text) <= 300 or not text.isprintable()):
        raise WrongSetting(
            f"XUNTING_VOICE_GROUND={text[:40]!r} 要写明法务记录的依据（文号或理由，一行，6 到 300 个字）；不填就不用语音备忘。 "
            "XUNTING_VOICE_GROUND must name the ground that legal staff recorded (one line, 6 to 300 characters); "
            "without it there are no voice notes."
        )
    return text


def _check_pkcs12(file: Path, password: str | None) -> None:
    # Only a server that signs needs the library; the other commands start without it.
    from cryptography.hazmat.primitives.serialization import pkcs12

    try:
        key, certificate, _ = pkcs12.load_key_and_certificates(
            file.read_bytes(), password.encode() if password else None
        )
    except (OSError, ValueError):
        key = certificate = None
    if key is None or certificate is None:
        raise WrongSetting(
            f"XUNTING_PKCS12={file}：打不开，或里面没有密钥和证书（密码 XUNTING_PKCS12_PASSWORD 对吗？）。 "
            "The file that XUNTING_PKCS12 names cannot be opened with XUNTING_PKCS12_PASSWORD, "
            "or lacks a key and its certificate."
        )


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _secret(env: Mapping[str, str], data: Path, *, demo: bool) -> bytes:
    given = env.get("XUNTING_SECRET")
    if given:
        if len(given) < 32:
            raise WrongSetting("XUNTING_SECRET 至少 32 个字符。 XUNTING_SECRET needs at least 32 characters.")
        return given.encode()
    if not demo:
        raise WrongSetting(
            "正式运行要设置 XUNTING_SECRET。 In production XUNTING_SECRET must be set (32 characters or more)."
        )
    path = data / "secret"
    if not path.exists():
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(secrets.token_hex(32).encode())
    return path.read_bytes()
