# ruff: noqa: E501
"""English names for the eight flaws: photographers', lay people's and phone users' words."""

from controllable.task import Task
from controllable.training.phrases import TaskPhrases, joined, phrases
from controllable.training.phrases_en_more import MORE_PHRASES

NOISE = TaskPhrases(
    nouns=phrases("""
        noise | grain | graininess | image noise | digital noise | sensor noise | high iso noise | colour noise | color noise
        chroma noise | luminance noise | luma noise | film grain | speckles | speckling | specks | coloured specks | dots | tiny dots
        coloured dots | colored dots | little dots | random dots | color speckles | noisy pixels | hot pixels | static | tv static | snow effect
        salt and pepper | salt-and-pepper noise | gaussian noise | shot noise | iso noise | noise in the shadows | grain in the dark parts
        sandy look | gritty look | grittiness | grit | purple speckles | rgb noise | pixel noise | low light noise
        dotty stuff | grainy texture | grainy look | ugly grain | sensor grain | noisy texture | fuzz of dots | coarse grain | the sandpaper look
    """),
    verbs=phrases("""
        denoise | de-noise | denoise it | denoise this | denoise the photo | denoise the image | run denoising | apply denoising | degrain | de-grain it
        do noise reduction | apply noise reduction | use noise reduction | noise reduction | noise removal | denoising | NR | run NR on it
        grain removal | grain reduction | clean the noise | clean up the noise | clean up the grain | smooth out the noise | smooth out the grain
        suppress noise | filter the noise | filter out the grain | kill the noise | kill the grain | quiet the noise down | cut the grain
        cut noise | bring the noise down | lower the noise | take the grain down | tame the noise | tame the grain | turn down the noise
        strip the grain | wash away the grain | make it noise free | make it noise-free | make it less noisy | make it less grainy
        give me a clean noiseless version | wipe out the speckles | scrub the speckles off | erase the speckles | drop the noise floor
        despeckle | de-speckle it | despeckle the shot | make the shadows cleaner | clean the dirty looking shadows | get a cleaner low iso look
        make it look like iso 100 | make it look like it was shot at base iso | remove the high iso mess | get the noise under control
    """),
    adjectives=phrases("""
        noisy | grainy | speckled | speckly | gritty | full of noise | full of grain | full of dots | sandy | dotty | covered in grain | covered in speckles
        peppered with dots | snowy like an old tv | grainy as hell | very noisy | super grainy | so noisy | extremely grainy | noisy in the shadows
    """),
    complaints=phrases("""
        there is a lot of noise | there's so much grain | there's noise everywhere | there are dots all over it | there are speckles all over
        it came out grainy | my photo came out really grainy | the shadows are noisy | the shadows are full of noise | it looks like sandpaper
        it looks like tv static | looks like an untuned tv | looks like someone threw sand on it | it's grainy because of the high iso
        iso was way too high | i had to push the iso | shot at iso 12800 | the iso was cranked up | taken at iso 6400 and it shows
        why is it so grainy | why is my picture so noisy | why does it have all these little dots | what's with all the grain
        i hate all this grain | i can see grain everywhere | too much noise | too much grain | way too much noise | way too grainy
        the noise is terrible | the grain is awful | the grain bothers me | the noise is distracting | the noise is killing this photo
        weird coloured pixels in the dark areas | red and green dots in the dark | random coloured pixels all over | purple dots in the blacks
        my phone makes everything grainy at night | night mode left tons of grain | the small sensor made it noisy | cheap sensor noise everywhere
        the walls are full of speckles | the dark areas are crawling with dots | it's not smooth, there are dots | the flat areas aren't clean
        it has that gritty look | the image is full of noise | this picture is noisy | this photo is so grainy | this shot is quite noisy
        noise all over the place | grain all over the place | noise in the sky and in the shadows | the blacks are noisy | high iso shot
        the concert shots are all grainy | the grain is too strong | the grain is too visible | noise is visible | it seems noisy
        the image has sensor noise | it has chroma noise | there's colour noise in the shadows | speckles ruin this | lots of specks
    """),
    repairs=phrases("the noise | the grain | the noise problem | the grain issue | the noise level | the noisy parts | the grainy areas | the speckles | the noise situation | those dots"),
    keeps=phrases("""
        the grain | the noise | film grain | the film grain | the grain structure | the graininess | the grainy look | the analog grain | the natural grain | grain
        noise | the gritty look | the grainy texture | the film look with its grain | the speckles | the sensor noise | the analogue grain
    """),
)

