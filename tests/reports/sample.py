"""Report data to print: a whole mystery visit and its photographs, in both editions and languages."""

from __future__ import annotations

import hashlib
import io
import json
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from PIL import Image, ImageDraw

from server.reports.facts import (
    Action,
    Evidence,
    EvidenceFile,
    Handwritten,
    Instants,
    Item,
    Notes,
    Outlet,
    Photo,
    Place,
    Prohibition,
    ReportData,
    Result,
    Reviewer,
    Section,
    Standard,
    Superseded,
    Timer,
    Verdict,
)

ROOT = Path(__file__).resolve().parents[2]
FONTS = ROOT / "pwa/node_modules/@expo-google-fonts"
PHOTOGRAPH = ROOT / "pwa/node_modules/exif-parser/test/starfish.jpg"
INSPECTOR = "慕容雪岭"
DEVICE = "KJH-AN90-7F3C"
NOON = datetime(2026, 11, 21, 2, 10, 5, tzinfo=UTC)

# code, zh title, en title, score; items: ref, zh, en, source, points, earned, result, answer zh, answer en, prohibition, critical
_SECTIONS = (
    ("A", "到店记录", "Arrival record", None, (
        ("OH-02", "当前是忙时还是闲时（任一台席前超过3人或台席全占为忙时）", "Busy or idle now (busy: more than 3 at any counter, or all counters taken)", "S3 §4.3.2.1；§4.3.1.1", "0", None, "record", "忙时", "busy", None, False),
        ("OH-03", "本次扮演的客户身份：集团／全球通／其他", "Customer class played: corporate / GoTone / other", "S3 §4.3.2.1", "0", None, "record", "其他", "other", None, False),
        ("OH-05", "开放台席数", "Counters open", "S3 §5.1.2.7", "0", None, "record", "3", "3", None, False),
    )),
    ("B", "外部环境", "Outside", "100.00", (
        ("OH-07", "门头、灯箱、门牌齐全，清洁无损", "Fascia, light box and door plate all there, clean, undamaged", "S3 §2.1", "1", "1", "met", "合格", "met", None, False),
        ("OH-08", "营业时间牌清楚可见", "Opening hours board clear", "S3 §2.1", "1", "1", "met", "合格", "met", None, False),
        ("OH-09", "门前干净，出入口和坡道没有被占", "Frontage clean; way in and ramp not blocked", "S3 §2.1", "1", "1", "met", "合格", "met", None, False),
    )),
    ("C", "内部环境与陈列", "Inside and display", "72.50", (
        ("OH-11", "厅内整洁舒适（0很差—3很好）", "Hall tidy and comfortable (0 poor – 3 good)", "S3 §2.2.3.1", "2", "1.33", "partly", "2", "2", None, False),
        ("OH-12", "垃圾箱、禁烟标识、饮水、报刊四项里缺几项（缺0满分，缺1半分，缺2及以上零分）", "How many of bin, no-smoking sign, water, reading matter are missing (0 full, 1 half, 2+ none)", "S3 §2.2.3.1", "1", "0", "failed", "2 项", "2", None, False),
        ("OH-16", "终端摆放整齐，真机能用，价签对得上", "Handsets neat, demo units work, price tags match", "S3 §2.2.4.1", "2", "2", "met", "合格", "met", None, False),
        ("OH-17", "缺货机型有缺货提示", "Out-of-stock models say so", "S3 §4.4.4.2", "1", None, "na", "不适用", "not applicable", None, False),
    )),
    ("D", "人员形象", "Staff appearance", "85.71", (
        ("OH-19", "在岗人员统一着装、衣着整洁、佩戴工号牌", "Staff on duty in clean uniform with number badge", "S3 §3.2.1", "2", "2", "met", "合格", "met", "P10", False),
        ("OH-21", "进厅后有人招呼（出声、点头或目光示意）", "Somebody greets on entry (voice, nod or eye contact)", "S3 §3.3；§5.1.2.3", "2", "2", "met", "合格", "met", None, False),
        ("OH-22", "表情语气亲切（0冷淡—3亲切）", "Face and tone kind (0 cold – 3 warm)", "S3 §3.3", "2", "1.33", "partly", "2", "2", None, False),
    )),
    ("E", "分流引导与等候", "Guiding and waiting", "36.36", (
        ("OH-23", "有人主动问需要什么并带到合适的区域", "Somebody asks the need and leads to the right zone", "S3 §4.1.1；§4.1.2", "2", "2", "met", "合格", "met", None, False),
        ("OH-26", "等候时长（取号到受理；闲时≤5，忙时集团≤5、全球通≤6、其他≤10分钟）", "Waiting minutes, ticket to service (idle ≤5; busy: corporate ≤5, GoTone ≤6, other ≤10)", "S3 §4.3.2.1；§5.2.2.1.6", "3", "0", "failed", "16:41", "16:41", "P8", False),
        ("OH-27", "单个台席前超过3人时启动预处理", "More than 3 at one counter: pre-handling starts", "S3 §4.3.1.1", "2", "0", "failed", "不合格", "failed", "P8", False),
        ("OH-29", "老年人、残障等需要帮助的客户得到优先照顾", "Old or disabled customers are helped first", "S3 §5.1.2.6", "1", "1", "met", "合格", "met", None, False),
    )),
    ("G", "业务办理", "Service at the counter", "58.62", (
        ("OH-35", "办理时长（受理到办结；单项≤5，购机或入网≤10分钟）", "Handling minutes (single business ≤5; handset or new number ≤10)", "S3 §4.3.2.1；§5.2.2.1.5", "2", "2", "met", "4:12", "4:12", None, False),
        ("OH-36", "第一个被问到的人负责到底，不说“不知道”“不归我管”", "First person asked sees it through; no “don't know”, “not my job”", "S3 §4.6.1.1；§3.3", "3", "3", "met", "合格", "met", "P1", False),
        ("OH-39", "不与客户争吵、不顶撞、不训斥", "No quarrel, no talking back, no scolding", "S3 第三章（服务禁忌）；§4.6.3.2", "4", "0", "failed", "不合格", "failed", "P2", True),
        ("OH-42", "没有得到确认就不开通、不变更任何业务（离店后查短信和账单核实）", "Nothing opened or changed without consent (checked by SMS and bill after leaving)", "S3 §4.5.2(2)", "4", None, "pending", "待核实", "to be checked", "P3", True),
        ("OH-44", "不以搭售、预存或阻拦携转作为办理条件", "No tied sale, forced prepay or blocking of number porting", "S3 §4.5.2(2)", "2", "2", "met", "合格", "met", "P3", False),
        ("OH-55", "在岗不玩手机、不打私人电话、不看无关网页", "No phone play, private calls or idle browsing on duty", "S3 第三章（服务禁忌）；§5.1.2", "3", "3", "met", "合格", "met", "P6", False),
        ("OH-56", "预设业务题一（全对／部分／错）", "Set question 1 (right / partly / wrong)", "S3 §3.1.1", "2", "1", "partly", "部分对", "partly right", None, False),
    )),
    ("H", "体验营销", "Demonstration and sales", "100.00", (
        ("OH-61", "在展架前停留后，有人上前介绍或演示", "Approached or shown a demo after stopping at the display", "S3 §4.4.3.1–4.4.3.4", "1", "1", "met", "合格", "met", None, False),
        ("OH-63", "讲清优惠条件和售后（10086、保修）", "Offer terms and after-sales (10086, warranty) explained", "S3 §4.4.4.1；§4.4.5.2", "1", "1", "met", "合格", "met", None, False),
    )),
)  # fmt: skip
_PROHIBITIONS = (
    ("P1", "推诿、拒办业务", "Passing customers on, refusing service"),
    ("P2", "与客户争吵", "Quarrelling with a customer"),
    ("P3", "未经确认开通或变更业务", "Opening or changing services without consent"),
    ("P4", "隐瞒资费", "Hiding tariffs"),
    ("P5", "泄露客户信息", "Leaking customer data"),
    ("P6", "在岗做与工作无关的事", "Private matters on duty"),
    ("P7", "擅自离岗、提前停止受理", "Leaving the post, closing early"),
    ("P8", "超时等候无人疏导", "Long waits that nobody relieves"),
    ("P9", "不一次讲清", "Not telling everything at once"),
    ("P10", "着装不规范", "Improper dress"),
)
_NOTES = {
    "OH-12": ("厅内没有饮水点，报刊架是空的。", "No drinking water; the reading rack is empty."),
    "OH-26": ("10:14 取号，10:31 被叫到。其间三个台席只开一个，没有人出来说明。", "Ticket at 10:14, called at 10:31. One of three counters open; nobody explained."),
    "OH-27": ("2 号台席前 6 人排队，没有人上前询问或预先核对材料。", "Six people queued at counter 2; nobody asked or checked papers in advance."),
    "OH-39": ("客户询问扣费原因，营业员说“你自己看合同”，声音很大，旁边的客户都转过头来。值班经理没有出面。", "Asked why money was taken, the clerk said loudly “read your contract”; others turned round. The duty manager did not step in."),
    "OH-22": ("两位营业员一直微笑，第三位没有抬头。", "Two clerks smiled, the third never looked up."),
}  # fmt: skip


