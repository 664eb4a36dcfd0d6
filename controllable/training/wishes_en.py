# ruff: noqa: E501
"""English wishes that are not about one flaw: scale, auto, tone, regions, out of scope, and talk around a wish."""

from controllable.training.phrases import phrases

PHOTOS = phrases("""
    it | this | this photo | the photo | my photo | the picture | this picture | my picture | the image | this image | the shot | this shot | my shot | the pic | this pic | the snap
    this one | the portrait | the landscape | my selfie | the selfie | this scan | the old photo | the file | the frame | the wedding photo | the family photo | the holiday snap | the whole image | this old picture | the screenshot | this photo of my {o} | the picture of the {o} | the shot of our {o} | this image of a {o} | the photo with the {o} | the one with the {o} | my picture of the {o}
""")

REMOVE = phrases("""
    remove | get rid of | take out | take away | eliminate | reduce | clean up | clean | fix | lose | kill | strip | strip out | wipe out | cut | lessen | deal with | do something about | minimise | minimize | erase
    clear | suppress | lower | cut down on | tone down | sort out | fight | correct | undo | delete | clear up | take care of | handle | dial back | dial down | bring down | filter out | wash out | remove all visible | knock down
""")
REMOVING = phrases("removing | touching | reducing | changing | altering | cleaning | fixing | messing with | affecting | getting rid of | losing | killing | destroying | hurting | ruining | damaging | modifying")
REPAIR = phrases("fix | improve | correct | repair | sort out | restore | recover | deal with | work on | take care of | rescue | help with | adjust | clean up | bring back | do something about | handle | enhance | save | address")

FIX_TAILS = phrases("""
    fix it | please fix it | can you fix it | fix that please | please fix | pls fix | fix this | fix it for me | help | please help | can you help | help me fix it | make it better | can you do something about it | do something
    is there a way to save it | can this be saved | can it be repaired | can you repair that | sort it out | improve it | improve that please | clean it up | clean that up please | correct it | deal with it | is it fixable
    can you take care of that | what can you do about it | please correct that | save it please | rescue it | anything you can do | could you improve that | i need it fixed | please sort that out | make it look right | make it nice again
    get rid of it | get rid of that please | remove it | remove that | take it out | any chance to fix that | i'd like it fixed
""")

LITTLE = phrases("""
    a little | a bit | slightly | a tad | a touch | just a bit | somewhat | gently | lightly | softly | subtly | a smidge | ever so slightly | only a little | a hair | mildly | not too much | just a little | a little bit
    a tiny bit | very slightly | only slightly | a small amount | by a small amount | just a touch | just a smidge | with a light touch | a wee bit | marginally | barely | a notch | minimally | not too strongly | not too strong | nothing too heavy | don't overdo it | but don't overdo it | without overdoing it | don't go overboard | not too aggressively | keep it subtle | keep it natural and light | a little please | just slightly | lightly please | just lightly | but only a bit | but go easy | with care, not much | a teeny bit
""")
LITTLE_BEFORE = phrases("slightly | gently | lightly | subtly | mildly | just slightly | softly | ever so slightly | very gently | carefully and slightly | kind of | a little | a bit")
LITTLE_OF = phrases("a little | a bit of | a little of | a little bit of | some of | a touch of | a small part of | a tiny bit of | just some of | a small amount of | a tad of | only some of | a fraction of | a bit of the")
LITTLE_KIND = phrases("light | slight | gentle | mild | subtle | minimal | soft | minor | weak | careful | a bit of | a little | a touch of | some light | a hint of")
HALF = phrases("by half | halfway | by a half | half way | about half | 50/50 | to half strength | at half strength | half | by one half | only half")
HALF_BEFORE = phrases("half | half-way | kind of half | only half")
HALF_OF = phrases("half of | half | about half of | roughly half | one half of | half the amount of | around half of")
STRONG = phrases("""
    strongly | heavily | aggressively | a lot | hard | seriously | considerably | very much | a great deal | massively | significantly | big time | with full force | intensely | forcefully | drastically | really hard | a whole lot
    as strongly as possible | quite a lot | substantially | really strongly | powerfully | without holding back | a ton | like crazy | vigorously | very strongly | much
""")
STRONG_BEFORE = phrases("strongly | heavily | aggressively | really | seriously | massively | drastically | significantly | vigorously | very strongly | powerfully | greatly")
STRONG_OF = phrases("most of | a lot of | much of | nearly all of | almost all of | a great deal of | the bulk of | the majority of | lots of | loads of")
STRONG_KIND = phrases("strong | heavy | aggressive | serious | intense | heavy-duty | powerful | massive | drastic | extreme | major | very strong | high | really strong | tough | firm | a lot of | hard")
FULL = phrases("completely | totally | entirely | fully | altogether | all the way | 100 percent gone | in full | to the max | thoroughly | for good | without a trace | till nothing is left | as much as possible | as much as you can | at full strength | at maximum")
FULL_KIND = phrases("full | maximum | max | complete | total | 100 percent pure | full strength | full-strength | maximal")
FULL_BEFORE = phrases("completely | totally | entirely | fully | thoroughly | utterly | absolutely")
FULL_OF = phrases("all | all of | every bit of | every last bit of | the whole of | absolutely all | every trace of | any | any and all | all the")

