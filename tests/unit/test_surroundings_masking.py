"""No secret that goes by a name, has a known form or stands in a secret variable is left in what is recorded."""

import string
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runstone.client.surroundings.masking import Masker, without_user
from runstone.client.surroundings.named_secrets import MASK, Kind, is_secret_name, kind_of_file

SECRET_NAMES = [
    "password", "db_password", "DB-PASSWORD", "dbPassword", "PGPASSWORD", "passwd", "passphrase", "secret",
    "client.secret", "AWS_SECRET_ACCESS_KEY", "AWS_ACCESS_KEY_ID", "apikey", "api-key", "apiKey", "WANDB_API_KEY",
    "OPENAI_KEY", "token", "HF_TOKEN", "auth_token", "access-token", "auth", "Authorization", "MYSQL_PWD", "jwt",
    "credentials", "GOOGLE_APPLICATION_CREDENTIALS", "key", "private_key", "SSH_KEY", "dsn", "X-Amz-Signature", "sig",
]  # fmt: skip
HARMLESS_NAMES = [
    "lr", "epochs", "tokenizer", "max_tokens", "pad_token", "eos-token", "sort_key", "metric_key", "keyboard", "author",
    "TOKENIZERS_PARALLELISM", "PWD", "OLDPWD", "monkey", "passes", "signal", "keep", "", "123", "---",
]  # fmt: skip

characters = st.characters(codec="utf-8", categories=["L", "N", "P", "S"], exclude_characters="\"'")
secrets = st.text(characters, min_size=6, max_size=40).map(lambda text: f"s3{text}")
plain = st.text(string.ascii_letters + string.digits + "_~.+/!$*", min_size=6, max_size=40)
names = st.sampled_from(SECRET_NAMES)
options = st.sampled_from([name for name in SECRET_NAMES if name.isascii()])


@pytest.mark.parametrize("name", SECRET_NAMES)
def test_names_of_secrets_are_known(name: str) -> None:
    assert is_secret_name(name)
    assert is_secret_name(f"--{name}")


@pytest.mark.parametrize("name", HARMLESS_NAMES)
def test_other_names_are_left_alone(name: str) -> None:
    assert not is_secret_name(name)


@given(options, secrets)
def test_no_secret_option_survives_on_a_command_line(name: str, secret: str) -> None:
    masker = Masker({})
    for command in (
        [f"--{name}", secret],
        [f"-{name}", secret],
        [f"--{name}={secret}"],
        [f"{name}={secret}"],
        [f"++model.{name}={secret}"],
        [f"{name}: {secret}"],
        ["--header", f"{name}: {secret}"],
        ["--config", f'{{"{name}": "{secret}", "lr": 0.1}}'],
    ):
        masked = masker.command(["python", "train.py", *command, "--lr", "0.1"])
        assert secret not in "\n".join(masked)
        assert masked[:2] == ["python", "train.py"]
        assert masked[-2:] == ["--lr", "0.1"]


@given(plain, plain)
def test_no_password_in_an_address_survives(user: str, password: str) -> None:
    user = quote(user, safe="")
    for address in (
        f"https://{user}:{quote(password, safe='')}@example.com/x/y.git",
        f"postgresql+psycopg://{user}:{password.replace('/', '')}x@example.com:5432/db?sslmode=require",
        f"https://s3{quote(password, safe='')}@example.com/x",
    ):
        text = Masker({}).text(f"clone {address} now")
        assert password.replace("/", "") not in text
        assert quote(password, safe="") not in text
        assert "example.com" in text
        assert text.endswith(" now")
        assert password.replace("/", "") not in without_user(address)


@given(names, plain)
def test_no_secret_parameter_of_an_address_survives(name: str, secret: str) -> None:
    text = Masker({}).text(f"https://example.com/x?a=1&{name}={secret}&b=2")
    assert f"={secret}" not in text
    assert text.startswith("https://example.com/x?a=1&")
    assert text.endswith("&b=2")


