"""Made-up names of people, the same for the same seed, none twice."""

from __future__ import annotations

from collections.abc import Iterator
from random import Random

FAMILY = "王李张刘陈杨赵黄周吴徐孙马朱胡郭何林高罗郑梁谢宋唐许韩冯邓曹彭曾肖田董袁潘于蒋蔡余杜叶程苏魏吕丁任沈姚卢姜崔钟谭陆汪范金石廖贾夏韦付方白邹孟熊秦邱江尹薛闫段雷侯龙史陶黎贺顾毛郝龚邵万钱严覃武戴莫孔向汤"
GIVEN = "伟芳娜敏静丽强磊军洋勇艳杰娟涛明超霞平刚桂英华玉兰红梅建国志宏晓燕文博雅琴海波春花秀珍俊峰婷雪慧鹏飞宇晨佳怡子涵思远学军永胜瑞东宝林"


def people(seed: str) -> Iterator[str]:
    """Names without end, such as 张晓燕."""
    chance = Random(seed)
    given = set()
    while True:
        name = chance.choice(FAMILY) + "".join(chance.sample(GIVEN, chance.choice((1, 2, 2, 2))))
        if name not in given:
            given.add(name)
            yield name
