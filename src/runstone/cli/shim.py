"""`runstone shim`: `import mlflow` on top of Runstone."""

import click

from runstone.cli.groups import Commands


@click.group(cls=Commands)
def shim() -> None:
    """Let `import mlflow` and the command `mlflow` mean Runstone, in this Python environment.

    For scripts and libraries that import MLflow by its name. It is put beside Runstone as a small distribution named
    mlflow, which `pip list` shows and `pip uninstall mlflow` removes; it never takes the place of the real MLflow.
    """


@shim.command
def install() -> None:
    """Put the shim in place, or bring it up to date."""
    from runstone.shim import installing

    place = installing.beside_runstone()
    written = installing.install(place)
    state = "Now `import mlflow` is Runstone" if written else "`import mlflow` is Runstone already"
    click.echo(f"{state}: mlflow {installing.VERSION} in {place.packages}")


@shim.command
def uninstall() -> None:
    """Remove the shim."""
    from runstone.shim import installing

    place = installing.beside_runstone()
    removed = installing.uninstall(place)
    click.echo(
        f"Removed the shim from {place.packages}" if removed else f"There is no shim in {place.packages}"
    )


@shim.command
def status() -> None:
    """Tell what `import mlflow` is here."""
    from runstone.shim import installing

    place = installing.beside_runstone()
    real, found = installing.real_mlflow(place), installing.installed(place)
    if real:
        click.echo(f"The real MLflow: {real.name} {real.version} in {real.locate_file('')}")
    if found and installing.is_current(place):
        click.echo(f"The shim: mlflow {found.version} in {place.packages}")
    elif found:
        click.echo(
            f"The shim, not whole or of another version: mlflow {found.version} in {place.packages}. "
            "`runstone shim install` puts it right."
        )
    elif not real:
        click.echo("Nothing. `runstone shim install` lets `import mlflow` mean Runstone.")
