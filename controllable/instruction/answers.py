"""Sentences for wishes outside what the program does, in the language of the wish."""

from controllable.instruction.script import is_chinese

_ENGLISH = {
    "object": "Adding, removing or replacing things in the picture is outside what this program does",
    "style": "Changing the style of the picture is outside what this program does",
    "colorize": "Colourising black-and-white photos is outside what this program does",
    "geometry": "Cropping, rotating, shrinking and converting files are outside what this program does",
    "effect": "Adding effects or flaws is outside what enhancement does",
    "question": "This program does not answer questions",
    "unclear": "No wish about the photo was understood",
}
_CHINESE = {
    "object": "本程序不能添加、移除或替换画面中的内容",
    "style": "本程序不能改变照片的风格",
    "colorize": "本程序不能给黑白照片上色",
    "geometry": "本程序不能裁剪、旋转、缩小照片或转换文件格式",
    "effect": "增强功能不会给照片添加特效或瑕疵",
    "question": "本程序不回答问题",
    "unclear": "没有理解您对照片的要求",
}
_ENGLISH_HELP = (
    "it can remove noise, blur, compression artefacts and haze, lift dark photos, correct colours, sharpen and enlarge."
)
_CHINESE_HELP = "可以去噪、去模糊、去压缩痕迹、去雾、提亮暗部、校正颜色、锐化和放大。"


def refusal(reason: str, prompt: str) -> str:
    """One sentence: what is outside, and what can be asked instead."""
    if is_chinese(prompt):
        return f"{_CHINESE[reason]}；{_CHINESE_HELP}"
    return f"{_ENGLISH[reason]}; {_ENGLISH_HELP}"
