"""Windows: what only POSIX systems have is used in three files, behind a check of the system.

The program was never run on Windows. mypy agrees, for it knows what each system lacks:
``mypy --platform win32``.
"""

from __future__ import annotations

import ast
import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ("risk", "features", "models", "training", "serving")
MODULES = re.compile(
    "crypt|fcntl|grp|nis|posix|pty|pwd|readline|resource|spwd|syslog|termios|tty|"
    r"os\.(O_CLOEXEC|O_DIRECTORY|O_NOFOLLOW|O_NONBLOCK|chown|chroot|confstr|fchmod|fchown|fork|"
    "forkpty|getegid|geteuid|getgid|getgroups|getloadavg|getpgid|getpgrp|getpriority|getsid|"
    "getuid|initgroups|killpg|lchown|lockf|mkfifo|mknod|nice|openpty|pathconf|pipe2|"
    "posix_fadvise|posix_spawn|pread|pwrite|sched_getaffinity|sendfile|setegid|seteuid|setgid|"
    "setpgid|setpriority|setsid|setuid|statvfs|sync|sysconf|uname|wait|wait3|wait4|waitid|"
    "WEXITSTATUS|WIFEXITED|WIFSIGNALED|WNOHANG)|"
    r"signal\.(ITIMER_REAL|SIGALRM|SIGCHLD|SIGCONT|SIGHUP|SIGKILL|SIGPIPE|SIGQUIT|SIGSTOP|"
    "SIGUSR1|SIGUSR2|SIGXCPU|SIGXFSZ|alarm|pause|pthread_kill|pthread_sigmask|setitimer)|"
    r"socket\.(AF_UNIX|SO_REUSEPORT)|time\.tzset|\w+\.add_signal_handler"
)
ALLOWED = {
    "risk/file_locks.py": {"fcntl"},
    "risk/process_limits.py": {"resource", "signal.SIGXCPU"},
    "risk/store/temp_directory.py": {"fcntl", "os.O_DIRECTORY", "os.O_NOFOLLOW"},
}
KERNEL_FILES = re.compile(r"[\"']/(proc|dev|sys)/")


def names(source: str) -> set[str]:
    """Modules that are imported, and what is used of them."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            found |= {one.name for one in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found |= {node.module, *(f"{node.module}.{one.name}" for one in node.names)}
        elif isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            found.add(f"{node.value.id}.{node.attr}")
    return found


def posix_only(source: str) -> set[str]:
    """What of the names in ``source`` Windows lacks."""
    return {name for name in names(source) if MODULES.fullmatch(name)}


def sources() -> dict[str, str]:
    files = sorted(path for package in PACKAGES for path in (ROOT / package).rglob("*.py"))
    return {path.relative_to(ROOT).as_posix(): path.read_text("utf-8") for path in files}


def test_what_windows_lacks_is_used_in_the_files_that_ask_for_the_system():
    # Parsing every file would take seconds. `from os import fork` has the name alone.
    suspects = re.compile(rf"\b({MODULES.pattern}|from (os|signal|socket) import .*)\b")
    files = {path: text for path, text in sources().items() if suspects.search(text)}
    used = {path: found for path, text in files.items() if (found := posix_only(text))}
    assert used == ALLOWED
    for path in ALLOWED:
        assert 'if sys.platform == "win32":' in files[path], path


def test_files_of_the_linux_kernel_are_read_behind_the_same_check():
    read = [path for path, text in sources().items() if KERNEL_FILES.search(text)]
    assert read == ["risk/process_limits.py"]


def test_what_windows_lacks_is_noticed():
    assert posix_only("import fcntl, json") == {"fcntl"}
    assert posix_only("from resource import getrlimit") == {"resource"}
    assert posix_only("from signal import SIGKILL, SIGINT") == {"signal.SIGKILL"}
    assert posix_only("import os\nos.getuid(), os.getpid()") == {"os.getuid"}
    assert posix_only("import os\nprint(getattr(os, 'O_NOFOLLOW', 0))") == set()


def test_archives_are_not_unpacked_as_python_before_3_11_4_cannot():
    # Debian 12 has 3.11.2, whose tarfile knows no filter.
    call = re.compile(r"\.extract(all)?\(|data_filter|extraction_filter")
    assert [path for path, text in sources().items() if call.search(text)] == []