BLUR = TaskPhrases(
    nouns=phrases("""
        blur | the blurriness | blurriness | motion blur | camera shake | shake blur | lens blur | defocus | defocus blur | out of focus blur | focus blur
        gaussian blur | focus error | the missed focus | misfocus | back focus | front focus | handshake blur | hand shake | shakiness | smearing from movement
        movement blur | ghosting from movement | fuzziness | the fuzzy focus | the out of focus look | trails from the movement | movement smear
        the blurred look | blurry look | the double image from shaking | directional blur | linear motion blur | panning blur | unsharp focus | soft focus error | the wobble
    """),
    verbs=phrases("""
        deblur | de-blur | unblur | un-blur it | deblur it | deblur this | deblur the photo | deblur the image | deblurring | blur removal | blur reduction
        apply deblurring | run deblur | make it in focus | bring it into focus | get it in focus | refocus | refocus it | refocus the picture | put it in focus
        focus the picture | make it less blurry | make it not blurry | make it unblurry | make the blurry picture clear | undo the camera shake | undo the shake
        correct the camera shake | compensate for the shake | stabilise the shot | stabilize the shot | reverse the motion blur | undo the motion
        freeze the motion | deconvolve | deconvolve it | run deconvolution | apply deconvolution | fix the focus | correct the focus | rescue the focus
        save the missed focus | clear up the blur | clear the blur | sort the blurriness out | clean up the blur | lessen the blur | reduce blur
        unsmear it | pull it back into focus | make the out of focus shot usable | de-shake | deshake it | take the blur away | tighten up the focus
        make it clear instead of blurry | make it clear | make it clearer | make the picture clear
    """),
    adjectives=phrases("""
        blurry | blurred | out of focus | out-of-focus | unfocused | not in focus | shaky | fuzzy | smeared | defocused | misfocused | motion blurred | a blurry mess
        blurry as hell | super blurry | so blurry | kind of blurry | blury | not focused | smudgy from movement
    """),
    complaints=phrases("""
        it's out of focus | it is blurry | my photo is blurry | the picture came out blurry | everything is blurred | the focus is off | the focus is wrong
        the focus missed | i missed focus | the camera missed focus | autofocus missed | autofocus locked on the wrong thing | the af hunted and missed
        it back-focused | the lens was not focused | my hand was shaking | my hands were shaking | my hand shook | i moved the camera
        i moved while taking it | the camera moved | the phone moved | camera shake ruined it | there's camera shake | slow shutter, so it's smeared
        the shutter was too slow | shutter speed was too low | 1/8s handheld | the subject was moving | the kids wouldn't hold still | my dog kept moving
        he was running so he's smeared | the car was moving too fast | the subject moved | she moved during the shot | everything is streaky from motion
        i was in a moving car when i took this | taken from a moving train and it's smeared | there's motion blur | motion blur everywhere | it's all fuzzy
        i can't read the text because it's blurred | can't make out the face, it's blurred | the number plate is blurred | the letters are blurred
        it looks like i need glasses | looks like seen through wet glasses | edges are doubled from the shake | things look doubled from shaking
        why is my photo blurry | why is it so blurry | what happened to the focus | the eyes aren't in focus | the eyes are out of focus
        focus landed on the background | wrong focus point | the blur is terrible | too blurry | way too blurry | this is too blurred to use
        it's not in focus | nothing is in focus | the whole thing is out of focus | the lens blur is bad | shaky hands | shaky shot | the shot is shaky
        no tripod so it's shaken | forgot the tripod and it shows | wind shook the tripod | it's a blurry shot | blurry photo | blurred picture
    """),
    repairs=phrases("the blur | the focus | the camera shake | the motion blur | the blurriness | the blurry parts | the out of focus areas | the shake | the missed focus | the blurred areas"),
    keeps=phrases("""
        the blur | the bokeh | bokeh | the motion blur | the blurred background | the background blur | the soft focus | the depth of field | the shallow depth of field
        the blurriness | blur | the out of focus look | the defocus | the panning blur | the focus | the dreamy blur | the camera shake
    """),
)

