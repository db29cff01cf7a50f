"""Commands that run things: serve (web and worker together), worker, migrate, demo, openapi."""

from __future__ import annotations

import argparse
import gc
import json
import os
import signal
import sys
import threading
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import segno
from sqlalchemy import func
from sqlalchemy.orm import configure_mappers
from sqlmodel import select

from server import demo
from server.cli.children import Children, alone, port_is_free
from server.cli.terminal import Refused, Terminal, command
from server.config import Settings
from server.gateways import tls
from server.storage import migrations
from server.storage.organisation import User
from server.usecases import checklists, facts, receipts, rescue, rules
from server.usecases.work import Office

if TYPE_CHECKING:
    from flask import Flask

# `serve` only watches two processes: what they are made of is imported where it is used, not for the watching.
LOGINS = (
    ("shopper1, shopper2", "神秘顾客", "mystery shoppers (phone)"),
    ("manager1", "片区经理", "area manager (phone)"),
    ("hall1", "厅经理", "hall manager (phone)"),
    ("owner1", "代办业主", "owner of an agent outlet"),
    ("reviewer1, reviewer2", "审核员", "reviewers"),
    ("branch1", "市分公司管理员", "branch manager"),
    ("hq1, hq2", "省公司客户服务部", "head office"),
    ("admin1", "系统管理员", "administrator"),
    ("auditor1", "审计", "auditor"),
)


def add(commands: Any, terminal: Terminal) -> None:
    """Add this module's commands."""
    command(commands, terminal, "serve", "启动网站和后台任务（HOST、PORT、TLS、XUNTING_DATA）", serve)
    command(commands, terminal, "worker", "只运行后台任务：签发报告、缩略图、封存日志", work)
    command(commands, terminal, "migrate", "把数据库升级到当前版本，并发布检查表", migrate)
    command(commands, terminal, "demo", "在空的数据库里建立演示数据", create_demo)
    command(commands, terminal, "openapi", "输出接口说明（OpenAPI 3.1）", print_openapi)


def serve(_options: argparse.Namespace, terminal: Terminal) -> int:
    """Migrate, create the demonstration once, then run gunicorn and the worker until one of them ends."""
    settings = terminal.settings()
    if not port_is_free(settings.host, settings.port):
        raise Refused("{host}:{port} 用不了：端口被占用或地址不在这台机器上。请换一个 PORT 或 HOST。",
                      host=settings.host, port=settings.port)  # fmt: skip
    with alone(settings.data):
        return _serve(settings, terminal)


def _serve(settings: Settings, terminal: Terminal) -> int:
    _prepare(settings, terminal)
    environment = {**terminal.environment, "XUNTING_DATA": str(settings.data)}
    certificate = None
    if settings.tls:
        names = tls.names_of(settings.host)
        certificate = tls.ensure(settings.data / "tls", names, datetime.now(UTC))
    address = environment.get("XUNTING_PUBLIC_URL") or _address(settings)
    environment["XUNTING_PUBLIC_URL"] = address
    children = Children(settings, environment, certificate)
    stopping = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda *_: stopping.set())
    try:
        children.start_web()
        if children.ready(stopping):
            children.start_worker()
            _welcome(settings, address, certificate)
        died = children.first_to_end(stopping)
    finally:
        terminal.say("正在停止 …")
        children.stop()
    if died:
        raise Refused("{name} 意外退出，已全部停止。最后的输出在 {log}。", name=died, log=children.log_name)
    return 0


def work(_options: argparse.Namespace, terminal: Terminal) -> int:
    """Run the worker until it is told to stop."""
    from server import worker
    from server.app import log_to_stderr

    log_to_stderr()
    worker.serve(terminal.settings())
    return 0


def migrate(_options: argparse.Namespace, terminal: Terminal) -> int:
    """Bring the database to this version's tables and publish the folder's checklists and rule sets."""
    with terminal.office() as office:
        migrations.upgrade(office.database.engine)
        checklists.publish_standards(office)
        rules.publish_rules(office)
        facts.fill_all(office)
    terminal.say("数据库已是当前版本。")
    return 0


