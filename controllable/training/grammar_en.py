# ruff: noqa: E501
"""English sentence templates."""

import random

from controllable.task import Task
from controllable.training import refused_en, wishes_en
from controllable.training.grammar import Language
from controllable.training.phrases import phrases
from controllable.training.phrases_en import TASK_PHRASES

TRANSITIVES: dict[Task, tuple[str, ...]] = {
    Task.NOISE: phrases(
        "denoise | degrain | de-noise | despeckle | clean the noise from | remove noise from | remove the grain from | take the grain out of | noise reduction on | smooth the grain on"
    ),
    Task.BLUR: phrases(
        "deblur | unblur | refocus | de-blur | remove the blur from | fix the focus on | bring into focus | fix the blur on | make in focus"
    ),
    Task.COMPRESSION: phrases(
        "de-jpeg | deblock | deartifact | dejpeg | remove the jpeg artifacts from | remove compression artifacts from | clean the compression off"
    ),
    Task.RESOLUTION: phrases("depixelate | fix the pixelation of | remove the jaggies from | super-resolve"),
    Task.LOW_LIGHT: phrases(
        "lighten the dark | lift the shadows on | light up the dark | relight | brighten the underexposed | recover the shadows in | fix the underexposed | fix the exposure of"
    ),
    Task.HAZE: phrases(
        "dehaze | defog | demist | clear the haze from | remove the haze from | remove the fog from | cut the haze in"
    ),
    Task.COLOR: phrases(
        "color correct | colour correct | white balance | fix the colors of | correct the colours of | remove the color cast from | fix the white balance of | restore the colors of"
    ),
    Task.DETAIL: phrases(
        "sharpen | crispen | add detail to | bring out the texture of | enhance the details of | recover detail in | sharpen up | restore the texture of | boost the sharpness of"
    ),
}

GERUNDS: dict[Task, tuple[str, ...]] = {
    Task.NOISE: phrases("denoising | noise reduction | degraining | noise removal | grain removal"),
    Task.BLUR: phrases("deblurring | blur removal | refocusing | motion correction"),
    Task.COMPRESSION: phrases("deblocking | artifact removal | jpeg cleanup | compression repair"),
    Task.RESOLUTION: phrases("upscaling | enlarging | enlarging it | resizing | super resolution | changing the size"),
    Task.LOW_LIGHT: phrases("lifting the shadows | shadow recovery | exposure correction | brightening the shadows"),
    Task.HAZE: phrases("dehazing | haze removal | fog removal | defogging"),
    Task.COLOR: phrases("color correction | colour correction | white balancing | recoloring | changing the colors"),
    Task.DETAIL: phrases(
        "sharpening | oversharpening | detail enhancement | added texture | adding sharpness | extra sharpness"
    ),
}