COMPRESSION = TaskPhrases(
    nouns=phrases("""
        jpeg artifacts | jpeg artefacts | jpg artifacts | jpg artefacts | compression artifacts | compression artefacts | compression | jpeg compression
        jpeg damage | compression damage | blockiness | blocking | blocking artifacts | block artifacts | blocky artifacts | blocks | jpeg blocks | 8x8 blocks
        blocky squares | little squares | the squares | macroblocks | macroblocking | ringing | ringing around the edges | mosquito noise | color banding from compression
        compression banding | jpeg mess | jpeg crud | jpeg noise | webp artifacts | mpeg artifacts | video compression artifacts | codec artifacts | encoder artifacts
        halos from compression | blocky edges | jpegness | jpeggy look | the jpeg look | over-compression | compression noise | compression garbage | compression marks
        the artifacts from whatsapp | messenger compression | upload artifacts | artifacts | artefacts | digital artifacts | the checkerboard squares | crunchy edges from saving
    """),
    verbs=phrases("""
        dejpeg | de-jpeg | dejpeg it | de-jpeg this | deartifact | de-artifact it | deblock | de-block it | run deblocking | apply deblocking | deblocking
        jpeg artifact removal | compression artifact removal | jpeg repair | repair the jpeg | clean up the jpeg | clean the jpeg | undo the compression
        undo the jpeg compression | reverse the compression | smooth out the blocks | get rid of the jpeg mess | fix the overcompressed file | repair the overcompressed jpg
        clean up the compression | clear up the compression | uncompress the look of it | make it look uncompressed | remove what jpeg did to it
        remove what whatsapp did to it | undo what facebook did to the file | repair the damage from saving as jpg | fix the damage of repeated saving
        kill the blocks | erase the blocky squares | smooth the blocky squares | clean the ringing at the edges | remove the ringing | fix blockiness
        reduce blockiness | artifact removal | artifact reduction | reduce artifacts | clean up artifacts | make it less blocky | make it less jpeggy
        make it look like it was never compressed | restore from heavy compression | repair compression | decompress the artifacts away
    """),
    adjectives=phrases("""
        blocky | full of artifacts | overcompressed | over-compressed | heavily compressed | too compressed | compressed to death | jpeggy | jpeg-y | artifacty
        full of jpeg artifacts | full of blocks | crunchy from compression | badly compressed | compressed | deep fried by compression | full of little squares
    """),
    complaints=phrases("""
        whatsapp compressed it | whatsapp destroyed the quality | whatsapp butchered it | messenger compressed it to death | facebook compressed it
        instagram ruined it with compression | the upload compressed it | telegram squashed the file | it was sent through whatsapp | it was sent over messenger
        it's been saved as jpg too many times | saved and resaved a hundred times | it was re-saved over and over | someone saved it at quality 10
        it's a low quality jpeg | it's a low-quality jpg | bad jpeg quality | the jpeg quality is terrible | jpeg quality 15 or so
        i can see blocks | there are blocks everywhere | there are little squares everywhere | there are squares all over the sky | you can see the squares
        you can see the 8x8 grid | there's a blocky grid over everything | there are weird halos around the letters | there's ringing around the edges
        the edges have mosquito noise | mosquito noise around the text | there are artifacts around the edges | the edges look crunchy
        the compression is awful | the compression is really visible | the compression killed it | too much compression | heavy compression
        it was compressed too hard | the file was squeezed too small | they squeezed it to 50 kb | the file is only 30 kb and it shows
        it's a screenshot of a video and it's blocky | a frame from a compressed video | taken from a youtube video, all blocky | the codec mangled it
        it was downloaded from facebook and looks blocky | the website recompressed it | the meme has been reposted so often it fell apart | it looks deep fried
        why is my picture full of squares | why do i see blocks in the sky | it has jpeg artifacts | it has compression artifacts | jpeg artifacts everywhere
        artifacts all over the place | lots of artifacts | it's all blocky | it got blocky | it went blocky after i emailed it | emailing it made it blocky
        the gradients show compression banding | it's got that cheap jpeg look | the jpg has artefacts | the photo suffers from compression
    """),
    repairs=phrases("the jpeg artifacts | the compression | the jpeg | the compression artifacts | the blocking | the blocky parts | the compression damage | the artifacts | the jpeg damage | the blocks"),
    keeps=phrases("""
        the jpeg artifacts | the compression | the jpeg | the jpeg look | the artifacts | the compression artifacts | the blocks | the jpeg artefacts | jpeg artifacts | compression
        the jpeg quality | the compression artefacts | the blockiness | the compressed look | the jpg
    """),
)

