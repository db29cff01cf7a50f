"""The thresholds that outlets are near in words."""

from __future__ import annotations

from server.domain.tables import Say

_LINES = {
    "star": "{n} 星得分线",
    "perception": "{n} 星客户感知门槛（%）",
    "prohibitions": "{n} 星十禁止门槛",
    "spell": "{n} 星各期最低门槛",
    "window": "窗口服务 {n} 分（分公司）",
    "pay": "佣金系数分档 {n}",
    "refund": "滚动返还线 {n}",
    "upgrade": "升级线",
    "entry-check": "升级的准入验收线",
    "downgrade": "降级线",
    "warning": "警告线",
    "probation": "观察线",
    "entry": "准入线",
}
ORDER = tuple(_LINES)
"""The sorts of lines in the order in which they are listed."""


def sort_of(code: str) -> str:
    """The sort of a line by its code, such as `pay` of `pay-90`."""
    return code if code in _LINES else code.split("-")[0]


def line_name(code: str, say: Say) -> str:
    """A threshold in words."""
    return say(_LINES[sort_of(code)], n=code.rpartition("-")[2])
