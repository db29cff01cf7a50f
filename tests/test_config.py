"""Settings: what is given is taken, and each wrong value stops the start with its own sentence."""

from __future__ import annotations

import re
import stat
from pathlib import Path

import pytest

from server.config import NAMES, ROOT, Settings, WrongSetting
from tests import authority

PRODUCTION = {
    "XUNTING_MODE": "production",
    "XUNTING_SECRET": "s" * 32,
    "XUNTING_PUBLIC_URL": "https://x.example",
}


def read(folder: Path, **given: str) -> Settings:
    return Settings.from_env({"XUNTING_DATA": str(folder), **given})


@pytest.mark.parametrize(
    ("given", "named"),
    [
        ({"XUNTING_DATABSE": "postgresql+psycopg://x"}, "XUNTING_DATABASE"),
        ({"XUNTING_THREAD": "8"}, "XUNTING_THREADS"),
        ({"XUNTING_": ""}, "XUNTING_"),
        ({"PORT": "eighty"}, "PORT=eighty"),
        ({"PORT": "0"}, "PORT=0"),
        ({"PORT": "65536"}, "PORT=65536"),
        ({"PORT": "-1"}, "PORT=-1"),
        ({"HOST": "a b"}, "HOST=a b"),
        ({"HOST": "0.0.0.0"}, "XUNTING_DEMO_PASSWORD"),
        ({"HOST": "192.0.2.7"}, "XUNTING_DEMO_PASSWORD"),
        ({"XUNTING_DEMO_PASSWORD": "short"}, "XUNTING_DEMO_PASSWORD"),
        ({"TLS": "yes"}, "TLS=yes"),
        ({"XUNTING_MODE": "test"}, "XUNTING_MODE=test"),
        ({"XUNTING_SECRET": "short"}, "XUNTING_SECRET"),
        ({"XUNTING_DATABASE": "mysql://x"}, "XUNTING_DATABASE"),
        ({"XUNTING_FILES": "/somewhere"}, "XUNTING_FILES"),
        ({"XUNTING_FILES": "folder://files"}, "XUNTING_FILES=folder://files"),
        ({"XUNTING_PUBLIC_URL": "xunting.example"}, "XUNTING_PUBLIC_URL="),
        ({"XUNTING_PUBLIC_URL": "ftp://xunting.example"}, "XUNTING_PUBLIC_URL="),
        ({"XUNTING_PUBLIC_URL": "https://"}, "XUNTING_PUBLIC_URL="),
        ({"XUNTING_PUBLIC_URL": "https://x.example:eighty"}, "XUNTING_PUBLIC_URL="),
        ({"XUNTING_TIMESTAMP_URL": "file:///etc/passwd"}, "XUNTING_TIMESTAMP_URL="),
        ({"XUNTING_PKCS12": __file__}, "XUNTING_PKCS12="),
        ({"XUNTING_PKCS12": "/nowhere.p12"}, "XUNTING_PKCS12=/nowhere.p12"),
        ({"XUNTING_THREADS": "0"}, "XUNTING_THREADS=0"),
        ({"XUNTING_PROCESSES": "many"}, "XUNTING_PROCESSES=many"),
        ({"XUNTING_TRUSTED_PROXIES": "9"}, "XUNTING_TRUSTED_PROXIES=9"),
        ({"XUNTING_MODE": "production"}, "XUNTING_PKCS12"),
    ],
)
def test_a_wrong_setting_is_named_in_a_sentence_of_both_languages(
    tmp_path: Path, given: dict[str, str], named: str
) -> None:
    with pytest.raises(WrongSetting) as found:
        read(tmp_path, **given)
    sentence = str(found.value)
    assert named in sentence
    assert "\n" not in sentence
    chinese, _, english = sentence.partition("。 ")
    assert any("\u4e00" <= sign <= "\u9fff" for sign in chinese)
    assert english.isascii() or named in english
    assert english.endswith(".")


