"""What must not be recorded: passwords, tokens and keys in command lines, variables, URLs and texts.

Three things give a secret away: the name it goes by (`--api-key=…`, `DB_PASSWORD`), its form (`https://user:…@host`,
`Bearer …`, `ghp_…`), or that it is the value of an environment variable with such a name. Rather too much is masked
than too little. What nothing here can find: a secret that goes by no name, such as a positional argument or `-p…`, in
no known form; one that stands on another line than its name; and one without quotes in a program that reads like code.
"""

import re
from collections.abc import Mapping, Sequence
from typing import cast

from runstone.client.surroundings.named_secrets import MASK, Kind, is_secret_name, without_values

_SHORTEST_KNOWN = 8
"""Shorter values of secret variables (`AUTH=on`) are not looked for elsewhere: they would be found in every word."""

_PRIVATE_KEY = re.compile(
    r"-----BEGIN [A-Z ]*PRIVATE KEY-----.*?(?:-----END [A-Z ]*PRIVATE KEY-----|\Z)", re.DOTALL
)
# Up to the last "@" before the path; and, since passwords are pasted unescaped, beyond a "/" if there was a ":",
# unless that began a port.
_USER_OF_URL = re.compile(r"(?<=://)(?:[^\s/?#\"'<>]*@|[^\s/?#\"'<>:@]*:(?!\d+[/?#])[^\s\"'<>]*@)")
_HEADER_VALUE = re.compile(r"\b(bearer|basic)(\s+)[\w\-.~+/=]{6,}", re.IGNORECASE)
_WHOLE_ASSIGNMENT = re.compile(r"(?s)([-+~/]*[A-Za-z_][\w.\-/\[\]@]*)(\s*[=:]\s*)(.*)")
_OPTION = re.compile(r"--?[A-Za-z][\w.\-]*")
_TOKEN_FORMS = re.compile(
    r"""
      \b gh[oprsu]_\w{16,}  | \b github_pat_\w{16,} | \b glpat-[\w\-]{16,} | \b xox[a-z]-[\w\-]{8,}
    | \b sk-[\w\-]{16,}     | \b hf_\w{16,}         | \b AIza[\w\-]{30,}   | \b (?:AKIA|ASIA)[A-Z0-9]{12,}
    | \b dapi[0-9a-f]{32}   | \b npm_\w{30,}        | \b pypi-[\w\-]{30,}  | \b eyJ[\w\-]{8,}\.[\w\-]{4,}\.[\w\-]*
    """,
    re.VERBOSE,
)


def without_user(url: str) -> str:
    """A repository's URL without user and password; as MLflow writes it to `mlflow.source.git.repoURL`."""
    return _USER_OF_URL.sub("", url)


class Masker:
    """Masks secrets; `environ` is where values are known from that are secret wherever they occur."""

    def __init__(self, environ: Mapping[str, str]):
        values = {
            value for name, value in environ.items() if len(value) >= _SHORTEST_KNOWN and is_secret_name(name)
        }
        longest_first = sorted(values, key=len, reverse=True)
        self._known = re.compile("|".join(map(re.escape, longest_first))) if values else None

    def text(self, text: str) -> str:
        """A text without the secrets that its form, or the names in it, give away."""
        return without_values(self.forms(text), Kind.TEXT)

    def forms(self, text: str) -> str:
        """A text without the secrets that its form gives away, or that variables hold; names do not count."""
        text = _PRIVATE_KEY.sub(MASK, text)
        text = _USER_OF_URL.sub(f"{MASK}@", text)
        text = _HEADER_VALUE.sub(rf"\1\2{MASK}", text)
        text = _TOKEN_FORMS.sub(MASK, text)
        return self._known.sub(MASK, text) if self._known else text

    def command(self, arguments: Sequence[str]) -> list[str]:
        """A command line without secrets.

        Masked are `--password x`, `--password=x`, `db.password=x`, `Authorization: x`, and what `text` masks within an
        argument. What follows a secret option is its value, unless it looks like an option itself.
        """
        masked: list[str] = []
        secret = False
        for argument in arguments:
            is_option = _OPTION.fullmatch(argument) is not None
            whole = _WHOLE_ASSIGNMENT.fullmatch(argument)
            if whole and is_secret_name(whole[1]):
                masked.append(f"{whole[1]}{whole[2]}{MASK}")
            elif secret and not is_option and not argument.startswith("--"):
                masked.append(MASK)
            else:
                masked.append(self.text(argument))
            secret = is_option and is_secret_name(argument)
        return masked

    def variables(self, environ: Mapping[str, str]) -> dict[str, str]:
        """Environment variables without secrets."""
        return {name: MASK if is_secret_name(name) else self.text(value) for name, value in environ.items()}

    def everything(self, value: object) -> object:
        """A JSON value with every text in it masked, and made one that UTF-8 can write."""
        if isinstance(value, str):
            return self.text(writable(value))
        if isinstance(value, dict):
            items = cast("dict[str, object]", value)
            return {key: self.everything(item) for key, item in items.items()}
        if isinstance(value, list):
            return [self.everything(item) for item in cast("list[object]", value)]
        return value

    def line(self, line: str, kind: Kind) -> str:
        """A line of a file of some kind without secrets."""
        return without_values(self.forms(line), kind)


def writable(text: str) -> str:
    """A text as UTF-8 can write it: bytes of a file's name that are none become `\\xff`."""
    return text.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")
