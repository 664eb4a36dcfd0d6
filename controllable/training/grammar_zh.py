# ruff: noqa: E501
"""Chinese sentence templates (simplified)."""

import random

from controllable.task import Task
from controllable.training import refused_zh, wishes_zh
from controllable.training.grammar import Language
from controllable.training.phrases import phrases
from controllable.training.phrases_zh import TASK_PHRASES

TRANSITIVES: dict[Task, tuple[str, ...]] = {
    Task.NOISE: phrases("去噪 | 降噪 | 去颗粒 | 去噪点 | 降噪点 | 消噪 | 降一下噪"),
    Task.BLUR: phrases("去模糊 | 去糊 | 重新对焦 | 变清晰 | 弄清楚 | 去抖 | 清晰化"),
    Task.COMPRESSION: phrases("去压缩痕迹 | 去方块 | 去块效应 | 去伪影 | 去色块 | 修复压缩"),
    Task.RESOLUTION: phrases("去锯齿 | 去像素感 | 修复像素化"),
    Task.LOW_LIGHT: phrases("补光 | 提亮暗部 | 修复欠曝 | 暗光增强 | 拉曝光 | 照亮暗处 | 打光"),
    Task.HAZE: phrases("去雾 | 除雾 | 去霾 | 去雾霾 | 变通透"),
    Task.COLOR: phrases("校色 | 校正颜色 | 调白平衡 | 去偏色 | 恢复颜色 | 还原颜色 | 去黄 | 纠正偏色"),
    Task.DETAIL: phrases("锐化 | 增强细节 | 恢复细节 | 增强纹理 | 恢复质感 | 加锐 | 提高锐度 | 补细节"),
}

GERUNDS: dict[Task, tuple[str, ...]] = {
    Task.NOISE: phrases("降噪 | 去噪 | 去颗粒"),
    Task.BLUR: phrases("去模糊 | 对焦修复"),
    Task.COMPRESSION: phrases("去压缩痕迹 | 去块 | 去伪影"),
    Task.RESOLUTION: phrases("放大 | 改变尺寸 | 超分 | 改大小"),
    Task.LOW_LIGHT: phrases("提亮暗部 | 提暗部 | 补光 | 曝光校正"),
    Task.HAZE: phrases("去雾 | 除雾"),
    Task.COLOR: phrases("校色 | 调色 | 改颜色 | 偏色 | 变色 | 调白平衡"),
    Task.DETAIL: phrases("锐化 | 加锐 | 加细节 | 锐化过度"),
}