BIGGER = phrases("""
    upscale | upscale it | upscale the image | upscale this photo | make it bigger | make it larger | enlarge | enlarge it | enlarge the photo | enlarge this picture | blow it up | blow it up for print | scale it up | scale up | upsize it | upsample
    upsample it | increase the resolution | raise the resolution | boost the resolution | higher resolution | higher resolution please | more resolution | i need more pixels | more pixels please | add more pixels | make it high resolution | make it high res
    make it hi-res | make it higher res | make it hd | convert to hd | turn it into hd | high definition please | i need a bigger version | i need a larger version | give me a larger version | i want it bigger | i want to print it bigger | make it big enough for a poster
    i want to print it as a poster, make it big enough | it's too small, make it bigger | it's too small for printing | the picture is too small | the image is tiny, enlarge it | i need this larger for printing | grow the image | make the image size bigger | increase the size
    increase the image size | increase pixel count | more megapixels | bump up the resolution | i need a high-res version | get me a high resolution version | it needs to be bigger for my wall | stretch it to a larger size without losing quality | resize it up | size it up
    expand the resolution | make this thumbnail bigger | blow up this thumbnail | enlarge so i can hang it on the wall | upres | up-res it | uprez | make it wallpaper sized | enhance the resolution | improve the resolution | super resolve it | upscaling | upscaling please | image enlargement
    increase resolution | boost resolution | i want a higher resolution | make it larger without getting pixelated | get a higher resolution copy
""")
TWICE = phrases("""
    make it twice as big | make it twice as large | twice the size | double the size | double the resolution | double its size | double it | make it double the size | double the pixels | twice the resolution | i want it doubled | enlarge it to double
    doubled in size | make it twice the size | upscale to double | increase to twice the resolution | twice as many pixels per side | enlarge twofold | twofold upscale | give me twice the resolution | double the dimensions | double the width and height | scale it to double size | blow it up to twice its size
    doubling the resolution | make it twice bigger | upscale twice
""")
FOURFOLD = phrases("""
    quadruple it | quadruple the size | quadruple the resolution | fourfold upscale | enlarge fourfold | make it 4k | upscale to 4k | convert to 4k | turn it into 4k | i need 4k | 4k please | in 4k resolution | make it uhd | ultra hd please | enlarge to four times | quadruple the pixels per side
    bring it up to 4k | quadrupled in size | upscale it to 4k resolution | 4k version | double it and double it again
""")
EIGHTFOLD = phrases("octuple it | eightfold upscale | enlarge eightfold | make it 8k | upscale to 8k | 8k please | the maximum enlargement | as big as you can make it | the biggest upscale you have | enlarge it as much as possible | bring it up to 8k | 8k version | max upscale")
TIMES = phrases("""
    upscale {x} | upscale by {x} | upscale to {x} | upscale it {x} | enlarge {x} | enlarge it {x} | make it {x} bigger | make it {x} larger | make it {x} as big | scale {x} | scale up {x} | scale it up {x} | {x} | {x} please | {x} upscale | {x} upscaling | {x} super resolution | {x} resolution
    {x} the size | {x} the resolution | blow it up {x} | increase the resolution {x} | i need it {x} bigger | i want {x} | resize {x} | resize to {x} | upsample {x} | super-resolution {x} | sr {x} | zoom it {x} | {x} enlargement | make it {x} | increase size {x} | go {x} | at {x} | to {x}
    give me a {x} version | render it at {x} | enlarge the picture {x} | resolution {x} | {x} larger | {x} bigger please | i'd like {x} the size | multiply the size {x} | boost resolution {x} | and {x} | enlarge to {x} its size | upscaled {x} | make this {x} bigger
""")
FACTOR = phrases("""
    upscale by a factor of {n} | enlarge by a factor of {n} | scale factor {n} | upscale by {n} | enlarge by {n} | scale by {n} | with a factor of {n} | upscaling factor {n} | scale: {n} | scale={n} | upsample by {n} | multiply the resolution by {n} | factor {n} upscale | increase the size by a factor of {n}
    scale the picture by {n} | upscale ratio {n} | multiply each side by {n} | resize by {n}
""")

