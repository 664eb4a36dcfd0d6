# ruff: noqa: E501
"""English sentence templates; as in `wishes_en`, the common ones are repeated."""

import random
from dataclasses import replace

from controllable.task import Task
from controllable.training import refused_en, wishes_en
from controllable.training.grammar import Language
from controllable.training.phrases import TaskPhrases, phrases
from controllable.training.phrases_en import TASK_PHRASES

TRANSITIVES: dict[Task, tuple[str, ...]] = {
    Task.NOISE: phrases("""
        denoise | denoise | denoise | degrain | de-noise | de-grain | despeckle | de-speckle | clean the noise from | remove noise from | remove the noise from | remove the grain from | take the grain out of | take the noise out of | run noise reduction on | do noise reduction on | apply noise reduction to | apply denoising to | run a denoiser on | smooth the grain on | smooth out the noise in | clear the noise out of | get the noise out of | get the grain out of | get rid of the noise in | get rid of the grain in | reduce the noise in | reduce the grain in | suppress the noise in | filter the noise out of | lose the grain in | cut the noise in
        lower the noise in | wipe the speckles off | strip the noise from | scrub the grain out of | bring down the noise in | tone down the grain in | kill the noise in | tame the grain in | clean up the noise in | clean up the grain in | clean the dots off | fix the noise in | fix the grain in | quiet the noise in
    """),
    Task.BLUR: phrases("""
        deblur | deblur | deblur | unblur | unblur | refocus | de-blur | un-blur | remove the blur from | remove blur from | fix the focus on | fix the focus of | bring into focus | put into focus | pull into focus | fix the blur on | fix the blur in | get the blur out of | take the blur out of | correct the focus of | correct the blur in | undo the camera shake in | correct the camera shake in | remove the shake from | remove motion blur from | undo the motion blur in | reverse the blur in | reduce the blur in | clear up the blur in | deconvolve
        recover the focus of | restore the focus of | rescue the focus of | save the missed focus of | de-shake | apply deblurring to | run deblurring on | unsmear | fix the out of focus look of | get rid of the blur in | get rid of the motion blur in | clean up the blur in
    """),
    Task.COMPRESSION: phrases("""
        de-jpeg | dejpeg | deblock | deartifact | de-artifact | de-block | remove the jpeg artifacts from | remove compression artifacts from | remove the compression artifacts from | clean the compression off | clean the jpeg artifacts off | clean up the jpeg artifacts in | get rid of the compression artifacts in | get rid of the blocks in | remove the blocks from | remove the blockiness from | take the blockiness out of | smooth the blocks in | smooth out the blockiness of | undo the compression of | reverse the compression of | undo the jpeg compression of | repair the compression damage in
        fix the compression of | fix the jpeg artifacts in | fix the blocking in | reduce the compression artifacts in | reduce the blockiness of | remove the artifacts from | get the artifacts out of | clean the artifacts from | remove the ringing from | apply artifact removal to | run artifact removal on | run deblocking on | suppress the artifacts in
    """),
    Task.RESOLUTION: phrases("""
        depixelate | de-pixelate | unpixelate | fix the pixelation of | fix the pixelation in | remove the jaggies from | remove the pixelation from | take the pixelation out of | super-resolve | get rid of the pixelation in | get rid of the jaggies in | smooth the jagged edges of | smooth the staircase edges of | fix the low resolution of | fix the jagged edges in | anti-alias | reduce the pixelation of | undo the downscaling of | clean up the pixelation of | repair the pixelated look of | run super-resolution on | correct the aliasing in
    """),
    Task.LOW_LIGHT: phrases("""
        lift the shadows in | lift the shadows of | light up | relight | illuminate | recover the shadows in | recover the shadows of | bring up the shadows in | open up the shadows in | open the shadows of | raise the shadows in | pull up the shadows in | brighten the shadows in | lighten the shadows in | brighten the dark parts of | lighten the dark parts of | brighten the dark areas in | lighten the dark areas of | fix the exposure of | correct the exposure of | rescue the exposure of | fix the underexposure of | correct the underexposure in | fix the bad lighting of | fix the lighting in | get the darkness out of | remove the darkness from
        bring light into | bring some light into | put light into | get light into | raise the exposure of | increase the exposure of | push the exposure of | bump up the exposure of | lift the exposure of | recover what's in the dark parts of | bring out the dark parts of | reveal the dark parts of | apply low-light enhancement to | run low light enhancement on | fix the backlight in | make visible what is in the dark parts of
    """),
    Task.HAZE: phrases("""
        dehaze | dehaze | dehaze | de-haze | defog | de-fog | demist | de-mist | clear the haze from | clear the fog from | clear the mist from | remove the haze from | remove haze from | remove the fog from | remove the mist from | remove the smog from | take the haze out of | take the fog out of | get the haze out of | get rid of the haze in | get rid of the fog in | cut the haze in | cut through the haze in | reduce the haze in | reduce the fog in | lift the haze from | lift the fog from | lift the veil from | clear up the haze in | clear up the air in | see through the haze in | clean the haze off | strip the haze from
        wipe the mist off | blow the fog out of | fix the haze in | fix the hazy look of | apply dehazing to | run dehaze on | use dehaze on | suppress the haze in
    """),
    Task.COLOR: phrases("""
        color correct | colour correct | color-correct | colour-correct | white balance | white-balance | fix the colors of | fix the colours of | fix the colors in | correct the colors of | correct the colours of | correct the colours in | remove the color cast from | remove the colour cast from | get rid of the colour cast in | take the colour cast out of | get the yellow cast out of | remove the yellow tint from | neutralise the colour cast in | neutralize the cast in | fix the white balance of | fix the white balance in | correct the white balance of | set the white balance of | restore the colors of | restore the colours of | restore the faded colours of | revive the colours of
        bring back the colors of | bring the colours back in | recover the colours of | recover the original colors of | repair the colours of | refresh the faded colours of | get the colours right in | balance the colours of | rebalance the colors of | apply colour correction to | do a color correction on | run colour correction on | make the colours natural in | fix the skin tones in | correct the skin tones in | fix the hues of | undo the fading of | undo the yellowing of
    """),
    Task.DETAIL: phrases("""
        sharpen | sharpen | sharpen | crispen | crisp up | sharpen up | add detail to | add more detail to | add sharpness to | bring out the texture of | bring out the texture in | bring out the details of | bring out the details in | bring out the fine detail in | bring back the detail in | bring back the texture of | enhance the details of | enhance the detail in | enhance the texture of | enhance the sharpness of | recover detail in | recover the details of | recover the texture in | restore the texture of | restore the details of | restore fine detail in | boost the sharpness of | boost the texture of | boost the detail in | increase the sharpness of
        increase the detail in | raise the sharpness of | improve the sharpness of | improve the details of | apply sharpening to | run sharpening on | use unsharp mask on | do some sharpening on | define the edges of | show more texture in | show the fine structure of | give more definition to | give more bite to | give more texture to | reveal the texture of | fix the softness of | fix the plastic look of | undo the smoothing of | get more detail out of | get crisp edges in
    """),
}

GERUNDS: dict[Task, tuple[str, ...]] = {
    Task.NOISE: phrases(
        "denoising | denoising | noise reduction | noise reduction | degraining | noise removal | grain removal | grain reduction | de-noising | despeckling | noise suppression | noise filtering | noise filter | grain smoothing | noise cleaning | cleaning the noise | removing noise | removing the grain | smoothing of the grain | NR"
    ),
    Task.BLUR: phrases(
        "deblurring | deblurring | blur removal | blur reduction | refocusing | motion correction | shake correction | shake reduction | unblurring | deconvolution | de-blurring | focus correction | refocus | removing the blur | fixing the focus | changing the focus | focus repair"
    ),
    Task.COMPRESSION: phrases(
        "deblocking | artifact removal | artifact removal | artefact removal | jpeg cleanup | compression repair | compression cleanup | jpeg artifact removal | jpeg repair | artifact reduction | de-jpegging | removing the artifacts | removing compression | cleaning up the jpeg | smoothing of the blocks"
    ),
    Task.RESOLUTION: phrases(
        "upscaling | upscaling | enlarging | enlarging it | resizing | super resolution | super-resolution | changing the size | changing the resolution | upsampling | upsizing | enlargement | size change | size changes | resolution change | making it bigger | blowing it up | scaling | scaling up | ai upscaling | depixelation"
    ),
    Task.LOW_LIGHT: phrases(
        "lifting the shadows | shadow recovery | exposure correction | brightening the shadows | shadow lifting | shadow lift | relighting | low-light enhancement | low light correction | exposure changes | exposure boost | raising the exposure | opening up the shadows | lightening the dark areas | brightening the dark parts | shadow boost | fill light | fixing the exposure"
    ),
    Task.HAZE: phrases(
        "dehazing | dehazing | haze removal | fog removal | defogging | haze reduction | dehaze | mist removal | demisting | fog reduction | clearing the fog | clearing the haze | removing the mist | removing the fog | smog removal | de-hazing"
    ),
    Task.COLOR: phrases(
        "color correction | colour correction | white balancing | recoloring | changing the colors | changing the colours | colour changes | color changes | color balancing | colour balancing | white balance changes | white balance correction | auto white balance | cast removal | colour cast removal | color adjustment | colour adjustments | color grading | colour fixing | touching the colours | altering the colors | tint correction"
    ),
    Task.DETAIL: phrases(
        "sharpening | sharpening | sharpening | oversharpening | over-sharpening | detail enhancement | added texture | adding sharpness | extra sharpness | added sharpness | added detail | extra detail | artificial sharpness | fake detail | fake sharpness | texture enhancement | unsharp masking | crispening | edge enhancement | edge sharpening | invented detail | texture boost | clarity boost"
    ),
}

_INTENSIFIERS = (
    "too ",
    "so ",
    "very ",
    "super ",
    "extremely ",
    "kind of ",
    "overly ",
    "all ",
    "hopelessly ",
    "annoyingly ",
)


def _fitting(table: TaskPhrases) -> TaskPhrases:
    """The table in the form the templates need.

    Nouns lose their article and adjectives their intensifier: the templates bring both. What cannot stand after "less"
    ("not sharp", "a blurry mess") becomes a complaint.
    """
    adjectives, complaints = [], list(table.complaints)
    for adjective in table.adjectives:
        plain = next((adjective.removeprefix(word) for word in _INTENSIFIERS if adjective.startswith(word)), adjective)
        if plain != adjective:
            complaints += [adjective, f"it's {adjective}"]
        if plain.startswith(("not ", "a ")) or plain == "smooth":
            complaints += [adjective, f"it's {adjective}", f"the photo is {adjective}"]
        else:
            adjectives.append(plain)
    return replace(
        table,
        nouns=tuple(dict.fromkeys(noun.removeprefix("the ") for noun in table.nouns)),
        adjectives=tuple(dict.fromkeys(adjectives)),
        complaints=tuple(dict.fromkeys(complaints)),
    )


_TASKS = {task: _fitting(table) for task, table in TASK_PHRASES.items()}