_LISTS: dict[str, tuple[str, ...]] = {
    "or": ("和", "、", "跟", "与", "还有"),
    "wish.default": phrases("""
        去{n} | {n} | 去掉{n} | 只{t} | {R}{n} | {R}{n} | {R}{P}的{n} | 把{n}{R} | 把{P}的{n}去掉 | 把{n}去掉 | {n}去掉 | {n}{R} | 少一些{n} | 不要{n} | 不想要{n} | 没有{n}就好了 | {P}不要有{n} | {v} | {v} | {v} | {v} | {v} | {v} | {v} | {v} | {v}一下 | {t} | {P}{t} | 给{P}{t} | 对{P}{t} | 把{o}的{n}去掉 | {R}{o}上的{n} | 给{o}{t} | {F}{r} | {F}{r} | {F}{P}的{r} | 把{r}{F} | {r}{F} | 让{P}不那么{a} | 让{P}别那么{a} | {n}能去掉吗 | 想去掉{n} | {n}要去掉
        {R}所有的{n}问题 | {n}太烦了{R} | 修复{a}的照片 | 修复这张{a}的照片 | 把{a}的地方修好 | {v}处理 | 做一次{t} | 只要{v},别的不用 | {R}掉{n} | 去{n} | {n}处理一下 | {r}处理一下 | {r}弄一下
    """),
    "complaint": phrases("""
        {c} | {c} | {c} | {c} | {c} | {c} | {c} | {o}{a} | {o}拍得{a} | {o}有点{a} | {o}上有{n} | {P}{a} | {P}很{a} | {P}太{a}了 | {P}有点{a} | 有点{a} | 太{a}了 | 好{a}啊 | {P}{c} | {P}{c} | {P}怎么这么{a} | 为什么{P}这么{a} | {P}拍得{a} | {P}看起来{a} | {P}有{n} | 有{n} | {P}里有{n} | {n}太多 | {n}太重 | {n}很严重 | 全是{n} | {n}好明显 | 讨厌这些{n} | {n}影响观感 | 受不了这{n} | {r}不好 | {r}有问题 | {r}很差 | 感觉{a} | 觉得{P}{a} | 拍出来{a} | 显得{a} | 非常{a} | {n}太明显了 | 就是{n}太多 | 别的都好就是{a} | 唯一的问题是{n} | 要是没有{n}就完美了 | 除了{n}都挺好 | 照片不错就是{a} | 挺好的可惜{a} | 只是有点{a} | 美中不足是{n} | 拍得不错但是{a}
    """),
    "wish.little": phrases("""
        {LB}{R}{n} | {LB}{v} | {LB}{v} | {LB}{v}一下 | {v}{LA} | {v}{LA} | {v}{LA} | {R}{LA}{n} | {n}{R}{LA} | 把{n}{LB}{R} | {LB}{F}{r} | {LB}{R}一下{n} | {LB}{t} | 给{P}{LB}{t} | {t}{LA} | {n}少{LA} | {R}一点{n} | {R}一些{n} | {n}去掉一点 | {n}去一点就好 | {LB}的{v} | {v},{LA} | {v},不要太过 | {v}但别太重
    """),
    "wish.half": phrases("""
        {R}一半{n} | {R}一半的{n} | {n}{R}一半 | 把{n}减半 | 把{n}去掉一半 | {v}{HA} | {v}一半 | {HB}{v} | {n}减半 | {n}减少一半 | {n}降低一半 | 去掉一半的{n} | 保留一半{n} | 留一半{n} | {t}一半 | {F}{r}一半 | {n}去一半 | {v},强度一半 | 只{v}一半
    """),
    "wish.strong": phrases("""
        {SB}{R}{n} | {SB}{v} | {SB}{v} | {SB}{v} | {v}{SA} | {v}{SA} | {R}很多{n} | {R}大部分{n} | {n}{SB}{R} | 把{n}{SB}{R} | {SB}{F}{r} | {SB}{t} | 给{P}{SB}{t} | {t}{SA} | {v},力度大一点 | {v},强度高一些 | {n}大幅减少 | {n}去掉大部分
    """),
    "wish.full": phrases("""
        {FB}{R}{n} | {FB}{v} | 把{n}{FB}{R} | {R}全部{n} | {R}所有{n} | {n}{R}{FA} | {FB}{F}{r} | 把{n}去干净 | 一点{n}都不要 | {n}全部去掉 | {n}统统去掉 | {FB}{t} | {v}到最大 | {n}一点不留
    """),
    "wish.number": phrases("""
        {R}{x}{n} | {R}{x}的{n} | {R}{x}的{n} | {n}{R}{x} | {n}减少{x} | {n}降低{x} | 把{n}{R}{x} | 把{n}减少{x} | {v}{x} | {v} {x} | {v}{x} | {v}强度{x} | {v},强度{x} | {v}程度{x} | {n}{x} | {n}:{x} | {n} {x} | {t}{x} | {t} {x} | {P}{t}{x} | {F}{x}的{r} | {F}{r}{x} | {r}{F}{x} | {v}力度{x} | {x}强度{v} | {x}的{v} | {x}{t} | 按{x}{v} | 以{x}的强度{v} | {v}到{x} | {n}去掉{x} | {n}去{x} | 去掉{x}{n} | {v}大概{x} | {v}{x}左右 | {v}参数{x} | {R}大约{x}的{n}
    """),
    "wish.inverse": phrases("""
        保留{x}{n} | 保留{x}的{n} | 留{x}{n} | {n}留{x} | {n}保留{x} | {n}降到{x} | 把{n}减到{x} | 把{n}降低到{x} | 只留{x}的{n} | {n}只保留{x} | 留下{x}的{n}就好
    """),
    "region.wish": phrases(
        "{gf}{v} | {gf}{t} | {gf}{t} | {t}{gl} | {v}{gl} | {gf}{R}{n} | {g}的{n}去掉 | 把{g}的{n}去掉 | {R}{g}的{n} | {R}{g}上的{n} | {g}{v} | {g}{t} | {g}{v}一下 | 让{g}不那么{a} | {F}{g}的{r} | {g}的{r}{F} | 只{t}{g} | {v}{g} | {v},只要{g}"
    ),
    "region.complaint": phrases(
        "{g}{a} | {g}很{a} | {g}太{a}了 | {g}有点{a} | {g}怎么这么{a} | {g}有{n} | {g}的{n}太多 | {g}上全是{n} | {g}拍得{a} | {g}里有好多{n} | {g}{n}太重 | {g}看起来{a}"
    ),
    "region.little": phrases("{gf}{LB}{v} | {gf}{LB}{t} | {g}{v}{LA} | {g}{t}{LA} | {R}{LA}{g}的{n} | {LB}{t}{gl}"),
    "region.strong": phrases("{gf}{SB}{v} | {gf}{SB}{t} | {g}{v}{SA} | {SB}{t}{gl} | {g}{SB}{R}{n}"),
    "region.number": phrases("{gf}{v}{x} | {gf}{t}{x} | {g}的{n}去掉{x} | {R}{g}{x}的{n} | {g}{t} {x} | {t}{x}{gl}"),
    "region.auto": phrases(
        "修复{g} | {g}修复 | {g}修复一下 | 增强{g} | 优化{g} | {g}优化一下 | 让{g}更好看 | 改善{g} | {g}美化一下 | 只修{g} | 修一下{g} | {gf}优化 | 提升{g}画质 | {g}弄好看点 | {gf}修复"
    ),
    "region.tone": phrases("{g}{tone} | {gf}{tone}"),
    "dont": wishes_zh.DONT_VERB,
    "keep.adjective": wishes_zh.KEEP_ADJECTIVE,
    "gerund.keep": wishes_zh.GERUND_KEEP,
    "keep": wishes_zh.KEEP,
    "keep.adverb": wishes_zh.KEEP_ADVERBS,
    "everything.but": wishes_zh.EVERYTHING_BUT,
    "auto": wishes_zh.AUTO,
    "auto.keep": (
        "{auto_},但{keep_}",
        "{auto_},{keep_}",
        "{auto_},{adverb_}",
        "{adverb_},{auto_}",
        "{keep_},{auto_}",
        "{auto_},不过{keep_}",
    ),
    "auto_": wishes_zh.AUTO,
    "keep_": wishes_zh.KEEP,
    "adverb_": wishes_zh.KEEP_ADVERBS,
    "scale.larger": wishes_zh.BIGGER,
    "scale.2": wishes_zh.TWICE,
    "scale.4": wishes_zh.FOURFOLD,
    "scale.8": wishes_zh.EIGHTFOLD,
    "scale.times": wishes_zh.TIMES,
    "scale.factor": phrases(
        "放大系数{n} | 放大倍率{n} | 倍数{n} | 放大倍数:{n} | 放大倍率为{n} | 乘{n}放大 | 超分倍率{n}"
    ),
    "spare.face": wishes_zh.SPARE_FACE,
    "connector": wishes_zh.CONNECTORS,
    "contrast": wishes_zh.CONTRAST,
    "polite.before": wishes_zh.POLITE_BEFORE,
    "polite.after": wishes_zh.POLITE_AFTER,
    "context": wishes_zh.CONTEXTS,
    "tail": wishes_zh.FIX_TAILS,
    "tone.little": phrases("一点 | 一点点 | 一些 | 点 | 一丢丢"),
    "tone.strong": phrases("很多 | 多一些 | 得多 | 好多"),
    "tone.number": phrases("{x}"),
    "gf": wishes_zh.REGION_FIRST,
    "gl": wishes_zh.REGION_LAST,
    "P": wishes_zh.PHOTOS,
    "R": wishes_zh.REMOVE,
    "F": wishes_zh.REPAIR,
    "LA": wishes_zh.LITTLE_AFTER,
    "LB": wishes_zh.LITTLE_BEFORE,
    "HA": wishes_zh.HALF_AFTER,
    "HB": wishes_zh.HALF_BEFORE,
    "SA": wishes_zh.STRONG_AFTER,
    "SB": wishes_zh.STRONG_BEFORE,
    "FA": wishes_zh.FULL_AFTER,
    "FB": wishes_zh.FULL_BEFORE,
    "o": refused_zh.OBJECTS,
    "p": refused_zh.OBJECTS,
    "s": refused_zh.STYLES,
    "w": tuple(
        "天地玄黄宇宙洪荒日月盈昃辰宿列张寒来暑往秋收冬藏猫狗鱼饭茶书桌椅山河走跑吃喝玩乐东西南北春夏牛羊马鸡米面油盐"
    ),
}

