"""What runs read and made, as the protocol shows it."""

from runstone.store.datasets import Links
from runstone.wire import datasets as wire


def inputs_of(links: Links | None) -> wire.RunInputs:
    """What a run read, as the protocol shows it."""
    if links is None:
        return wire.RunInputs()
    uses = [
        wire.DatasetInput(
            dataset=wire.Dataset(*use.dataset),
            tags=[wire.InputTag(key, value) for key, value in use.tags.items()],
        )
        for use in links.datasets
    ]
    return wire.RunInputs(uses, [wire.ModelInput(model_id) for model_id, _ in links.model_inputs])


def outputs_of(links: Links | None) -> wire.RunOutputs:
    """What a run made, as the protocol shows it."""
    made = [] if links is None else links.model_outputs
    return wire.RunOutputs([wire.ModelOutput(model_id, step) for model_id, step in made])
