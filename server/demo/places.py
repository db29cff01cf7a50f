"""Shanxi: its eleven branches, their counties with the position of each seat, and names for streets and villages."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class County:
    """A county, district or county-level city: pinyin code, name, WGS-84 degrees of its seat."""

    code: str
    name: str
    lat: float
    lng: float

    @property
    def town(self) -> bool:
        """Whether the seat is a county town; districts and county-level cities are cities."""
        return self.name.endswith("县")


@dataclass(frozen=True, slots=True)
class Branch:
    """A city branch: code, name, area code of its telephones, its counties, some streets of the city."""

    code: str
    name: str
    telephone: str
    counties: tuple[County, ...]
    streets: tuple[str, ...]


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


def _branch(code: str, name: str, telephone: str, counties: str, streets: str) -> Branch:
    parts = (line.split() for line in counties.strip().splitlines())
    return Branch(
        code,
        name,
        telephone,
        tuple(County(c, n, float(lat), float(lng)) for c, n, lat, lng in parts),
        _words(streets),
    )


BRANCHES = (
    _branch(
        "ty",
        "太原",
        "0351",
        """
        xd 小店区 37.736 112.566
        yz 迎泽区 37.863 112.563
        xhl 杏花岭区 37.894 112.570
        wbl 万柏林区 37.859 112.516
        qx 清徐县 37.607 112.359
        """,
        "长风街 迎泽大街 并州路 亲贤街 平阳路 建设路 府西街 学府街",
    ),
    _branch(
        "dt",
        "大同",
        "0352",
        """
        pc 平城区 40.076 113.298
        yg 云冈区 40.005 113.150
        yz 云州区 40.040 113.612
        hy 浑源县 39.694 113.699
        zy 左云县 40.013 112.703
        """,
        "御河西路 魏都大道 迎宾街 永泰街 同泉路 文瀛路",
    ),
    _branch(
        "yq",
        "阳泉",
        "0353",
        """
        cq 城区 37.847 113.600
        kq 矿区 37.869 113.555
        jq 郊区 37.945 113.594
        pd 平定县 37.806 113.630
        yx 盂县 38.086 113.412
        """,
        "桃北中路 南大街 德胜街 新建路 泉中路",
    ),
    _branch(
        "cz",
        "长治",
        "0355",
        """
        lz 潞州区 36.203 113.123
        sd 上党区 36.053 113.051
        lc 潞城区 36.334 113.229
        xy 襄垣县 36.536 113.051
        hg 壶关县 36.115 113.207
        """,
        "英雄中路 太行东街 长兴路 城北街 解放路 延安中路",
    ),
    _branch(
        "jc",
        "晋城",
        "0356",
        """
        cq 城区 35.502 112.854
        gp 高平市 35.798 112.924
        yc 阳城县 35.486 112.415
        lc 陵川县 35.776 113.281
        qs 沁水县 35.690 112.187
        """,
        "凤台街 泽州路 黄华街 文昌街 红星街",
    ),
    _branch(
        "sz",
        "朔州",
        "0349",
        """
        sc 朔城区 39.319 112.432
        pl 平鲁区 39.512 112.288
        hr 怀仁市 39.828 113.100
        sy 山阴县 39.527 112.816
        yx 应县 39.554 113.191
        """,
        "开发南路 民福街 振华街 善阳街 平朔路",
    ),
    _branch(
        "jz",
        "晋中",
        "0354",
        """
        yc 榆次区 37.698 112.708
        tg 太谷区 37.421 112.551
        jx 介休市 37.027 111.917
        py 平遥县 37.190 112.176
        sy 寿阳县 37.895 113.176
        """,
        "迎宾西街 中都路 顺城街 锦纶路 汇通路 龙湖大街",
    ),
    _branch(
        "yc",
        "运城",
        "0359",
        """
        yh 盐湖区 35.015 110.998
        hj 河津市 35.596 110.712
        yj 永济市 34.867 110.448
        ly 临猗县 35.144 110.775
        wx 闻喜县 35.357 111.225
        """,
        "河东东街 红旗西街 解放南路 工农街 禹都大道 中银大道",
    ),
    _branch(
        "xz",
        "忻州",
        "0350",
        """
        xf 忻府区 38.404 112.734
        yp 原平市 38.731 112.711
        dx 定襄县 38.473 112.957
        dai 代县 39.067 112.960
        wt 五台县 38.728 113.255
        """,
        "七一北路 和平西街 长征街 建设北路 公园西街",
    ),
    _branch(
        "lf",
        "临汾",
        "0357",
        """
        yd 尧都区 36.079 111.579
        hm 侯马市 35.619 111.372
        hz 霍州市 36.569 111.755
        hd 洪洞县 36.254 111.675
        xf 襄汾县 35.876 111.442
        """,
        "鼓楼北大街 解放东路 平阳南街 五一西路 向阳路 贡院街",
    ),
    _branch(
        "ll",
        "吕梁",
        "0358",
        """
        ls 离石区 37.518 111.151
        xy 孝义市 37.145 111.779
        fy 汾阳市 37.262 111.770
        ws 文水县 37.438 112.029
        ll 柳林县 37.430 110.889
        """,
        "龙凤南大街 滨河北西路 永宁中路 八一街 丽景路",
    ),
)

CROWDED = (("ty", "xd"), ("yc", "yh"))
"""The counties with 25 agent outlets, one of their business departments with 8 (the rule of exit needs both)."""

STREETS = _words("新建路 人民路 文化街 北大街 东关街 西环路 车站路 市场街 富民路 兴业街 友谊路 康乐街")
TOWNSHIPS = _words("城关 东阳 西河 南关 北营 柳沟 石门 桃园 杨庄 河口 古城 新店 上庄 下社 王家庄 李家坪")
VILLAGES = _words("东坡 西沟 南庄 北岭 前进 红旗 石桥 柳树 枣林 梨园 杏花 泉子 土门 高家 马坊 赵家")
DEALERS = _words(
    "鑫源 宏达 佳信 恒通 永盛 新时代 金桥 同创 顺通 天翔 汇丰 博远 兴隆 诚信 万家 联华 信达 众合 晋阳 华联"
)