AUTO = phrases("""
    enhance | enhance it | enhance this photo | enhance the image | auto enhance | auto-enhance | auto fix | autofix | automatic | auto | auto mode | improve | improve it | improve this | improve this photo | improve the picture | improve the quality | improve image quality | improve photo quality
    increase the quality | better quality | better quality please | make the quality better | boost the quality | raise the quality | higher quality | fix it | fix this | fix this photo | fix my photo | fix the picture | please fix this image | fix everything | fix all the problems | fix all issues | fix whatever is wrong
    fix whatever is wrong with it | fix what's wrong | correct everything | correct all flaws | repair it | repair this photo | repair the old photo | repair my grandmother's photo | restore | restore it | restore this | restore this photo | restore the photo | restore this old photo | restore my old picture
    restore this vintage photograph | restore this damaged picture | restore the family picture | photo restoration | old photo restoration | do a full restoration | full restoration please | restoration | bring this old photo back to life | bring it back to life | revive this old photo | give this old photo new life
    make it look better | make it better | make it look good | make it look great | make it look nice | make this look nicer | make it look professional | make it look pro | make it look like a professional took it | make it as good as possible | make it the best it can be | make it beautiful
    make it nice | make this photo presentable | make it usable | make it look new | make it look like new | make it pop | make it stunning | do your magic | work your magic | do your thing | do your best | do what you can | do whatever you think is best | do whatever is needed | do what it needs
    you decide | surprise me with a better version | just make it better | just improve it | clean it up | clean up this photo | clean up this image | tidy it up | tidy up this picture | touch it up | touch up this photo | polish it | polish the picture | spruce it up | give it a once over | give it some love
    save this photo | rescue this photo | rescue this picture | save my picture | this photo is terrible, save it | this picture is bad, fix it | the quality is bad | the quality is terrible | the quality is awful | bad quality | poor quality | quality is poor, improve it | it looks awful, help
    it looks bad | it looks like crap, fix it | this photo sucks | this photo looks horrible | what can you do for this picture | can you save this old picture | optimise | optimize | optimize this photo | optimise the image | general cleanup | general improvement | overall improvement | overall enhancement
    remaster it | remaster this photo | remaster the old picture | refresh this old photo | renew this old picture | make this old photo look like it was taken today | make it look modern | make this look like a modern photo | one click fix | one-click enhance | retouch it | retouch my photo | improve everything | enhance everything
    remove all the flaws | remove all defects | remove all the problems | get rid of all imperfections | undo all the damage | undo the damage of time | undo what time did to it | get it as clean as possible | make the scan of my parents' wedding look good | restore grandpa's photo | fix up this old picture
    make my photo look better please | it's an old photo from the fifties, restore it | this is the only picture i have of my father, please restore it | can you make this picture nicer | help me with this photo | help me improve this picture | give me the best version of this | photo enhancement | image enhancement | quality boost
""")
EVERYTHING_BUT = phrases("""
    fix everything but {k} | fix everything except {k} | everything but {k} | everything except {k} | everything except for {k} | all but {k} | improve everything except {k} | remove everything bad but {k} | restore everything but {k} | restore all of it except {k} | correct everything apart from {k}
    fix all the flaws except {k} | clean up everything other than {k} | enhance everything besides {k} | repair everything, just not {k} | fix it all, only {k} stays | do everything except {k} | apply all fixes but {k} | remove all flaws except {k} | get rid of everything except {k} | all the fixes, minus {k}
    fix the rest, leave {k} | fix the rest but not {k} | apart from {k} fix everything | except for {k}, fix it all | other than {k}, improve everything | with the exception of {k}, correct everything | keep {k}, fix everything else | leave {k}, fix the rest | keep {k} and improve the rest | leave {k} alone and fix everything else
    fix whatever else is wrong but leave {k} | {k} stays, everything else goes | {k} is fine, fix the rest | {k} can stay, fix everything else
""")