_LISTS: dict[str, tuple[str, ...]] = {
    "or": (" and ", " or ", " and the ", ", "),
    "wish.default": phrases("""
        remove {n} | remove {n} | remove the {n} | {n} | fix {n} | {R} {n} | {R} the {n} | {R} {n} from {P} | {R} the {n} in {P} | {R} {n} in {P} | {R} all this {n} | {R} that {n} | {n} removal | less {n} | no more {n} | i want {P} without {n} | i don't want {n} | make {n} go away | {n} has to go | {n} must go
        {n} should go | {v} | {v} | {v} | {v} | {v} | {v} | {v} | {v} | {t} {P} | {t} {P} | {t} {P} | {t} the {o} | {R} {n} from the {o} | {R} the {n} on my {o} | {F} {r} | {F} {r} | {F} {r} in {P} | {F} {r} of {P} | make {P} less {a} | make it less {a} | make {P} look less {a} | a version with no {n} | it needs {R} {n} | {F} this {a} photo | {F} my {a} picture | {F} the {a} image
        clean version without {n} | want {r} fixed | i'd like {r} to be fixed | i'd like {n} gone | get {r} sorted | {R} what looks like {n} | {n} reduction | {R} any {n} | {r} needs work | {r}, {F} it | {n}, {R} it | {R} unwanted {n} | {R} {n} but nothing else | just {v}, nothing more
    """),
    "complaint": phrases("""
        {c} | {c} | {c} | {c} | {c} | {c} | {c} | {c} | the {o} is {a} | my {o} looks {a} | the {o} came out {a} | there is {n} on the {o} | {P} is {a} | {P} looks {a} | {P} is too {a} | it's {a} | it's so {a} | it's really {a} | it's kind of {a} | it is a bit {a} | why is {P} so {a} | {P} came out {a} | {P} turned out {a} | there's {n} | there is {n} in {P} | too much {n} | {P} has {n} | {P} has too much {n}
        i see {n} | {n} everywhere | {n} spoils {P} | all i see is {n} | {a} | {a} {P} | the {n} bothers me | i hate the {n} | can't stand the {n} | look at that {n} | what about {n} | {P} suffers from {n} | {P} is full of {n} | {P} looks a bit {a} | {P} is slightly {a} | the result is {a} | it seems {a} | so much {n} | i'm not happy with {r} | something is wrong with {r} | {r} is bad | {r} looks off | {r} could be better
        it all looks {a} | {P} is quite {a} | {P} is very {a} | this came out {a} | i got a {a} picture | somehow it's {a} | and it's {a} | the only problem is {n} | the only thing wrong is {n} | everything is fine except {n} | it's fine except for {n} | it would be perfect without {n} | good photo apart from {n} | {n} is the only issue | otherwise great but {a} | nice shot, shame about {n} | great photo but {a} | lovely picture but so {a} | i like it but it's {a} | too bad it's {a}
    """),
    "wish.little": phrases("""
        {LB} {R} {n} | {R} {LO} {n} | {R} {LO} the {n} | {R} {n} {LA} | {R} the {n} {LA} | {v} {LA} | {v} {LA} | {v} {LA} | {v}, {LA} | {LB} {v} | {LB} {v} | {LB} {t} {P} | {t} {P} {LA} | {LK} {n} removal | {LK} {n} reduction | {F} {r} {LA} | {LB} {F} {r} | {LA} less {n} | make it {LB} less {a} | make {P} {LA} less {a} | {LK} {v} | {v} but {LA} | just {LB} {v} | {v} ({LA}) | {v} just {LA} | a {LK} {v}
    """),
    "wish.half": phrases("""
        {R} {HO} {n} | {R} {HO} the {n} | {R} {n} {HA} | {R} the {n} {HA} | {v} {HA} | {v} {HA} | {HB} {v} | {HB} {R} {n} | {t} {P} {HA} | {F} {r} {HA} | {HO} the {n} should go | i want {HO} the {n} gone | leave {HO} the {n} | keep {HO} the {n} | halve the {n} | cut the {n} in half | reduce {n} to half | half as much {n} | {n} {HA} | half-strength {v} | half the {n} please | only half as {a}
    """),
    "wish.strong": phrases("""
        {SB} {R} {n} | {R} {SO} {n} | {R} {SO} the {n} | {R} {n} {SA} | {R} the {n} {SA} | {v} {SA} | {v} {SA} | {SB} {v} | {SB} {v} | {SB} {t} {P} | {t} {P} {SA} | {SK} {n} removal | {SK} {n} reduction | {F} {r} {SA} | {SB} {F} {r} | {SA} less {n} | make it {SA} less {a} | {SK} {v} | {v}, {SK} | much less {n} | a lot less {n} | {v}, and {SA} | {v} with high strength
    """),
    "wish.full": phrases("""
        {FB} {R} {n} | {R} {FO} {n} | {R} {FO} the {n} | {R} {n} {FA} | {R} the {n} {FA} | {v} {FA} | {FB} {v} | {t} {P} {FA} | {F} {r} {FA} | {FB} {F} {r} | {FO} {n} must go | not a single trace of {n} | zero {n} | {FK} {n} removal | {FK} {v} | {v}, {FK} strength | {FK} {n} reduction | i want {FO} the {n} gone
    """),
    "wish.number": phrases("""
        {R} {x} of {n} | {R} {x} of the {n} | {R} {x} of the {n} | take {x} of the {n} out | {R} {n} by {x} | {R} the {n} by {x} | {v} by {x} | {v} {x} | {v} at {x} | {v} with strength {x} | {v}, strength {x} | {v} at {x} strength | {v} to {x} | {n} {x} | {n}: {x} | {n} = {x} | {n}={x} | {n} removal {x} | {n} removal at {x} | {n} reduction of {x} | {x} {n} reduction | {x} {n} removal | {x} less {n} | turn the {n} down by {x} | {x} {v}
        {t} {P} by {x} | {t} {P} {x} | {t} {P} at {x} | {F} {r} by {x} | {F} {r} {x} | {F} {x} of {r} | i want {x} of the {n} gone | {x} of the {n} should go | make it {x} less {a} | reduce {n} by {x} | reduce the {n} by about {x} | roughly {x} of the {n} out | set {n} removal to {x} | {v} (strength {x}) | {v} (amount {x}) | {v} around {x} | {v} about {x} | {n} -{x} | lower {n} by {x} | {v} - {x} | {v} amount {x} | {v} intensity {x} | apply {x} {v}
    """),
    "wish.inverse": phrases("""
        keep {x} of the {n} | leave {x} of the {n} | reduce {n} to {x} | bring the {n} down to {x} | leave {x} of {n} in | only {x} of the {n} should remain | keep only {x} of the {n} | cut the {n} down to {x} of what it is | leave about {x} of the {n} there | retain {x} of the {n} | {x} of the {n} may stay
    """),
    "region.wish": phrases(
        "{t} {g} | {t} {g} | {t} only {g} | {t} just {g} | {R} {n} {on} | {R} the {n} {on} | {v} {on} | {v} {on} | {gf} {v} | {gf} {R} {n} | make {g} less {a} | {F} {r} {on} | {F} {r} of {g} | i want {g} less {a} | {v}, {g} only | {v} but only {g} | only {t} {g}, nothing else"
    ),
    "region.complaint": phrases(
        "{g} is {a} | {g} looks {a} | {g} is too {a} | {g} came out {a} | there's {n} in {g} | there's {n} on {g} | {g} has {n} | too much {n} in {g} | why is {g} so {a} | {n} all over {g} | {g} is so {a} | {g} seems {a} | {n} in {g}"
    ),
    "region.little": phrases(
        "{t} {g} {LA} | {LB} {t} {g} | {v} {LA} {on} | {R} {LO} the {n} {on} | make {g} {LA} less {a} | {LB} {F} {r} {on}"
    ),
    "region.strong": phrases("{t} {g} {SA} | {SB} {t} {g} | {v} {SA} {on} | {R} {SO} the {n} {on} | {SB} {F} {r} {on}"),
    "region.number": phrases(
        "{t} {g} by {x} | {R} {x} of the {n} {on} | {v} {x} {on} | {v} by {x} {on} | {gf} {v} {x} | {t} {g}, {x}"
    ),
    "region.auto": phrases(
        "fix {g} | restore {g} | enhance {g} | improve {g} | make {g} look better | enhance only {g} | restore just {g} | clean up {g} | improve the quality of {g} | {g}: enhance | only improve {g} | face restoration on {g} | repair {g} | make {g} look good"
    ),
    "region.tone": phrases("{tone} {on}"),
    "dont": wishes_en.DONT_VERB,
    "keep.adjective": wishes_en.KEEP_ADJECTIVE,
    "gerund.keep": wishes_en.GERUND_KEEP,
    "keep": wishes_en.KEEP,
    "keep.adverb": wishes_en.KEEP_ADVERBS,
    "everything.but": wishes_en.EVERYTHING_BUT,
    "auto": wishes_en.AUTO,
    "auto.keep": (
        "{auto_} but {keep_}",
        "{auto_}, {keep_}",
        "{auto_} {adverb_}",
        "{auto_}, but {keep_}",
        "{keep_}, {auto_}",
        "{keep_} but {auto_}",
    ),
    "auto_": wishes_en.AUTO,
    "keep_": wishes_en.KEEP,
    "adverb_": wishes_en.KEEP_ADVERBS,
    "scale.larger": wishes_en.BIGGER,
    "scale.2": wishes_en.TWICE,
    "scale.4": wishes_en.FOURFOLD,
    "scale.8": wishes_en.EIGHTFOLD,
    "scale.times": wishes_en.TIMES,
    "scale.factor": wishes_en.FACTOR,
    "spare.face": wishes_en.SPARE_FACE,
    "connector": wishes_en.CONNECTORS,
    "contrast": wishes_en.CONTRAST,
    "polite.before": wishes_en.POLITE_BEFORE,
    "polite.after": wishes_en.POLITE_AFTER,
    "context": wishes_en.CONTEXTS,
    "tail": wishes_en.FIX_TAILS,
    "tone.little": phrases("a bit | a little | slightly | a touch | a tad | just a bit | a little bit | somewhat"),
    "tone.strong": phrases("much | a lot | way | significantly | far | really | considerably"),
    "tone.number": phrases("by {x} | {x}"),
    "on": wishes_en.ON_REGION,
    "gf": wishes_en.REGION_FIRST,
    "P": wishes_en.PHOTOS,
    "R": wishes_en.REMOVE,
    "F": wishes_en.REPAIR,
    "LA": wishes_en.LITTLE,
    "LB": wishes_en.LITTLE_BEFORE,
    "LO": wishes_en.LITTLE_OF,
    "LK": wishes_en.LITTLE_KIND,
    "HA": wishes_en.HALF,
    "HB": wishes_en.HALF_BEFORE,
    "HO": wishes_en.HALF_OF,
    "SA": wishes_en.STRONG,
    "SB": wishes_en.STRONG_BEFORE,
    "SO": wishes_en.STRONG_OF,
    "SK": wishes_en.STRONG_KIND,
    "FA": wishes_en.FULL,
    "FK": wishes_en.FULL_KIND,
    "FB": wishes_en.FULL_BEFORE,
    "FO": wishes_en.FULL_OF,
    "o": refused_en.OBJECTS,
    "s": refused_en.STYLES,
    "w": refused_en.WORDS,
    "article": (
        "a {o}",
        "some {o}",
        "the {o}",
        "my {o}",
        "a big {o}",
        "a red {o}",
        "{o}",
        "two {o}s",
        "a little {o}",
        "an old {o}",
    ),
}
_LISTS["a"] = _LISTS["article"]

