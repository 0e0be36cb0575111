"""What an invented license says: the fields of GB/T 36903 in the catalogue's English names."""

from __future__ import annotations

from datetime import date
from typing import Final

from ledger.catalogue import PERSON, SEED_AUTHORITY, LicenseType
from nodes.devnet.samples.dice import Dice
from nodes.devnet.samples.holders import Firm, Person
from nodes.devnet.samples.places import PLACE_OF, SampleOffice

DEFINING_AUTHORITY: Final = "示例证照目录管理机构"
LABELS: Final = {
    "certificate_name": ("证照名称", "License"),
    "certificate_number": ("证照编号", "Number"),
    "certificate_version": ("证照版本", "Version"),
    "issuing_authority_name": ("颁发机构", "Issued by"),
    "issuing_authority_code": ("颁发机构代码", "Issuer's code"),
    "issue_date": ("颁发日期", "Issued on"),
    "defining_authority_name": ("定义机构", "Defined by"),
    "defining_authority_code": ("定义机构代码", "Definer's code"),
    "jurisdiction_code": ("管辖属地编码", "Jurisdiction"),
    "validity_scope": ("有效期范围", "Validity"),
    "holder_name": ("持证主体", "Holder"),
    "holder_number": ("持证主体代码", "Holder's code"),
    "birth_date": ("出生日期", "Date of birth"),
    "home_address": ("住址", "Home address"),
    "vehicle_class": ("准驾车型", "Vehicle class"),
    "plate_number": ("号牌号码", "Plate number"),
    "qualification_grade": ("资质等级", "Grade"),
    "project_name": ("项目名称", "Project"),
    "health_result": ("健康结论", "Health result"),
    "premises_address": ("经营场所", "Premises"),
    "principal_name": ("法定代表人", "Principal"),
    "business_scope": ("经营范围", "Business scope"),
    "registered_capital": ("注册资本", "Registered capital"),
    "seal_name": ("签章名称", "Seal"),
}
"""What a field is called on paper, in Chinese and English. Also the order of the table there."""

_GRADES: Final = ("一级", "二级", "三级", "甲级", "乙级")
_CLASSES: Final = ("A2", "B1", "B2", "C1", "C2")
_PROJECTS: Final = ("示例一期住宅项目", "样本产业园项目", "演示综合管廊项目", "例证学校迁建项目")
_PLATE_LETTERS: Final = "ABCDEFGHJKLMNPQRSTUVWXYZ"


def fields_of(
    dice: Dice,
    name: str,
    *,
    type_: LicenseType,
    office: SampleOffice,
    holder: Person | Firm,
    issued: date,
    until: date | None,
    number: str,
) -> dict[str, str]:
    """The fields of the license `name` (which only names its draws)."""
    end = "长期" if until is None else f"至{until:%Y年%m月%d日}"
    fields = {
        "certificate_name": type_.name_zh,
        "certificate_number": number,
        "certificate_version": "001",
        "issuing_authority_name": office.name_zh,
        "issuing_authority_code": office.uscc,
        "issue_date": issued.isoformat(),
        "defining_authority_name": DEFINING_AUTHORITY,
        "defining_authority_code": SEED_AUTHORITY,
        "jurisdiction_code": office.region,
        "validity_scope": f"自{issued:%Y年%m月%d日}{end}",
        "seal_name": office.seal_zh,
        "holder_name": holder.name,
    }
    about = _of_person(holder, type_) if isinstance(holder, Person) else _of_firm(holder, type_)
    return fields | about | _special(dice, name, type_, office)


def _of_person(person: Person, type_: LicenseType) -> dict[str, str]:
    said = {"holder_number": person.number}
    if type_.level >= 2:
        said["birth_date"] = person.birth_date.isoformat()
    if type_.level >= 3:
        said["home_address"] = person.address
    return said


def _of_firm(firm: Firm, type_: LicenseType) -> dict[str, str]:
    said = {
        "holder_number": firm.code,
        "principal_name": firm.principal,
        "premises_address": firm.address,
    }
    if "经营" in type_.name_zh or "营业" in type_.name_zh:
        said["business_scope"] = firm.business_scope
    if type_.name_zh == "营业执照":
        said["registered_capital"] = firm.capital
    return said


def _special(dice: Dice, name: str, type_: LicenseType, office: SampleOffice) -> dict[str, str]:
    """What licenses of only some types say."""
    title, said = type_.name_zh, {}
    if "驾驶" in title and type_.holder == PERSON:
        said["vehicle_class"] = dice.pick(_CLASSES, f"{name} class")
    if "机动车" in title and "驾驶" not in title:
        letter = dice.pick(_PLATE_LETTERS, f"{name} plate letter")
        digits = dice.between(10_000, 99_999, f"{name} plate")
        said["plate_number"] = f"{PLACE_OF[office.region].plate}{letter}·{digits}"
    if "资质" in title or "等级" in title:
        said["qualification_grade"] = dice.pick(_GRADES, f"{name} grade")
    if "工程" in title or "预售" in title or "用地" in title:
        said["project_name"] = dice.pick(_PROJECTS, f"{name} project")
    if type_.level == 4 and type_.authority_zh == "卫生健康":
        said["health_result"] = "样本：无实际健康信息"
    return said