def sha(content: bytes) -> str:
    """The content's SHA-256 in hexadecimal."""
    return hashlib.sha256(content).hexdigest()


def photographs(count: int, long_side: int = 900, *, width: int = 540) -> list[bytes]:
    """Ready thumbnails cut from the one real photograph: portrait and landscape by turns, no two alike."""
    with Image.open(PHOTOGRAPH) as original:
        whole = original.convert("RGB")
    made = []
    for n in range(count):
        shift = 7 * n % 60
        box = (
            (shift * 4, 0, shift * 4 + 960, 720)
            if n % 3 == 2 and width == 540
            else (shift * 8, 0, shift * 8 + width, 720)
        )
        picture = whole.crop(box)
        picture.thumbnail((long_side, long_side))
        out = io.BytesIO()
        picture.save(out, "JPEG", quality=80)
        made.append(out.getvalue())
    return made


def signature(seed: int) -> bytes:
    """A signature on glass: strokes on a transparent ground."""
    picture = Image.new("RGBA", (600, 240), (0, 0, 0, 0))
    draw = ImageDraw.Draw(picture)
    points = [(40 + 26 * n, 120 + (-1) ** n * (30 + (seed * 37 + n * 53) % 70)) for n in range(20)]
    draw.line(points, fill=(20, 30, 80, 255), width=7, joint="curve")
    out = io.BytesIO()
    picture.save(out, "PNG")
    return out.getvalue()