CHINESE = Language(
    name="zh",
    tasks=TASK_PHRASES,
    transitives=TRANSITIVES,
    gerunds=GERUNDS,
    lists=_LISTS,
    regions=wishes_zh.REGIONS,
    tone=wishes_zh.TONE,
    refused={
        "object": refused_zh.OBJECT * 3 + refused_zh.OBJECT_FIXED,
        "style": refused_zh.STYLE * 2 + refused_zh.STYLE_FIXED,
        "colorize": refused_zh.COLORIZE,
        "geometry": refused_zh.GEOMETRY,
        "effect": refused_zh.EFFECT,
        "question": refused_zh.QUESTION,
        "unclear": refused_zh.UNCLEAR + ("{w}{w}{w}{w}", "{w}{w}{w}", "{w}{w}{w}{w}{w}{w}", "{w}{w}") * 5,
    },
)

_HAN = "零一二三四五六七八九十"
_FRACTIONS = phrases(
    "三分之一 | 三分之二 | 四分之一 | 四分之三 | 五分之一 | 五分之二 | 五分之三 | 五分之四 | 十分之三 | 十分之七 | 1/3 | 3/4 | 2/5"
)


def _number(value: int) -> str:
    tens, units = divmod(value, 10)
    return (
        "一百"
        if value == 100
        else _HAN[value]
        if value <= 10
        else (_HAN[tens] if tens > 1 else "") + "十" + (_HAN[units] if units else "")
    )


