"""Tasks come from the learned model: words the corpus never has still work by their pieces and their neighbours."""

from controllable.instruction.parser import InstructionParser
from controllable.task import Task

PROMPTS: dict[Task, tuple[tuple[str, str], ...]] = {
    Task.NOISE: (
        ("granularity", "there is too much granularity in the shadows"),
        ("denoiser", "run a denoiser over it"),
        ("noisier", "it looks noisier than i remember"),
        ("staticky", "the dark corners look staticky"),
        ("speckliness", "take the speckliness out"),
    ),
    Task.BLUR: (
        ("blurrier", "this came out blurrier than the others"),
        ("unblurring", "do some unblurring please"),
        ("deblurrer", "use a deblurrer on it"),
        ("misfocusing", "correct the misfocusing"),
        ("outoffocus", "the bride is totally outoffocus"),
    ),
    Task.COMPRESSION: (
        ("recompressions", "too many recompressions, clean that up"),
        ("deblocker", "run a deblocker"),
        ("blockier", "it got blockier after i sent it"),
        ("artifacting", "get rid of the jpeg artifacting"),
        ("jpegification", "undo the jpegification"),
    ),
    Task.LOW_LIGHT: (
        ("underexposing", "my camera keeps underexposing, fix it"),
        ("darkishness", "correct the darkishness of this underexposed shot"),
        ("underlighting", "fix the underlighting"),
        ("unlit", "the unlit room is too dark to see anything"),
    ),
    Task.HAZE: (
        ("hazier", "the mountains look hazier every year"),
        ("dehazer", "apply a dehazer"),
        ("fogginess", "take away the fogginess"),
        ("smogginess", "get the smogginess out of the skyline"),
        ("unfog", "unfog the valley"),
    ),
    Task.COLOR: (
        ("discolouring", "fix the discolouring of this print"),
        ("yellowishness", "remove the yellowishness"),
        ("miscoloured", "the walls are miscoloured, neutralise the cast"),
        ("greenness", "get rid of that greenness from the lamps"),
    ),
    Task.DETAIL: (
        ("sharpener", "use a sharpener on it"),
        ("textureless", "the fur looks textureless"),
        ("sharpnesses", "bring back the sharpnesses and textures"),
        ("crispify", "crispify the leaves"),
        ("oversmoothing", "undo the oversmoothing of the skin"),
    ),
}
PIECES = {
    Task.NOISE: ("祛噪点吧", "噪粒太扎眼"),
    Task.BLUR: ("糊兮兮的看不清", "抖糊了求修"),
    Task.HAZE: ("雾腾腾的去一去", "霾蒙蒙一片"),
    Task.COLOR: ("黄不拉几的色偏", "褪了色的旧相"),
    Task.DETAIL: ("锐一锐边缘", "纹理细节提一提"),
}


def test_words_the_corpus_never_has_are_mostly_understood(parser: InstructionParser) -> None:
    unseen = [
        (task, prompt) for task, pairs in PROMPTS.items() for word, prompt in pairs if word not in parser.spelling.words
    ]
    assert len(unseen) >= 15, "most of these words are in the corpus by now; write rarer ones"
    right = [set(parser.parse(prompt).tasks) == {task} for task, prompt in unseen]
    assert sum(right) >= 0.6 * len(right), f"{sum(right)} of {len(right)}"


def test_chinese_characters_in_new_company_are_mostly_understood(parser: InstructionParser) -> None:
    right = [task in parser.parse(prompt).tasks for task, prompts in PIECES.items() for prompt in prompts]
    assert sum(right) >= 0.6 * len(right), f"{sum(right)} of {len(right)}"
