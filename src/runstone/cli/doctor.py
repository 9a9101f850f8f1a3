"""`runstone doctor`."""

import click

from runstone.cli import texts
from runstone.cli.groups import session
from runstone.cli.output import print_json, print_section, terminal


@click.command
@click.option(
    "--mask-envs", is_flag=True, help="Hide the values of all environment variables, not only secrets."
)
@click.option(
    "--output",
    type=click.Choice(("text", "json")),
    default="text",
    show_default=True,
    help="How to print it.",
)
def doctor(mask_envs: bool, output: str) -> None:
    """Say what is installed, where runs are recorded, and whether that works.

    The exit status is 1 if something does not work. Passwords and tokens are never shown.
    """
    from runstone.cli.diagnosis import diagnose

    found = diagnose(session().tracking_uri, mask_all=mask_envs)
    if output == "json":
        print_json({**found.sections, "problems": found.problems})
    else:
        print_diagnosis(found.sections, found.problems)
    if found.problems:
        click.get_current_context().exit(1)


def print_diagnosis(sections: dict[str, dict[str, str]], problems: list[str]) -> None:
    """Print what a diagnosis found, for people."""
    for title, facts in sections.items():
        spelt = facts if title == "environment" else {key.replace("_", " "): facts[key] for key in facts}
        print_section(title.capitalize(), spelt)
    console = terminal()
    console.print()
    for problem in problems:
        console.print("Problem: ", style="bold red", end="")
        console.print(texts.one_line(problem), markup=False, soft_wrap=True)
    if not problems:
        console.print("No problem was found.", style="green")