@given(names, st.text(characters, min_size=8, max_size=40), st.text(max_size=20), st.text(max_size=20))
def test_the_value_of_a_secret_variable_survives_nowhere(
    name: str, secret: str, before: str, after: str
) -> None:
    masker = Masker({name: secret})
    assert secret not in masker.text(f"{before} {secret} {after}").replace(before, "").replace(after, "")
    assert masker.command([secret]) == [MASK]
    assert masker.variables({name: secret}) == {name: MASK}
    assert secret not in masker.line(f"+run({secret})", Kind.PROGRAM)


@pytest.mark.parametrize(
    "token",
    [
        "ghp_0123456789abcdefABCDEF", "github_pat_11AAAAAAA0aaaaaaaaaaaa", "glpat-abcdefghij0123456789",
        "xoxb-123456789-abcdef", "sk-proj-0123456789abcdefgh", "hf_abcdefghijklmnopqrst", "AKIAIOSFODNN7EXAMPLE",
        "AIzaSyA0123456789abcdefghijklmnopqrstuv", "dapi0123456789abcdef0123456789abcdef",
        "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.abc-DEF_123", "Bearer abcdef.123456", "Basic dXNlcjpwYXNz",
        "-----BEGIN RSA PRIVATE KEY-----\nMIIEow\nabc=\n-----END RSA PRIVATE KEY-----",
    ],
)  # fmt: skip
def test_tokens_are_known_by_their_form(token: str) -> None:
    masked = Masker({}).text(f"send {token} there")
    assert token.split()[-1] not in masked
    assert "MIIEow" not in masked
    assert masked.startswith("send ")
    assert masked.endswith(" there")


@pytest.mark.parametrize(
    "command",
    [
        ["train.py", "--lr", "0.1", "--tokenizer=bert-base", "--pad-token", "[PAD]", "--max_tokens=512"],
        ["train.py", "model.lr=3e-4", "data=/srv/data/train@v2.csv", "https://example.com:8443/a@b?x=1"],
        ["-m", "pkg.train", "--out", "s3://bucket/key", "--resume", "0123456789abcdef0123456789abcdef"],
    ],
)
def test_what_is_no_secret_is_left_as_it_is(command: list[str]) -> None:
    environ = {"PWD": "/srv/data", "AUTH": "on", "LR_KEY": "0.1"}
    assert Masker(environ).command(command) == command


def test_the_option_after_a_secret_option_is_not_its_value() -> None:
    assert Masker({}).command(["--use-auth", "--lr", "0.1"]) == ["--use-auth", "--lr", "0.1"]
    assert Masker({}).command(["--token", "-", "x"]) == ["--token", MASK, "x"]


ASSIGNED = [
    '{name} = "{secret}"', "{name}='{secret}',", '"{name}": "{secret}"', 'cfg["{name}"] = "{secret}"',
    "cfg['a']['{name}'] = f'{secret}'", '{name}: str = "{secret}"', '{name}: dict[str, int] | None = "{secret}"',
    'os.getenv("{name}", "{secret}")', 'os.environ.get("{name}", default="{secret}")', 'get("{name}") or "{secret}"',
    '{name} = b"{secret}"', '{name} = """{secret}"""', '{name} = "x" "{secret}"', '{name} = ("x" + "{secret}")',
    '{name}=("ada", "{secret}"), x=1', '{name} = SecretStr("{secret}")', 'if {name} == "{secret}":',
    '{{"name": "{name}", "value": "{secret}"}}', r'    "cfg[\"{name}\"] = \"{secret}\"\n",',
    '["--{name}", "{secret}"]', "<{name}>{secret}</{name}>", '<add name="{name}">{secret}</add>',
    "url = 'https://h/?a=b&{name}={secret}'", 'run("x {name}={secret}")', '{name} := "{secret}"',
]  # fmt: skip
SET = [
    "{name}={secret}",
    "{name}: {secret}",
    "{name} = a {secret}",
    "x --{name} {secret}",
    "  - {name}: {secret}\r",
]


