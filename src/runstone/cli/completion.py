"""`runstone completion`."""

import click


@click.command
@click.argument("shell", type=click.Choice(("bash", "zsh", "fish")))
def completion(shell: str) -> None:
    """Print what makes a shell complete commands, options, experiments and runs.

    \b
    It takes one line in the shell's configuration:
      bash   eval "$(runstone completion bash)"        in ~/.bashrc
      zsh    eval "$(runstone completion zsh)"         in ~/.zshrc, after compinit
      fish   runstone completion fish | source         in ~/.config/fish/config.fish
    """
    from click.shell_completion import get_completion_class

    from runstone.cli import runstone

    kind = get_completion_class(shell)
    assert kind is not None
    script = kind(runstone, {}, "runstone", "_RUNSTONE_COMPLETE")
    click.echo(script.source_template % script.source_vars())
