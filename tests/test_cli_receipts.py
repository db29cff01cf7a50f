"""Receipts on the command line: told apart by file and number, and the doctor who holds the store to them."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from sqlmodel import select

from server import cli
from server.domain.access import Role
from server.domain.visit import SHANGHAI
from server.gateways import receipt_keys
from server.storage.visits import Revision, VisitFile
from server.usecases.receipts import folder
from server.usecases.work import Office
from tests import make, phone, submitted

Run = Callable[..., tuple[int, str]]


@pytest.fixture
def xunting(office: Office, capsys: pytest.CaptureFixture[str]) -> Run:
    """`xunting("verify", "7K4M-Q2XD")` → exit code and everything that was printed; in English unless told."""

    def run(*arguments: str, **environment: str) -> tuple[int, str]:
        given = {"XUNTING_DATA": str(office.settings.data), "XUNTING_SECRET": "s" * 32, "LANG": "en_US.UTF-8"}
        code = cli.run(arguments, {**given, **environment})
        printed = capsys.readouterr()
        return code, printed.out + printed.err

    return run


@pytest.fixture
def receipt(office: Office, client: Callable[..., make.Caller]) -> dict[str, Any]:
    """The receipt of a visit with one photo, as the API tells it."""
    submitted.checklist(office)
    where = make.outlet(office)
    user = make.user(office, role=Role.SHOPPER)
    task = make.assignment(office, user, where, checklist_id="small-hall")
    data = make.picture(77)
    document = submitted.document(where, assignment_id=str(task.id), files=[make.file_entry(data, "A-01")])
    caller = client(user)
    phone.send(caller, data, document["id"])
    assert phone.put(caller, document).get_json()["state"] == "submitted"
    told: dict[str, Any] = caller.get(f"/api/v1/visits/{document['id']}/receipt").get_json()
    return told


@pytest.fixture
def saved(receipt: dict[str, Any], tmp_path: Path) -> Path:
    file = tmp_path / "receipt.json"
    file.write_text(json.dumps(receipt), "utf-8")
    return file


def rewrite(office: Office, **columns: Any) -> None:
    with office.database.engine.execution_options(writes=True).begin() as connection:
        for (name,) in connection.exec_driver_sql(
            "SELECT name FROM sqlite_master WHERE type = 'trigger' AND tbl_name = 'revision'"
        ).all():
            connection.exec_driver_sql(f"DROP TRIGGER {name}")
        connection.execute(sa.update(Revision).values(**columns))


def unsigned(receipt: dict[str, Any]) -> dict[str, Any]:
    without = {name: value for name, value in receipt.items() if name not in ("key", "signature")}
    return {**without, "number": "1234-5678-9012"}


def test_a_receipt_is_genuine_by_file_and_by_number(
    xunting: Run, receipt: dict[str, Any], saved: Path
) -> None:
    for shown in (str(saved), receipt["number"], receipt["number"].replace("-", " ").lower()):
        code, said = xunting("verify", shown)
        assert code == 0
        assert said.startswith(f"Genuine and unchanged: receipt {receipt['number']}.")
        assert "files: 1," in said
        whole = datetime.fromisoformat(receipt["at"]).astimezone(SHANGHAI)
        assert f"whole at {whole:%Y-%m-%d %H:%M:%S}." in said
    assert "回执真实" in xunting("verify", str(saved), LANG="zh_CN.UTF-8")[1]


def test_a_changed_receipt_and_an_unknown_number_are_refused_in_words(
    xunting: Run, receipt: dict[str, Any], saved: Path, tmp_path: Path
) -> None:
    saved.write_text(json.dumps({**receipt, "files": []}))
    assert xunting("verify", str(saved)) == (
        1,
        f"Changed: receipt {receipt['number']} is not as it was signed.\n",
    )
    assert "被改动过" in xunting("verify", str(saved), LANG="zh")[1]
    saved.write_text("{}")
    assert xunting("verify", str(saved)) == (1, "This is no receipt of ours.\n")
    assert xunting("verify", "7K4M-Q2XD") == (1, "There is no receipt with the number 7K4M-Q2XD.\n")
    stripped = {**receipt, "key": None, "signature": None}
    saved.write_text(json.dumps(stripped))
    assert xunting("verify", str(saved))[1].startswith("Changed")


def test_an_older_receipt_is_good_when_ours_is_the_same(
    xunting: Run, office: Office, receipt: dict[str, Any], saved: Path
) -> None:
    older = unsigned(receipt)
    rewrite(office, receipt=json.dumps(older, separators=(",", ":")))
    for form in (older, {**older, "key": None, "signature": None}):
        saved.write_text(json.dumps(form))
        code, said = xunting("verify", str(saved))
        assert (code, said[:35]) == (0, "An older receipt without a signatur")
    assert xunting("verify", "1234-5678-9012")[0] == 0
    saved.write_text(json.dumps({**older, "files": []}))
    assert xunting("verify", str(saved))[1].startswith("Changed")
    saved.write_text(json.dumps({**older, "revision": 9}))
    assert xunting("verify", str(saved))[1] == "This is no receipt of ours.\n"


def test_the_public_key_alone_is_enough(
    xunting: Run, receipt: dict[str, Any], saved: Path, tmp_path: Path
) -> None:
    pem = tmp_path / "keys.pem"
    code, printed = xunting("receipt-key")
    assert code == 0
    pem.write_text(printed)
    nowhere = {"XUNTING_DATA": str(tmp_path / "nothing here")}
    assert xunting("verify", str(saved), "--key", str(pem), **nowhere)[0] == 0
    assert not (tmp_path / "nothing here").exists()
    saved.write_text(json.dumps(unsigned(receipt)))
    assert "only the system itself" in xunting("verify", str(saved), "--key", str(pem), **nowhere)[1]
    pem.write_text("")
    saved.write_text(json.dumps(receipt))
    assert xunting("verify", str(saved), "--key", str(pem))[1] == "This is no receipt of ours.\n"


def test_the_doctor_names_the_receipt_whose_photo_is_lost(
    xunting: Run, office: Office, receipt: dict[str, Any]
) -> None:
    assert xunting("doctor")[0] == 0
    (photo,) = receipt["files"]
    # The receipt alone holds the promise, even when the list of files that arrived has lost the row.
    with office.work() as work:
        for row in work.session.exec(select(VisitFile)):
            work.session.delete(row)
    assert xunting("doctor")[0] == 0
    (lost,) = office.settings.data.glob(f"files/**/{photo}*")
    lost.unlink()
    code, said = xunting("doctor")
    assert code == 1
    assert f"Receipt {receipt['number']} promises the file {photo} (visit {receipt['visit']})" in said
    assert f"回执 {receipt['number']} 答应的文件 {photo}" in xunting("doctor", LANG="zh")[1]


def test_the_doctor_finds_a_receipt_and_answers_that_were_changed(
    xunting: Run, office: Office, receipt: dict[str, Any]
) -> None:
    rewrite(office, receipt=json.dumps({**receipt, "files": []}), document="{}")
    code, said = xunting("doctor")
    assert code == 1
    assert f"Receipt {receipt['number']} (visit {receipt['visit']}) was changed." in said
    assert f"The answers that receipt {receipt['number']}" in said


def test_the_doctor_says_when_the_key_of_receipts_is_gone(
    xunting: Run, office: Office, receipt: dict[str, Any], saved: Path
) -> None:
    for file in folder(office.settings).iterdir():
        file.unlink()
    receipt_keys.own.cache_clear()
    code, said = xunting("doctor")
    assert code == 1
    assert (
        f"Receipts that cannot be checked: 1; the public half of their key {receipt['key']} is gone." in said
    )
    code, said = xunting("verify", str(saved))
    assert (code, said[:61]) == (0, "The same as ours, but the key that signed it is gone, so the ")
    saved.write_text(json.dumps({**receipt, "signature": "0" * 128}))
    assert xunting("verify", str(saved))[1].startswith("Changed")


def test_a_broken_key_is_said_in_a_sentence(xunting: Run, office: Office) -> None:
    folder(office.settings).mkdir()
    (folder(office.settings) / "receipt-key.pem").write_text("nothing")
    for command in ("receipt-key", "demo"):
        code, said = xunting(command)
        assert (code, said.count("\n")) == (1, 1)
        assert "This file is no receipt key" in said