@pytest.mark.parametrize("form", ASSIGNED)
@given(name=options, secret=plain.map(lambda text: f"s3{text}"))
def test_no_literal_by_a_secret_name_survives_in_a_program(form: str, name: str, secret: str) -> None:
    line = form.format(name=name, secret=secret)
    for kind in (Kind.PROGRAM, Kind.SETTINGS):
        masked = Masker({}).line(f"+{line}", kind)
        assert secret not in masked
        assert masked.startswith("+")


@pytest.mark.parametrize("form", SET)
@given(name=options, secret=plain.map(lambda text: f"s3{text}"))
def test_no_value_of_a_secret_name_survives_in_a_configuration(form: str, name: str, secret: str) -> None:
    masked = Masker({}).line(f" {form.format(name=name, secret=secret)}", Kind.SETTINGS)
    assert secret not in masked
    assert masked.endswith("\r") == form.endswith("\r")


@pytest.mark.parametrize("secret", ["correcthorse", "x", "correct horse, staple", "My$ecret-123", "12345678"])
@pytest.mark.parametrize(
    "name", ["password", "db_password", "AWS_SECRET_ACCESS_KEY", "OPENAI_KEY", "auth_token"]
)
def test_a_secret_of_plain_words_is_one_too(name: str, secret: str) -> None:
    masker = Masker({})
    for line in (f'{name} = "{secret}"', f"cfg['{name}'] = '{secret}'"):
        assert masker.line(line, Kind.PROGRAM) == line.replace(secret, MASK)
    for line in (f"{name}: {secret}", f"{name}={secret}", f'{name} = "{secret}"'):
        assert masker.line(line, Kind.SETTINGS) == line.replace(secret, MASK)


@pytest.mark.parametrize(
    "line",
    [
        "+    password = get_password()",
        "     token = tokenizer.pad_token",
        '+pad_token="[PAD_TOKEN]", key="accuracy", sort_key="loss/val", img_key="image"',
        "-def login(user, password: str, token: str = None):",
        "+    return dict(key=value, auth=auth)",
        '+print("password: ", x, "y"); p = getpass("Password: ")',
        '+raise ValueError(f"token: must be {token}, token={token}")',
        '+password = os.environ["DB_PASSWORD"]; token = x[0]; sig = 0.05',
        '+rng_key = jax.random.PRNGKey(0); password = ""',
        '+for token in "abc": parser.add_argument("--password", help="the password")',
    ],
)
def test_code_stays_code(line: str) -> None:
    assert Masker({}).line(line, Kind.PROGRAM) == line


@pytest.mark.parametrize(
    "line", [' "auth": {', "+auth: true", "+password:", "-key: loss", "+lr: 0.1", "+tokens: 5"]
)
def test_a_configuration_keeps_what_is_no_secret(line: str) -> None:
    assert Masker({}).line(line, Kind.SETTINGS) == line


def test_the_kind_of_a_file_is_known_by_its_name() -> None:
    assert {kind_of_file(name) for name in ("a.py", "x/b.IPYNB", "c.cu")} == {Kind.PROGRAM}
    assert {kind_of_file(name) for name in ("a.yaml", "Dockerfile", ".py", "c.json")} == {Kind.SETTINGS}


@pytest.mark.timeout(20)  # what grew with the square of the length would take minutes
@pytest.mark.parametrize("kind", Kind)
@pytest.mark.parametrize("line", ["a" * 500_000, "password" * 60_000, '"token" ' * 60_000, "key: " * 50_000])
def test_a_line_of_any_length_is_masked_in_moments(line: str, kind: Kind) -> None:
    masked = Masker({}).line(line, kind)
    assert len(masked) <= len(line)
    assert masked[:5] == line[:5]