KEEP = phrases("""
    keep {k} | leave {k} | leave {k} alone | leave {k} as is | leave {k} as it is | leave {k} untouched | don't touch {k} | do not touch {k} | dont touch {k} | don't change {k} | do not change {k} | don't remove {k} | do not remove {k} | don't reduce {k} | don't mess with {k} | don't alter {k} | don't fix {k}
    preserve {k} | retain {k} | maintain {k} | protect {k} | keep {k} as it is | keep {k} intact | {k} should stay | {k} stays | {k} can stay | {k} must stay | {k} is fine | {k} is ok | {k} is okay | {k} is good | {k} is great | {k} is perfect | {k} are great | {k} are fine | {k} are perfect | {k} looks good | {k} look good | {k} are okay | happy with {k} | i'm happy with {k} | {k} is fine as it is | i like {k} | i love {k} | i want to keep {k} | i'd like to keep {k} | never mind {k} | nevermind {k}
    ignore {k} | forget {k} | forget about {k} | don't worry about {k} | no need to fix {k} | no need to touch {k} | no need to change {k} | not {k} | but not {k} | hands off {k} | stay away from {k} | please no changes to {k} | {k} doesn't bother me | i don't mind {k} | i don't care about {k} | let {k} be | let {k} stay | spare {k} | {k} is intentional
    {k} is on purpose | {k} looks great | {k} looks good already | {k} is not a problem | {k} isn't the problem | skip {k} | without touching {k} | without changing {k} | without removing {k} | without affecting {k} | without losing {k} | without altering {k} | without messing with {k} | while keeping {k} | while preserving {k} | keeping {k} | preserving {k} | leaving {k} alone | but keep {k}
""")
KEEP_ADVERBS = phrases("without touching {k} | without changing {k} | without removing {k} | without affecting {k} | without losing {k} | without altering {k} | without messing with {k} | without hurting {k} | without destroying {k} | while keeping {k} | while preserving {k} | keeping {k} | preserving {k} | leaving {k} alone | leaving {k} as is | and not {k} | not {k} | but not {k} | rather than {k} | instead of {k}")
KEEP_ADJECTIVE = phrases("keep it {a} | leave it {a} | it should stay {a} | it's meant to be {a} | i like it {a} | it can stay {a} | it's supposed to be {a} | it is {a} on purpose | let it be {a} | {a} is fine | i want it to stay {a}")
GERUND_KEEP = phrases("without {u} | no {u} | skip the {u} | skip {u} | without any {u} | but no {u} | but without {u} | no {u} please | no need for {u} | leave out the {u} | {u} is not needed | i don't need {u} | don't do any {u} | not the {u} part")
DONT_VERB = phrases("don't {v} | do not {v} | dont {v} | no need to {v} | please don't {v} | you don't have to {v} | you needn't {v} | never {v} | i don't want you to {v} | no {v}")