RESOLUTION = TaskPhrases(
    nouns=phrases("""
        pixelation | pixelization | pixellation | jaggies | jagged edges | aliasing | staircase edges | stair-stepping | the pixelated look | low resolution
        the low res look | visible pixels | big pixels | chunky pixels | upscaling blur | upscaling artifacts | undersampling | the pixelated edges | the thumbnail look
    """),
    verbs=phrases("""
        super resolution | run super resolution | apply super-resolution | superres it | increase the pixel detail | reconstruct the low-res picture
        depixelate | de-pixelate it | unpixelate it | fix the pixelation | reduce pixelation | get rid of the visible pixels | make it less pixelated
        smooth out the jagged edges | fix the jaggies | anti-alias it | clean the staircase edges | recover what the downscaling lost | undo the downscaling
    """),
    adjectives=phrases("""
        pixelated | pixelly | pixellated | low res | low-res | lowres | low resolution | low-resolution | jagged | full of jaggies | chunky with pixels | pixely
    """),
    complaints=phrases("""
        it's pixelated | it is so pixelated | i can count the pixels | i can see the individual pixels | you can see every pixel | the pixels are huge
        it's very low res | it's low resolution | the resolution is low | the resolution is terrible | resolution is bad | the edges are jagged | there are jaggies
        the lines look like stairs | it's pixelated when i zoom in | falls apart into pixels when i zoom in | looks pixelated on my screen | looks like minecraft
        someone upscaled it badly | it was enlarged with nearest neighbour | it's a blown-up thumbnail | it's a thumbnail stretched to full size
        the picture is made of big pixels | why is it so pixelated | pixelated mess | pixelated photo | low res picture | low resolution image
    """),
    repairs=phrases("the low resolution | the pixelation | the pixelated parts | the jagged edges | the jaggies | the low res look"),
    keeps=phrases("""
        the resolution | the size | the dimensions | the original size | the image size | the pixel dimensions | the pixel count | the pixel art look | the pixelation | the pixelated look
    """),
)

LOW_LIGHT = TaskPhrases(
    nouns=phrases("""
        darkness | underexposure | the dark | the dark shadows | the deep shadows | the gloom | the black shadows | crushed shadows | the murk | the dimness | bad lighting | poor lighting
        the low light | low light problem | the backlight problem | the silhouette effect | heavy shadows
    """),
    verbs=phrases("""
        brighten this dark photo | brighten the dark photo | brighten up this dark picture | brighten the dark areas | brighten the shadows | brighten the underexposed parts
        lighten the dark areas | lighten the dark photo | lighten the shadows | lift the shadows | raise the shadows | open up the shadows | pull up the shadows
        push the shadows | recover the shadows | recover shadow detail | bring back the shadows | bring out what's in the dark | bring out the details in the dark
        show what's hidden in the shadows | reveal what is in the dark | make the dark parts visible | make everything visible | make it look like daylight
        turn the night into day | low light enhancement | low-light enhancement | enhance the low light | night photo enhancement | enhance this night shot
        fix the exposure | correct the exposure | fix underexposure | correct underexposure | recover the exposure | rescue the underexposed shot | raise the exposure
        increase the exposure | bump the exposure | push the exposure | push it two stops | light it up | illuminate the scene | relight the dark scene | add light to the dark scene
        expose it properly | make it properly exposed | fix the backlight | fix the backlit subject | fill in the light | add fill light | fill flash effect
        make the dark room visible | make me visible in the dark | make it look like the lights were on | let me see what is in the dark corner | fix the bad lighting
    """),
    adjectives=phrases("""
        dark | too dark | underexposed | under-exposed | under exposed | dim | gloomy | murky and dark | very dark | pitch black | almost black | nearly black | backlit | badly lit | poorly lit | super dark
    """),
    complaints=phrases("""
        it's too dark | it's way too dark | it is really dark | the photo is too dark | my picture came out dark | everything is dark | it's pitch black
        it's almost black | i can't see anything | you can't see anything | can't see a thing in this picture | you can barely see us | i can hardly see the faces
        can barely make anything out, it's that dark | it's underexposed | the shot is underexposed | underexposed by two stops | i underexposed it
        i forgot the flash | the flash didn't fire | the flash did not go off | there was no light | there was hardly any light | the light was terrible
        the light was bad | bad lighting | poor lighting in the room | the room was dark | it was dark in there | it was taken at night
        taken at night without flash | it's too dark, make it brighter | too dark, brighten it up | it's dark, please brighten it | it's so dark, can you lighten it | too dark, can you make it lighter | dark photo, brighten it | it came out dark, make it brighter | underexposed, make it brighter | taken in a dark bar | shot in a dark club | shot in a cave with no lamp | shot after sunset and way too dark
        the faces are in shadow | we are just silhouettes | i'm just a silhouette | everyone is a black silhouette | the sun was behind us and we're black
        it's backlit | the subject is backlit | the shadows are black | the shadows are crushed | the shadows are blocked up | no detail in the shadows
        the shadows are too deep | why is it so dark | why did it come out so dark | exposure is too low | the exposure is off, too dark | it's too dim
        the night shot is too dark | low light photo | night photo | dark photo | dark picture | it's a low light shot | very dim light | the evening picture is gloomy
        shot at dusk and you see nothing | candle light only, nothing visible | my phone can't handle the dark
    """),
    repairs=phrases("the exposure | the shadows | the lighting | the light | the dark areas | the underexposure | the dark parts | the underexposed areas | the dark corners | the low light | the backlight | shadow detail"),
    keeps=phrases("""
        the darkness | the exposure | the shadows | the dark mood | the moody darkness | the night look | the dark atmosphere | the lighting | the light | the low key look
        the black shadows | the dark areas | the silhouette | the dim light | the night mood | the brightness of the scene
    """),
)