def mystery(
    photos: list[bytes], *, language: str = "zh", edition: str = "inner", failed: bool = True
) -> tuple[ReportData, dict[str, bytes]]:
    """A covert visit that went badly, or one where nothing failed, and its files by hash."""
    zh = language == "zh"
    inner = edition == "inner"
    refs = [row[0] for s in _SECTIONS for row in s[4] if row[6] in ("failed", "met", "partly")]
    weights = [ref for ref in refs if ref in _NOTES] * 3 + refs
    shots: dict[str, list[Photo]] = {}
    for n, content in enumerate(photos):
        ref = weights[n % len(weights)]
        shots.setdefault(ref, []).append(
            Photo(
                sha256=sha(content),
                caption=("厅内第 %d 处" if zh else "Place %d in the hall") % (n + 1),
                taken_at=NOON + timedelta(minutes=n) if inner else None,
                origin=("相机" if zh else "camera") if inner else None,
            )
        )
    sections = []
    for code, title_zh, title_en, score, rows in _SECTIONS:
        items = [_item(row, zh, shots, failed) for row in rows]
        shown = score if failed or score is None else "100.00"
        sections.append(
            Section(code=code, title=title_zh if zh else title_en, score=shown, items=tuple(items))
        )
    answers = {item.ref: item.answer for s in sections for item in s.items}
    document = {"id": "0193a5c2-5d2e-7cc0-8a1e-2f6b7b1d9a10", "answers": answers}
    if inner:
        document |= {"inspector": INSPECTOR, "device": DEVICE, "started_at": NOON.isoformat()}
    attachment = json.dumps(document, ensure_ascii=False, sort_keys=True).encode()
    named = {item.ref: item.text for s in sections for item in s.items}
    belongs = {photo.sha256: named[ref] for ref, taken in shots.items() for photo in taken}
    data = ReportData(
        edition="inner" if inner else "outlet",
        language="zh" if zh else "en",
        report_id="0193a5c2-7a10-7d44-9b2f-6f0c4ad0a001",
        number="XT-2026-000123",
        issuer="山西公司客户服务部" if zh else "Customer Service, Shanxi Company",
        issued_at=NOON + timedelta(hours=30),
        outlet=Outlet(
            name="太原迎泽大街营业厅" if zh else "Yingze Street Hall, Taiyuan",
            code="SX-TY-0017",
            tier="自有营业厅" if zh else "own hall",
            outlet_class="A",
            star=4,
            branch="太原市分公司" if zh else "Taiyuan Branch",
            county="迎泽区公司" if zh else "Yingze County Company",
            area="迎泽一片区" if zh else "Yingze Area 1",
        ),
        kind="暗访" if zh else "Mystery visit",
        covert=True,
        campaign="2026 年第四季度检测" if zh else "Campaign of the 4th quarter 2026",
        visit_date=date(2026, 11, 21),
        half_day=None if inner else "morning",
        checklist=Standard(title="自有营业厅暗访检查表" if zh else "Mystery visit to an own hall", version=3, sha256=sha(b"checklist")),
        rules=Standard(title="2026", version=2, sha256=sha(b"rules")),
        verdict=(
            Verdict(level="grave", text="重大不合格" if zh else "Grave fail")
            if failed
            else Verdict(level="excellent", text="优秀" if zh else "Excellent")
        ),
        score="60.00" if failed else "98.75",
        prohibition_score="55.17" if failed else "100.00",
        touchpoint_score="81.40" if failed else "97.90",
        cap="60" if failed else None,
        sections=tuple(sections),
        prohibitions=tuple(
            Prohibition(code=c, text=z if zh else e, violated=None if c == "P4" else failed and c in ("P2", "P8"))
            for c, z, e in _PROHIBITIONS
        ),
        timers=(
            Timer(ref="OH-26", text="等候时长" if zh else "Waiting", seconds=1001 if failed else 301, full_seconds=600, half_seconds=900,
                  case="忙时 · 其他" if zh else "busy · other", result="failed" if failed else "met"),
            Timer(ref="OH-35", text="办理时长" if zh else "Handling", seconds=252, full_seconds=300, half_seconds=450,
                  case="缴费" if zh else "payment", result="met", edited=True),
        ),
        notes=Notes(
            strengths="门头和橱窗整洁，引导员主动询问需求，缴费办理很快。" if zh else "Shop front and windows are clean; the guide asks what is needed; the payment was quick.",
            watch="忙时台席安排。" if zh else "Counters at busy times.",
            improve="等候超过 10 分钟时，应增开台席或派人疏导；对客户的疑问先安抚再解释，不用反问句。" if zh else "When waits pass 10 minutes, open counters or send somebody. Calm first, then explain.",
            how="值班经理每小时巡视一次等候区，人数多于 6 人时按预案增开台席；本周内组织一次服务用语演练。" if zh else "The duty manager walks the waiting area every hour and opens a counter above six people; one rehearsal of wording this week.",
        ) if failed else Notes(strengths="各环节都做得很好。" if zh else "Well done throughout."),
        actions=(
            Action(item="等候时长" if zh else "Waiting", what="忙时三个台席全部开放，排班表报片区备案。" if zh else "Open all three counters at busy times; send the rota to the area.", due=date(2026, 12, 5), who="厅经理" if zh else "hall manager"),
        ) if failed else (),
        instants=Instants(started=NOON, left=NOON + timedelta(minutes=48), finished=NOON + timedelta(minutes=95), received=NOON + timedelta(minutes=97)) if inner else None,
        inspector=INSPECTOR if inner else None,
        device=DEVICE if inner else None,
        place=Place(distance_m=34, accuracy_m=25) if inner else None,
        flags=(("离店后 47 分钟才完成填写。" if zh else "Finished 47 minutes after leaving."),) if inner and failed else (),
        reviewers=(
            (Reviewer(role="审核" if zh else "reviewer", name="郭审言", at=NOON + timedelta(hours=28)),)
            + ((Reviewer(role="二次复核" if zh else "second reviewer", name="柳复清", at=NOON + timedelta(hours=29)),) if failed else ())
            if inner else ()
        ),
        evidence=Evidence(
            revision=2,
            answers_sha256=sha(attachment),
            receipt="7K4M-Q2XD",
            receipt_of=1,
            received_at=NOON + timedelta(hours=3, minutes=7),
            files=tuple(EvidenceFile(sha256=sha(c), belongs_to=belongs[sha(c)], bytes=len(c)) for c in photos),
        ),
        supersedes=Superseded(report_id="0193a5c2-1111-7d44-9b2f-6f0c4ad0a001", number="XT-2026-000098") if failed else None,
        verify_url="https://xunting.example/verify/0193a5c2-7a10-7d44-9b2f-6f0c4ad0a001",
        attachment=attachment,
    )  # fmt: skip
    return data, {sha(content): content for content in photos}