def test_production_does_not_start_without_a_secret(tmp_path: Path) -> None:
    key = tmp_path / "seal.p12"
    key.write_bytes(authority.pkcs12())
    with pytest.raises(WrongSetting, match="XUNTING_SECRET"):
        read(
            tmp_path,
            XUNTING_MODE="production",
            XUNTING_PKCS12=str(key),
            XUNTING_PUBLIC_URL="https://x.example",
        )
    assert not read(tmp_path, **PRODUCTION, XUNTING_PKCS12=str(key)).demo


def test_production_needs_the_address_that_reports_name(tmp_path: Path) -> None:
    (tmp_path / "seal.p12").write_bytes(authority.pkcs12())
    given = {**PRODUCTION, "XUNTING_PKCS12": str(tmp_path / "seal.p12"), "XUNTING_PUBLIC_URL": ""}
    with pytest.raises(WrongSetting, match="XUNTING_PUBLIC_URL"):
        read(tmp_path, **given)


def test_the_key_is_opened_with_its_password_at_the_start(tmp_path: Path) -> None:
    key = tmp_path / "seal.p12"
    key.write_bytes(authority.pkcs12("sesame"))
    for password in ("", "wrong"):
        with pytest.raises(WrongSetting, match="XUNTING_PKCS12_PASSWORD"):
            read(tmp_path, XUNTING_PKCS12=str(key), XUNTING_PKCS12_PASSWORD=password)
    assert read(tmp_path, XUNTING_PKCS12=str(key), XUNTING_PKCS12_PASSWORD="sesame").pkcs12 == key


def test_a_data_folder_that_cannot_be_made_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(WrongSetting, match="XUNTING_DATA"):
        read(tmp_path / "file" / "data")


def test_the_demonstration_makes_its_secret_once_and_keeps_it_to_itself(tmp_path: Path) -> None:
    first = read(tmp_path)
    assert len(first.secret) >= 32
    assert read(tmp_path).secret == first.secret
    assert stat.S_IMODE((tmp_path / "secret").stat().st_mode) == 0o600


def test_every_setting_that_is_read_is_known_and_no_other() -> None:
    written = (ROOT / "server" / "config.py").read_text()
    assert set(re.findall(r'"(XUNTING_[A-Z0-9_]+)"', written)) == NAMES - {
        "XUNTING_TEST_ROOT",
        "XUNTING_VECTORS",
    }


def test_the_data_folder_is_for_its_owner_alone_also_one_from_before(tmp_path: Path) -> None:
    old, new = tmp_path / "old", tmp_path / "deep" / "new"
    old.mkdir(mode=0o755)
    for folder in (old, new):
        read(folder)
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700


def test_a_folder_that_all_may_write_to_is_left_as_it_is(tmp_path: Path) -> None:
    tmp_path.chmod(0o1777)
    read(tmp_path)
    assert stat.S_IMODE(tmp_path.stat().st_mode) == 0o1777


def test_secrets_are_not_in_what_is_printed(tmp_path: Path) -> None:
    given = {"XUNTING_SECRET": "k" * 40, "XUNTING_DEMO_PASSWORD": "very-own-password"}
    printed = repr(read(tmp_path, **given))
    assert not [value for value in given.values() if value in printed]


def test_phones_seal_unless_they_are_told_not_to(tmp_path: Path) -> None:
    assert [read(tmp_path, **given).seal_phones for given in ({}, {"XUNTING_SEAL_PHONES": "0"})] == [
        True,
        False,
    ]


def test_what_is_given_is_taken(tmp_path: Path) -> None:
    settings = read(tmp_path / "deep" / "data", HOST="::1", PORT="9001", TLS="1", XUNTING_THREADS="32")
    assert (settings.host, settings.port, settings.tls, settings.threads) == ("::1", 9001, True, 32)
    assert settings.data == tmp_path / "deep" / "data"
    assert settings.loopback
    assert settings.database == f"sqlite:///{settings.data}/xunting.sqlite"
