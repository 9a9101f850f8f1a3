"""URLs as others may see them."""

import re

# Up to the last "@" before the path; and, since passwords are pasted unescaped, beyond a "/" if there was a ":",
# unless that began a port.
_USER = re.compile(r"\A([^/]*//)(?:[^/?#]*@|[^/?#:@\[]*:(?!\d+(?:[/?#]|\Z)).*@)", re.DOTALL)
_QUERY = re.compile(r"[?#].*", re.DOTALL)


def without_secrets(url: str) -> str:
    """A URL for messages and logs: without user, password, query and fragment. It need not be a valid one."""
    return _QUERY.sub("", _USER.sub(r"\1", url))