HAZE = TaskPhrases(
    nouns=phrases("""
        haze | fog | mist | smog | haziness | the hazy veil | the fog layer | the morning mist | the sea mist | the smoke | the smoky haze | atmospheric haze
        the milky veil | the white veil | the grey veil | the milky look | the foggy look | the dust haze | the air pollution | the murky air | the cloudy veil | the vapour
        the steam | fogginess | mistiness | the sandstorm haze | the airlight | the atmospheric scattering | the distance haze | the whitish film
    """),
    verbs=phrases("""
        dehaze | de-haze | dehaze it | dehaze this | dehaze the photo | dehaze the landscape | dehazing | haze removal | haze reduction | fog removal | apply dehaze
        run dehaze | use dehaze | defog | de-fog | defog it | defog the picture | demist | demist the view | clear the haze | clear the fog | clear the mist | clear up the haze
        clear up the mist | clear the air | clear the smog | clear the smoke | cut through the haze | cut through the fog | cut the haze | see through the fog
        see through the haze | let me see through the mist | lift the fog | lift the veil | lift the haze | make the distant mountains visible | make the distance clear
        make the far hills clear | bring the mountains out of the mist | make the air look clear | make it look like a clear day | turn the foggy day into a clear one
        burn off the fog | blow the smoke away | wipe the mist away | pull back the veil | remove the milky veil | reduce the smog | make it less hazy | make it less foggy
    """),
    adjectives=phrases("""
        hazy | foggy | misty | smoggy | smoky | milky | veiled by mist | covered in fog | full of haze | full of smog | shrouded in mist | very hazy | super foggy | too hazy
    """),
    complaints=phrases("""
        it's hazy | it's too hazy | it was foggy | it was a foggy day | it was misty | the day was hazy | the air was hazy | the air was thick with smoke
        there's haze | there is fog everywhere | there's fog over the valley | there's mist over the lake | there's a milky veil over it | there is a white veil over everything
        a grey film lies over the landscape | the mountains are lost in the haze | the mountains disappear in the haze | you can't see the mountains through the fog
        the hills vanish in the mist | the skyline is hidden by smog | smog covers the city | the city is buried in smog | the air pollution hides the buildings
        the distance is all white | the far end is washed out by haze | the horizon is lost in haze | i can't see the horizon for the fog | the landscape looks milky
        the view was spoiled by haze | the haze spoils the view | the fog ruined my view | fog ruined the picture | the mist hides the bridge
        the smoke from the fires covers everything | wildfire smoke everywhere | there was smoke in the air | dust in the air | a sandstorm made it hazy
        shot through a dirty airplane window, hazy | taken from a plane and it looks hazy | the aerial shot is hazy | drone shot full of haze
        the telephoto shot shows so much haze | too much haze | too much fog | way too much mist | so much smog | haze everywhere | foggy picture | hazy photo
        misty landscape shot | it looks like looking through milk | like looking through a dirty window of fog | why is everything so hazy | the fog is too thick
    """),
    repairs=phrases("the haze | the fog | the mist | the hazy distance | the visibility | the foggy parts | the smog | the milky veil | the hazy view"),
    keeps=phrases("""
        the fog | the mist | the haze | the hazy mood | the foggy atmosphere | the misty atmosphere | the smoke | the misty mood | fog | the morning mist | haze | the dreamy haze | the smog
    """),
)