def announced(photos: list[bytes], *, language: str = "zh") -> tuple[ReportData, dict[str, bytes]]:
    """An announced visit: open about its inspector, with signatures on glass."""
    data, files = mystery(photos, language=language)
    zh = language == "zh"
    first = signature(1)
    files[sha(first)] = first
    hands = (
        Handwritten(role="检查人" if zh else "inspector", name="周明察", sha256=sha(first), at=NOON + timedelta(minutes=47)),
        Handwritten(role="网点负责人" if zh else "outlet", name="贺店长", refused="负责人外出，店员不愿代签" if zh else "the manager was out; staff would not sign for him"),
    )  # fmt: skip
    return (
        replace(
            data,
            kind="明查" if zh else "Announced visit",
            covert=False,
            inspector="周明察",
            supersedes=None,
            signatures=hands,
        ),
        files,
    )


def _item(row: tuple, zh: bool, shots: dict[str, list[Photo]], failed: bool) -> Item:
    ref, text_zh, text_en, source, points, earned, result, answer_zh, answer_en, prohibition, critical = row
    kept: Result = result
    answer = answer_zh if zh else answer_en
    if not failed and result in ("failed", "partly"):
        kept, earned, answer = "met", points, "合格" if zh else "met"
    note = _NOTES.get(ref, ("", "")) if failed else ("", "")
    return Item(
        ref=ref,
        text=text_zh if zh else text_en,
        source=source if zh else source.replace("；", "; ").replace("第三章（服务禁忌）", "ch. 3"),
        answer=answer,
        result=kept,
        points=points,
        earned=earned,
        critical=critical,
        prohibition=prohibition,
        note=note[0] if zh else note[1],
        no_photo=("无法在不被察觉的情况下拍摄" if zh else "could not be taken unnoticed")
        if kept == "failed" and ref not in shots
        else None,
        photos=tuple(shots.get(ref, ())),
    )