POLITE_BEFORE = phrases("""
    please | pls | plz | can you | could you | could you please | can you please | would you | would you please | would you mind to | i want to | i want you to | i'd like to | i would like you to | i need to | i need you to | help me | help me to | let's | just | hey | hi, | hello, | ok | ok so | hey, can you | kindly | try to | you should
    is it possible to | is there a way to | any way to | how do i | how can i | how to | may i ask you to | i was wondering if you could | do you think you could | i'm trying to | my boss wants me to | go ahead and | next, | now | we need to | it would be nice to | i'd love it if you could | are you able to | will you | simply | quickly | first | dear ai, please
""")
POLITE_AFTER = phrases("please | pls | plz | thanks | thank you | thx | ok? | if you can | if possible | for me | thanks a lot | thank you so much | cheers | would be great | asap | now | that's all | if that's okay | many thanks | right away | when you have a second | you're the best | will you | nothing else | that's it | only | leave the rest as it is | don't change anything else | and leave everything else alone | keep everything else as is | without changing anything else | and nothing more | no other changes | leave everything else | but don't crop it | no filters please | don't add anything | don't crop or rotate it | no style changes")
CONTEXTS = phrases("""
    i took this at my daughter's birthday | this is from our trip to italy | we were on holiday in greece | this is my cat | it's a picture of my dog on the beach | my grandma sent me this | it's for my wedding album | i want to print it for my mother | this was taken in 1987 | i shot this with my old phone | taken with an iphone 6 | my new camera is a sony
    it was raining that day | we had a great dinner | i want to post it on instagram | it's for my linkedin | this is for a school project | this is for a client | i need it for a presentation tomorrow | the concert was amazing | i was at a football match | my son scored a goal | this is my favourite picture of us | the picture means a lot to me | it's the only photo i have
    i found it in the attic | i scanned it yesterday | shot from the window of a train | this was in the mountains | i was standing on a bridge | my friend took it | a stranger took this for us | the dog is called rex | don't add anything | don't crop it | no filters | please don't colorize it | my wife loves this one | i am not a photographer | i don't know much about photography | i know it's not a great picture | the composition is nice | we hiked for six hours
    it was early in the morning | it was late in the evening | my kids are in it | it shows our old house | the car in it was my first one | it's a photo of a bird | this is a product shot for my shop | i sell shoes online | it's a shot of the milky way | shot on a canon with a 50mm lens | f/1.8 and 1/60s | iso 400 | iso 200, f/8 | i have 3 more like this | this is photo number 12 | it's for my 2 sisters
    i like the smile on her face | the sky was beautiful | the background shows the lake | there's a tree on the left | my hat looks silly | he's wearing a red shirt | i was 5 years old there | this one's from 2019 | my aunt turned 80 | it's the third photo of the series | taken last summer | it was a long night | i hope you can help | i have no idea what i'm doing | i usually do this in lightroom | photoshop is too hard for me
    i tried another app but it was useless | i've been looking at this for hours | she will be so happy | it's for the local newspaper | my teacher asked for it | the frame on our wall is empty | i'm making a calendar | i'm making a photo book | my phone fell in the water after that | so i was out with friends yesterday | honestly i don't expect much | it's a great moment | it's a family portrait | it's an aerial photo | it's a picture of a receipt | it's a screenshot of a game
""")
CONNECTORS = phrases(""", | and | , and | then | , then | and then | , and then | plus | also | and also | , also | ; | . | as well as | & | + | after that | , after that | along with | followed by | , next | , but first | with | and finally""")
CONTRAST = phrases(", but | but | , just | , though | , however | . | ; | and | , and | , only | - | , | yet | , still")

