"""The program's frequent sentences about what went wrong, in Chinese; rarer ones stay as they are."""

import re

from gradio.context import LocalContext

from controllable.app.language import chinese

_CHINESE: tuple[tuple[str, str], ...] = (
    (r"image: (.+) is damaged or cut short .*", r"照片：\1 已损坏或不完整"),
    (r"image: (.+) is not a picture in one of the formats (.+)", r"照片：\1 不是支持的图片格式（\2）"),
    (r"image: (.+) has (.+) megapixels, at most (.+) are accepted", r"照片：\1 有 \2 百万像素，最多支持 \3 百万像素"),
    (r"image: (.+) has far more megapixels than are accepted", r"照片：\1 的像素数远超上限"),
    (r"image: (.+) has (.+) MB, at most (.+) MB are accepted", r"照片：\1 有 \2 MB，最多支持 \3 MB"),
    (r"image: (.+) is empty .*", r"照片：\1 是空文件"),
    (r"image: the upload is gone; .*", "照片：上传的文件已被删除，请重新上传"),
    (r"image: (.+) is not read: .*", r"照片：无法读取 \1，请另存为普通的 PNG 或 JPEG 再试"),
    (r"prompt: it is empty; .*", "要求：还是空的，请说明想改善什么，例如“去除噪点”"),
    (r"prompt: (\d+) characters came, at most (\d+) are accepted.*", r"要求：有 \1 个字符，最多 \2 个"),
    (r"region: no face was found .*", "范围：照片里没有找到人脸，请涂抹要处理的地方，或改为整张照片"),
    (r"region: no sky was found .*", "范围：照片里没有找到天空，请涂抹要处理的地方，或改为整张照片"),
    (r"memory: there is not enough .*", "内存不足：请换一张较小的照片，或稍后再试"),
    (r"There is not enough memory .*", "内存不足：请换一张较小的照片"),
    (r"Something went wrong in the program itself; .*", "程序内部出错，服务器日志中有详细信息"),
    (r"Cancelled; nothing was changed.", "已取消，未作任何改动"),
    (r"audio: (.+) is not an audio file, or it is damaged", r"录音：\1 不是音频文件，或已损坏"),
    (r"audio: (.+) is silent; .*", "录音：没有声音，请检查麦克风"),
    (r"audio: no words were understood .*", "录音：没有听清，请靠近麦克风再说一遍"),
    (r"audio: (.+) is shorter than .*", "录音：太短了，请说出想改善什么"),
    (r"link: is damaged .*", "链接：已损坏或不完整，请重新索取"),
    (r"link: has more than (\d+) characters", r"链接：超过 \1 个字符"),
    (r"link: the prompt is too long .*", "链接：要求太长，请缩短"),
    (r"preset: give it a name first", "预设：请先填写名称"),
    (r"preset: its name is longer than (\d+) characters", r"预设：名称超过 \1 个字符"),
    (r"preset: there are (\d+) already; .*", r"预设：已有 \1 个，请先删除一个"),
)


def said(text: str) -> str:
    """The sentence in the visitor's language; in both where that is not known yet, as while an upload is checked."""
    known = LocalContext.request.get(None) is not None
    if known and not chinese():
        return text
    for pattern, translation in _CHINESE:
        if match := re.fullmatch(pattern, text, re.DOTALL):
            return match.expand(translation) if known else f"{text} · {match.expand(translation)}"
    return text
