"""A real company begins without the demonstration: from an empty database to an assignment on a phone."""

from __future__ import annotations

import io
from pathlib import Path

import pytest

from server import cli
from server.app import create_app
from server.config import Settings
from tests.authority import pkcs12


def test_from_an_empty_database_to_an_assignment_on_a_phone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seal, units, outlets = (tmp_path / name for name in ("seal.p12", "units.csv", "outlets.csv"))
    seal.write_bytes(pkcs12())
    environment = {
        "XUNTING_MODE": "production",
        "XUNTING_DATA": str(tmp_path / "data"),
        "XUNTING_SECRET": "s" * 32,
        "XUNTING_PKCS12": str(seal),
        "XUNTING_PUBLIC_URL": "https://xunting.example",
    }
    units.write_text(
        "编码,名称,级别,上级\nSX,省公司,省公司,\nTY,太原,市分公司,SX\nXD,小店,县公司,TY\n", encoding="utf-8"
    )
    outlets.write_text("编码,名称,层级,地域,单位\nTY001,小店营业厅,自有营业厅,城市,XD\n", encoding="utf-8")

    def xunting(*arguments: str) -> int:
        monkeypatch.setattr("sys.stdin", io.StringIO("long enough\n"))
        return cli.run(arguments, environment)

    assert xunting("migrate") == 0
    assert xunting("units", "import", str(units), "--apply") == 0
    assert xunting("outlets", "import", str(outlets), "--apply") == 0
    for username, role in (("li", "shopper"), ("wang", "reviewer")):
        assert xunting("user", "add", username, "--name", "某", "--role", role, "--password-stdin") == 0
    given = (
        "--kind",
        "mystery",
        "--checklist",
        "own-hall-mystery",
        "--from",
        "2026-11-21",
        "--to",
        "2099-11-30",
    )
    assert xunting("assign", "li", "TY001", *given) == 0

    app = create_app(Settings.from_env(environment))
    phone = app.test_client()
    secure = {"base_url": environment["XUNTING_PUBLIC_URL"]}
    login = {"username": "li", "password": "long enough"}
    assert phone.post("/api/v1/session", json=login, **secure).status_code == 200
    changes = phone.get("/api/v1/sync", **secure).get_json()["changes"]
    [outlet] = [change["data"] for change in changes if change["type"] == "outlet"]
    [assignment] = [change["data"] for change in changes if change["type"] == "assignment"]
    assert outlet["code"] == "TY001"
    assert assignment["outlet_id"] == outlet["id"]
    app.extensions["office"].database.close()