COLOR = TaskPhrases(
    nouns=phrases("""
        color cast | colour cast | yellow cast | blue cast | green cast | orange cast | red cast | magenta cast | purple tint | yellow tint | green tint | blue tint | orange tint
        tint | colour tint | the yellowing | yellowing | fading | the fade | fadedness | discoloration | discolouration | the sepia fade | the wrong white balance
        the tungsten cast | the fluorescent green | the yellow light | the orange street light colour | the bluish tone | the reddish tone | color shift | colour shift
        the washed out colours | the washed-out colors | the faded colours | weird colours | unnatural colors | the odd hue | the underwater blue
    """),
    verbs=phrases("""
        color correct | colour correct | color correct it | colour-correct this | color correction | colour correction | do a colour correction | apply color correction
        fix the colors | fix the colours | correct the colors | correct the colours | restore the colors | restore the colours | restore the faded colours | repair the colours
        bring back the colors | bring back the colours | bring the colors back to life | revive the colours | revive the faded colors | refresh the colors
        recover the original colours | recover the colors | white balance it | white balance | auto white balance | fix white balance | correct the white balance
        set the white balance | balance the colours | balance the colors | rebalance the color | neutralise the cast | neutralize the color cast | neutralise the tint
        make the whites white | make white look white | make the whites neutral | make the grey neutral | make the colors natural | make the colours look natural
        make the skin tones natural | fix the skin tone colours | correct the skin tones | make the colours right | make the colors accurate | get the colours right
        undo the fading | reverse the fading | unfade it | undo the yellowing | take out the yellow | take the green out | get the blue tone out | remove the orange tone
        remove the yellowish tone | get rid of the tint | remove the tint | color restoration | colour restoration | fix the washed out colours | repair the discoloration
    """),
    adjectives=phrases("""
        faded | washed out | washed-out | yellowed | yellowish | too yellow | too blue | too green | too orange | too red | bluish | greenish | reddish | orangey | purplish | discolored
        discoloured | off in colour | wrong in color | colour-shifted | all yellow | all blue | pale and faded | tinted | miscoloured
    """),
    complaints=phrases("""
        the colors are off | the colours are wrong | the colors look wrong | the colours look weird | the colors look unnatural | the colours are strange
        the colors are faded | the colours have faded | the colours faded over time | the print has faded | the sun bleached the colours | the colors washed out
        the colors look dull and lifeless | the colours are dead | the colors are pale | the colours look washed out | everything is yellow | everything looks yellow
        everything looks blue | everything looks green | everything looks orange | everything has turned red | it turned magenta | it's all yellowish | it's too yellow
        it has a yellow cast | it has a blue cast | there's a green cast | there is a colour cast | there's an orange tint | there's a weird tint | it has a purple tint
        the white balance is off | the white balance is wrong | white balance is messed up | i had the wrong white balance | the camera got the white balance wrong
        the lamp light made it orange | tungsten light turned it orange | the fluorescent lights made it green | indoor lights made everything yellow
        the street lamps made it orange | the snow looks blue | the white dress looks yellow | the wedding dress looks blue | the walls should be white
        her skin looks green | his face looks orange | the skin tones are off | skin looks too red | we look like oompa loompas | we look like smurfs
        the underwater picture is all blue | underwater shot with no reds | the slide turned pink | the old slide has a red cast | the photo turned yellow with age
        yellowed with age | the paper yellowed | why is everything yellow | why are the colours so weird | the hue is off | the color temperature is wrong
        faded colours, bring them back | it's lost its colours | it lost all its color | the grass looks grey | the sky isn't blue anymore
    """),
    repairs=phrases("""
        the colors | the colours | the white balance | the skin tones | the color balance | the colour balance | the faded colours | the hues | the original colors | the color | the colour | the tint | colour fidelity
    """),
    keeps=phrases("""
        the colors | the colours | the color | the colour | colors | colours | the white balance | the tones | the colour tones | the hues | the warm tones | the palette | the color palette
        the skin tones | the original colors | the vintage colours | the sepia tone | the faded look | the color grading | the colour grade | the colour cast | my color grade | the tint | color
    """),
)