def share(rng: random.Random) -> str:
    """A number that says how much, as people write it."""
    percent = rng.choice([5, 10, 15, 20, 25, 30, 35, 40, 45, 50, 60, 70, 75, 80, 90, 95, 100, rng.randint(1, 99)])
    style = rng.random()
    if style < 0.3:
        return f"{percent}{rng.choice(['%', '%', ' %', '%'])}"
    if style < 0.45:
        return f"百分之{rng.choice([_number(percent), str(percent)])}"
    if style < 0.7:
        return f"{rng.choice([_HAN[rng.randint(1, 9)], str(rng.randint(1, 9))])}成{rng.choice(['', '', '', '', '半'])}"
    if style < 0.9:
        return rng.choice([f"{percent / 100:g}", f"{percent / 100:g}", f"零点{_HAN[rng.randint(1, 9)]}"])
    return rng.choice(_FRACTIONS)


def times(rng: random.Random) -> str:
    """A magnification with its sign."""
    factor = rng.choice([2, 2, 2, 4, 4, 4, 8, 8, 3, 6, 1.5, 16])
    han = "两" if factor == 2 else _HAN[factor] if factor in range(3, 11) else str(factor)
    return rng.choice(
        [
            f"{factor}倍",
            f"{han}倍",
            f"{han}倍",
            f"{factor}倍",
            f"x{factor}",
            f"{factor}x",
            f"×{factor}",
            f"{factor} 倍",
            f"{factor * 100:g}%",
            f"{han}倍大",
        ]
    )


def factor(rng: random.Random) -> str:
    return rng.choice(["2", "4", "8", "2", "4", "8", "3"])