ENGLISH = Language(
    name="en",
    tasks=TASK_PHRASES,
    transitives=TRANSITIVES,
    gerunds=GERUNDS,
    lists=_LISTS,
    regions=wishes_en.REGIONS,
    tone=wishes_en.TONE,
    refused={
        "object": refused_en.OBJECT * 4 + refused_en.OBJECT_FIXED * 2,
        "style": refused_en.STYLE * 2 + refused_en.STYLE_FIXED,
        "colorize": refused_en.COLORIZE,
        "geometry": refused_en.GEOMETRY,
        "effect": refused_en.EFFECT,
        "question": refused_en.QUESTION,
        "unclear": refused_en.UNCLEAR
        + ("{w} {w} {w}", "{w} {w}", "{w} {w} {w} {w} {w}", "the {w} is {w} and {w}", "i {w} the {w}", "{w}") * 6,
    },
)

_UNITS = [
    "zero",
    "one",
    "two",
    "three",
    "four",
    "five",
    "six",
    "seven",
    "eight",
    "nine",
    "ten",
    "eleven",
    "twelve",
    "thirteen",
    "fourteen",
    "fifteen",
    "sixteen",
    "seventeen",
    "eighteen",
    "nineteen",
]
_TENS = ["-", "-", "twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"]
_FRACTIONS = phrases(
    "a third | one third | two thirds | a quarter | one quarter | three quarters | a fifth | two fifths | three fifths | a tenth | three tenths | four fifths | 1/3 | 2/3 | 1/4 | 3/4 | 3/10 | 7/10 | 2/5 | 1/2"
)


