"""What the demo says, in Chinese and in English."""

from __future__ import annotations

from enum import StrEnum
from typing import Final

from ledger.types import Region
from ledger.verdict import CHECK_NAMES
from nodes.devnet.samples.places import PLACE_OF


class Language(StrEnum):
    """A language of the console."""

    ZH = "zh-CN"
    EN = "en"


PHASES: Final = {
    "prepare": ("检查端口和已有状态", "Looking at ports and kept state"),
    "chain": ("启动区块链 anvil", "Starting the chain (anvil)"),
    "consortium": (
        "部署合约，通过治理登记四地",
        "Deploying the contracts, admitting four regions by their votes",
    ),
    "nodes": ("启动四个地区节点", "Starting four region nodes"),
    "documents": ("绘制证照 PDF", "Drawing the licenses' PDF files"),
    "register": ("通过接口批量登记证照", "Registering the licenses over the API, in batches"),
    "exchange": ("雄安经办人跨地区查询、下载", "A clerk in Xiong'an looks up and downloads"),
    "tamper": ("绕开软件真实篡改", "Tampering for real, outside the software"),
    "repair": ("撤销篡改", "Undoing the damage"),
}
"""Titles of the numbered phases, in their order."""

TEXTS: Final = {
    "first_run": ("首次运行，目录 {folder}", "First run, in {folder}"),
    "goes_on": ("沿用 {folder} 中的状态", "Going on from the state in {folder}"),
    "half_finished": (
        "上次运行未完成，从中断处继续",
        "The last run did not finish; going on from where it was",
    ),
    "leftovers": (
        "已结束上次留下的 {number} 个进程",
        "Ended {number} processes that the last run left",
    ),
    "undone_late": (
        "上次中断时留下 {number} 处篡改，已恢复",
        "The last run ended amid its tampering; {number} damaged things are whole again",
    ),
    "set_aside": ("旧目录已移到 {folder}", "The old folder is now {folder}"),
    "chain_runs": ("链 {chain_id}：{url}", "Chain {chain_id} at {url}"),
    "deployed": (
        "合约 Consortium {consortium}，LicenseLog {license_log}",
        "Contracts: Consortium {consortium}, LicenseLog {license_log}",
    ),
    "node_ready": ("{region}：{url}", "{region}: {url}"),
    "drawing": ("绘制 PDF", "Drawing"),
    "registering": ("登记", "Registering"),
    "finalizing": ("等待终局", "Waiting until final"),
    "registered": (
        "{number} 件证照，{types} 种，均已终局",
        "{number} licenses of {types} types, all final",
    ),
    "already_registered": (
        "{number} 件证照已在上次登记",
        "{number} licenses were registered by an earlier run",
    ),
    "looks_up": (
        "雄安经办人办理 {case}，查询 {holder} 在北京、河北的证照",
        "A clerk in Xiong'an, case {case}, asks for {holder}'s licenses of Beijing and Hebei",
    ),
    "downloaded": (
        "下载 {license}（{size} 字节）→ {file}，核验逐项如下",
        "Downloaded {license} ({size} bytes) to {file}; its checks, one by one:",
    ),
    "withheld": (
        "查询 {holder}：二级证照可见而身份证号等字段不披露，三级证照须持证人授权",
        "{holder}: level 2 is shown without id number, level 3 needs the holder's authorization",
    ),
    "tamper.row": (
        "改天津数据库：把已过期的{license}的截止日改成 {until}",
        "Edit a row in Tianjin's database: the expired {license} now lasts until {until}",
    ),
    "tamper.flip": (
        "翻转河北一个文件（{license}）中的一个比特",
        "Flip one bit in one of Hebei's files ({license})",
    ),
    "tamper.swap": (
        "对调北京两个文件（{license} 与 {other}）",
        "Swap two files in Beijing ({license} and {other})",
    ),
    "tamper.rewrite": (
        "天津内部人员改写{license}，并重算本地全部哈希、树、签名和链上数据副本",
        "An insider in Tianjin rewrites the {license}: every local hash, tile, signature and "
        "Tianjin's own copy of the chain now match",
    ),
    "refused": (
        "雄安拒绝：检查 {number}（{check}）未通过，{reason}",
        "Xiong'an refuses it: check {number} ({check}) failed, {reason}",
    ),
    "untouched": (
        "未被篡改的 {license}（{region}）照常应答：{verdict}",
        "Untouched, {license} ({region}) still answers: {verdict}",
    ),
    "and": ("、", ", "),
    "repaired": (
        "已用篡改前的副本恢复：{damaged}",
        "Put back from copies made before: {damaged}",
    ),
    "answers_again": (
        "{license}（{region}）恢复原样：{verdict}",
        "{license} ({region}) is shown as before: {verdict}",
    ),
    "interrupted": ("已中断，正在结束……", "Interrupted; ending …"),
    "stopping": ("正在结束节点和链……", "Ending the nodes and the chain …"),
    "stopped": ("已结束 {number} 个进程，状态保留", "Ended {number} processes; the state is kept"),
    "nothing_runs": ("没有在运行的演示", "No demo is running"),
    "runs_already": (
        "演示已在运行；结束：make demo-stop",
        "The demo runs already; to end it: make demo-stop",
    ),
    "died": (
        "{what} 意外结束（日志：{log}），正在重新启动",
        "{what} ended by itself (log: {log}); starting it again",
    ),
    "took": ("共用时 {seconds:.1f} 秒", "{seconds:.1f} s in all"),
    "stays": ("Ctrl-C 结束", "Ctrl-C ends it"),
    "detached": (
        "在后台运行；结束：make demo-stop",
        "Running in the background; end it: make demo-stop",
    ),
    "urls": ("四地节点", "The four nodes"),
    "tokens": ("令牌", "Tokens"),
    "things": ("可以试试", "Three things to try"),
    "try.verify": (
        "核验一份 PDF，再加一个字节看看：",
        "Verify a PDF; then add a byte to it and look again:",
    ),
    "try.lookup": ("以雄安经办人查询北京、河北：", "Look up as a clerk in Xiong'an:"),
    "try.revoke": (
        "以北京业务系统吊销一件证照，几秒后从任何地区核验：",
        "Revoke a license in Beijing; seconds later any region says so:",
    ),
    "record": (
        "令牌和样本：{file}（仅本人可读）",
        "Tokens and samples: {file} (only you can read it)",
    ),
}

CHECKS_ZH: Final = dict(
    zip(CHECK_NAMES, ("形式", "内容", "收录", "上链", "权限", "状态", "日期", "时效"), strict=True)
)
"""What the numbered checks are called in Chinese."""

_INDEX: Final = {Language.ZH: 0, Language.EN: 1}


def region_name(language: Language, code: str) -> str:
    """A region as people know it; its code alone if nobody knows it."""
    place = PLACE_OF.get(Region(code))
    if place is None:
        return code
    return f"{code} {place.short_zh if language is Language.ZH else place.name_en}"


def check_name(language: Language, name: str) -> str:
    """What a check is called."""
    return CHECKS_ZH.get(name, name) if language is Language.ZH else name


def text(language: Language, key: str, **values: object) -> str:
    """The text `key` with `values` put in."""
    return TEXTS[key][_INDEX[language]].format(**values)


def title(language: Language, phase: str) -> str:
    """Title of a phase."""
    return PHASES[phase][_INDEX[language]]