DETAIL = TaskPhrases(
    nouns=phrases("""
        softness | the plastic look | the waxy skin | waxy look | the oversmoothing | over-smoothing | the smoothed look | smeared details | the watercolor effect | the mushy look | mushiness
        the lack of detail | loss of detail | the lack of sharpness | the beauty filter smoothing | the airbrushed look | the soft look | the painted look from noise reduction | the mush
    """),
    verbs=phrases("""
        sharpen | sharpen it | sharpen this | sharpen the image | sharpen the photo | sharpen up | sharpening | apply sharpening | add sharpness | increase sharpness
        boost the sharpness | more sharpness | make it sharper | make it sharp | make the picture sharper | make it crisp | make it crisper | crispen it | crisp it up
        add detail | add details | add fine detail | more detail | more details | enhance details | enhance the detail | detail enhancement | bring out the details
        bring out the texture | bring out fine textures | bring back the details | bring back the texture | bring back lost detail | restore detail | restore the details
        restore fine detail | restore the texture | recover detail | recover the details | recover texture | recover lost textures | reveal more texture | reveal fine structure
        enhance texture | boost the texture | texture boost | add texture | give it more texture | boost clarity | add clarity | more clarity | increase the clarity | clarity up
        increase micro contrast | boost micro-contrast | more bite | give it more bite | make the edges sharper | make the edges crisp | make it tack sharp | make it pin sharp
        unsharp mask | apply unsharp mask | make the hair strands visible | show every hair | make the fabric texture visible | show the skin pores again | undo the smoothing
        undo the beauty filter smoothing | undo the over-smoothing | make it more detailed | make it look more detailed | define the edges better | give it more definition
    """),
    adjectives=phrases("""
        soft | too soft | too smooth | oversmoothed | over-smoothed | waxy | plasticky | plastic looking | mushy | lacking detail | lacking texture | not sharp enough | not crisp | unsharp
        smoothed to death | airbrushed | like a watercolor up close | lacking sharpness | low on detail | not sharp | not very detailed
    """),
    complaints=phrases("""
        it's too soft | it looks soft | the photo is a little soft | the image is soft | the lens is soft | my cheap lens is soft | it lacks detail | it lacks sharpness
        it lacks texture | it lacks bite | it lacks crispness | it isn't sharp | it's not sharp | it's not sharp enough | it's not crisp | the details are gone
        the details are lost | the detail is gone | the fine details are missing | all the texture is gone | the texture is lost | the texture got smoothed away
        the phone smoothed everything away | my phone smooths everything | the noise reduction ate the details | too much noise reduction, everything is smeared
        the skin looks like plastic | the skin looks like wax | faces look waxy | we look like wax dolls | she looks airbrushed | the beauty filter wiped out the skin
        the beauty mode removed every pore | it looks like a watercolor when i zoom in | it looks like an oil painting up close | it looks like mush at 100%
        the leaves are mush | the grass is mush | the foliage is a green mush | the hair is one blob | the fur has no detail | the feathers lost their detail
        the fabric has no texture | the bricks have no texture | the eyelashes are gone | the surfaces look too smooth | everything is too smooth | overly smooth
        i want to see the individual hairs | i want crisp detail | i want it sharp | i'd like it crisper | i want more texture | i'd love more detail | needs sharpening
        needs more sharpness | could be sharper | could use more detail | it should be sharper | why is there no detail | why is it so soft | scanned print looks soft
        not enough detail | not enough texture | soft photo | soft scan
    """),
    repairs=phrases("""
        the detail | the details | the texture | the textures | fine detail | the sharpness | the crispness | the fine structure | lost detail | the skin texture | the clarity | the softness | edge definition | the fur detail | the hair detail
    """),
    keeps=phrases("""
        the softness | the soft look | the sharpness | the texture | the details | the smooth skin | the smoothness | the detail | the soft skin | the gentle softness | the dreamy softness | the skin texture | sharpness
    """),
)


TASK_PHRASES: dict[Task, TaskPhrases] = joined(
    {
        Task.NOISE: NOISE,
        Task.BLUR: BLUR,
        Task.COMPRESSION: COMPRESSION,
        Task.RESOLUTION: RESOLUTION,
        Task.LOW_LIGHT: LOW_LIGHT,
        Task.HAZE: HAZE,
        Task.COLOR: COLOR,
        Task.DETAIL: DETAIL,
    },
    MORE_PHRASES,
)
