"""Damage to a spoken wish: words heard as others, lost articles, no punctuation, numbers in words.

The table holds what PocketSphinx wrote for voices of flite that read texts of the corpus, with its general English
model, and a few confusions of the same kind; typing errors are `typing_noise`.
"""

import random
import re

from controllable.instruction.numbers import clean, extract
from controllable.instruction.speech.spoken import said
from controllable.training.grammar import MARK_BASE, MARK_END
from controllable.training.phrases import phrases

_OBSERVED = """
denoise = the noise | then noise | ten was | done was | then was a | d noise | de noise | then boys
denoising = the noising | de noising
noise = boys | nose | noises | bodies
noisy = noise he | noisier
deblur = the blur | de blur | deborah | d blur | developer
unblur = and blur | the unblur | on blur | and blair
blur = blair | blurred | blow | block
blurry = blurred | blur he | bluray
dehaze = the haze | de haze | d haze | they haze | their haze
haze = hazed | base | face | hays
hazy = haze e | hey z
defog = the fog | de fog | d fog
fog = flag | fall
foggy = fog he
mist = missed | midst
smog = smoke
degrain = the grain | de grain
grain = green | crane | grains
grainy = green e | greenie
jpeg = j p g | jpg | j peg | jay peg | j p e g
artifacts = artifact | art effects | our facts | artifice
artefacts = artifacts | art effects | our facts
pixelated = pixel ated | pixilated | accelerated | pixel later
pixelation = pixel ation | acceleration
jaggies = judges | jagger is | jackies
blocky = block e | blokey
deblock = the block | de block
blockiness = block in s
despeckle = the speckle | desperate
speckles = sparkles | speckle
underexposed = under exposed | under expose
overexposed = over exposed
underexposure = under exposure
backlight = back light | back like
backlit = back lit
upscale = up scale | upscaled | up skill
upsample = up sample
enlarge = in large | and large | then large | enlarged
enhance = in hands | enhanced | and hands | in hance
sharpen = sharp in | sharpened | sharper
sharper = sharp or | shopper
brighten = brighton | bright in | brightened
lighten = light in | lighting
shadows = shadow is | shadow
colors = color is | callers | color
colours = colors | color | callers
color = caller | colour | keller
cast = past | cost | caste
yellowing = yellow in
contrast = contrasts | con trust
texture = textures | text sure
details = detail | the tails
detail = details | d tail
exposure = exposed your
saturation = situation | saturations
airlight = air light | airline
oversmoothing = over smoothing
twofold = two fold
white balance = white balanced | wide balance
a little bit = little bit | a little bed
a little = little | ill | a lid all
a bit = a bed | of it | again
a touch = touch | attach
only the sky = only this sky | only the skies
the sky = this sky | the skies
the face = the phase | the fates
the background = background | the back ground
percent = per cent | %
by = buy | bye
half of = half off | half a
half = have | halves | haff
to four = to for | two four
times = time | thyme
too = to | two
two = to | too
for = four
four x = for x | forex | 4x
two x = to x | 2x
eight x = ate x | 8x
eight = ate
the photo = photo | this photo | the foto
photo = photos | fought oh
picture = pictures | pitcher
pic = pick
image = images
remove the = remove | removed the | removing
remove = removed | move | removes
recover = recovered | recovers
restore = restored | rest or | the store
reduce = reduced | produce
fix = fixed | fixes | fits
correct it = corrected | correct
get rid of = get rid off | get read of | get ridden of
clean up = cleanup | cleaned up
take out = takeout
keep the = keep | keeps the
without = with out
don't touch = don't touched | dont touch
don't = dont | do not
bigger = big or | biggest
larger = large or | larger size
twice as = twice is | twice a
double = doubled | dabble
the size = this size | sighs
boost = boosted | based
warmer = warm or | former
cooler = cool or | color
darker = dark or
brighter = bright or | writer
less = let's | lest | bless
more = moore
and = an | in | end
then = than | and
is = as
its = it's
please = pleas | plays
"""


def _table() -> dict[str, tuple[str, ...]]:
    lines = (line.split(" = ") for line in _OBSERVED.strip().splitlines())
    return {heard.strip(): phrases(others) for heard, others in lines}


HEARD_AS = _table()
"""What was said → what may be written for it."""
HEARD_SHARE = 0.25
"""How often a word of the table is misheard, given that the text is damaged at all."""

_SAID = re.compile(r"\b(?:" + "|".join(sorted(map(re.escape, HEARD_AS), key=len, reverse=True)) + r")\b")
_MARKED = re.compile(f"([{chr(MARK_BASE)}-{chr(ord(MARK_END) - 1)}][^{MARK_END}]*{MARK_END})")


def mishear(text: str, rng: random.Random) -> str:
    """An English text as a recogniser may write it down. Numbers in the grammar's marks keep mark and value."""
    pieces = _MARKED.split(text.lower())
    heard = [_number(piece, rng) if index % 2 else _words(piece, rng) for index, piece in enumerate(pieces)]
    return re.sub(" +", " ", "".join(heard)).strip()


def _words(piece: str, rng: random.Random) -> str:
    """The text between numbers; spaces at its ends stay, as they part it from the numbers."""
    piece = re.sub(r"[^\w' %]+", " ", piece.replace("’", "'"))
    piece = _SAID.sub(
        lambda match: rng.choice(HEARD_AS[match.group()]) if rng.random() < HEARD_SHARE else match.group(), piece
    )
    if rng.random() < 0.3:
        piece = re.sub(r"\b(?:the|a|an) ", lambda match: "" if rng.random() < 0.6 else match.group(), piece)
    return piece


def _number(marked: str, rng: random.Random) -> str:
    """In words, mostly, where the words mean the same number."""
    surface = marked[1:-1]
    spoken = said(surface)
    same = extract(clean(spoken)).values == extract(clean(surface)).values
    return f"{marked[0]}{spoken}{MARK_END}" if same and spoken and rng.random() < 0.8 else marked