REGIONS: dict[str, tuple[str, ...]] = {
    "face": phrases("the face | her face | his face | my face | the faces | their faces | people's faces | faces | the person's face | the baby's face | mum's face | our faces | everyone's faces | the child's face | the facial area | the face area | the bride's face | grandpa's face | the model's face | the man's face | the woman's face | facial features | the faces of the people"),
    "background": phrases("the background | the backdrop | what's behind us | the area behind the subject | background | the scene behind | everything behind the person | the wall behind her | the background area | the stuff in the background | the rear of the scene | what is behind the subject | the back of the picture | everything except the person | everything outside the subject"),
    "sky": phrases("the sky | the clouds | sky | the sky area | the night sky | the sky region | the blue sky | the sky part | the sky above | the part with the sky | the cloudy part of the sky"),
    "mask": phrases("the selected area | the selection | my selection | the masked area | the mask | inside the mask | the area i painted | where i painted | the marked area | the area i marked | the brushed area | the region i selected | the part i highlighted"),
}
ON_REGION = phrases("on {g} | in {g} | only on {g} | only in {g} | just on {g} | just in {g} | of {g} | from {g} | for {g} | only for {g} | around {g} | in {g} only | on {g} only | but only on {g} | but only in {g} | restricted to {g} | limited to {g} | just for {g} | but just {g} | in the area of {g} | within {g} | , {g} only | , just {g} | , only {g}")
REGION_FIRST = phrases("{g}: | on {g}, | in {g} | only {g}: | for {g} | {g} only, | just {g}, | {g} | for {g} only, | only on {g}, | in {g}, ")
SPARE_FACE = phrases("leave the face alone | don't touch the face | but not the face | not on the face | leave the person alone | leave the subject as is | don't touch the people | except the face | except on the faces | without touching the face | keep the face as it is | don't change the person")

TONE: dict[tuple[str, int], tuple[str, ...]] = {
    ("brightness", 1): phrases("make it {m} brighter | {m} brighter | brighter | brighten it {m} | brighten {m} | increase the brightness {m} | raise brightness {m} | more brightness | brightness up {m} | lighten it {m} | make it {m} lighter | turn up the brightness {m} | add {m} brightness | boost brightness {m}"),
    ("brightness", -1): phrases("make it {m} darker | {m} darker | darker | darken it {m} | darken {m} | decrease the brightness {m} | lower the brightness {m} | less brightness | brightness down {m} | turn the brightness down {m} | dim it {m} | reduce brightness {m} | it's {m} too bright"),
    ("contrast", 1): phrases("{m} more contrast | more contrast | increase the contrast {m} | raise contrast {m} | add {m} contrast | boost the contrast {m} | contrast up {m} | make it {m} more contrasty | punchier contrast | stronger contrast | higher contrast | crank up the contrast {m} | it looks flat, add contrast"),
    ("contrast", -1): phrases("{m} less contrast | less contrast | decrease the contrast {m} | lower contrast {m} | reduce the contrast {m} | contrast down {m} | make it {m} less contrasty | softer contrast | too much contrast | flatten the contrast {m} | tone the contrast down {m}"),
    ("saturation", 1): phrases("{m} more saturation | more saturation | increase the saturation {m} | boost saturation {m} | saturate it {m} | make it {m} more colorful | make it {m} more vivid | make it {m} more saturated | more vibrant | {m} more vibrance | make the colors {m} more vivid | make the colours pop {m} | punchier colors | more vibrant colours | richer colors | saturation up {m} | make it more colourful"),
    ("saturation", -1): phrases("{m} less saturation | less saturation | decrease the saturation {m} | lower saturation {m} | desaturate it {m} | make it {m} less saturated | tone the colors down {m} | mute the colours {m} | more muted colors | too saturated | the colours are too strong | saturation down {m} | make it {m} less colorful"),
    ("warmth", 1): phrases("make it {m} warmer | {m} warmer | warmer | warm it up {m} | warmer tones | a warmer look | add {m} warmth | more warmth | increase the warmth {m} | raise the color temperature {m} | give it a warm tone | warmer colours | cosy warm mood"),
    ("warmth", -1): phrases("make it {m} cooler | {m} cooler | cooler | cool it down {m} | cooler tones | a cooler look | less warmth | make it {m} colder | colder tones | decrease the warmth {m} | lower the color temperature {m} | give it a cool tone | cooler colours"),
}
