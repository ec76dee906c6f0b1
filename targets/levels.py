"""Values that are words: levels (显著提升, 优良), conformity (达标, 应保尽保), and bare adverbs (显著).

Pure; the words part of the value grammar. The lexicons are start sets, to be extended where a county writes otherwise.
"""

import re
from dataclasses import dataclass

from targets.normal import tight


@dataclass(frozen=True, slots=True)
class Wording:
    """A value in words: `kind` is "level" or "boolean", `trend` "up" or "down" where the verb says so."""

    kind: str
    text: str
    trend: str | None = None
    sure: bool = True


def _lexicon(words: str) -> frozenset[str]:
    return frozenset(words.split())


ADVERBS = _lexicon(
    "显著 明显 有效 较大 大幅 进一步 逐步 不断 持续 稳步 切实 充分 全面 深入 较好 "
    "逐年 有所 保持 稳中 良好 基本 一定 大力 有力 较 更加 全力 积极 正面 合理 长期"
)
RISING = _lexicon(
    "提升 提高 改善 增强 加强 促进 推动 优化 扩大 巩固 完善 发展 递增 增收 上升 增长 增加 带动 "
    "壮大 拓展 延长 回升 繁荣 增多"
)
FALLING = _lexicon("降低 减少 缓解 下降 缩短 遏制 减轻 化解")
STEADY = _lexicon(
    "改变 保障 营造 支撑 稳定 落实 运行 开展 影响 维护 显现 体现 满足 好转 健全 规范 夯实 深化 普及 形成 建立 丰富 "
    "激发 传承 弘扬 保护 控制 利用 可控 顺畅 加快 优良 解决"
)
STATES = _lexicon(
    "优良 良好 优秀 合理 及时 健全 可控 好 长远 满意 较好 优 良 安全 规范 完善 高 较高 "
    "按时 如期 按期 足额 稳定 充分 非常满意 比较满意 基本满意 显现 深远 到位"
)
YES = re.compile(
    "^(?:是|否|有|无|达标|合格|完成|已完成|按时完成|及时完成|按期完成|足额|不超预算|达成.{0,4}指标|应.{1,2}尽.{1,2}|"
    "符合.{0,6}|不发生|零发生|[零无][^0-9]{2,4}|全覆盖|及时到位|足额到位|按(?:计划|进度|合同|标准|要求|规定).{2,4}|"
    "(?:不超过|不高于|≤|控制在)(?:预算|合同|概算|批复|计划|限额|控制数).{0,4}|达到.{2,10}(?:标准|要求|规范|水平)|"
    "通过|验收合格|达到预期.{0,4}|(?:全部|全面|均)(?:完成|达标|合格|到位|覆盖|落实|通过)|.{0,4}全覆盖|"
    "(?:不低于|不高于|不超过|不少于)(?:上年|去年|往年).{0,4}|(?:与|同)?(?:上年|去年)(?:同期)?(?:基本)?持平|"
    "(?:不|未)(?:增加|减少|下降|上升|反弹|降低)|只增不减|(?:动态)?清零|7[×xX*]24(?:小时)?.{0,6})$"
)
GRADE = re.compile(
    "^[≥=]?(?:达到|达|不低于|优于)?(?:国家|省|自治区|市)?(?:[A-D]{1,3}|[IVX]{1,3}|[一二三四五甲乙丙]|[1-5]A{0,4}|优秀|合格|良好)"
    "(?:级|类|等次|等级|等|星级|星|档)(?:水质|标准|水平)?(?:及?以上)?$"
    "|^[一二三]级[甲乙丙]等(?:医院|水平|标准)?$"
    "|^(?:优秀|优良|良好|合格|中等|达标|优|良|中)(?:及?以上)$"
)
VERB = "|".join(sorted(RISING | FALLING | STEADY))
ADVERB = "|".join(sorted(ADVERBS, key=lambda word: (-len(word), word)))
LEVEL = re.compile(
    rf"^(?:[较比](?:上年|去年|往年|(?:19|20)\d{{2}}年)(?:同期)?|同比)?(?:有)?(?P<noun>效果|成效|作用|影响)?(?:得到)?(?P<adverb>(?:{ADVERB}){{1,2}})?(?:得到)?(?P<verb>{VERB})?$"
)
HOW = re.compile(rf"^(?:{ADVERB})[\u4e00-\u9fff]{{2,4}}$")
STATE = "|".join(sorted({word for word in STATES | STEADY | RISING if len(word) == 2}))
TWO_STATES = re.compile(rf"^(?:{STATE}){{2}}$")
ODD_LEVEL = re.compile(rf"^[\u4e00-\u9fff]{{2}}(?P<verb>{VERB})$")


def find(text: str) -> Wording | None:
    """Return what a value in words says, or None when its words are not known."""
    text = tight(text).rstrip("。.;；")
    if YES.match(text) or GRADE.match(text):
        return Wording("boolean", text)
    match = LEVEL.match(text)
    if text in STATES or (match and (match["adverb"] or match["verb"])):
        return Wording("level", text, _trend(match["verb"] if match else None))
    if HOW.match(text) or TWO_STATES.match(text):
        return Wording("level", text, _trend(text[-2:]))
    odd = ODD_LEVEL.match(text)
    return Wording("level", text, _trend(odd["verb"]), sure=False) if odd else None


def is_bare_adverb(text: str) -> bool:
    """Whether a value is nothing but a degree adverb (显著); 良好 and 合理 are states and say something."""
    return tight(text) in ADVERBS - STATES


def _trend(verb: str | None) -> str | None:
    return "up" if verb in RISING else "down" if verb in FALLING else None


def is_degree(text: str) -> bool:
    """Whether a value only names a degree of a verb (显著改变, 有效提升, 效果明显); 良好 and 持续健全 say a state."""
    match = LEVEL.match(tight(text))
    return bool((match and (match["verb"] or match["noun"])) or ODD_LEVEL.match(tight(text))) and text not in STATES