def create_demo(_options: argparse.Namespace, terminal: Terminal) -> int:
    """Create the demonstration in an empty database. Raises Refused where there are users already."""
    settings = terminal.settings()
    if not settings.demo:
        raise Refused("正式运行（XUNTING_MODE=production）不能建立演示数据。")
    if not _prepare(settings, terminal):
        raise Refused("数据库里已经有用户；演示数据只建在空的数据库里。")
    return 0


def print_openapi(_options: argparse.Namespace, terminal: Terminal) -> int:
    """Print the OpenAPI document of this server."""
    from server.app import create_app
    from server.routes import openapi

    print(json.dumps(openapi.document(create_app(terminal.settings())), ensure_ascii=False, indent=1))
    return 0


def application() -> Flask:
    """The web application for gunicorn: `gunicorn "server.cli.serving:application()"`."""
    from server.app import create_app, log_to_stderr

    log_to_stderr()
    settings = Settings.from_env(os.environ)
    # Loaded before the fork: no visit waits for it, and it lies in the memory once.
    receipts.ready(settings)
    rescue.ready(settings)
    app = create_app(settings)
    configure_mappers()
    # What was loaded by now stays: the collector need not walk through it again and again.
    gc.collect()
    gc.freeze()
    # Sixteen threads: whoever holds the database's turn gets the interpreter back sooner than after the usual 5 ms.
    sys.setswitchinterval(0.0005)
    return app


def _prepare(settings: Settings, terminal: Terminal) -> bool:
    """Migrate; in the demonstration create it once. Returns whether it was created now."""
    receipts.ready(settings)
    rescue.ready(settings)
    office = Office.of(settings)
    try:
        migrations.upgrade(office.database.engine)
        # At every start: a new version may have come with the program, and a changed one stops it here.
        checklists.publish_standards(office)
        rules.publish_rules(office)
        facts.fill_all(office)
        with office.work(write=False) as reading:
            users = reading.session.exec(select(func.count()).select_from(User)).one()
        if not settings.demo:
            return False
        if users:
            demo.keep_password(office)
            return False
        terminal.say("建立演示数据（只在第一次）…")
        demo.create(office, lambda text: print(f"  {text}", flush=True))
        return True
    finally:
        office.database.close()


def _address(settings: Settings) -> str:
    """Where other machines find this server: for a server that listens everywhere, its first address."""
    host = tls.addresses()[0] if settings.host == "0.0.0.0" else settings.host  # noqa: S104
    return f"{'https' if settings.tls else 'http'}://{f'[{host}]' if ':' in host else host}:{settings.port}"


def _welcome(settings: Settings, address: str, certificate: tls.ServerCertificate | None) -> None:
    """Address and logins, in both languages, whoever reads it."""
    lines = [
        "",
        f"巡厅已启动  Xunting is running:   {address}",
        f"  手机端 field app:              {address}/app/",
    ]
    if settings.demo:
        known = (
            settings.demo_password
            if settings.demo_password == demo.DEFAULT_PASSWORD
            else "XUNTING_DEMO_PASSWORD"
        )
        lines += ["", f"演示账号，密码 {known}  Demonstration logins, password {known}"]
        lines += [f"  {names:<22}{zh}  {en}" for names, zh, en in LOGINS]
    print("\n".join(lines))
    if certificate:
        print(f"\n手机第一次访问：打开 {address}/ca.crt 下载并信任演示证书（核对指纹）。")
        print(f"On the phone, once: open {address}/ca.crt, install and trust it (compare the fingerprint).")
        print(f"  SHA-256 {certificate.fingerprint}")
        if not settings.loopback:
            segno.make(f"{address}/app/", micro=False).terminal(out=sys.stdout, compact=True)
    print("\nCtrl-C 停止  Ctrl-C stops it.", flush=True)
