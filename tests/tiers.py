"""Tiers: the groups of tests that need something a machine may lack.

RUNSTONE_REQUIRE names tiers, separated by commas, or `all`: what they lack is then a failure, not a skip.
"""

import os
from typing import NoReturn

import pytest

TIERS = ("unit", "contract", "compat", "golden", "crash", "ui", "postgresql", "mariadb")

# tier → (why it was skipped, the command that enables it); printed at the end of the session.
missing: dict[str, tuple[str, str]] = {}


def required_tiers() -> set[str]:
    """The tiers that may not be skipped; an unknown name is an error, since it would require nothing."""
    asked = {name.strip() for name in os.environ.get("RUNSTONE_REQUIRE", "").split(",") if name.strip()}
    if asked == {"all"}:
        return set(TIERS)
    unknown = asked - set(TIERS)
    if unknown:
        names, known = ", ".join(sorted(unknown)), ", ".join(TIERS)
        raise pytest.UsageError(f"RUNSTONE_REQUIRE names {names}; the tiers are {known}, and all")
    return asked


def tier_missing(tier: str, reason: str, enable: str) -> NoReturn:
    """Skip the test, or the module that is being imported, because this machine lacks what its tier needs.

    `reason` says what is lacking, `enable` is the command that brings it. Fails where the tier is required.
    """
    assert tier in TIERS, f"{tier} is not a tier"
    if tier in required_tiers():
        pytest.fail(f"RUNSTONE_REQUIRE asks for the {tier} tests, but {reason}. To enable them: {enable}")
    missing[tier] = (reason, enable)
    pytest.skip(reason, allow_module_level=True)
