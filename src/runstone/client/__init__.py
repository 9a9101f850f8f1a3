"""How programs reach a tracking store: the client, the fluent API, and the transports beneath them."""

from runstone.logs import apply_level

apply_level()
