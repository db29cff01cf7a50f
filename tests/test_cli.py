"""The command line: each command does its work, and every error is one sentence with an exit code."""

from __future__ import annotations

import io
import json
import re
import socket
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from uuid import uuid4

import pytest
from sqlmodel import select

from server import cli
from server.cli import children
from server.config import Settings
from server.domain.access import Role
from server.domain.visit import VisitState
from server.storage import events
from server.storage.events import Event, Job, JobState
from server.storage.facts import VisitFacts
from server.storage.organisation import User
from server.storage.visits import Assignment, Report, VisitFile
from server.usecases import checklists, people, record_files
from server.usecases.work import Office
from tests import authority, make, province, submitted

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def xunting(office: Office, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Run:
    """`xunting("user", "add", …)` → exit code, standard output, standard error; in English unless told."""

    def run(*arguments: str, typed: str = "", **environment: str) -> tuple[int, str, str]:
        monkeypatch.setattr("sys.stdin", io.StringIO(typed))
        given = {"XUNTING_DATA": str(office.settings.data), "XUNTING_SECRET": "s" * 32, "LANG": "en_US.UTF-8"}
        try:
            code = cli.run(arguments, {**given, **environment})
        except SystemExit as left:
            code = int(left.code or 0)
        printed = capsys.readouterr()
        return code, printed.out, printed.err

    return run


def one_sentence(result: tuple[int, str, str]) -> str:
    code, _, complaint = result
    assert code != 0
    assert "Traceback" not in complaint
    assert complaint.count("\n") == 1, complaint
    return complaint.strip()


def test_help_lists_every_command(xunting: Run) -> None:
    code, printed, _ = xunting("--help")
    assert code == 0
    for name in ("serve", "worker", "migrate", "demo", "openapi", "user", "units", "outlets", "assign", "checklists",
                 "verify", "receipt-key", "audit", "doctor", "map"):  # fmt: skip
        assert re.search(rf"^    {name}\b", printed, re.MULTILINE), name


@pytest.mark.parametrize("command", [(), ("assign",), ("user",), ("user", "add"), ("checklists", "diff")])
def test_help_is_in_the_language_of_the_terminal_alone(xunting: Run, command: tuple[str, ...]) -> None:
    english = ("usage: ", "Arguments:", "Options:", "show this help")
    code, printed, _ = xunting(*command, "--help", LANG="zh_CN.UTF-8")
    assert code == 0
    assert printed.startswith("用法：xunting ")
    assert "显示这份说明" in printed
    assert not [word for word in english if word.lower() in printed.lower()]
    printed = xunting(*command, "-h")[1]
    assert [word for word in english if word in printed] == list(english)
    assert not re.search("[\u4e00-\u9fff]", printed)


def test_it_speaks_chinese_unless_asked_for_english(xunting: Run) -> None:
    for language in ("zh_CN.UTF-8", "C.UTF-8", ""):
        assert "没有用户名为 nobody 的用户" in xunting("user", "disable", "nobody", LANG=language)[2]
    assert one_sentence(xunting("user", "disable", "nobody")) == "There is no user named nobody."


def test_a_user_is_added_reset_and_disabled(xunting: Run, office: Office) -> None:
    add = ("user", "add", "li", "--name", "李", "--role", "shopper", "--password-stdin")
    assert xunting(*add, typed="long enough\n")[0] == 0
    assert one_sentence(xunting(*add, typed="long enough\n")) == "This name or code is there already."
    assert xunting("user", "reset", "li", typed="another long one\n")[0] == 0
    assert xunting("user", "disable", "li")[0] == 0
    with office.work(write=False) as work:
        assert work.session.exec(select(User)).one().disabled_at


def test_a_disabled_user_is_named_so_and_let_in_again(xunting: Run, office: Office) -> None:
    assert xunting(
        "user", "add", "li", "--name", "李", "--role", "shopper", "--password-stdin", typed="long enough\n"
    )[0] == 0  # fmt: skip
    assert xunting("user", "enable", "li")[1] == "li was not disabled; nothing has changed.\n"
    assert xunting("user", "disable", "li")[0] == 0
    refused = xunting("assign", "li", "x", "--kind", "mystery", "--checklist", "c")
    assert "The user li is disabled" in one_sentence(refused)
    code, said, _ = xunting("user", "reset", "li", typed="another long one\n")
    assert code == 0
    assert "li is disabled and cannot sign in" in said
    assert xunting("user", "enable", "li")[0] == 0
    assert people.sign_in(office, "li", "another long one", "127.0.0.1", "desk")
    assert "disabled" not in xunting("user", "reset", "li", typed="a third one\n")[1]


@pytest.mark.parametrize(
    ("arguments", "chinese", "english"),
    [
        (("--from", "yesterday"), "--from：日期要写成 2026-11-21 这样，不能是 yesterday", "not yesterday"),
        (("--recheck-of", "7"), "--recheck-of 不能是 '7'", "--recheck-of cannot be '7'"),
        (("--part", "noon"), "--part 不能是 'noon'，可以是 'opening'", "but one of 'opening'"),
        (("--note",), "--note 后面要有一个值", "--note needs a value"),
        (("--re", "x"), "--re 说不清是哪一个：--reason, --recheck-of", "--re may be one of --reason"),
        (("--he=x",), "--help 后面不带值", "--help takes no value"),
        (("--colour", "red"), "不认识 --colour red", "--colour red is not known"),
        ((), "缺少 --kind, --checklist", "--kind, --checklist is missing"),
    ],
)
def test_a_wrong_option_is_refused_in_the_language_of_the_terminal(
    xunting: Run, arguments: tuple[str, ...], chinese: str, english: str
) -> None:
    given = () if not arguments else ("--kind", "mystery", "--checklist", "c")
    for language, sentence in (("zh_CN.UTF-8", chinese), ("en_US.UTF-8", english)):
        code, _, complaint = xunting("assign", "li", "x", *given, *arguments, LANG=language)
        assert code == 2
        assert sentence in complaint
        assert "argument" not in complaint


@pytest.mark.parametrize("command", [("verify", __file__), ("audit", "verify"), ("doctor",)])
def test_a_command_that_only_looks_makes_no_data_folder(
    xunting: Run, command: tuple[str, ...], tmp_path: Path
) -> None:
    result = xunting(*command, XUNTING_DATA=str(tmp_path / "typo"))
    assert f"There is no data folder {tmp_path / 'typo'}" in one_sentence(result)
    assert not (tmp_path / "typo").exists()


def test_a_short_password_is_refused_in_a_sentence(xunting: Run) -> None:
    result = xunting("user", "add", "li", "--name", "李", "--role", "shopper", typed="short\n")
    assert one_sentence(result) == "A password needs at least 8 characters."


@pytest.mark.parametrize(
    "arguments",
    [
        (),
        ("nonsense",),
        ("user",),
        ("user", "add", "li", "--name", "x", "--role", "king"),
        ("assign", "x", "y", "--kind", "mystery", "--checklist", "c", "--from", "yesterday"),
        ("outlets", "import", "nothing.xlsx"),
        ("verify", "nothing.pdf"),
        ("checklists", "check", "--folder", "nothing"),
    ],
)
def test_a_command_that_cannot_be_ends_without_a_traceback(xunting: Run, arguments: tuple[str, ...]) -> None:
    code, _, complaint = xunting(*arguments)
    assert code != 0
    assert complaint.strip()
    assert "Traceback" not in complaint


def test_a_wrong_setting_stops_a_command_with_its_sentence(xunting: Run) -> None:
    assert "PORT=x" in one_sentence(xunting("migrate", PORT="x"))


def test_a_database_without_tables_is_said(xunting: Run, tmp_path: Path) -> None:
    result = xunting("user", "disable", "li", XUNTING_DATA=str(tmp_path / "empty"))
    assert one_sentence(result) == "The database has no tables yet; please run xunting migrate first."
    assert xunting("migrate", XUNTING_DATA=str(tmp_path / "empty"))[0] == 0
    assert "nobody" in one_sentence(
        xunting("user", "disable", "nobody", XUNTING_DATA=str(tmp_path / "empty"))
    )


def test_a_port_that_is_taken_is_said(xunting: Run) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        assert not children.port_is_free("127.0.0.1", port)
        assert f"127.0.0.1:{port}" in one_sentence(xunting("serve", PORT=str(port)))


def test_an_import_tells_each_rows_fate_and_stores_with_apply(
    xunting: Run, office: Office, tmp_path: Path
) -> None:
    unit = make.unit(office, "sx", "ty", "xd")
    path = tmp_path / "outlets.csv"
    path.write_text(f"code,name,tier,setting,unit\nA1,店,village,township,{unit.code}\n", encoding="utf-8")
    code, printed, _ = xunting("outlets", "import", str(path))
    assert code == 0
    assert "row 2 A1 店: new: Name 店, Tier Village station" in printed
    assert "trial" in printed
    assert "Stored." in xunting("outlets", "import", str(path), "--apply")[1]
    assert "row 2 A1 店: unchanged" in xunting("outlets", "import", str(path))[1]
    path.write_text("code,name,tier,setting,unit,status\nA1,,,,,exited\n", encoding="utf-8")
    printed = xunting("outlets", "import", str(path))[1]
    assert "row 2 A1 店: changed: State Active → Left\n    F2: The list changes the state itself" in printed
    path.write_text(f"code,name,tier,setting,unit\nA1,店,palace,township,{unit.code}\n", encoding="utf-8")
    code, printed, complaint = xunting("outlets", "import", str(path), "--apply")
    assert code == 1
    assert "C2: “palace” is not one of the allowed values" in printed
    assert "Nothing is stored" in complaint


def test_an_assignment_is_made(xunting: Run, office: Office) -> None:
    checklists.publish_standards(office)
    make.user(office, role=Role.SHOPPER, username="li")
    hall = make.outlet(office)
    given = ("assign", "li", hall.code, "--kind", "mystery", "--checklist", "own-hall-mystery")
    code, printed, complaint = xunting(*given, "--from", "2026-11-21", "--to", "2099-11-30")
    assert (code, complaint) == (0, "")
    assert "Assignments made: 1." in printed
    assert "180 days" in one_sentence(xunting(*given, "--from", "2026-11-21", "--to", "2099-11-30"))
    with office.work(write=False) as work:
        assert len(work.session.exec(select(Assignment)).all()) == 1


def test_the_checklists_of_the_folder_are_right(xunting: Run) -> None:
    code, printed, _ = xunting("checklists", "check")
    assert code == 0
    assert "own-hall-mystery v1" in printed


def test_a_changed_event_breaks_the_chain(xunting: Run, office: Office) -> None:
    make.user(office, role=Role.SHOPPER, username="li")
    xunting("user", "disable", "li")
    xunting("user", "reset", "li", typed="long enough\n")
    with office.work() as work:
        assert events.seal(work.session, {}, work.now) == 2
    assert xunting("audit", "verify")[:2] == (0, "The event log is whole: 2 sealed, 0 waiting.\n")
    # Whoever holds the database file itself can take the triggers away, but not mend the chain.
    with office.database.engine.execution_options(writes=True).begin() as connection:
        for (name,) in connection.exec_driver_sql(
            "SELECT name FROM sqlite_master WHERE type = 'trigger' AND tbl_name = 'event'"
        ).all():
            connection.exec_driver_sql(f"DROP TRIGGER {name}")
        connection.exec_driver_sql("UPDATE event SET facts = '{\"changed\":true}' WHERE seq = 1")
    assert "number 1" in one_sentence(xunting("audit", "verify"))
    assert xunting("doctor")[0] == 1


def test_the_doctor_finds_what_was_promised_and_is_not_there(xunting: Run, office: Office) -> None:
    assert xunting("doctor")[0] == 0
    user, visit = make.user(office, role=Role.SHOPPER), make.outlet(office).id
    with office.work() as work:
        work.session.add(
            VisitFile(
                visit_id=visit,
                sha256="a" * 64,
                kind="photo",
                type="image/jpeg",
                bytes=1,
                uploader_id=user.id,
                arrived_at=work.now,
            )
        )
        work.record("photo.arrived", "visit", visit)
        work.session.flush()
        event = work.session.exec(select(Event)).one()
        work.session.add(
            Job(
                event_id=event.id or 0,
                handler="make_sizes",
                subject_id=str(visit),
                state=JobState.FAILED,
                not_before=work.now,
                error="first\nlast line",
            )
        )
    code, printed, _ = xunting("doctor")
    assert code == 1
    assert "a" * 64 in printed
    assert "last line" in printed


def test_the_doctor_finds_facts_that_count_otherwise_than_their_visit(xunting: Run, office: Office) -> None:
    province.filled(office, outlets=4, months=1)
    assert xunting("doctor")[0] == 0
    with office.work() as work:
        facts = work.session.exec(select(VisitFacts)).first()
        assert facts
        facts.counts = False
    code, printed, _ = xunting("doctor")
    assert code == 1
    assert f"Whether visit {facts.visit_id} counts in figures" in printed


def test_the_doctor_looks_for_each_file_under_its_own_kind(xunting: Run, office: Office) -> None:
    user, visit = make.user(office, role=Role.SHOPPER), make.outlet(office).id
    with office.work() as work:
        for kind, stored in (("audio", "audio"), ("photo", "photo"), ("pdf", "photo")):
            work.session.add(
                VisitFile(
                    visit_id=visit,
                    sha256=office.files.put(kind.encode(), kind=stored),
                    kind=kind,
                    type="application/octet-stream",
                    bytes=1,
                    uploader_id=user.id,
                    arrived_at=work.now,
                )
            )
    code, printed, _ = xunting("doctor")
    assert code == 1
    assert [sha256(kind).hexdigest() in printed for kind in (b"audio", b"photo", b"pdf")] == [
        False,
        False,
        True,
    ]


def test_the_doctor_misses_the_proof_of_a_corrective_action(xunting: Run, office: Office) -> None:
    user, data = make.user(office, role=Role.OUTLET_OWNER), make.picture(1)
    with office.work(people.viewer_of(user)) as work:
        record_files.keep(work, "action", uuid4(), data)
    assert xunting("doctor")[0] == 0
    office.files.delete(sha256(data).hexdigest(), kind="photo")
    code, printed, _ = xunting("doctor")
    assert (code, sha256(data).hexdigest() in printed) == (1, True)


def test_a_stranger_is_no_report_of_ours(xunting: Run, tmp_path: Path) -> None:
    (tmp_path / "x.pdf").write_bytes(b"%PDF-1.7 nothing")
    assert one_sentence(xunting("verify", str(tmp_path / "x.pdf"))) == "This is no report of ours."


def test_several_files_are_verified_one_by_one_and_all_must_be_genuine(xunting: Run, tmp_path: Path) -> None:
    stranger = tmp_path / "x.pdf"
    stranger.write_bytes(b"%PDF-1.7 nothing")
    code, printed, _ = xunting("verify", str(stranger), str(tmp_path / "gone.pdf"))
    assert code == 1
    assert printed.splitlines()[0] == f"{stranger}: This is no report of ours."
    assert printed.splitlines()[1].startswith(f"{tmp_path / 'gone.pdf'}: ")


def test_the_report_of_a_voided_visit_is_withdrawn(xunting: Run, office: Office, tmp_path: Path) -> None:
    inspector = make.user(office, role=Role.SHOPPER)
    visit = submitted.visit(office, inspector, make.outlet(office), state=VisitState.VOID)
    (tmp_path / "x.pdf").write_bytes(b"%PDF-1.7 ours")
    with office.work() as work:
        work.session.add(
            Report(
                id=uuid4(),
                visit_id=visit.id,
                revision=1,
                edition="inner",
                number="XT-2026-000001",
                sha256=sha256(b"%PDF-1.7 ours").hexdigest(),
                bytes=13,
                signed_at=work.now,
            )
        )
    assert (
        one_sentence(xunting("verify", str(tmp_path / "x.pdf")))
        == "Withdrawn: XT-2026-000001; its visit was voided."
    )


def test_the_openapi_document_is_printed(xunting: Run) -> None:
    code, printed, _ = xunting("openapi")
    assert code == 0
    assert json.loads(printed)["openapi"].startswith("3.1")


def test_the_map_names_each_module_once(xunting: Run) -> None:
    code, printed, _ = xunting("map")
    assert code == 0
    assert printed.count("server/domain/scoring.py") == 1


def test_the_demonstration_is_not_made_over_users_that_are_there(xunting: Run, office: Office) -> None:
    make.user(office, role=Role.SHOPPER)
    assert "has users already" in one_sentence(xunting("demo"))


def test_there_is_no_demonstration_in_production(xunting: Run, office: Office, tmp_path: Path) -> None:
    key = tmp_path / "seal.p12"
    key.write_bytes(authority.pkcs12())
    given = {"XUNTING_PKCS12": str(key), "XUNTING_PUBLIC_URL": "https://xunting.example"}
    assert "production" in one_sentence(xunting("demo", XUNTING_MODE="production", **given))
    assert Settings.from_env({"XUNTING_DATA": str(tmp_path)}).demo