_LISTS: dict[str, tuple[str, ...]] = {
    "or": (
        " and ",
        " and ",
        " or ",
        " or ",
        " and the ",
        ", ",
        ", ",
        " & ",
        " as well as ",
        " and also ",
        " or the ",
        " and/or ",
    ),
    "wish.default": phrases("""
        {v} | {v} | {v} | {v} | {v} | {v} | {v} | {t} {P} | {t} {P} | {t} {P} | {t} {P} | {R} {n} | {R} {n} | {R} the {n} | {R} the {n} | {R} the {n} in {P} | {R} {n} from {P} | {F} {r} | {F} {r} | {F} {r} in {P} | {n} removal | less {n} | make it less {a} | {n}
    """)
    * 14
    + phrases("""
        remove {n} | remove {n} | remove the {n} | {n} | fix {n} | {R} {n} | {R} the {n} | {R} the {n} | {R} {n} from {P} | {R} the {n} in {P} | {R} {n} in {P} | {R} that {n} | {n} removal | less {n} | no more {n} | i want {P} without {n} | i don't want {n} | make {n} go away | {n} has to go | {n} must go
        {n} should go | {v} | {v} | {v} | {v} | {v} | {v} | {v} | {v} | {v} | {v} | {v} | {v} | {v} | {v} | {v} | {v} | {t} {P} | {t} {P} | {t} {P} | {t} {P} | {t} {P} | {t} {P} | {t} {P} | {t} {P} | {t} the {thing} | {R} {n} from the {thing} | {R} the {n} on my {thing} | {F} {r} | {F} {r} | {F} {r} | {F} {r} | {F} {r} in {P} | {F} {r} in {P} | {F} {r} of {P} | make {P} less {a} | make it less {a} | make {P} look less {a} | a version with no {n} | {F} this {a} photo | {F} my {a} picture | {F} the {a} image
        clean version without {n} | want {r} fixed | i'd like {r} to be fixed | i'd like the {n} gone | get {r} sorted | {R} what looks like {n} | {n} reduction | {r} needs work | {r}, {F} it | {n}, {R} it | {R} unwanted {n} | {R} {n} but nothing else | just {v}, nothing more
        {R} the {n} from {P} | {R} the {n} from {P} | {R} the {n} in {P} | {R} the {n} of {P} | {R} the {n} on {P} | {R} the {n} that i see in {P} | {R} the {n} you see | {R} the {n} there | {R} this {n} | {R} that annoying {n} | {R} that ugly {n} | {R} the ugly {n} | {R} the annoying {n} | {R} the horrible {n} | {R} the nasty {n} | {R} the {n} it has | {R} the {n} the camera left | {R} its {n} | {R} my {n} problem | {R} the {n} issue | {R} {n} please, nothing else | {R} just the {n} | {R} only the {n} | only {R} the {n} | just {R} the {n} | just {R} the {n} in {P} | {R} the {n}, that's it | {R} the {n} but not the {thing} | {R} the {n} and leave the {thing} in it | {R} the {n}, not the {thing}
        get the {n} out of {P} | get the {n} out | get {P} free of {n} | take the {n} out of {P} | clean {P} of {n} | clean the {n} out of {P} | clear {P} of {n} | rid {P} of {n} | free {P} of {n} | free {P} from the {n} | purge {P} of {n} | strip {P} of {n} | let's get the {n} out of {P} | let the {n} vanish | let the {n} disappear | make the {n} disappear | make the {n} vanish | make the {n} go away | make that {n} go away | have the {n} removed | i want the {n} removed | i'd like the {n} removed | i want the {n} out | i want the {n} out of {P} | i want the {n} gone | i want less {n} | i want less {n} in {P} | i'd like less {n} | i'd like {P} without the {n} | i'd prefer {P} without {n} | i want it without {n} | i wish the {n} was gone | i wish there was no {n} | i wish {P} had no {n}
        i need the {n} gone | i need less {n} | i need {P} without {n} | i need {P} to be less {a} | i need it less {a} | i need help with the {n} | i need something against the {n} | i need a fix for the {n} | i could do without the {n} | i can do without the {n} | i'd be happy without the {n} | i'm trying to get rid of the {n} | i'm looking for a way to lose the {n} | i don't want the {n} | i don't want any {n} in {P} | i don't want to see the {n} | i don't wanna see the {n} anymore | i don't need the {n} | i don't like the {n}, {R} it | the {n} must go | the {n} must be gone | the {n} should go | the {n} should be gone | the {n} should disappear | the {n} should be removed | the {n} can go | the {n} could go | the {n} has to go | the {n} has to disappear | the {n} needs to go | the {n} needs to be removed | the {n} needs fixing | the {n} ought to go | the {n} shouldn't be there | there should be no {n} | there should be less {n} | there shouldn't be {n} in {P} | there must not be any {n}
        help against the {n} | help with the {n} | help me with the {n} | help me get rid of the {n} | help me lose the {n} | something against the {n} | do something against the {n} | do something about the {n} in {P} | do something about {r} | a fix for the {n} | a remedy for the {n} | {n} fix | {n} fix please | {n} cleanup | {n} correction | {n} be gone | {n} out | {n} off | {n} gone please | {n} away | {n}: remove | {n}: out | {n} -> remove | remove: {n} | fix: {n} | against {n} | anti {n} | no {n} | no {n} please | no {n} in {P} | no {n}, please | not so much {n} | less {n} please | less {n} in {P} | with less {n} | without {n} | without {n} please | without the {n} | minus the {n} | {P} without {n} | {P} without the {n} | {P} minus the {n} | {P} but without the {n} | {P} but with less {n} | {P} should have less {n} | {P} needs less {n} | same photo, no {n} | same photo without the {n} | same picture but without the {n} | same shot minus the {n} | show me {P} without {n} | show {P} without the {n} | what would {P} look like without the {n}
        a version without the {n} | a version of {P} without {n} | a copy without {n} | a clean copy without the {n} | a less {a} version | give me {P} without {n} | give me a version without {n} | give me a version with less {n} | give me a less {a} version | give me less {n} | could we lose the {n} | can we lose the {n} | can we have it without the {n} | can the {n} be removed | can the {n} be fixed | can the {n} in {P} be reduced | could the {n} be removed | can something be done about the {n} | can anything be done about the {n} | is there anything against the {n} | is there a cure for the {n} | is there a way to lose the {n} | what can you do about the {n} | what can be done about the {n} | what about removing the {n} | how about less {n} | how about removing the {n} | how do we lose the {n} | any chance to lose the {n} | any idea how to get rid of the {n} | down with the {n} | out with the {n} | away with the {n} | off with the {n} | enough of the {n} | stop the {n} | say goodbye to the {n} | bye bye {n}
        {v} {P} if needed | {v} for me | {v} now | {v} first | {v} only | {v} and done | {v} and nothing else | {v} and that's it | only {v} | only {v}, nothing else | just {v} | just {v} | simply {v} | {v}, that's all | {v}, that is all i want | {v}: yes | task: {v} | to do: {v} | step 1: {v} | step one: {v} | what i want: {v} | what it needs: {v} | all it needs: {v} | the only thing i want: {v} | my wish: {v} | next step: {v} | i'd say {v} | i think you should {v} | maybe {v} | perhaps {v} | see if you can {v} | try and {v} | you should {v} | you may {v} | it's time to {v} | time to {v} | why don't you {v} | and {v} | then {v} | also {v}
        {t} {P} please | {t} {P} for me | {t} {P} and we're good | {t} {P}, nothing else | {t} {P}, it's {a} | {t} {P} because it's {a} | {t} {P} so it's less {a} | {t} {P} as it's {a} | just {t} {P} | only {t} {P} | simply {t} {P} | see if you can {t} {P} | try to {t} {P} | try and {t} {P} | i want you to {t} {P} | i want to {t} {P} | i need to {t} {P} | i'd like you to {t} {P} | you can {t} {P} | you may {t} {P} | we should {t} {P} | let's {t} {P} | it's time to {t} {P} | your job is to {t} {P} | use your tools to {t} {P} | go and {t} {P} | someone should {t} {P} | why don't you {t} {P} | {t} everything | {t} the whole picture | {t} the {thing} | {t} my {thing} | {t} the {thing} and the {thing} | {t} the {a} {thing} | {t} this {a} picture of the {thing} | {t} the {thing} in {P} | {t} the {thing} on the left | {t} the {thing} and leave the rest | {F} the {a} {thing} | {F} the {a} parts | {F} the {a} areas | {F} the {a} bits | {F} {P}, it's {a} | {F} {P}, it's too {a} | {F} {P} so it's no longer {a} | {F} a {a} shot
        {F} {r} on the {thing} | {F} {r} of the {thing} | {F} {r} of my {thing} | {F} {r} around the {thing} | {R} the {n} on the {thing} | {R} the {n} around the {thing} | {R} the {n} near the {thing} | {R} the {n} next to the {thing} | {R} the {n} from the {thing} | {R} the {n} from my {thing} | {R} the {n} in the shot of the {thing} | {R} the {n} on the {thing} with the {thing} | make the {thing} less {a} | make the {thing} in {P} less {a} | make the {thing} look less {a} | the {thing} should be less {a} | i want the {thing} less {a} | i can't see the {thing} well, {v} | i want to recognise the {thing}, so {v} | to see the {thing}, {v} | {v} so that i can see the {thing} | {v} so the {thing} looks good | the {thing} looks {a}, {v} | the {thing} is {a}, {t} it
        make {P} not {a} | make it not {a} | make it not so {a} | make {P} not so {a} | make it look not so {a} | make it no longer {a} | make it look like it was never {a} | make sure it's not {a} | stop it from being {a} | it shouldn't be {a} | it shouldn't be so {a} | it should not look {a} | it must not look {a} | it should be less {a} | it could be less {a} | could be less {a} | should be less {a} | {P} should be less {a} | {P} could be less {a} | {P} has to be less {a} | i want it less {a} | i want {P} less {a} | i'd like it less {a} | i'd like {P} to be less {a} | i would like it less {a} | i don't want it {a} | i don't want it so {a} | i don't want {P} to be {a} | i don't want it to look {a} | get it less {a} | get {P} to look less {a} | turn it into something less {a} | less {a} | less {a} please | not so {a} please | not {a} please | a less {a} photo please | can it be less {a} | can {P} be made less {a} | is it possible to get {P} less {a} | can you fix that it's {a} | fix that it's {a} | fix it being {a} | {a} photo, {v} | {a} picture, {v} | too {a}, {v} | too {a}, {t} {P} | so {a}, {v} | it's {a}, {v} | it's {a}, so {v} | it's {a} so {t} {P} | it's {a}, {t} it | it's {a}, {R} the {n} | it's {a}, can you {v} | {P} is {a}, {v} | {P} looks {a}, so {v} | {P} looks {a}, {t} it | {P} is {a}, please {v} | since it's {a}, {v} | because it's {a}, {v} | as it's {a}, {v} | {c}, {v} | {c}, {v} | {c}, so {v} | {c}. {v} | {c}. please {v} | {c}. {t} {P} | {c}, {t} {P} | {c}, can you {v} | {c}, {R} the {n} | {v}, {c} | {v} because {c} | {v} since {c} | {t} {P}, {c}
        {r} should be better | {r} should be fixed | {r} must be fixed | {r} has to be fixed | {r} needs fixing | {r} needs to be fixed | {r} needs improvement | {r} needs help | {r} needs attention | {r} need work | {r} could use work | {r} could use help | {r} could use improvement | {r} please | {r}: fix | {r}: improve | {r}: better please | fix: {r} | improve: {r} | better {r} | i want {r} fixed | i want {r} repaired | i want {r} to be better | i'd like {r} fixed | i'd like better {r} | i need {r} fixed | i need you to fix {r} | get {r} fixed | get {r} right | get {r} under control | get {r} back to normal | make {r} right | make {r} better | make {r} look right | make {r} look good | have {r} fixed | let's fix {r} | can {r} be fixed | can {r} be improved | can {r} be saved | could {r} be better | is there a way to fix {r} | what can you do about {r} | what can be done about {r} | can you do something about {r} | please see to {r} | work on {r} a while | only fix {r} | just fix {r} | just {F} {r} | only {F} {r} | {F} {r}, nothing else | {F} {r} for me | {F} {r} if you can | help with {r} | help me with {r} | i need help with {r} | it's about {r}: fix it | it's {r} i want fixed | it's just {r} that i want fixed | all i want is {r} fixed | focus your work on {r}: fix it
    """),
    "complaint": phrases("""
        {c} | {c} | {c} | {c} | {c} | {c} | {c} | {c} | {c} | {P} is {a} | {P} is too {a} | it's {a} | it's too {a} | it looks {a} | {a} | too much {n} | there's {n} | {P} came out {a}
    """)
    * 16
    + phrases("""
        {c} | {c} | {c} | {c} | {c} | {c} | {c} | {c} | {c} | {c} | {c} | {c} | {c} | {c} | {c} | {c} | {c} | {c} | {c} | {c} | the {thing} is {a} | my {thing} looks {a} | the {thing} came out {a} | there is {n} on the {thing} | {P} is {a} | {P} looks {a} | {P} is too {a} | it's {a} | it's so {a} | it's really {a} | it's kind of {a} | it is a bit {a} | why is {P} so {a} | {P} came out {a} | {P} turned out {a} | there's {n} | there is {n} in {P} | too much {n} | {P} has {n} | {P} has too much {n}
        i see {n} | {n} everywhere | {n} spoils {P} | all i see is {n} | {a} | {a} {P} | the {n} bothers me | i hate the {n} | can't stand the {n} | look at that {n} | what about {n} | {P} suffers from {n} | {P} is full of {n} | {P} looks a bit {a} | {P} is slightly {a} | the result is {a} | it seems {a} | so much {n} | i'm not happy with {r} | something is wrong with {r} | {r} is bad | {r} looks off | {r} could be better
        it all looks {a} | {P} is quite {a} | {P} is very {a} | this came out {a} | i got a {a} picture | somehow it's {a} | and it's {a} | the only problem is {n} | the only thing wrong is {n} | everything is fine except {n} | it's fine except for {n} | it would be perfect without {n} | good photo apart from {n} | {n} is the only issue | otherwise great but {a} | nice shot, shame about {n} | great photo but {a} | lovely picture but so {a} | i like it but it's {a} | too bad it's {a}
        {c}, sadly | {c}, unfortunately | {c} unfortunately | {c}, as you can see | {c} as you see | {c}, i think | {c} i guess | {c}, you know | {c}, right? | {c}, don't you think | {c} and i hate it | {c} and it bothers me | {c}, which is a shame | {c}, what a pity | {c}, damn | well, {c} | ugh, {c} | argh, {c} | oh no, {c} | hmm, {c} | damn, {c} | look, {c} | see, {c} | sorry, {c} | so, {c} | ok, {c} | hey, {c} | hi, {c} | hello, {c} | sadly, {c} | unfortunately, {c} | actually, {c} | honestly, {c} | i think {c} | i noticed {c} | i fear {c} | as you can see, {c} | you see, {c} | the thing is, {c} | the problem is, {c} | the issue is: {c} | problem: {c} | my problem: {c} | issue: {c} | what's wrong: {c} | what bothers me: {c} | the trouble is, {c} | my wife says {c} | people tell me {c} | the client says {c} | {c}!! | {c}... | {c} :(
        {P} is {a} | {P} is so {a} | {P} is too {a} | {P} is way too {a} | {P} is far too {a} | {P} is really {a} | {P} is rather {a} | {P} is pretty {a} | {P} is kinda {a} | {P} is sort of {a} | {P} is super {a} | {P} is terribly {a} | {P} is all {a} | {P} is totally {a} | {P} is just too {a} | {P} is simply too {a} | {P} is still {a} | {P} is unfortunately {a} | {P} looks too {a} | {P} looks so {a} | {P} looks very {a} | {P} looks really {a} | {P} looks rather {a} | {P} looks quite {a} | {P} looks totally {a} | {P} looks all {a} | {P} looks kind of {a} | {P} seems {a} | {P} seems {a} to me | {P} seems too {a} | {P} appears {a} | {P} got {a} | {P} ended up {a} | {P} ended up too {a} | {P} came out too {a} | {P} came out so {a} | {P} came out all {a} | {P} turned out too {a} | {P} turned out so {a} | {P} turned out rather {a} | {P} feels too {a} | {P} strikes me as {a} | {P} shows {n} | {P} shows too much {n} | {P} contains {n} | {P} has so much {n} | {P} has a lot of {n} | {P} has some {n} | {P} has a {n} problem | {P} has a problem with {n} | {P} has got {n} | {P} has visible {n} | {P} has terrible {n} | {P} is ruined by {n} | {P} is spoiled by {n} | {P} is covered in {n} | {P} is plagued by {n} | {P} is nothing but {n} | {P} suffers from too much {n} | {P} would be great without the {n} | {P} would be better without the {n} | {P} would be nice if it wasn't so {a} | {P} was taken badly, it's {a}
        it's too {a} | it's way too {a} | it's far too {a} | it's just too {a} | it's very {a} | it's quite {a} | it's rather {a} | it's pretty {a} | it's super {a} | it's all {a} | it's totally {a} | it's terribly {a} | it's awfully {a} | it's extremely {a} | it's still {a} | it's still too {a} | it's always {a} | it's a {a} shot | it's become {a} | it is {a} | it is too {a} | it is so {a} | it is very {a} | it is really {a} | its {a} | its too {a} | its so {a} | it looks {a} | it looks too {a} | it looks so {a} | it looks really {a} | it looks rather {a} | it looks {a} to me | it looks {a} on my screen | it looks {a} when printed | it feels {a} | it feels too {a} | it got {a} | it got too {a} | it came out {a} | it came out too {a} | it came out so {a} | it came out all {a} | it turned out {a} | it turned out too {a} | it ended up {a} | it ended up too {a} | it was too {a} | it appears {a} | it seems too {a} | it seems so {a} | everything is {a} | everything looks {a} | everything is so {a} | everything came out {a} | everything's {a} | all is {a} | that's too {a} | that's so {a} | that looks {a} | this is {a} | this is too {a} | this is so {a} | this looks {a} | this looks too {a} | this one is {a} | this one came out {a} | mine is too {a} | too {a} | too {a}! | so {a} | so {a}! | very {a} | really {a} | rather {a} | way too {a} | far too {a} | just too {a} | simply too {a} | a {a} photo | a {a} picture | {a} photo | {a} picture | {a} image | {a} shot | {a} again | {a} as always | why so {a} | why is it {a} | why is it so {a} | why is this so {a} | why does it look so {a} | why does {P} look so {a} | why did it come out so {a} | why did {P} turn out so {a} | why are my photos so {a} | why are all my pictures {a} | how come it's so {a} | how come {P} is so {a} | what makes it so {a} | what happened, it's so {a} | what happened to {P}, it's {a} | can't believe how {a} it is | it couldn't be more {a} | i've never seen anything so {a} | don't you think it's too {a} | isn't it too {a} | isn't it a bit {a}
        there's so much {n} | there's too much {n} | there's a lot of {n} | there's some {n} | there's {n} in {P} | there's {n} everywhere | there's {n} all over | there's {n} on my {thing} | there's {n} around the {thing} | there's {n} all over the {thing} | there's that {n} | there's this {n} | there's this ugly {n} | there is so much {n} | there is too much {n} | there is too much {n} in {P} | there is some {n} | there seems to be {n} | there seems to be too much {n} | way too much {n} | far too much {n} | too much {n} in {P} | too much {n} for my taste | such {n} | what {n} | all this {n} | all that {n} | this {n} | that {n} | the {n}! | the {n} is terrible | the {n} is awful | the {n} is too much | the {n} is too strong | the {n} is annoying | the {n} is disturbing | the {n} is distracting | the {n} is ugly | the {n} is horrible | the {n} is a problem | the {n} is the problem | the {n} is my problem | the {n} is visible | the {n} is too visible | the {n} is what bothers me | the {n} is driving me mad | the {n} ruined it | the {n} ruined {P} | the {n} ruined my {thing} | the {n} spoiled it | the {n} spoiled {P} | the {n} spoiled the {thing} | the {n} killed it | the {n} destroyed {P} | the {n} got out of hand | the {n} hurts my eyes | the {n} annoys me | the {n} in {P} annoys me | the {n} in {P} bothers me | the {n} disturbs me | the {n} on the {thing} bothers me | the {n} around the {thing} bothers me | {n} again | {n} all over | {n} all over {P} | {n} all over the place | {n} wherever i look | {n} as far as the eye can see | {n} on the {thing} | {n} in {P} | {n} in my photo | {n} is a problem | {n} is an issue | {n} is visible | {n} ruined it | {n} ruined {P} | {n} spoiled it | {n} hides the {thing} | {n} problem | {n} issue | {n} :( | ugly {n} | terrible {n} | horrible {n} | bad {n} | annoying {n} | visible {n} | heavy {n} | strong {n} | lots of {n} | tons of {n} | full of {n} | covered in {n} | nothing but {n} | such a lot of {n} | so much {n} in {P} | so much {n} on the {thing}
        i see {n} in {P} | i see too much {n} | i see {n} everywhere | i can see {n} | i can see the {n} | i can see the {n} in {P} | i can see {n} on the {thing} | i notice {n} | i noticed {n} | i noticed the {n} | i got {n} in {P} | i get {n} in all my photos | i have {n} in {P} | i have a problem with {n} | i have a problem with the {n} | i have trouble with the {n} | i have issues with {r} | i hate {n} | i hate that {n} | i hate the {n} in {P} | i hate how {a} it is | i hate that it's {a} | i dislike the {n} | i don't like the {n} | i don't like that it's {a} | i don't like that it's so {a} | i don't like how {a} it is | i don't like {r} | i can't stand that it's {a} | i can't stand this {n} | i'm annoyed by the {n} | i'm bothered by the {n} | i'm sick of the {n} | i'm tired of the {n} | i'm unhappy with {r} | i'm unhappy with the {n} | i'm not satisfied with {r} | i'm disappointed with {r} | i'm worried about {r} | i'm struggling with the {n} | i find it too {a} | i find it {a} | i find {P} too {a} | i think it's too {a} | i think it's {a} | i think {P} is too {a} | i think there's too much {n} | i feel it's too {a} | i'm afraid it's {a} | i'm afraid {P} is too {a} | i took it {a} by mistake | i know it's {a} | i got it back {a} | my photo is {a} | my photos are {a} | my pictures come out {a} | my picture is too {a} | my shot is {a} | my {thing} is {a} | my {thing} is too {a} | my {thing} came out {a} | my {thing} came out too {a} | my {thing} turned out {a} | my poor {thing} is {a} | the {thing} is too {a} | the {thing} is so {a} | the {thing} is all {a} | the {thing} looks {a} | the {thing} looks too {a} | the {thing} turned out {a} | the {thing} got {a} | the {thing} in {P} is {a} | the {thing} in {P} looks {a} | the {thing} on the left is {a} | the {thing} and the {thing} are {a} | the {thing} with the {thing} is {a} | the {thing} has {n} on it | the {thing} is covered in {n} | why is my {thing} so {a} | why is the {thing} {a} | why is the {thing} so {a} | why is there {n} | why is there so much {n} | why is there {n} in {P} | why is there {n} on the {thing} | why do i have {n} in {P} | why do i see {n} | why does {P} have {n} | why does {P} have so much {n} | why does it have {n} | why all the {n} | where does all the {n} in {P} come from | where did {r} go | what's that {n} | what's that {n} in {P} | what's with the {n} | what's with all the {n} | what is this {n} | what happened to {r} | what's wrong with {r} | who put the {n} in {P} | do you see the {n} in my {thing} photo too
        something is off with {r} | something's wrong with {r} | something went wrong with {r} | something happened to {r} | {r} went wrong | {r} came out bad | {r} came out wrong | {r} got ruined | {r} got lost | {r} turned out bad | {r} turned out badly | {r} suffered | {r} suffers | {r} failed | {r} didn't work out | {r} looks bad | {r} look bad | {r} looks wrong | {r} look wrong | {r} looks terrible | {r} looks awful | {r} is off | {r} is wrong | {r} is terrible | {r} is awful | {r} is poor | {r} is not good | {r} isn't good | {r} isn't right | {r} isn't great | {r} is not right | {r} is a mess | {r} is a problem | {r} is an issue | {r} is disappointing | {r} bothers me | {r} disturbs me | {r} annoys me | {r} ruined it | {r} of {P} is bad | {r} in {P} is bad | {r} in {P} is wrong | {r} on the {thing} is bad | there's a problem with {r} | there's something wrong with {r} | there's an issue with {r} | there is something odd about {r} | problem with {r} | problems with {r} | trouble with {r} | the problem is {r} | the issue is {r} | the only problem is {r} | bad: {r}
        only problem: {n} | only problem: it's {a} | one problem: {n} | one problem: it's {a} | main problem: {n} | biggest problem: it's {a} | the problem is {n} | the problem is the {n} | the problem is that it's {a} | the main problem is the {n} | the main issue is {n} | the biggest issue is that it's {a} | the only issue is that it's {a} | the only problem is that it's {a} | the only flaw is the {n} | the only thing i don't like is the {n} | the one thing that bothers me is the {n} | what bothers me is the {n} | what bothers me is that it's {a} | what i don't like is the {n} | what i hate is the {n} | what ruins it is the {n} | if only it wasn't so {a} | if only it weren't {a} | if it just wasn't so {a} | if only there was no {n} | if only there were less {n} | it would be great without the {n} | it would be perfect if it wasn't so {a} | it would be a great photo without {n} | it'd be nice without the {n} | it could be nice without the {n} | it's great except for {n} | it's great apart from the {n} | it's nice apart from {n} | it's lovely but {a} | it's nice but {a} | it's nice but too {a} | it's a good shot but {a} | it's a good photo but it's {a} | it's a lovely photo, but there's {n} | it's beautiful but there's {n} | nice but {a} | nice but too {a} | nice photo but {a} | nice photo but too {a} | nice picture but {n} everywhere | good but {a} | good shot but {a} | good photo, but it's {a} | great shot, too bad it's {a} | great shot, shame it's {a} | great picture, pity about the {n} | lovely but {a} | beautiful but {a} | beautiful photo, but {a} | cute but {a} | perfect except for the {n} | perfect apart from {n} | fine apart from the {n} | not bad but {a} | not bad, just {a} | a bit {a} | a little {a} | slightly {a} | kind of {a} | sort of {a} | somewhat {a} | it's slightly {a} | it's a little {a} | it's somewhat {a} | it's a tad {a} | it's a touch {a} | it looks slightly {a} | it looks a little {a} | i love it but it's {a} | i love the photo but it's too {a} | i love it except for the {n} | i love the {thing} but it's {a} | i like the {thing} but there's {n} | shame it's {a} | shame about the {n} | pity it's so {a} | pity about the {n} | sad that it's so {a} | sadly it's {a} | sadly it's too {a} | unfortunately it's {a} | unfortunately {P} is {a} | unfortunately there's {n} | sadly there's {n} | too bad about the {n} | sorry it's so {a} | sorry that it's {a} | oh no it's {a} | argh, so {a} | ugh, {n} | ugh, it's {a} | hmm, it's too {a} | damn {n} | stupid {n} | bloody {n} | again {n} | not again, it's {a} | see how {a} it is | look how {a} it is | look at how {a} it is | look at the {n} | look at all that {n} | look at this {n} | just look at the {n} | do you see the {n}? fix that | you can see the {n} | you can see {n} in it | you can see how {a} it is | one can see the {n} | everyone can see the {n}
    """),
    "wish.little": phrases("""
        {v} {LA} | {LK} {v} | {v} {LA} | {LB} {v} | {LK} {n} removal | {v}, {LA} | {t} {P} {LA} | {LB} {t} {P} | {R} {LO} the {n} | {R} the {n} {LA} | {LM} less {n} | make it {LM} less {a} | {F} {r} {LA} | {LB} {R} the {n}
    """)
    * 5
    + phrases("""
        {LB} {R} {n} | {R} {LO} {n} | {R} {LO} the {n} | {R} {n} {LA} | {R} the {n} {LA} | {v} {LA} | {v} {LA} | {v} {LA} | {v} {LA} | {v} {LA} | {v}, {LA} | {v}, {LA} | {v}, {LA} | {LB} {v} | {LB} {v} | {LB} {t} {P} | {LB} {t} {P} | {t} {P} {LA} | {t} {P} {LA} | {LK} {n} removal | {LK} {n} reduction | {F} {r} {LA} | {LB} {F} {r} | {LM} less {n} | make it {LM} less {a} | make {P} {LM} less {a} | {LK} {v} | {v} but {LA} | just {LB} {v} | {v} ({LA}) | {v} just {LA} | a {LK} {v}
        {LB} {R} the {n} | {LB} {R} the {n} in {P} | {R} the {n} in {P} {LA} | {R} the {n} in {P}, {LA} | {R} the {n}, {LA} | {R} the {n}, but {LA} | {R} the {n} but {LA} | {R} {n}, {LA} | {R} {n} but {LA} | {R} {LO} the {n} in {P} | {R} {LO} the {n} from {P} | {R} only {LO} the {n} | just {R} {LO} the {n} | only {R} {LO} the {n} | take {LO} the {n} out | take {LO} the {n} away | take away {LO} the {n} | i want {LO} the {n} gone | {LO} the {n} can go | {LO} the {n} should go | {v}. {LA} | {v} - {LA} | {v}... {LA} | {v}; {LA} | {v}, but {LA} | {v} but {LA} | {v} and {LA} | {v} though {LA} | {v} only {LA} | {v}, only {LA} | {LA}, {v} | {LA}: {v} | please {LB} {v} | only {LB} {v} | try to {LB} {v}
        {t} {P}, {LA} | {t} {P}, {LA} | {t} {P} but {LA} | {t} {P}, but {LA} | {t} {P} ({LA}) | {t} {P}. {LA} | {LB} {t} the {thing} | {t} the {thing} {LA} | {t} the {thing}, {LA} | just {LB} {t} {P} | you can {LB} {t} {P} | i want you to {LB} {t} {P} | {F} {r}, {LA} | {F} {r} but {LA} | {F} {r} in {P} {LA} | {LB} {F} {r} in {P} | {LB} {F} {r} of {P} | {F} {LO} {r} | {r}: {LA} | {n}: {LA} | {n} {LA} | {n} removal, {LA} | {n} removal: {LA} | {n} removal but {LA} | {n} reduction, {LA} | {n} reduction, but {LA}
        {LK} {n} removal please | {LK} {n} reduction please | {LK} {n} cleanup | {LK} {n} fix | {LK} {n} correction | some {LK} {n} removal | a {LK} {n} removal | a {LK} {n} reduction | do a {LK} {n} reduction | apply {LK} {n} removal | apply {LK} {n} reduction | apply a {LK} {n} reduction | use {LK} {n} reduction | i want a {LK} {n} reduction | i'd like {LK} {n} removal | with {LK} {n} removal | {LK} {v} please | {LK} {v}, nothing more | a {LK} {v} please | a {LK} {v} is enough | do a {LK} {v} | {LQ} {n} removal | {LQ} {n} reduction | {LQ} {n} removal please | {LQ} {n} reduction would be nice | do {LQ} {n} reduction | apply {LQ} {n} removal | give it {LQ} {n} reduction | {LQ} {v} | {LQ} {v} | {LQ} {v} please | {LQ} {v} would be nice | just do {LQ} {v} | apply {LQ} {v} | with {LQ} {v}
        {LM} less {n} please | {LM} less {n} in {P} | {LM} less {n} would be nice | {LM} less {a} | {LM} less {a} please | i want {LM} less {n} | i'd like {LM} less {n} | i'd like it {LM} less {a} | i want it {LM} less {a} | i want {P} {LM} less {a} | i need it {LM} less {a} | it could be {LM} less {a} | it should be {LM} less {a} | {P} could be {LM} less {a} | {P} should be {LM} less {a} | make the {thing} {LM} less {a} | make {P} look {LM} less {a} | could it be {LM} less {a} | get it {LM} less {a} | could do with {LM} less {n} | show {LM} less {n} | it needs {LM} less {n} | there should be {LM} less {n} | strength low: {v} | weak strength, {v} | {c}, {v} {LA} | {c}, {LB} {v} | it's {a}, {v} {LA} | it's {a}, {LB} {t} {P}
    """),
    "wish.half": phrases("""
        {R} {HO} the {n} | {R} {HO} the {n} | {R} the {n} {HA} | {v} {HA} | {v} {HA} | {t} {P} {HA} | {HB} {v} | {F} {r} {HA} | halve the {n} | half as much {n}
    """)
    * 5
    + phrases("""
        {R} {HO} {n} | {R} {HO} the {n} | {R} {n} {HA} | {R} the {n} {HA} | {v} {HA} | {v} {HA} | {HB} {v} | {HB} {R} {n} | {t} {P} {HA} | {F} {r} {HA} | {HO} the {n} should go | i want {HO} the {n} gone | leave {HO} the {n} | keep {HO} the {n} | halve the {n} | cut the {n} in half | reduce {n} to half | half as much {n} | {n} {HA} | half-strength {v} | half the {n} please | only half as {a}
        {R} {HO} the {n} in {P} | {R} {HO} the {n} from {P} | {R} {HO} that {n} | {R} {n} in {P} {HA} | {R} the {n} in {P} {HA} | {R} the {n}, {HA} | {R} {n}, {HA} | {R} the {n} but {HA} | just {R} {HO} the {n} | only {R} {HO} the {n} | take {HO} the {n} out | take {HO} the {n} out of {P} | take {HO} the {n} away | get {HO} the {n} out | get rid of {HO} the {n} | lose {HO} the {n} | cut {HO} the {n} | drop {HO} the {n} | let {HO} the {n} stay | let {HO} the {n} go | {HO} the {n} can go | {HO} the {n} can stay | {HO} the {n} may stay | {HO} the {n} must go | {HO} the {n} has to go | i'd like {HO} the {n} gone | i'd like {HO} the {n} removed | i want to lose {HO} the {n} | i want {HO} the {n} to stay | leave {HO} the {n} in | leave {HO} the {n} there | keep only {HO} the {n} | keep {HO} the {n} in {P}
        {v}, {HA} | {v}, {HA} | {v} but {HA} | {v} but only {HA} | {v} ({HA}) | {v} - {HA} | {v}: {HA} | {v} only {HA} | {v} just {HA} | {HA} {v} | {HA}, {v} | {HB} {v} please | just {HB} {v} | {v} half as strongly | {v} half as much as you could | {t} {P}, {HA} | {t} {P} but {HA} | {t} {P} only {HA} | {t} {P} just {HA} | {HB} {t} {P} | {t} the {thing} {HA} | {F} {r}, {HA} | {F} {r} in {P} {HA} | {F} {HO} {r} | {HB} {F} {r} | {r}: {HA} | {n}: {HA} | {n}, {HA} | {n} down {HA} | {n} down to half | {n} cut in half | {n} halved | {n} halved please | {n} removal {HA} | {n} removal: {HA} | {n} removal, {HA} | {n} reduction {HA} | {n} reduction, {HA} | half {n} removal | half {n} reduction | half-strength {n} removal | half-strength {n} reduction | half-power {v} | half-power {n} removal | half-hearted {v} | a half-strength {v}
        halve {n} | halve the {n} in {P} | please halve the {n} | i want the {n} halved | i want {n} halved | have the {n} halved | reduce the {n} to half | reduce the {n} in {P} to half | reduce the {n} by half | cut {n} in half | cut {n} by half | cut the {n} by half | cut the {n} to half | cut the {n} down by half | bring the {n} down to half | bring the {n} down by half | lower the {n} by half | lower the {n} to half | get the {n} down to half | get {n} down by half | turn the {n} down by half | slash the {n} in half | split the {n} in half | divide the {n} by two | half as much {n} please | half as much {n} in {P} | i want half as much {n} | with half the {n} | half the {n} | half the {n} would be fine | half as {a} | half as {a} please | make it half as {a} | make {P} half as {a} | i want it half as {a} | it should be half as {a} | {P} should be half as {a} | make it only half as {a}
    """),
    "wish.strong": phrases("""
        {v} {SA} | {v} {SA} | {SB} {v} | {SB} {v} | {t} {P} {SA} | {SB} {t} {P} | {R} {SO} the {n} | {R} the {n} {SA} | {SM} less {n} | {SK} {n} removal | {SK} {v} | {F} {r} {SA}
    """)
    * 4
    + phrases("""
        {SB} {R} {n} | {R} {SO} {n} | {R} {SO} the {n} | {R} {n} {SA} | {R} the {n} {SA} | {v} {SA} | {v} {SA} | {v} {SA} | {SB} {v} | {SB} {v} | {SB} {t} {P} | {t} {P} {SA} | {SK} {n} removal | {SK} {n} reduction | {F} {r} {SA} | {SB} {F} {r} | {SM} less {n} | make it {SM} less {a} | {SK} {v} | {v}, {SK} | much less {n} | a lot less {n} | {v}, and {SA} | {v} with high strength
        {SB} {R} the {n} | {SB} {R} the {n} in {P} | {R} the {n} in {P} {SA} | {R} the {n} in {P}, {SA} | {R} the {n}, {SA} | {R} {n}, {SA} | {R} the {n} and {SA} | {R} {SO} the {n} in {P} | {R} {SO} the {n} from {P} | {R} {SO} that {n} | just {R} {SO} the {n} | take {SO} the {n} out | take {SO} the {n} out of {P} | take {SO} the {n} away | take away {SO} the {n} | get {SO} the {n} out | i want {SO} the {n} gone | i'd like {SO} the {n} gone | {SO} the {n} should go | {SO} the {n} must go | {SO} the {n} has to go | {SO} the {n} can go | {v}. {SA} | {v}, {SA} | {v}, {SA} | {v}! {SA}! | {v} - {SA} | {v} ({SA}) | {v} ({SK}) | {v}: {SA} | {v} and {SA} | {v}, but {SA} | {SA}, {v} | please {SB} {v} | you should {SB} {v} | {v} with {SK} strength
        {t} {P}, {SA} | {t} {P}, {SA} | {t} {P} and {SA} | {t} {P}! {SA}! | {t} {P} ({SA}) | {t} {P}. {SA} | {SB} {t} the {thing} | {t} the {thing} {SA} | {t} the {thing}, {SA} | you can {SB} {t} {P} | i want you to {SB} {t} {P} | {F} {r}, {SA} | {F} {r} and {SA} | {F} {r} in {P} {SA} | {SB} {F} {r} in {P} | {SB} {F} {r} of {P} | {F} {SO} {r} | {r}: {SA} | {n}: {SA} | {n} {SA} down | {n} removal, {SA} | {n} removal: {SK} | {n} removal {SA} | {n} reduction, {SA} | {n} reduction: {SK}
        {SK} {n} removal please | {SK} {n} reduction please | {SK} {n} cleanup | {SK} {n} correction | some {SK} {n} removal | do {SK} {n} reduction | apply {SK} {n} removal | apply {SK} {n} reduction | use {SK} {n} reduction | i want {SK} {n} reduction | i want {SK} {n} removal | i'd like {SK} {n} removal | i need {SK} {n} reduction | it needs {SK} {n} reduction | it needs {SK} {n} removal | with {SK} {n} removal | {SK} {v} please | {SK} {v} needed | do {SK} {v} | apply {SK} {v} | it needs {SK} {v}
        {SM} less {n} | {SM} less {n} please | {SM} less {n} in {P} | {SM} less {a} | {SM} less {a} please | i want {SM} less {n} | i'd like {SM} less {n} | i need {SM} less {n} | i want it {SM} less {a} | i'd like it {SM} less {a} | i want {P} {SM} less {a} | i need it {SM} less {a} | it should be {SM} less {a} | it has to be {SM} less {a} | it must be {SM} less {a} | {P} should be {SM} less {a} | make {P} {SM} less {a} | make {P} look {SM} less {a} | make the {thing} {SM} less {a} | get it {SM} less {a} | there should be {SM} less {n} | it needs {SM} less {n} | strength high: {v} | strong strength, {v} | {c}, {v} {SA} | {c}, {SB} {v} | it's {a}, {v} {SA} | it's {a}, {SB} {t} {P} | it's too {a}, {SB} {v}
    """),
    "wish.full": phrases("""
        {R} {FO} the {n} | {R} {FD} {n} | {FB} {R} the {n} | {R} the {n} {FA} | {v} {FA} | {v} {FA} | {FB} {v} | {t} {P} {FA} | {F} {r} {FA} | no {n} at all
    """)
    * 6
    + phrases("""
        {FB} {R} {n} | {R} {FD} {n} | {R} {FD} {n} | {R} {FO} the {n} | {R} {n} {FA} | {R} the {n} {FA} | {v} {FA} | {FB} {v} | {t} {P} {FA} | {F} {r} {FA} | {FB} {F} {r} | {FO} the {n} must go | not a single trace of {n} | zero {n} | {FK} {n} removal | {FK} {v} | {v}, {FK} strength | {FK} {n} reduction | i want {FO} the {n} gone
        {FB} {R} the {n} | {FB} {R} the {n} in {P} | {FB} {R} {n} from {P} | {R} the {n} in {P} {FA} | {R} the {n} in {P}, {FA} | {R} the {n} from {P} {FA} | {R} the {n}, {FA} | {R} the {n}, {FA} | {R} {n}, {FA} | {R} the {n} and {FA} | {R} {FD} {n} in {P} | {R} {FD} {n} from {P} | {R} {FD} {n} please | {R} {FO} the {n} in {P} | {R} {FO} the {n} from {P} | {R} {FO} that {n} | just {R} {FO} the {n} | take {FO} the {n} out | take {FO} the {n} out of {P} | take {FO} the {n} away | get {FO} the {n} out of {P} | get rid of {FD} {n} | lose {FO} the {n} | {FO} the {n} should go | {FO} the {n} has to go | {FO} the {n} should be gone | {FO} the {n} must be gone | {FO} the {n} must disappear | {FO} the {n} out | i'd like {FO} the {n} gone | i'd like {FO} the {n} removed | i want {FO} the {n} removed | i need {FO} the {n} gone | i want {FO} the {n} out of {P}
        {v} {FA} | {v} {FA} | {v}, {FA} | {v}, {FA} | {v}, {FA} | {v} and {FA} | {v} - {FA} | {v} ({FA}) | {v}: {FA} | {v}. {FA} | {v}! {FA}! | {FA}, {v} | {FA}: {v} | {FB} {v} | {FB} {v} please | {v} {FB} | {v} {FB} please | {v}, strength {FK} | {v} at {FK} strength | {v} at {FK} | {v}, {FK} | {v}: {FK} | {v} ({FK}) | {v} with {FK} strength | {v} with {FK} power | {t} {P}, {FA} | {t} {P}, {FA} | {t} {P} {FA} | {t} {P} and {FA} | {t} {P} ({FA}) | {FB} {t} {P} | {FB} {t} the {thing} | {t} {P} {FB} | {t} the {thing} {FA} | {t} {P} at {FK} strength | {t} {P} with {FK} strength
        {F} {r}, {FA} | {F} {r} in {P} {FA} | {F} {r} {FB} | {FB} {F} {r} in {P} | {FB} {F} {r} of {P} | {F} {FO} {r} | {r}: {FA} | {n}: {FA} | {n} {FA} out | {n} gone {FA} | {n} removal {FA} | {n} removal, {FA} | {n} removal at {FK} strength | {n} removal at {FK} | {n} removal: {FK} | {n} reduction {FA} | {n} reduction at {FK} | {n} reduction: {FK} | {FK} {n} removal please | {FK} {n} reduction please | {FK} {n} cleanup | {FK} {n} correction | do a {FK} {n} removal | apply {FK} {n} removal | apply {FK} {n} reduction | apply {FK} {v} | use {FK} {n} removal | i want {FK} {n} removal | i need {FK} {n} removal | {FK} {v} please | {FK} strength {v} | {FK} power {v}
        zero {n} please | zero {n} left | zero {n} should remain | absolutely no {n} | absolutely zero {n} | absolutely no {n} please | no {n} at all | no {n} whatsoever | no {n} left | no {n} left at all | no {n} anywhere | no trace of {n} | no trace of the {n} | no trace of {n} should be left | not a trace of {n} | not a trace of the {n} please | not the slightest trace of {n} | not the slightest {n} | not one bit of {n} | not a bit of {n} should remain | there should be no {n} left | there should be no {n} at all | there must be no {n} left | there must not be any {n} left | leave no {n} | leave no {n} behind | leave no trace of {n} | don't leave any {n} | don't leave any {n} behind | don't leave any of the {n} | i don't want any {n} at all | i don't want any {n} left | i don't want to see any {n} | i don't want to see any {n} at all | i don't want a trace of {n} | i want no {n} at all | i want no {n} whatsoever | i want zero {n} | i want {P} with zero {n} | i want it totally free of {n} | i want it completely free of {n} | completely free of {n} | totally free of {n} | entirely without {n} | completely without {n} | make it totally free of {n} | make {P} completely free of {n} | get {P} completely free of {n} | it shouldn't be {a} at all | it should not be {a} at all | not {a} at all please | not in the least {a} | make it not {a} at all | {c}, {v} {FA} | {c}, {FB} {v} | it's {a}, {v} {FA} | it's {a}, {FB} {t} {P}
    """),
    "wish.number": phrases("""
        {R} {x} of the {n} | {R} {x} of the {n} | {R} the {n} by {x} | {R} {n} by {x} | {v} {x} | {v} {x} | {v} by {x} | {v} by {x} | {v} at {x} | {v}, strength {x} | {t} {P} by {x} | {t} {P} {x} | {F} {r} by {x} | {x} less {n} | {n} removal {x} | {n} {x} | {n}: {x}
    """)
    * 8
    + phrases("""
        {R} {x} of {n} | {R} {x} of the {n} | {R} {x} of the {n} | take {x} of the {n} out | {R} {n} by {x} | {R} the {n} by {x} | {v} by {x} | {v} {x} | {v} at {x} | {v} with strength {x} | {v}, strength {x} | {v} at {x} strength | {v} to {x} | {n} {x} | {n}: {x} | {n} = {x} | {n}={x} | {n} removal {x} | {n} removal at {x} | {n} reduction of {x} | {x} {n} reduction | {x} {n} removal | {x} less {n} | turn the {n} down by {x} | {x} {v}
        {t} {P} by {x} | {t} {P} {x} | {t} {P} at {x} | {F} {r} by {x} | {F} {r} {x} | {F} {x} of {r} | i want {x} of the {n} gone | {x} of the {n} should go | make it {x} less {a} | reduce {n} by {x} | reduce the {n} by about {x} | roughly {x} of the {n} out | set {n} removal to {x} | {v} (strength {x}) | {v} (amount {x}) | {v} around {x} | {v} about {x} | {n} -{x} | lower {n} by {x} | {v} - {x} | {v} amount {x} | {v} intensity {x} | apply {x} {v}
        {R} {x} of the {n} in {P} | {R} {x} of the {n} from {P} | {R} about {x} of the {n} | {R} around {x} of the {n} | {R} roughly {x} of the {n} | {R} only {x} of the {n} | {R} just {x} of the {n} | {R} up to {x} of the {n} | {R} at least {x} of the {n} | {R} no more than {x} of the {n} | {R} exactly {x} of the {n} | {R} {x} of that {n} | only {R} {x} of the {n} | just {R} {x} of the {n} | {R} {n} by about {x} | {R} {n} by around {x} | {R} {n} by roughly {x} | {R} the {n} by about {x} | {R} the {n} by at least {x} | {R} the {n} by only {x} | {R} the {n} in {P} by {x} | {R} {n} in {P} by {x} | {R} the {n}, {x} | {R} the {n}, strength {x} | {R} the {n} ({x}) | {R} the {n} at {x} strength | {R} the {n} at {x} | {R} the {n} with strength {x} | {R} the {n} with {x} strength | {R} {n} {x} | {R} {n}: {x} | {R} {n}, {x} | {R} {n} at {x} | {R} {n} ({x})
        take {x} of the {n} out of {P} | take {x} of the {n} away | take away {x} of the {n} | take out {x} of the {n} | take out about {x} of the {n} | take the {n} down by {x} | take {n} down {x} | take {x} off the {n} | take about {x} off the {n} | get {x} of the {n} out | get rid of {x} of the {n} | get rid of about {x} of the {n} | knock {x} off the {n} | shave {x} off the {n} | let {x} of the {n} go | lose {x} of the {n} | drop {x} of the {n} | drop the {n} by {x} | cut {x} of the {n} | cut the {n} by {x} | cut {n} by {x} | cut {n} by about {x} | cut down the {n} by {x} | bring the {n} down by {x} | bring {n} down by {x} | bring {n} down {x} | turn {n} down {x} | turn down the {n} by {x} | turn the {n} down {x} | dial the {n} back by {x} | dial down the {n} by {x} | dial back {n} {x} | reduce the {n} by {x} | reduce the {n} in {P} by {x} | reduce {n} {x} | reduce {x} of the {n} | decrease the {n} by {x} | decrease {n} by {x} | lower the {n} by {x} | lower the {n} about {x} | lessen the {n} by {x} | diminish the {n} by {x} | tone the {n} down by {x} | weaken the {n} by {x}
        {x} of the {n} can go | {x} of the {n} must go | {x} of the {n} has to go | {x} of the {n} should be removed | {x} of the {n} should disappear | {x} of the {n} out | {x} of the {n} gone please | {x} of the {n} away | {x} off the {n} | about {x} of the {n} should go | around {x} of the {n} can go | i want about {x} of the {n} gone | i want {x} less {n} | i want {x} of the {n} removed | i want {x} of the {n} out | i'd like {x} of the {n} gone | i'd like {x} of the {n} removed | i'd like {x} less {n} | i'd like about {x} less {n} | i'd like the {n} reduced by {x} | i want the {n} reduced by {x} | i want the {n} down by {x} | i need {x} of the {n} gone | i need {x} less {n} | {x} less {n} please | {x} less {n} in {P} | about {x} less {n} | with {x} less {n} | {x} less {a} | {x} less {a} please | make {P} {x} less {a} | make it about {x} less {a} | make the {thing} {x} less {a} | it should be {x} less {a} | i want it {x} less {a} | could it be {x} less {a} | {P} should be {x} less {a}
        {n} down {x} | {n} down by {x} | {n} minus {x} | {n} - {x} | {n}: -{x} | {n}: {x} less | {n}, {x} | {n} by {x} | {n} at {x} | {n} ({x}) | {n} fix {x} | {n} cleanup {x} | {n} removal: {x} | {n} removal = {x} | {n} removal={x} | {n} removal, {x} | {n} removal ({x}) | {n} removal by {x} | {n} removal to {x} | {n} removal of {x} | {n} removal of about {x} | {n} removal around {x} | {n} removal strength {x} | {n} removal strength: {x} | {n} removal with strength {x} | {n} removal at {x} strength | {n} removal level {x} | {n} removal amount {x} | {n} removal slider at {x} | {n} removal slider to {x} | {n} reduction {x} | {n} reduction: {x} | {n} reduction at {x} | {n} reduction by {x} | {n} reduction to {x} | {n} reduction ({x}) | {n} reduction strength {x} | {n} reduction slider to {x} | {n} reduction level {x} | a {n} reduction of {x} | a {n} reduction by {x} | about {x} {n} removal | around {x} {n} reduction | {x} {n} cleanup | {x} {n} removal please | {x} {n} reduction please | do {x} {n} removal | do {x} {n} reduction | do a {x} {n} reduction | apply {x} {n} removal | apply {x} {n} reduction | apply a {x} {n} reduction | apply {n} removal at {x} | apply {n} reduction of {x} | use {x} {n} reduction | use {x} for {n} removal | use a strength of {x} for {n} removal | put {n} removal at {x} | put the {n} removal on {x} | set the {n} removal to {x} | set {n} reduction to {x} | set {n} reduction at {x} | set the strength of {n} removal to {x} | strength of {n} removal: {x} | dial {n} removal to {x} | turn {n} removal to {x} | turn up {n} removal to {x} | {n} filter strength {x} | {x} strength {n} removal | {x} strength on the {n} | {x} on the {n} | {x} for {n} removal
        {v}: {x} | {v} = {x} | {v}={x} | {v}, {x} | {v} ({x}) | {v} [{x}] | {v} @ {x} | {v} ~{x} | {v} by about {x} | {v} by around {x} | {v} by roughly {x} | {v} by some {x} | {v} by at least {x} | {v} by only {x} | {v} by just {x} | {v} only {x} | {v} just {x} | {v} only by {x} | {v} just by {x} | {v} roughly {x} | {v} approx {x} | {v} approximately {x} | {v} up to {x} | {v} to about {x} | {v} to {x} strength | {v} to a level of {x} | {v} at about {x} | {v} at around {x} | {v} at level {x} | {v} at {x} intensity | {v} at {x} power | {v} at an intensity of {x} | {v} at a strength of {x} | {v} with {x} | {v} with {x} strength | {v} with {x} intensity | {v} with {x} power | {v} with a strength of {x} | {v} with an amount of {x} | {v} using {x} | {v} using strength {x} | {v} strength {x} | {v} strength: {x} | {v} strength={x} | {v} level {x} | {v} level: {x} | {v} power {x} | {v} value {x} | {v} amount: {x} | {v} setting {x} | {v} set to {x} | {v}, say {x} | {v}, like {x} | {v} like {x} | {v} maybe {x} | {v}, maybe {x} | {v}, {x} maybe | {v}, about {x} | {v}, around {x} | {v}, roughly {x} | {v}, {x} or so | {v} {x} or so | {v}, {x} please | {v} {x} please | {v}, {x} is enough | {v}, {x} should do | {v}, {x} will do | {v}, not more than {x} | {v}, no more than {x} | {v}, at most {x} | {v}, level {x} | {v}, amount {x} | {v}, intensity {x} | {v}, intensity: {x} | {v} (level {x}) | {v} (about {x}) | {v} (only {x}) | {v} / {x} | {v} -> {x} | {v} * {x} | {x}: {v} | {x}, {v} | {x} - {v} | by {x}, {v} | at {x}, {v} | at {x} strength, {v} | with strength {x}, {v} | with {x} strength, {v} | strength {x}: {v} | strength {x}, {v} | about {x} {v} | around {x} {v} | only {x} {v} | {x} strength {v} | {x} of {v} | apply {v} at {x} | apply {v} with {x} | apply {v} {x} | use {v} at {x} | use {x} {v} | do {x} {v} | do {v} at {x} | set {v} to {x} | set {v} at {x} | put {v} at {x} | put {v} to {x} | i want {x} {v} | i'd like {x} {v} | just {v} {x} | just {v} by {x} | only {v} by {x}
        {t} {P} by about {x} | {t} {P} by around {x} | {t} {P} by only {x} | {t} {P} by just {x} | {t} {P} by at least {x} | {t} {P} to {x} | {t} {P} about {x} | {t} {P} around {x} | {t} {P} with {x} | {t} {P} with strength {x} | {t} {P} with {x} strength | {t} {P} with a strength of {x} | {t} {P} at {x} strength | {t} {P} at {x} intensity | {t} {P} at a strength of {x} | {t} {P}, {x} | {t} {P}: {x} | {t} {P}, {x} strength | {t} {P}, strength {x} | {t} {P}, about {x} | {t} {P}, {x} or so | {t} {P}, {x} should do | {t} {P}, at most {x} | {t} {P} ({x}) | {t} {P} (strength {x}) | {t} the {thing} by {x} | {t} the {thing} {x} | {t} my {thing} by {x} | {t} the {thing} at {x} | just {t} {P} by {x} | only {t} {P} by {x} | i want to {t} {P} by {x} | i want you to {t} {P} by {x} | by {x}, {t} {P} | {F} {r}, {x} | {F} {r}: {x} | {F} {r} at {x} | {F} {r} by about {x} | {F} {r} by around {x} | {F} {r} about {x} | {F} {r} to {x} | {F} {r} with strength {x} | {F} {r} with {x} strength | {F} {r} at {x} strength | {F} {r} ({x}) | {F} {r} in {P} by {x} | {F} {r} of {P} by {x} | {F} about {x} of {r} | {F} only {x} of {r} | {F} {x} of {r} in {P} | {r} by {x} | {r}: {x} | {r} {x} | {c}, {v} by {x} | {c}, {v} {x} | {c}, {R} {x} of the {n} | it's {a}, {v} by {x} | it's {a}, {R} {x} of the {n} | it's too {a}, {t} {P} by {x}
    """),
    "wish.inverse": phrases("""
        keep {x} of the {n} | leave {x} of the {n} | reduce the {n} to {x} | bring the {n} down to {x} | leave {x} of the {n} in | keep only {x} of the {n}
    """)
    * 4
    + phrases("""
        keep {x} of the {n} | leave {x} of the {n} | reduce {n} to {x} | bring the {n} down to {x} | leave {x} of {n} in | only {x} of the {n} should remain | keep only {x} of the {n} | cut the {n} down to {x} of what it is | leave about {x} of the {n} there | retain {x} of the {n} | {x} of the {n} may stay
        keep {x} of {n} | keep about {x} of the {n} | keep around {x} of the {n} | keep roughly {x} of the {n} | keep just {x} of the {n} | keep {x} of the {n} in | keep {x} of the {n} in {P} | keep {x} of the {n}, {R} the rest | keep {x} of the {n} and {R} the rest | keep at most {x} of the {n} | keep no more than {x} of the {n} | please keep {x} of the {n} | i want to keep {x} of the {n} | i'd like to keep {x} of the {n} | i want {x} of the {n} to stay | i'd like {x} of the {n} to stay | i want {x} of the {n} left | i'd like {x} of the {n} left | i want {x} of the {n} to remain | i want only {x} of the {n} left | i want just {x} of the {n} to remain
        leave {x} of {n} | leave just {x} of the {n} | leave only {x} of the {n} | leave around {x} of the {n} | leave roughly {x} of the {n} | leave {x} of the {n} in | leave {x} of the {n} in {P} | leave {x} of the {n} in place | leave {x} of the {n} there | leave {x} of the {n}, {R} the rest | leave {x} of the {n} and {R} the rest | leave me {x} of the {n} | leave at most {x} of the {n} | let {x} of the {n} stay | let {x} of the {n} remain | let about {x} of the {n} stay | let only {x} of the {n} remain | retain about {x} of the {n} | preserve {x} of the {n} | spare {x} of the {n} | hold on to {x} of the {n} | maintain {x} of the {n}
        {x} of the {n} can stay | {x} of the {n} should stay | {x} of the {n} should remain | {x} of the {n} should be kept | {x} of the {n} must stay | {x} of the {n} may remain | {x} of the {n} can remain | {x} of the {n} is fine, {R} the rest | {x} of the {n} stays | about {x} of the {n} can stay | about {x} of the {n} should stay | only {x} of the {n} should stay | only {x} of the {n} should be left | only {x} of the {n} may stay | only {x} of the {n} may remain | just {x} of the {n} should remain | just {x} of the {n} should be left | no more than {x} of the {n} should remain | no more than {x} of the {n} should be left | at most {x} of the {n} should be left | at most {x} of the {n} may remain | there should be {x} of the {n} left | there should be only {x} of the {n} left | there may be {x} of the {n} left | until only {x} of the {n} is left, {R} it | {R} {n} until {x} is left | {R} the {n} until {x} is left | {R} the {n} until only {x} remains | {R} {n} till only {x} is left | {R} the {n} so that {x} remains | {R} the {n} so that {x} of it stays | {R} the {n} but keep {x} | {R} the {n} but keep {x} of it | {R} the {n} but leave {x} | {R} the {n} but leave {x} of it | {R} the {n} and leave {x} | {R} the {n} and keep {x} of it | {R} the {n}, leaving {x} | {R} the {n}, keeping {x} | {R} the {n} except {x} | {R} all but {x} of the {n} | {R} all but {x} of {n} | {R} everything but {x} of the {n} | {v} but keep {x} of the {n} | {v} but leave {x} of the {n} | {v}, leaving {x} of the {n} | {v} and leave {x} of the {n}
        reduce the {n} to {x} | reduce the {n} to about {x} | reduce the {n} down to {x} | reduce the {n} to {x} of what it is | reduce the {n} to {x} of what it was | reduce the {n} to {x} of the original | reduce {n} down to {x} | bring {n} down to {x} | bring {n} down to about {x} | bring the {n} down to {x} of what it was | bring the {n} to {x} | take the {n} down to {x} | take {n} down to {x} of the original | get the {n} down to {x} | get {n} down to {x} | get the {n} to {x} of what it was | cut the {n} to {x} | cut the {n} down to {x} | cut {n} down to {x} | cut {n} back to {x} | drop the {n} to {x} | drop the {n} down to {x} | lower the {n} to {x} | lower {n} to {x} | lower the {n} to {x} of what it is now | decrease the {n} to {x} | decrease {n} to {x} | turn the {n} down to {x} | turn {n} down to {x} | tone the {n} down to {x} | dial the {n} down to {x} | dial the {n} back to {x} | limit the {n} to {x} | limit the {n} to {x} of what it was | limit {n} to {x} of the original | shrink the {n} to {x} of what it is | {n} down to {x} | {n} to {x} of the original | {n} to {x} of what it was | {n} should go down to {x} | the {n} should be at {x} of what it is | the {n} should be reduced to {x} | i want the {n} reduced to {x} | i'd like the {n} down to {x} | i want the {n} at {x} of what it is now
    """),
    "region.wish": phrases("""
        {t} {g} | {t} {g} | {t} {g} | {R} the {n} {on} | {R} {n} {on} | {v} {on} | {v} {on} | {gf} {v} | make {g} less {a} | {F} {r} {on} | {t} only {g}
    """)
    * 6
    + phrases("""
        {t} {g} | {t} {g} | {t} {g} | {t} {g} | {t} {g} | {t} {g} | {t} only {g} | {t} just {g} | {R} {n} {on} | {R} the {n} {on} | {v} {on} | {v} {on} | {v} {on} | {v} {on} | {gf} {v} | {gf} {v} | {gf} {R} {n} | make {g} less {a} | {F} {r} {on} | {F} {r} of {g} | i want {g} less {a} | {v}, {g} only | {v} but only {g} | only {t} {g}, nothing else
        only {t} {g} | just {t} {g} | {t} {g} only | {t} {g} please | {t} {g}, nothing else | {t} {g}, leave the rest | {t} {g} and leave the rest | {t} {g} and nothing else | {t} {g} but not the rest | {t} {g}, it's {a} | {t} {g} for me | {t} {g} in {P} | {t} {g} in this photo | {t} {g} in my picture | {t} {g} of this photo | {t} the {a} part in {g} | please only {t} {g} | i want you to {t} {g} | i want to {t} {g} | i need to {t} {g} | i'd like to {t} {g} | can you {t} {g} | could you {t} only {g} | let's {t} {g} | you can {t} {g} | you should only {t} {g} | see if you can {t} {g} | try to {t} {g}
        {R} the {n} {on} | {R} the {n} {on} | {R} {n} {on} | {R} that {n} {on} | {R} this {n} {on} | {R} the ugly {n} {on} | {R} only the {n} {on} | {R} the {n} in {g} | {R} the {n} on {g} | {R} the {n} from {g} | {R} the {n} of {g} | {R} the {n} around {g} | {R} {n} in {g} | {R} {n} from {g} | {R} {n} in {P}, but only {on} | just {R} the {n} {on} | only {R} the {n} {on} | please {R} the {n} {on} | take the {n} out of {g} | get the {n} out of {g} | get the {n} off {g} | clean the {n} off {g} | clean {g} of {n} | clear {g} of {n} | free {g} from the {n} | rid {g} of the {n} | the {n} {on} should go | the {n} {on} must go | the {n} {on} has to go | the {n} {on} bothers me, {R} it | i want the {n} {on} gone | i want the {n} in {g} gone | i'd like the {n} {on} removed | i want {g} without {n} | i'd like {g} without {n} | i need {g} without {n} | i want less {n} {on} | i don't want {n} {on} | i don't want {n} in {g} | less {n} {on} | less {n} {on} please | less {n} in {g} | no {n} {on} | no {n} in {g} | {n} removal {on} | {n} reduction {on} | {n} {on} | {n} {on}: remove | {n} out of {g} | make the {n} in {g} disappear | make the {n} {on} go away | do something about the {n} {on} | help with the {n} {on} | can the {n} {on} be removed | what can you do about the {n} in {g}
        {v} {on} | {v} {on} | {v} {on} please | {v}, but {on} | {v} but only {on} | {v} but just {on} | {v}, {on} | {v}, {g} | {v}: {g} | {v} - {g} | {v} ({g}) | {v} ({g} only) | {v} for {g} | {v} in {g} and nowhere else | {v} on {g} and nowhere else | {v} {on}, nothing else | {v} {on}, leave the rest | {v} {on} but leave the rest | {v} {on} and leave everything else | just {v} {on} | only {v} {on} | please {v} {on} | i want you to {v} {on} | can you {v} {on} | could you {v} only {on} | {gf} {v} | {gf} {v} | {gf} {v} | {gf} {v} please | {gf} just {v} | {gf} {R} the {n} | {gf} {R} the {n} | {gf} {F} {r} | {gf} {F} {r} | {gf} less {n} | {gf} no {n} please | {gf} make it less {a} | {gf} {n} removal
        make {g} less {a} please | make {g} look less {a} | make {g} not so {a} | make {g} not {a} | make only {g} less {a} | make just {g} less {a} | make sure {g} won't be {a} | i want {g} to be less {a} | i want {g} to look less {a} | i'd like {g} less {a} | i'd like {g} to be less {a} | i need {g} less {a} | i don't want {g} to be {a} | i don't want {g} so {a} | {g} should be less {a} | {g} should look less {a} | {g} should not be {a} | {g} shouldn't be so {a} | {g} could be less {a} | {g} must be less {a} | {g} has to be less {a} | {g}: less {a} | get {g} less {a} | can {g} be less {a} | could {g} be less {a} | {g} came out {a}, {v} | {g} came out {a}, {t} it | {g} turned out {a}, {v} | {g} looks {a}, {v} | {g} is {a}, {v} | {g} is {a}, {R} the {n} | {g} is too {a}, {v} | since {g} came out {a}, {v}
        {F} {r} {on} | {F} {r} {on} | {F} {r} of {g} | {F} {r} in {g} | {F} {r} on {g} | {F} {r} for {g} | {F} only {r} {on} | {F} {r} {on} please | {F} {r} {on}, nothing else | {F} the {a} parts of {g} | just {F} {r} {on} | only {F} {r} {on} | {r} {on} should be fixed | {r} {on} could be better | {r} {on} needs work | {r} {on}: fix | {r} of {g} needs fixing | i want {r} of {g} fixed | i want {r} {on} fixed | i'd like {r} in {g} fixed | can {r} of {g} be fixed | get {r} of {g} right | help with {r} of {g} | work on {r} of {g} | do something about {r} of {g}
    """),
    "region.complaint": phrases("""
        {g} is {a} | {g} is too {a} | {g} looks {a} | {g} came out {a} | there's {n} in {g} | why is {g} so {a} | too much {n} in {g} | {n} in {g}
    """)
    * 6
    + phrases("""
        {g} is {a} | {g} looks {a} | {g} is too {a} | {g} came out {a} | there's {n} in {g} | there's {n} on {g} | {g} has {n} | too much {n} in {g} | why is {g} so {a} | {n} all over {g} | {g} is so {a} | {g} seems {a} | {n} in {g}
        {g} came out {a} | {g} came out too {a} | {g} came out so {a} | {g} came out all {a} | {g} turned out {a} | {g} turned out too {a} | {g} ended up {a} | {g} ended up too {a} | {g} got {a} | {g} got too {a} | {g} got all {a} | {g} is very {a} | {g} is really {a} | {g} is quite {a} | {g} is rather {a} | {g} is pretty {a} | {g} is way too {a} | {g} is far too {a} | {g} is just too {a} | {g} is super {a} | {g} is all {a} | {g} is totally {a} | {g} is still {a} | {g} are {a} | {g} are too {a} | {g} are so {a} | {g} are all {a} | {g} looks too {a} | {g} looks so {a} | {g} looks really {a} | {g} look {a} | {g} look too {a} | {g} look so {a} | {g} seems too {a} | {g} appears {a} | {g} feels {a} | {g} was too {a} | {g} unfortunately came out {a} | {g} sadly turned out {a} | {g}: {a} | {g}: too {a} | {g} - so {a} | {a} {on} | too {a} {on} | it's {a} {on} | it's too {a} {on} | it's so {a} {on} | it looks {a} {on} | it looks too {a} {on} | it's really {a} in {g} | {P} is {a} {on} | {P} is too {a} in {g} | {P} is good but {g} came out {a} | {P} is great, only {g} is {a} | {P} is nice but {g} is too {a} | i like it but {g} is {a} | nice photo but {g} is {a} | nice shot, but there's {n} in {g} | great photo but {g} is too {a} | lovely picture, shame {g} is so {a} | everything is fine but {g} is {a} | the only problem: {g} is {a} | the problem is that {g} is {a} | only {g} is {a} | just {g} is {a} | it's just {g} that is {a}
        why is {g} {a} | why are {g} so {a} | why does {g} look so {a} | why did {g} come out so {a} | why is there {n} in {g} | why is there {n} on {g} | why is there so much {n} in {g} | how come {g} is so {a} | what happened to {g}, it's {a} | what's that {n} in {g} | i hate how {a} {g} is | i think {g} is too {a} | i find {g} too {a} | i don't like that {g} is {a} | i don't like how {a} {g} looks | i don't like the {n} in {g} | i hate the {n} in {g} | i hate the {n} on {g} | i can't stand the {n} in {g} | i see {n} in {g} | i see {n} on {g} | i see too much {n} in {g} | i can see {n} in {g} | i noticed {n} in {g} | i'm not happy with {r} of {g} | i'm bothered by the {n} in {g} | unfortunately {g} came out {a} | unfortunately {g} is {a} | sadly {g} is {a} | sadly there's {n} in {g} | look how {a} {g} is | look at the {n} in {g} | shame that {g} is so {a} | pity that {g} came out {a}
        there's {n} all over {g} | there's {n} around {g} | there's so much {n} in {g} | there's so much {n} on {g} | there's too much {n} in {g} | there's too much {n} on {g} | there's a lot of {n} in {g} | there is {n} in {g} | there is {n} on {g} | there is too much {n} in {g} | so much {n} in {g} | so much {n} on {g} | too much {n} on {g} | too much {n} around {g} | way too much {n} in {g} | {n} on {g} | {n} around {g} | {n} everywhere in {g} | {n} everywhere on {g} | the {n} in {g} | the {n} in {g} bothers me | the {n} in {g} annoys me | the {n} in {g} is terrible | the {n} in {g} is too much | the {n} in {g} is awful | the {n} in {g} is distracting | the {n} in {g} ruined it | the {n} on {g} bothers me | the {n} on {g} is ugly | the {n} on {g} is awful | the {n} on {g} ruined it | the {n} spoiled {g} | the {n} ruined {g} | {n} ruined {g} | {g} has too much {n} | {g} has so much {n} | {g} has a lot of {n} | {g} has terrible {n} | {g} has some {n} | {g} shows {n} | {g} suffers from {n} | {g} is full of {n} | {g} is covered in {n} | {g} is ruined by {n} | {g} got ruined by {n} | {g} would be great without the {n} | {g} could do without the {n} | {r} of {g} is bad | {r} of {g} is off | {r} of {g} is wrong | {r} of {g} got lost | {r} of {g} came out wrong | {r} in {g} is bad | {r} in {g} isn't right | something is wrong with {r} in {g} | something's off with {r} of {g}
    """),
    "region.little": phrases("""
        {t} {g} {LA} | {LB} {t} {g} | {v} {LA} {on} | {R} {LO} the {n} {on} | make {g} {LM} less {a} | {LB} {F} {r} {on}
        {t} {g} {LA} | {t} {g}, {LA} | {t} {g}, {LA} | {t} {g} but {LA} | {t} {g} ({LA}) | {t} only {g}, {LA} | {t} just {g} {LA} | {LB} {t} only {g} | {LB} {t} just {g} | just {LB} {t} {g} | {LB} {v} {on} | {LB} {v} {on} | {v} {on} {LA} | {v} {on}, {LA} | {v} {on}, but {LA} | {v} {on} but {LA} | {gf} {v} {LA} | {gf} {v}, {LA} | {gf} {LB} {v} | {gf} {LB} {R} the {n} | {gf} {R} {LO} the {n} | {gf} {LM} less {n} | {LB} {R} the {n} {on} | {R} the {n} {on} {LA} | {R} the {n} {on}, {LA} | {R} the {n} {on} but {LA} | {R} {LO} the {n} in {g} | {R} {LO} the {n} from {g} | take {LO} the {n} out of {g} | {LM} less {n} {on} | {LM} less {n} in {g} | {g} {LM} less {a} please | i want {g} {LM} less {a} | i'd like {g} {LM} less {a} | {g} should be {LM} less {a} | {g} could be {LM} less {a} | make {g} look {LM} less {a} | {F} {r} {on} {LA} | {F} {r} of {g} {LA} | {F} {r} of {g}, {LA} | {LB} {F} {r} of {g} | {LK} {n} removal {on} | {LK} {n} reduction {on} | {LK} {v} {on} | {LQ} {v} {on} | {LQ} {n} removal {on} | {LQ} {n} reduction in {g}
    """),
    "region.strong": phrases("""
        {t} {g} {SA} | {SB} {t} {g} | {v} {SA} {on} | {R} {SO} the {n} {on} | {SB} {F} {r} {on}
        {t} {g} {SA} | {t} {g}, {SA} | {t} {g}, {SA} | {t} {g} and {SA} | {t} {g} ({SA}) | {t} only {g}, {SA} | {t} just {g} {SA} | {SB} {t} only {g} | {SB} {t} just {g} | {SB} {v} {on} | {SB} {v} {on} | {v} {on} {SA} | {v} {on}, {SA} | {v} {on} and {SA} | {gf} {v} {SA} | {gf} {v}, {SA} | {gf} {SB} {v} | {gf} {SB} {R} the {n} | {gf} {R} {SO} the {n} | {gf} {SM} less {n} | {SB} {R} the {n} {on} | {R} the {n} {on} {SA} | {R} the {n} {on}, {SA} | {R} {SO} the {n} in {g} | {R} {SO} the {n} from {g} | take {SO} the {n} out of {g} | {SM} less {n} {on} | {SM} less {n} in {g} | make {g} {SM} less {a} | i want {g} {SM} less {a} | i'd like {g} {SM} less {a} | {g} should be {SM} less {a} | {g} has to be {SM} less {a} | make {g} look {SM} less {a} | {F} {r} {on} {SA} | {F} {r} of {g} {SA} | {F} {r} of {g}, {SA} | {SB} {F} {r} of {g} | {SK} {n} removal {on} | {SK} {n} reduction {on} | {SK} {v} {on}
    """),
    "region.number": phrases("""
        {t} {g} by {x} | {R} {x} of the {n} {on} | {v} {x} {on} | {v} by {x} {on} | {gf} {v} {x} | {t} {g}, {x}
        {t} {g} {x} | {t} {g} at {x} | {t} {g} to {x} | {t} {g} by about {x} | {t} {g} by around {x} | {t} {g} about {x} | {t} {g} with strength {x} | {t} {g} with {x} strength | {t} {g} at {x} strength | {t} {g}, strength {x} | {t} {g}: {x} | {t} {g} ({x}) | {t} only {g} by {x} | {t} just {g} by {x} | {t} {g} only, by {x} | only {t} {g} by {x} | by {x}, {t} {g} | {v} {on} by {x} | {v} {on} {x} | {v} {on}, {x} | {v} {on} at {x} | {v} {on}: {x} | {v} {on} with strength {x} | {v} {on} ({x}) | {v} by about {x} {on} | {v} at {x} {on} | {v} at {x} strength {on} | {v} with strength {x} {on} | {gf} {v} by {x} | {gf} {v} at {x} | {gf} {v}, {x} | {gf} {v} with strength {x} | {gf} {v} about {x} | {gf} {R} {x} of the {n} | {gf} {R} the {n} by {x} | {gf} {x} less {n} | {R} {x} of the {n} in {g} | {R} {x} of the {n} on {g} | {R} {x} of the {n} from {g} | {R} about {x} of the {n} {on} | {R} the {n} {on} by {x} | {R} the {n} in {g} by {x} | {R} the {n} on {g} by {x} | {R} {n} by {x} {on} | reduce the {n} {on} by {x} | cut the {n} {on} by {x} | take {x} of the {n} out of {g} | take {x} off the {n} in {g} | {x} of the {n} {on} should go | {x} less {n} {on} | {x} less {n} in {g} | {x} {n} removal {on} | {x} {n} reduction {on} | {n} removal {x} {on} | {n} removal {on}: {x} | {n} reduction {on} {x} | make {g} {x} less {a} | i want {g} {x} less {a} | {g} should be {x} less {a} | {F} {r} {on} by {x} | {F} {r} of {g} by {x} | {F} {r} of {g}, {x} | {F} {x} of {r} {on}
    """),
    "region.auto": phrases("""
        fix {g} | restore {g} | enhance {g} | improve {g} | only improve {g} | make {g} look better | improve the quality of {g}
    """)
    * 4
    + phrases("""
        fix {g} | restore {g} | enhance {g} | improve {g} | make {g} look better | enhance only {g} | restore just {g} | clean up {g} | improve the quality of {g} | {g}: enhance | only improve {g} | face restoration on {g} | repair {g} | make {g} look good
        fix {g} please | fix only {g} | fix just {g} | fix up {g} | fix whatever is wrong with {g} | fix everything in {g} | fix all the flaws in {g} | fix the quality of {g} | fix {g} and leave the rest | only fix {g} | just fix {g} | restore {g} please | restore only {g} | restore {g} only | restore {g} as well as you can | only restore {g} | just restore {g} | enhance {g} please | enhance just {g} | enhance {g} only | enhance {g}, nothing else | auto enhance {g} | auto-enhance {g} | auto enhance only {g} | auto fix {g} | auto fix only {g} | auto mode for {g} | improve {g} please | improve only {g} | improve just {g} | improve {g} as much as it needs | improve everything in {g} | improve the look of {g} | only improve the quality of {g} | just improve {g} | better quality for {g} | better quality {on} | better quality in {g} please | more quality {on} | repair {g} please | repair only {g} | repair {g}, leave the rest | repair all the damage in {g} | reconstruct the quality of {g} | rescue {g} | save {g} | revive {g} | remaster {g} | renew {g} | refresh {g} | upgrade {g} | optimise {g} | optimize {g} | perfect {g} | polish {g} | touch up {g} | touch up only {g} | tidy up {g} | clean up {g} only | clean up just {g} | clean {g} up | spruce up {g} | freshen up {g} | work on {g} | work your magic on {g} | do your magic on {g} | do your thing {on} | do your best {on} | do your best with {g} | do what you can {on} | do what you can for {g} | do something about {g} | do something for {g} | do something with {g} | take care of {g} | look after {g} | help {g} | help me with {g} | deal with {g} | see what you can do {on} | see what you can do with {g}
        make {g} better | make {g} nicer | make {g} nice | make {g} good | make {g} great | make {g} look nice | make {g} look nicer | make {g} look great | make {g} look right | make {g} look professional | make {g} look its best | make {g} as good as possible | make {g} presentable | make only {g} better | make only {g} look better | make just {g} look better | make the quality of {g} better | get the best out of {g} | bring {g} back to life | bring {g} back | bring out the best in {g} | {g} needs work | {g} needs fixing | {g} needs help | {g} needs improvement | {g} needs restoration | {g} should look better | {g} could look better | {g} could be better | {g} could look nicer | {g} looks bad | {g} looks bad, fix it | {g} looks awful | {g} looks terrible, help | {g} came out bad | {g} turned out badly | the quality of {g} is bad | the quality of {g} is poor | the quality in {g} is terrible | bad quality {on} | poor quality in {g} | i don't like {g}, improve it | i'm not happy with {g} | i want {g} to look better | i want {g} restored | i want {g} fixed | i want {g} enhanced | i'd like {g} to look good | i'd like {g} improved | i need {g} fixed | can you improve {g} | can you fix {g} | can {g} be saved | can {g} be improved | can {g} be restored | what can you do for {g} | what can you do about {g} | anything you can do for {g} | {g}: improve | {g}: fix | {g}: restore | {g}: better | {g}: auto | {g} only: enhance | {g}, please improve | {g} please, make it look good | {gf} fix what's wrong | {gf} fix whatever is wrong | {gf} fix everything | {gf} improve it | {gf} make it better | {gf} make it look good | {gf} enhance | {gf} enhance it | {gf} restore it | {gf} auto enhance | {gf} auto fix | {gf} do what's needed | {gf} do your magic | {gf} do your best | {gf} improve the quality | {gf} better quality please | auto enhance {on} | auto fix {on} | enhancement {on} | restoration {on} | restoration of {g} | quality boost {on} | improvement of {g}
    """),
    "region.tone": phrases(
        "{tone} {on} | {tone} {on} | {tone} {on} | {tone} {on} | {gf} {tone} | {gf} {tone} | {tone}, {on} | {tone}, but {on} | {tone}, {g} only | {tone}, only {g} | {tone} ({g}) | {g}: {tone} | {g} - {tone} | only {on}: {tone} | just {on}: {tone} | i want {g} changed: {tone} | for {g} i'd say: {tone}"
    ),
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
        "{auto_} {adverb_}",
        "{auto_}, {adverb_}",
        "{auto_}, but {keep_}",
        "{auto_}. {keep_}",
        "{auto_}; {keep_}",
        "{auto_} and {keep_}",
        "{auto_}, just {keep_}",
        "{auto_}, only {keep_}",
        "{auto_} ({keep_})",
        "{auto_} - {keep_}",
        "{auto_}, but please {keep_}",
        "{auto_}, though {keep_}",
        "{keep_}, {auto_}",
        "{keep_} but {auto_}",
        "{keep_}, but {auto_}",
        "{keep_}. {auto_}",
        "{keep_}; {auto_}",
        "{keep_} and {auto_}",
        "{keep_}, otherwise {auto_}",
        "{keep_}, apart from that {auto_}",
        "{keep_}, besides that {auto_}",
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
    "tone.little": wishes_en.LITTLE_MORE + phrases("slightly | a bit | a little | ever so slightly"),
    "tone.strong": wishes_en.STRONG_MORE + phrases("really | much | a lot | seriously"),
    "tone.number": phrases(
        "by {x} | by {x} | {x} | by about {x} | about {x} | around {x} | by roughly {x} | roughly {x}"
    ),
    "on": wishes_en.ON_REGION,
    "gf": wishes_en.REGION_FIRST,
    "P": wishes_en.PHOTOS,
    "R": wishes_en.REMOVE,
    "F": wishes_en.REPAIR,
    "LA": wishes_en.LITTLE,
    "LB": wishes_en.LITTLE_BEFORE,
    "LO": wishes_en.LITTLE_OF,
    "LK": wishes_en.LITTLE_KIND,
    "LM": wishes_en.LITTLE_MORE,
    "LQ": wishes_en.LITTLE_QUANTITY,
    "HA": wishes_en.HALF,
    "HB": wishes_en.HALF_BEFORE,
    "HO": wishes_en.HALF_OF,
    "SA": wishes_en.STRONG,
    "SB": wishes_en.STRONG_BEFORE,
    "SO": wishes_en.STRONG_OF,
    "SK": wishes_en.STRONG_KIND,
    "SM": wishes_en.STRONG_MORE,
    "FA": wishes_en.FULL,
    "FK": wishes_en.FULL_KIND,
    "FB": wishes_en.FULL_BEFORE,
    "FO": wishes_en.FULL_OF,
    "FD": wishes_en.FULL_ANY,
    "DONT": wishes_en.DONT,
    "TOUCH": wishes_en.TOUCH,
    "ING": wishes_en.REMOVING,
    "EV": wishes_en.ALL_WISHES,
    "REST": wishes_en.THE_REST,
    "remark": wishes_en.REMARKS,
    "thing": refused_en.THINGS,
    "athing": refused_en.ARTICLED_THINGS,
    "o": refused_en.OBJECTS,
    "s": refused_en.STYLES,
    "w": refused_en.WORDS,
    "sb": refused_en.BARE_STYLES,
    "one": refused_en.ARTICLED,
    "many": refused_en.SEVERAL,
    "stuff": refused_en.STUFF,
    "named": refused_en.NAMED,
    "spot": refused_en.SPOT,
    "who": refused_en.WHO,
    "whose": refused_en.WHOSE,
    "body": refused_en.BODIES,
    "act": refused_en.ACTS,
    "looks": refused_en.LOOKS,
    "hue": refused_en.HUES,
    "ahue": refused_en.HUED_ONE,
    "flawed": refused_en.FLAWED,
    "aflawed": refused_en.FLAWED_ONE,
    "ADD": refused_en.ADDING,
    "TAKE": refused_en.TAKING,
    "SWAP": refused_en.SWAPPING,
    "CZ": refused_en.COLORIZING,
    "BW": refused_en.GREY_PHOTOS,
    "fl": refused_en.FLAWS,
    "bad": refused_en.WORSE,
    "fx": refused_en.TECHNIQUES,
    "a": phrases(
        "{one} | {one} | {one} | {one} | {one} | some {many} | some {many} | some {stuff} | the {o} | my {o} | a big {o} | a red {o} | a little {o} | a second {o} | another {o} | a funny {o} | a beautiful {o} | {ahue} {o} | two {many} | 5 {many} | a few {many} | lots of {many} | {many} | {stuff} | an old {o} | a blurry {o} | a dark {o} | a foggy {o} | {named}"
    ),
}

ENGLISH = Language(
    name="en",
    tasks=_TASKS,
    transitives=TRANSITIVES,
    gerunds=GERUNDS,
    lists=_LISTS,
    regions=wishes_en.REGIONS,
    tone=wishes_en.TONE,
    refused={
        "object": refused_en.OBJECT * 3 + refused_en.OBJECT_FIXED,
        "style": refused_en.STYLE * 2 + refused_en.STYLE_FIXED,
        "colorize": refused_en.COLORIZE,
        "geometry": refused_en.GEOMETRY,
        "effect": refused_en.EFFECT,
        "question": refused_en.QUESTION,
        "unclear": refused_en.UNCLEAR + refused_en.TALK * 3 + refused_en.GIBBERISH * 15,
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
    if style < 0.05:
        return str(rng.randint(1, 9)) if rng.random() < 0.3 else str(percent)
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
                f"{tenths} of 10",
                f"{percent}/100",
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
