"""Names for runs that were given none: an adjective, a noun and a number."""

import random

_ADJECTIVES = """
able agile amber ample arctic ashen autumn azure balmy basalt bold brave breezy brisk bronze calm candid cedar
chalky civil clear clever cobalt coastal copper coral cosmic crisp curious dapper dawn deft dewy dusky eager
early earthy ember fabled fair fern fleet flint fond frank fresh frosty gallant gentle gilded glad golden
granite green hardy hazel hearty hidden honest humble indigo iron ivory jade jolly keen kind lasting leafy
lively loyal lucid lunar maple marble mellow merry mild misty modest mossy neat nimble noble northern oaken
olive opal pale patient pearly placid plucky polar prime proud quaint quick quiet rapid ready robust rocky
rosy ruby rustic sable sandy serene sharp silent silver sleek snowy sober solar solid spry stable steady
stellar stoic stony sturdy sunny sure swift tawny tender tidal tidy timely topaz tranquil trusty upbeat
valiant velvet vivid warm wild windy wise witty woven young zesty
"""

_NOUNS = """
alder ant asp badger bass bat bear beaver bee birch bison bobcat bream brook buck bunting camel canyon carp
cat cave chough cliff cloud colt condor coot cove cow crab crag crane creek crow cub dale deer delta dingo doe
dove duck dune eagle eel egret elk elm emu ermine falcon fawn fen ferret field finch fir fjord foal ford
forest fox frog gecko geyser glacier glade glen goat goose grebe grove grouse gull hare harbor hawk heath hen
heron hill horse hound ibex ibis isle jackal jay kestrel kite koala lagoon lake lamb lark ledge lemur linnet
llama loon lynx magpie marsh marten meadow mesa mink mole moor moose moth mule newt oak ocelot orca oriole
osprey otter owl ox panda pass peak perch pike pine plover pond pony puffin puma quail quarry rabbit ram raven
reef ridge river robin rook salmon seal shoal shore shrew skate snipe sole spring spruce squid stag stoat
stork stream summit swan swift tapir tern thrush tide toad trout tuna valley viper vole walrus wasp weasel
whale willow wolf wren yak zebra
"""

_WORDS = tuple(text.split() for text in (_ADJECTIVES, _NOUNS))


def random_run_name() -> str:
    """A name such as `mellow-otter-417`. Names may repeat: the run id is what tells runs apart."""
    return "-".join([*(random.choice(words) for words in _WORDS), str(random.randrange(1_000))])