def share(rng: random.Random) -> str:
    """A number that says how much, as people write it."""
    percent = rng.choice(
        [5, 10, 15, 20, 25, 30, 35, 40, 45, 50, 55, 60, 65, 70, 75, 80, 85, 90, 95, 100, rng.randint(1, 99)]
    )
    style = rng.random()
    if style < 0.4:
        return f"{percent}{rng.choice(['%', '%', '%', ' %', ' percent', ' per cent', 'pct'])}"
    if style < 0.52:
        words = (
            _UNITS[percent]
            if percent < 20
            else f"{_TENS[percent // 10]}{rng.choice(' -')}{_UNITS[percent % 10]}"
            if percent % 10 and percent < 100
            else "a hundred"
            if percent == 100
            else _TENS[percent // 10]
        )
        return f"{words} percent"
    if style < 0.82:
        return f"{percent / 100:g}" if rng.random() < 0.85 else f"{percent / 100:.2f}".lstrip("0")
    if style < 0.9:
        tenths = rng.randint(1, 9)
        return rng.choice(
            [
                f"{tenths}/10",
                f"{tenths} out of 10",
                f"{_UNITS[tenths]} out of ten",
                f"point {_UNITS[tenths]}",
                f"zero point {_UNITS[tenths]}",
            ]
        )
    return rng.choice(_FRACTIONS)


def times(rng: random.Random) -> str:
    """A magnification with its sign."""
    factor = rng.choice([2, 2, 2, 4, 4, 4, 8, 8, 3, 6, 1.5, 16])
    word = _UNITS[int(factor)] if factor == int(factor) else str(factor)
    return rng.choice(
        [
            f"{factor}x",
            f"{factor}x",
            f"x{factor}",
            f"{factor} x",
            f"×{factor}",
            f"{factor}×",
            f"{factor} times",
            f"{word} times",
            f"{word}-fold",
            f"{factor}-fold",
            f"{word} fold",
            f"{factor * 100:g}%",
            f"{factor * 100:g} percent",
            f"x {factor}",
            f"{word}x",
        ]
    )


def factor(rng: random.Random) -> str:
    number = rng.choice([2, 4, 8, 2, 4, 8, 3, 6])
    return rng.choice([str(number), str(number), _UNITS[number], f"{number}.0"])
