# ruff: noqa: E501
"""Forms of `scenes` that speak of several flaws at once, by language."""

from controllable.training.phrases import phrases

CORE = {
    "en": {
        "default": phrases("""
            {v} | {v} | {v} | remove the {n} | remove {n} | fix the {n} | reduce the {n} | get rid of the {n} | please remove the {n} | {v} please
            {a} | it's {a} | it is {a} | the photo is {a} | this photo is too {a} | my picture is {a}
        """),
        "little": phrases("{v} a little | {v} slightly | {v} a bit | slightly {v} | remove a little {n} | remove the {n} a little | slight {v}"),
        "half": phrases("{v} by half | remove half of the {n} | remove half the {n} | halve the {n}"),
        "strong": phrases("{v} strongly | {v} a lot | {v} heavily | strongly {v} | {v} hard | remove most of the {n} | strong {v} | heavy {v}"),
        "full": phrases("{v} completely | remove all of the {n} | completely remove the {n} | remove all {n} | fully {v}"),
    },
    "zh": {
        "default": phrases("{v} | {v} | {v} | 去掉{n} | 去除{n} | 把{n}去掉 | 减少{n} | {v}一下 | 帮我{v} | 请{v} | 照片{a} | 太{a}了 | {P}{a}"),
        "little": phrases("稍微{v} | 轻微{v} | {v}一点 | {v}一点点 | 去掉一点{n} | 略微{v}"),
        "half": phrases("去掉一半{n} | {n}去掉一半 | {v}一半 | {n}减半"),
        "strong": phrases("强力{v} | 大幅{v} | 重度{v} | 用力{v} | {v}狠一点 | 去掉大部分{n}"),
        "full": phrases("彻底{v} | 完全{v} | 彻底去掉{n} | 去掉全部{n} | 全部去掉{n}"),
    },
}
"""The sentences that most people type."""

GAPS = {
    "en": (", ", " and ", " and the ", " & ", " plus ", " and also ", " as well as "),
    "zh": ("、", "和", "跟", "还有", ",", "又", "而且", "以及"),
}
SHARED = {
    "en": {
        "nouns": phrases("{R} X | {R} X | {R} both X | {R} the X | X removal | there's X | too much X"),
        "adjectives": phrases("{P} is X | it's X | it looks X | X photo | too X | it came out X"),
        "repairs": phrases("{F} X | {F} X | {F} both X"),
    },
    "zh": {
        "nouns": phrases("{R}X | 把X都去掉 | 有X | X都去掉 | 把X{R} | X{R}"),
        "adjectives": phrases("{P}X | 又X | X | {P}太X"),
        "repairs": phrases("{F}X | 把X{F} | X都修一下 | X{F}"),
    },
}
"""Forms for several flaws in one clause, X, by the column of the phrase table."""
NOT_BUT = {
    "en": {
        "nouns": phrases("""
            it's not X, it's Y | the problem is not X but Y | X is not the problem, Y is | not X, Y | i don't mean X, i mean Y
            {R} Y, not X | {R} the Y, not the X | not the X, the Y | forget X, what bothers me is Y | X is fine, Y isn't
            never mind X, {R} Y | neither X nor anything else, only Y | {R} Y rather than X | {R} Y instead of X
        """),
        "adjectives": phrases("""
            it isn't X, it's Y | it's not X, it's Y | not X but Y | it is Y, not X | {P} is not X but Y | it's meant to be X, but not Y
            it can stay X, but it's too Y | i like it X, but not Y
        """),
    },
    "zh": {
        "nouns": phrases("""
            不是X,是Y | 不是X的问题,是Y | X没问题,Y有问题 | 要去的是Y,不是X | 别管X,{R}Y | 先不管X,{R}Y | 不去X,去Y | X就算了,{R}Y
            不要动X,{R}Y就行 | 去Y而不是去X | X不用管,Y{R}
        """),
        "adjectives": phrases(
            "不是X,是Y | 不是X而是Y | 是Y,不是X | X没关系,就是太Y | 不觉得X,只是Y | X是应该的,但不要Y"
        ),
    },
}
"""X is denied, Y is meant, by the column of the phrase table."""
DONT_ENLARGE = {
    "en": phrases("""
        don't enlarge it | do not upscale | no upscaling | without enlarging it | keep the size | don't make it bigger | no need to enlarge
        leave the size alone | without making it bigger | don't change the size | dont upscale it | don't scale it up | keep the original size
    """),
    "zh": phrases(
        "不要放大 | 别放大 | 不用放大 | 不需要放大 | 尺寸不变 | 保持原尺寸 | 别改尺寸 | 不放大 | 大小别变 | 不要改大小 | 无需放大"
    ),
}
"""The wish for another size has frames of its own, and so has its refusal."""
HOW_MUCH = {
    "en": {
        "little": phrases("just a little less of it | fix it a bit | tone that down slightly | only a touch less"),
        "half": phrases("take half of it out | get rid of half of that | halve it"),
        "strong": phrases("get most of it out | fix that strongly | a lot less of that please"),
        "number": phrases("take {x} of it out | remove {x} of that | fix it by {x} | {x} less of it | cut it by {x}"),
    },
    "zh": {
        "little": phrases("去掉一点就好 | 稍微修一下 | 轻微处理就行 | 弄掉一点点"),
        "half": phrases("去掉一半 | 减一半就好 | 去一半"),
        "strong": phrases("大幅去掉 | 用力修一下 | 狠狠处理"),
        "number": phrases("去掉{x} | 减{x} | 去{x} | 修{x}就好 | 降{x}"),
    },
}
