"""What must not be recorded: passwords, tokens and keys in command lines, variables, URLs and texts.

Three things give a secret away: the name it goes by (`--api-key=…`, `DB_PASSWORD`), its form (`https://user:…@host`,
`Bearer …`, `ghp_…`), or that it is the value of an environment variable with such a name. Rather too much is masked
than too little. What is certain: a secret in one of these three ways. What is not: one that goes by no name, such as a
positional argument or `-p…`, in no known form.
"""

import re
from collections.abc import Mapping, Sequence
from typing import cast

MASK = "***"
"""What stands for a secret."""

_SHORTEST_KNOWN = 8
"""Shorter values of secret variables (`AUTH=on`) are not looked for elsewhere: they would be found in every word."""

_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+")
_SECRET_PARTS = re.compile(
    "passw|passphrase|passcode|secret|credential|apikey|accesskey|privatekey|authkey|accesstoken|apitoken|authtoken"
    "|bearer|connectionstring"
)
_SECRET_LAST_WORDS = {
    "auth", "authorization", "cookie", "dsn", "jwt", "key", "pass", "pat", "pw", "pwd", "sas", "sig", "signature",
    "token",
}  # fmt: skip
_HARMLESS_BEFORE = {
    "token": {
        "bos", "cls", "end", "eos", "image", "input", "mask", "next", "output", "pad", "per", "prompt", "sep",
        "special", "start", "stop", "unk", "word",
    },
    "key": {
        "best", "cache", "column", "feature", "foreign", "group", "image", "index", "join", "label", "metric", "order",
        "partition", "primary", "public", "row", "sort", "target", "text",
    },
}  # fmt: skip
_FOLDERS = {"PWD", "OLDPWD"}

_PRIVATE_KEY = re.compile(
    r"-----BEGIN [A-Z ]*PRIVATE KEY-----.*?(?:-----END [A-Z ]*PRIVATE KEY-----|\Z)", re.DOTALL
)
# Up to the last "@" before the path; and, since passwords are pasted unescaped, beyond a "/" if there was a ":",
# unless that began a port.
_USER_OF_URL = re.compile(r"(?<=://)(?:[^\s/?#\"'<>]*@|[^\s/?#\"'<>:@]*:(?!\d+[/?#])[^\s\"'<>]*@)")
_HEADER_VALUE = re.compile(r"\b(bearer|basic)(\s+)[\w\-.~+/=]{6,}", re.IGNORECASE)
_QUOTED = r"\"(?:[^\"\\]|\\.)*\"|'(?:[^'\\]|\\.)*'"
_ASSIGNMENT = re.compile(rf"([A-Za-z][\w.\-]*)([\"']?\s*[=:]\s*)({_QUOTED}|[^\s\"',;&)}}\]]+)")
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


def is_secret_name(name: str) -> bool:
    """Whether what goes by this name (an option, a variable, a field) is to be kept secret.

    It is if its words contain `password`, `secret`, `credential`, `api key` or the like, however they are joined; or
    if the last one is `token`, `key`, `auth`, `pwd` or the like, and not, as in `pad_token` or `sort-key`, of another
    kind.
    """
    if name in _FOLDERS:  # every shell's working directory
        return False
    words = [word.lower() for word in _WORD.findall(name)]
    if not words:
        return False
    if _SECRET_PARTS.search("".join(words)):
        return True
    before = words[-2] if len(words) > 1 else ""
    return words[-1] in _SECRET_LAST_WORDS and before not in _HARMLESS_BEFORE.get(words[-1], ())


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
        return _ASSIGNMENT.sub(_assigned, self.forms(text))

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

    def code(self, line: str) -> str:
        """A line of source text without secrets; only literals are taken for them, so that code stays what it is."""
        return _ASSIGNMENT.sub(_assigned_literal, self.forms(line))


def _assigned(found: re.Match[str]) -> str:
    name, between, value = found.groups()
    if not is_secret_name(name):
        return found[0]
    quote = value[0] if value[0] in "\"'" else ""
    return f"{name}{between}{quote}{MASK}{quote}"


def _assigned_literal(found: re.Match[str]) -> str:
    name, value = found[1], found[3]
    quoted = value[0] in "\"'"
    # `key="loss"` and `token=token` are code; a bare word with digits in it is a value of some configuration file.
    literal = len(value) >= 6 if quoted else len(value) >= 6 and value.isalnum() and not value.isalpha()
    if not literal or (
        name.lower().endswith("key") and not _SECRET_PARTS.search("".join(_WORD.findall(name)).lower())
    ):
        return found[0]
    return _assigned(found)


def writable(text: str) -> str:
    """A text as UTF-8 can write it: bytes of a file's name that are none become `\\xff`."""
    return text.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")
