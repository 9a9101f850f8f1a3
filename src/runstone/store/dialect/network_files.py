"""Files that other machines may have open too.

SQLite's write-ahead log needs memory that all who use the database share; machines have none in common, and a log on a
network file system is corrupted (https://www.sqlite.org/wal.html). There the older rollback journal must do, which
needs nothing but locks that work: https://www.sqlite.org/faq.html#q5.
"""

import re
from pathlib import Path

from runstone.errors import StoreError
from runstone.locks import FileLock

MOUNTS = Path("/proc/self/mounts")
"""Where Linux lists what is mounted, and as which kind of file system; other systems lack it."""

_KINDS = re.compile(
    r"nfs\d?|cifs|smb\d?|smbfs|afs|9p|lustre|gpfs|beegfs\w*|ceph|glusterfs|pvfs2|orangefs|ocfs2|gfs2|davfs"
    r"|virtiofs|vboxsf|fuse\.(sshfs|glusterfs\w*|ceph\w*|s3fs|rclone|gcsfuse|mergerfs|beegfs\w*|davfs\w*|juicefs)"
)
_ESCAPED = re.compile(r"\\([0-7]{3})")


def is_on_network(path: Path, mounts: str | None = None) -> bool:
    """Whether a path lies on a file system that other machines reach too, so far as the system tells.

    `mounts` is the text of /proc/self/mounts, read anew by default.
    """
    if mounts is None:
        if not MOUNTS.exists():
            return str(path).startswith("\\\\")  # a share of Windows
        mounts = MOUNTS.read_text(errors="surrogateescape")
    place = path.resolve()
    found = (0, "")
    for line in mounts.splitlines():
        _, point, kind, *_ = line.split(" ")
        point = Path(_ESCAPED.sub(lambda match: chr(int(match[1], 8)), point))
        if place.is_relative_to(point):
            found = max(found, (len(point.parts), kind), key=lambda one: one[0])
    return _KINDS.fullmatch(found[1]) is not None


def check_locks(lock: FileLock, path: Path) -> None:
    """Raises StoreError where files cannot be locked: processes would overwrite each other's work."""
    try:
        with lock:
            pass
    except OSError as error:
        raise StoreError(
            f"{path} is on a network file system whose files cannot be locked ({error.strerror}): several processes "
            "would damage it. Start `runstone server` on one machine, with the store on a disk of its own, and use its "
            "URL as the tracking URI.",
            path=str(path),
        ) from error
