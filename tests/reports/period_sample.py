"""Period reports and a letter to print: hand-made facts of a branch, the province and an outlet, in both languages."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from server.reports.facts import Edition, Language, Outlet, Photo, Reviewer, Standard
from server.reports.letter_facts import Ground, Letter
from server.reports.period_facts import ActionLine, Composite, CompositePart, MonthVisit, OutletMonth
from server.reports.period_parts import AppealLine, Basis, Count, Finding, Head, Line, Mean, Point
from server.reports.quarter_facts import (
    Actions,
    Cell,
    GapLine,
    Heat,
    HeatRow,
    LeagueRow,
    PatrolLine,
    Quarter,
    Sampling,
    Term,
    Used,
    WeakLine,
    Window,
)
from tests.reports import sample

REPORT_ID = "0b6c6b52-9f7e-5d0a-8f0d-2d9e3f5a7b11"
BRANCHES = ("太原", "大同", "阳泉", "长治", "晋城", "朔州", "晋中", "运城", "忻州", "临汾", "吕梁")
_EN = (
    "Taiyuan",
    "Datong",
    "Yangquan",
    "Changzhi",
    "Jincheng",
    "Shuozhou",
    "Jinzhong",
    "Yuncheng",
    "Xinzhou",
    "Linfen",
    "Lüliang",
)
_SECTIONS = (
    ("外部环境", "Outside"),
    ("内部环境与陈列", "Inside and display"),
    ("排队与等候", "Queue and wait"),
    ("柜台服务", "Counter service"),
    ("业务受理", "Handling of business"),
    ("终端体验", "Handsets"),
    ("自助服务", "Self-service"),
    ("离厅回访", "After leaving"),
)
_PROHIBITIONS = (
    ("禁止推诿、拒绝受理客户业务", "No refusing or pushing off business"),
    ("禁止泄露客户信息", "No leaking of customer data"),
    ("禁止强制捆绑销售", "No forced bundles"),
    ("禁止与客户争吵", "No quarrelling"),
    ("禁止擅离岗位", "No leaving the post"),
    ("禁止上班时玩手机", "No playing on phones"),
    ("禁止提前关门", "No closing early"),
    ("禁止收费不给凭证", "No charge without receipt"),
    ("禁止虚假宣传", "No false advertising"),
    ("禁止未经同意开通业务", "No opening of services without consent"),
)


def head(language: Language = "zh", edition: Edition = "inner", *, month: bool = False, **given: Any) -> Head:
    """The head of a report of October or of the third quarter."""
    zh = language == "zh"
    period = ("2026年10月" if zh else "2026-10") if month else ("2026年第三季度" if zh else "2026-Q3")
    return Head(
        **{
            "edition": edition,
            "language": language,
            "report_id": REPORT_ID,
            "number": "XT-2026-000417",
            "issuer": "山西省公司客户服务部" if zh else "Shanxi company, customer service",
            "issued_at": sample.NOON,
            "verify_url": f"https://xunting.example/verify/{REPORT_ID}",
            "period": period,
            "first": date(2026, 10, 1) if month else date(2026, 7, 1),
            "last": date(2026, 10, 31) if month else date(2026, 9, 30),
            "rules": Standard(title="规则集", version=1, sha256="5d" * 32),
            **given,
        }
    )


def quarter(
    language: Language = "zh",
    edition: Edition = "inner",
    *,
    province: bool = False,
    photos: tuple[Photo, ...] = (),
    basis: int = 33,
    **given: Any,
) -> Quarter:
    """The third quarter of Taiyuan, or of all Shanxi."""
    zh = language == "zh"
    names = tuple(f"{name}分公司" if zh else f"{en} branch" for name, en in zip(BRANCHES, _EN, strict=True))
    scores = [Decimal("93.42") - Decimal("1.37") * n for n in range(11)]
    words = ("优秀", "达标", "未达标") if zh else ("excellent", "meets the standard", "below it")

    def level(score: Decimal) -> Any:
        return (
            ("excellent", words[0])
            if score > 90
            else ("meets", words[1])
            if score > 85
            else ("below", words[2])
        )

    league = tuple(
        LeagueRow(
            rank=n + 1,
            unit=name,
            visits=33 - n,
            score=str(score),
            level=level(score)[0],
            text=level(score)[1],
            visit_mean=str(score - 2),
            previous=str(score - Decimal("0.80") + n % 3),
            deducted=str(score - 5) if n == 4 else str(score),
            own=not province and n == 0,
        )
        for n, (name, score) in enumerate(zip(names, scores, strict=True))
    )
    columns = (
        tuple(name if zh else en for name, en in zip(BRANCHES, _EN, strict=True))
        if province
        else (
            ("迎泽", "小店", "杏花岭", "尖草坪")
            if zh
            else ("Yingze", "Xiaodian", "Xinghualing", "Jiancaoping")
        )
    )
    indicators = [(f"P{n + 1}", pair[0 if zh else 1]) for n, pair in enumerate(_PROHIBITIONS)] + [
        (chr(65 + n), pair[0 if zh else 1]) for n, pair in enumerate(_SECTIONS)
    ]
    heat = Heat(
        columns=columns,
        rows=tuple(
            HeatRow(
                code=code,
                title=title,
                cells=tuple(
                    Cell(
                        value=None
                        if (r * 7 + c) % 23 == 5
                        else str(min(Decimal(100), Decimal(58 + (r * 13 + c * 29) % 47))),
                        n=9,
                        weak=(r * 7 + c * 3) % 18 == 0,
                    )
                    for c in range(len(columns))
                ),
            )
            for r, (code, title) in enumerate(indicators)
        ),
    )
    weak = tuple(
        WeakLine(
            unit=name,
            indicator=indicators[(n * 5) % 18][1],
            ratio=f"{61 + n}.20",
            n=12 + n,
            target="2" if n < 3 else "5",
            reach=f"{63 + n}.10",
            before=indicators[(n * 3 + 1) % 18][1] if n % 4 else None,
            before_ratio="58.00",
            before_reach="60.90",
            now=f"{57 + n}.30",
            improvement=f"{n}.10",
            outcome=("met", "missed", "few")[n % 3] if n % 4 else "none",
            deduction="5" if n % 4 and n % 3 == 1 else None,
        )
        for n, name in enumerate(names if province else names[:1])
    )
    findings = (
        Finding(
            ref="OH-31",
            text="办理业务前双手递接证件，唱收唱付"
            if zh
            else "Papers taken and given with both hands, sums said aloud",
            source="《自有营业厅服务标准》 §4.3.2.3" if zh else "Service standard of own halls §4.3.2.3",
            times=9,
            of=33,
            outlets=("太原迎泽大街营业厅", "太原长风街营业厅", "太原建设路营业厅")
            if zh
            else ("Yingze Street hall", "Changfeng Street hall", "Jianshe Road hall"),
            notes=("营业员单手把身份证推回来，没有说金额。",)
            if zh
            else ("Pushed the identity card back with one hand and named no sum.",),
            photos=photos[:3],
        ),
        Finding(
            ref="OH-44",
            text="不推诿、不拒绝受理" if zh else "No pushing off, no refusal",
            source="《自有营业厅服务标准》 §4.6" if zh else "Service standard of own halls §4.6",
            times=1,
            of=33,
            critical=True,
            prohibition="P1",
            outlets=("太原长风街营业厅",) if zh else ("Changfeng Street hall",),
            notes=("让我去别的营业厅办。",) if zh else ("Told me to go to another hall.",),
            photos=photos[3:4],
        ),
        Finding(
            ref="OH-12",
            text="垃圾箱、禁烟标识、饮水、报刊四项齐全"
            if zh
            else "Bin, no-smoking sign, water and reading matter all there",
            source="S3 §2.2.3.1",
            times=6,
            of=33,
            outlets=("太原建设路营业厅",) if zh else ("Jianshe Road hall",),
        ),
    )
    spread = tuple(
        Count(name=name, n=n)
        for name, n in (
            ("<60", 1),
            ("60–70", 2),
            ("70–80", 5),
            ("80–85", 6),
            ("85–90", 9),
            ("90–95", 7),
            ("95–100", 3),
        )
    )
    labels = ("2025 Q4", "2026 Q1", "2026 Q2", "2026 Q3")
    return Quarter(
        **{
            "head": head(language, edition),
            "scope": "province" if province else "branch",
            "unit": ("山西省公司" if zh else "Shanxi company") if province else names[0],
            "above": "" if province else ("山西省公司" if zh else "Shanxi company"),
            "window": Window(score="91.07" if province else "93.42", level="excellent", text=words[0], visits=120 if province else 33, outlets=40 if province else 11, deducted=None if province else "93.42", visit_mean="90.11", touchpoint="88.40", previous="90.12", rank=None if province else 1, of=None if province else 11),
            "min_samples": 5,
            "levels": tuple(Term(range=r, name=w) for r, w in zip(("高于 90", "高于 85、至 90", "至 85") if zh else ("above 90", "above 85 to 90", "to 85"), words, strict=True)),
            "targets": tuple(Term(range=r, name=w) for r, w in zip(("第 1–3 名", "第 4 名及以后") if zh else ("ranks 1 to 3", "rank 4 on"), ("2", "5"), strict=True)),
            "deduction": "5",
            "checklists": (Used(checklist=Standard(title="自有营业厅暗访检查表" if zh else "Mystery visit of own halls", version=1, sha256="ab" * 32), visits=33),),
            "sampling": (Sampling(tier="自有营业厅" if zh else "Own hall", rule="每季度 3 次（忙时、闲时、周末）" if zh else "3 a quarter (busy, idle, weekend)", outlets=11, visited=11, visits=33, required=33, reached="100.00"), Sampling(tier="普通代理店" if zh else "Ordinary agent", rule="每季度抽查" if zh else "drawn each quarter", outlets=60, visited=22, visits=23, required=30, reached="73.33")),
            "kinds": (Count(name="暗访" if zh else "Mystery visit", n=56, mean="90.11"), Count(name="片区经理走访" if zh else "Area visit", n=31, mean="86.40")),
            "late_visits": 2,
            "league": league,
            "trend": (Line(name="本单位" if zh else "this unit", points=tuple(Point(label=name, value=v) for name, v in zip(labels, (None, "88.61", "90.12", "93.42"), strict=True))), Line(name="全省" if zh else "province", points=tuple(Point(label=name, value=v) for name, v in zip(labels, ("86.00", "87.20", "89.90", "91.07"), strict=True)))),
            "sections": tuple(Mean(title=pair[0 if zh else 1], score=str(Decimal("97.10") - n * 3), n=33) for n, pair in enumerate(_SECTIONS)),
            "heat": heat,
            "spread": spread,
            "weak": weak,
            "findings": findings,
            "patrols": tuple(PatrolLine(unit=name if province else (f"TY{n:04d} 太原第{n}营业厅" if zh else f"TY{n:04d} Hall number {n}"), halls=4 if province else 1, days=312 if province else 78, mean=str(Decimal("95.20") - n)) for n, name in enumerate(names[:6])),
            "gaps": (GapLine(outlet="TY0003 太原第3营业厅" if zh else "TY0003 Hall number 3", indicator="禁止推诿客户" if zh else "No brushing customers off", gap="-41.67", covert="58.33", announced="100.00", covert_visits=4, announced_visits=26), GapLine(outlet="TY0001 太原第1营业厅" if zh else "TY0001 Hall number 1", indicator="营业环境" if zh else "Environment", gap="-12.40", covert="84.10", announced="96.50", covert_visits=3, announced_visits=30)),
            "gap_least": 3,
            "appeals_decided": 4,
            "appeals": (AppealLine(day=date(2026, 9, 3), outlet="太原建设路营业厅" if zh else "Jianshe Road hall", item="OH-12 垃圾箱、禁烟标识、饮水、报刊四项齐全" if zh else "OH-12 Bin, sign, water and reading matter", outcome="成立" if zh else "upheld", upheld=True, before="84.20", after="85.20"),),
            "actions": Actions(due=28, in_time=24, late=3, open=1, rate="85.71"),
            "evidence": tuple(Basis(outlet=f"TY{n:04d} 太原第{n}营业厅" if zh else f"TY{n:04d} Hall number {n}", day=date(2026, 7, 2) + timedelta(days=n % 88), kind="暗访" if zh else "Mystery", revision=1 + n % 9 // 8, answers_sha256=f"{n:064x}", report=f"XT-2026-{n:06d}") for n in range(1, basis + 1)),
            **given,
        }
    )  # fmt: skip


def month(
    language: Language = "zh", edition: Edition = "outlet", *, photos: tuple[Photo, ...] = (), **given: Any
) -> OutletMonth:
    """October of an exclusive shop."""
    zh = language == "zh"
    months = ("05", "06", "07", "08", "09", "10")
    return OutletMonth(
        **{
            "head": head(language, edition, month=True),
            "outlet": Outlet(name="晋中榆次锦纶路指定专营店" if zh else "Jinlun Road exclusive shop, Yuci", code="JZ-E0021", tier="指定专营店" if zh else "Exclusive shop", outlet_class="B", star=3, branch="晋中分公司" if zh else "Jinzhong branch", county="榆次区公司" if zh else "Yuci", area="锦纶片区" if zh else "Jinlun area"),
            "visits": (MonthVisit(day=date(2026, 10, 12), kind="暗访" if zh else "Mystery visit", score="86.50", level="meets", verdict="达标" if zh else "meets the standard", failed=2, half_day="morning", report="XT-2026-000398"), MonthVisit(day=date(2026, 10, 20), kind="片区经理走访" if zh else "Area visit", score="92.00", level="excellent", verdict="优秀" if zh else "excellent", failed=1, report="XT-2026-000402")),
            "kinds": (Count(name="暗访" if zh else "Mystery visit", n=1, mean="86.50"), Count(name="片区经理走访" if zh else "Area visit", n=1, mean="92.00")),
            "sections": tuple(Mean(title=pair[0 if zh else 1], score=str(Decimal("98.00") - n * 4), n=2) for n, pair in enumerate(_SECTIONS[:5])),
            "trend": (Line(name="检查均分" if zh else "mean of visits", points=tuple(Point(label=f"2026-{m}", value=v) for m, v in zip(months, ("81.00", None, "84.50", "83.20", "88.00", "89.25"), strict=True))),),
            "findings": quarter(language, edition, photos=photos).findings[:1] + quarter(language, edition, photos=photos).findings[2:],
            "actions": (ActionLine(item="OH-12", what="补齐饮水和报刊" if zh else "Put out water and reading matter", due=date(2026, 10, 19), state="待完成" if zh else "open", late=True, open=True), ActionLine(item="OH-31", what="晨会演练唱收唱付" if zh else "Practise saying sums aloud", due=date(2026, 10, 26), state="已通过" if zh else "accepted")),
            "appeals": (AppealLine(day=date(2026, 10, 15), outlet="", item="OH-12", outcome="不成立" if zh else "rejected"),),
            "composite": Composite(score="84.37", parts=(CompositePart(name="C1 客户感知" if zh else "C1 perception", weight="0", value=None, points="0.00", how="有效回复不足 30 份，权重摊给其他部分" if zh else "fewer than 30 valid replies: spread"), CompositePart(name="C2 暗访" if zh else "C2 mystery visit", weight="38.46", value="0.8650", points="33.27", how="本月 1 次" if zh else "1 visit of this month"), CompositePart(name="C3 片区经理检查" if zh else "C3 area manager's check", weight="23.08", value="0.9200", points="21.23", how="本月 1 次" if zh else "1 visit of this month")), said=("C1 没有数据，其权重按比例摊给其他部分。" if zh else "C1 has no data; its weight is spread in proportion.",)),
            "evidence": tuple(Basis(outlet="JZ-E0021", day=date(2026, 10, day), kind="暗访" if zh else "Mystery", revision=1, answers_sha256=f"{day:064x}", report=None) for day in (12, 20)),
            **given,
        }
    )  # fmt: skip


def letter(language: Language = "zh", **given: Any) -> Letter:
    """A downgrade that two people signed."""
    zh = language == "zh"
    return Letter(
        **{
            "language": language,
            "report_id": REPORT_ID,
            "number": "XT-2026-000500",
            "issuer": "山西省公司客户服务部" if zh else "Shanxi company, customer service",
            "issued_at": sample.NOON,
            "verify_url": f"https://xunting.example/verify/{REPORT_ID}",
            "outlet": Outlet(name="晋中榆次锦纶路指定专营店" if zh else "Jinlun Road exclusive shop", code="JZ-E0021", tier="指定专营店" if zh else "Exclusive shop"),
            "decision": "由指定专营店降为普通代理店" if zh else "From exclusive shop down to ordinary agent",
            "adverse": True,
            "period": "2026年上半年" if zh else "the first half of 2026",
            "effective": date(2026, 12, 1),
            "grounds": (Ground(text="半年综合评价均分 72.40" if zh else "Mean composite of the half-year 72.40", rule="低于 75 分降级" if zh else "below 75: downgrade", evidence="XT-2026-000311 – 000316"), Ground(text="2026 年 4 月、5 月连续两月低于 80 分" if zh else "Below 80 in April and May 2026", rule="连续两月低于 80 分警告" if zh else "two months running below 80: warning", evidence="XT-2026-000288, 000301")),
            "objection": "收到本决定之日起 5 个工作日内，可以书面向省公司客户服务部提出异议，并附证据；异议由未参与本决定的人员答复。" if zh else "Within 5 working days after receiving this decision you may object in writing to the province's customer service, with proof. Somebody who had no part in this decision will answer.",
            "rules": Standard(title="规则集", version=1, sha256="5d" * 32),
            "signers": (Reviewer(role="提出" if zh else "proposed", name="韩敏" if zh else "Han Min", at=sample.NOON), Reviewer(role="批准" if zh else "approved", name="武志强" if zh else "Wu Zhiqiang", at=sample.NOON)),
            **given,
        }
    )  # fmt: skip
