"""What the command line offers to Python too: `runstone.doctor()`."""

from runstone.settings import HTTP_MAX_RETRIES

__all__ = ["doctor"]


def doctor(mask_envs: bool = False) -> None:
    """Print what is installed, where runs are recorded, and whether that works, as `runstone doctor` does.

    Args:
        mask_envs: hide the values of all environment variables. Passwords and tokens are never shown.
    """
    from runstone.cli.diagnosis import diagnose
    from runstone.cli.doctor import print_diagnosis

    usual, HTTP_MAX_RETRIES.default = HTTP_MAX_RETRIES.default, 1  # somebody waits for the answer
    try:
        found = diagnose(None, mask_all=mask_envs)
    finally:
        HTTP_MAX_RETRIES.default = usual
    print_diagnosis(found.sections, found.problems)
