"""Invented holders: people and firms whose numbers hold and can belong to nobody.

A citizen number here begins with the code of a province-level place, which no person's does (the
real ones name a county). A firm's organisation code begins with YY, which is not handed out. Every
name has 示 or 例 in it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from ledger.draft import CITIZEN_NUMBER, CREDIT_CODE
from ledger.identifier import citizen_id_check
from ledger.license import Holder
from ledger.types import Region
from nodes.devnet.samples.dice import Dice
from nodes.devnet.samples.places import PLACE_OF, credit_code

_SURNAMES: Final = "赵钱孙李周吴郑王冯陈褚卫蒋沈韩杨朱秦尤许何吕施张孔曹严华金魏陶姜"
_GIVEN: Final = "安平远明清宁和文嘉思宇晨若云书雅景行舒朗知微怀瑾"
_BRANDS: Final = ("云雀", "松鹤", "海棠", "燕山", "白洋", "渤海", "青禾", "星桥", "长风", "晴川")
_SECOND: Final = "一二三四五六七八九十"
_TRADES: Final = (
    ("餐饮管理有限公司", "餐饮服务；食品销售；餐饮企业管理"),
    ("医药有限公司", "药品零售；医疗器械销售；健康咨询服务"),
    ("建设工程有限公司", "房屋建筑工程；市政公用工程；工程管理服务"),
    ("物流有限公司", "普通货物道路运输；仓储服务；装卸搬运"),
    ("农业科技有限公司", "种子销售；农业技术开发；农产品初加工"),
    ("文化传播有限公司", "组织文化艺术交流活动；营业性演出；出版物零售"),
    ("环保科技有限公司", "环境保护监测；水污染治理；固体废物治理"),
    ("教育咨询有限公司", "教育咨询服务；职业技能培训；会议服务"),
)
CATERING: Final = 0
"""Trade of a firm that has food permits."""

_STREETS: Final = ("样本路", "示范大街", "例证巷", "演示中路", "虚构东道")
_OLDEST, _YOUNGEST = date(1950, 1, 1), date(1996, 12, 31)


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """An invented person."""

    name: str
    number: str
    birth_date: date
    address: str

    @property
    def holder(self) -> Holder:
        return Holder(name=self.name, code=self.number, code_type=CITIZEN_NUMBER)


@dataclass(frozen=True, slots=True, kw_only=True)
class Firm:
    """An invented firm."""

    name: str
    code: str
    business_scope: str
    address: str
    principal: str
    capital: str

    @property
    def holder(self) -> Holder:
        return Holder(name=self.name, code=self.code, code_type=CREDIT_CODE)


def person(dice: Dice, region: Region, number: int) -> Person:
    """The `number`th person of `region`, below 500: so are serials of one day told apart."""
    name = f"person {region} {number}"
    born = _OLDEST + timedelta(days=dice.below((_YOUNGEST - _OLDEST).days, f"{name} born"))
    is_woman = dice.below(2, f"{name} sex") == 0
    # The serial's last digit is odd for a man and even for a woman (GB 11643).
    body = f"{region}{born:%Y%m%d}{2 * number + (0 if is_woman else 1):03}"
    return Person(
        name=_person_name(dice, name),
        number=body + citizen_id_check(body),
        birth_date=born,
        address=_address(dice, region, name),
    )


def firm(dice: Dice, region: Region, number: int, *, trade: int | None = None) -> Firm:
    """The `number`th firm of `region`, below 10,000; in any trade, or in the one asked for."""
    name = f"firm {region} {number}"
    kind, scope = _TRADES[dice.below(len(_TRADES), f"{name} trade") if trade is None else trade]
    brand = dice.pick(_BRANDS, f"{name} brand") + dice.pick(_SECOND, f"{name} second")
    return Firm(
        name=f"{PLACE_OF[region].short_zh}{brand}示例{kind}",
        code=credit_code("91", region, f"YY{number:04}{region[:2]}"),
        business_scope=scope,
        address=_address(dice, region, name),
        principal=_person_name(dice, f"{name} principal"),
        capital=f"人民币{dice.between(1, 40, f'{name} capital') * 50}万元",
    )


def _person_name(dice: Dice, name: str) -> str:
    surname = dice.pick(_SURNAMES, f"{name} surname")
    given = dice.pick(_GIVEN, f"{name} given")
    marked = (f"示{given}", f"{given}例", f"例{given}", f"{given}示")
    return surname + dice.pick(marked, f"{name} mark")


def _address(dice: Dice, region: Region, name: str) -> str:
    street = dice.pick(_STREETS, f"{name} street")
    return f"{PLACE_OF[region].name_zh}{street}{dice.between(1, 399, f'{name} house')}号"
