"""Mounts for tests: start the program, wait for states, take everything down again, whatever happened.

No test sleeps to wait for a state: until() looks again until it holds, its time limit is a guard.  Each test has a
watchdog: past its limit the agent's log and the kernel stacks are written and the connection is aborted through
fusectl, so that whatever hangs in the mount comes back with an error and the test fails instead of the run.
"""
import ctypes
import faulthandler
import hashlib
import json
import errno
import os
import re
import select
import shutil
import signal
import stat
import struct
import subprocess
import sys
import tempfile
import threading
import time
import unittest
import uuid
from pathlib import Path
from xml.sax.saxutils import escape

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "origin"))
from origin import Content, Fixed, Origin  # noqa: E402,F401
from servers import Apache, Lighttpd, Nginx  # noqa: E402,F401

TOP = HERE.parent.parent
PROGRAM = os.environ.get("DLOTAFS", str(TOP / "build/release/src/dlotafs"))
SLOW = float(os.environ.get("DLOTAFS_SLOW", "1"))  # how much longer guards are under a sanitizer
GUARD = 60.0 * SLOW
TIED = ["setpriv", "--pdeathsig", "TERM"]  # what it runs ends with us, however we end
FUSECTL = Path("/sys/fs/fuse/connections")
FOLDERS = ("pending", "partial", "installed", "failed")
# What must not stand in an agent's log, and what a sanitizer says.
BAD_LINE = re.compile(r"\b(error|warning|leak(ed|s)?|assert(ion)?|runtime error|sanitizer|corrupt\w*|fatal|bug)\b", re.I)


def need_fuse():
    """Without /dev/fuse nothing here can be tested: fail, never skip."""
    try:
        os.close(os.open("/dev/fuse", os.O_RDWR))
    except OSError as error:
        sys.exit(f"mount tests need /dev/fuse: {error.strerror}")
    if not os.access(PROGRAM, os.X_OK):
        sys.exit(f"mount tests need the program: {PROGRAM} is not there (set DLOTAFS)")
    if os.getuid() == 0 and not any(FUSECTL.iterdir()) and not is_mounted(FUSECTL):
        subprocess.run(["mount", "-t", "fusectl", "none", FUSECTL], check=False)


def until(look, what="the state", timeout=GUARD, pause=0.01):
    """Look again until the answer is true; returns it."""
    deadline = time.monotonic() + timeout
    while True:
        value = look()
        if value:
            return value
        if time.monotonic() > deadline:
            raise AssertionError(f"waited {timeout:.0f} s in vain for {what}")
        time.sleep(pause)


def mountinfo(mountpoint):
    """(major:minor, type) of what is mounted there, without touching it; None when nothing is."""
    wanted, found = str(mountpoint), None
    for line in Path("/proc/self/mountinfo").read_text().splitlines():
        fields = line.split()
        if re.sub(r"\\(\d{3})", lambda m: chr(int(m[1], 8)), fields[4]) == wanted:
            found = (fields[2], fields[fields.index("-") + 1])
    return found


def is_mounted(mountpoint):
    return mountinfo(mountpoint) is not None


def abort_connection(mountpoint, detach=True):
    """Make every request of the mount fail, so that nothing can hang in it; detach it, too."""
    found = mountinfo(mountpoint)
    if not found or not found[1].startswith("fuse"):
        return
    minor = found[0].split(":")[1]
    try:
        (FUSECTL / minor / "abort").write_text("1")
    except OSError:
        pass
    if detach:
        subprocess.run(["umount", "-l", str(mountpoint)], check=False, stderr=subprocess.DEVNULL)


def marked(mark):
    """Processes that carry our mark in their environment, except zombies."""
    found = []
    needle = f"DLOTAFS_TEST={mark}".encode()
    for p in Path("/proc").glob("[0-9]*"):
        try:
            if needle in (p / "environ").read_bytes().split(b"\0") and process_state(int(p.name)) != "Z":
                found.append(int(p.name))
        except OSError:
            pass
    return found


def process_state(pid):
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0]
    except OSError:
        return None


def describe(pid):
    """Command and kernel stacks of a process, for a failure's report."""
    lines = []
    try:
        command = Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
        lines.append(f"pid {pid} ({process_state(pid)}): {command}")
        for task in sorted(Path(f"/proc/{pid}/task").iterdir()):
            name = (task / "comm").read_text().strip()
            try:
                stack = (task / "stack").read_text()
            except OSError:
                stack = (task / "wchan").read_text() + "\n"
            lines.append(f"  thread {task.name} {name}\n" + "".join(f"    {s}\n" for s in stack.splitlines()[:8]))
    except OSError:
        pass
    return "\n".join(lines)


def sha256(path):
    with open(path, "rb") as f:
        return hashlib.file_digest(f, "sha256").hexdigest()


def dd(uri, size, types="application/octet-stream", notify=None, **elements):
    """A descriptor as bytes; further elements by name, None leaves one out."""
    types = [types] if isinstance(types, str) else types
    rows = [("objectURI", uri), ("size", size), *(("type", t) for t in types), ("installNotifyURI", notify),
            *elements.items()]
    body = "".join(f"  <{k}>{escape(str(v))}</{k}>\n" for k, v in rows if v is not None)
    return f'<media xmlns="http://www.openmobilealliance.org/xmlns/dd">\n{body}</media>\n'.encode()


class Exit:
    """What a command said and how it ended."""

    def __init__(self, code, out, err):
        self.code, self.out, self.err = code, out, err


def run(*command, timeout=GUARD, env=None, **more):
    done = subprocess.run([str(c) for c in command], capture_output=True, text=True, timeout=timeout,
                          env=env or os.environ, **more)
    return Exit(done.returncode, done.stdout, done.stderr)


class Mount:
    """One agent: its store, mountpoint, process and log."""

    def __init__(self, case, options=None, store=None, mountpoint=None, netns=None):
        self.case = case
        self.store = Path(store or case.temp("store"))
        self.mountpoint = Path(mountpoint or case.temp("mnt"))
        self.mountpoint.mkdir(exist_ok=True)
        self.options = dict(retry_wait="1s", timeout="10s") if options is None else dict(options)
        self.netns = netns
        self.log = case.directory / f"log-{self.mountpoint.name}"
        self.child = None
        case.mounts.append(self)

    # ---- life ----

    def command(self, *flags):
        words = [f"{k}={v}" if v is not True else k for k, v in self.options.items() if v is not None]
        where = ["ip", "netns", "exec", self.netns] if self.netns else []
        return [*where, PROGRAM, *flags, *(["-o", ",".join(words)] if words else []), str(self.store),
                str(self.mountpoint)]

    def start(self, timeout=GUARD):
        """In the foreground of a process of ours, so that its pid and end are known; returns when it answers."""
        with open(self.log, "ab") as log:
            self.child = subprocess.Popen([*TIED, *self.command("-f")], stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                                          start_new_session=True, env=self.case.env)

        def ready():
            if self.child.poll() is not None:
                raise AssertionError(f"the agent ended at once with {self.child.returncode}: {self.log_text()[-2000:]}")
            if not is_mounted(self.mountpoint):
                return False
            try:  # a dead mount of an earlier agent has no such file
                return os.stat(self.mountpoint / "summary")
            except OSError:
                return False
        until(ready, "the mount", timeout, 0.005)
        return self

    def start_daemon(self):
        """As a user does: the command returns 0 when the mount can be used."""
        done = subprocess.run(self.command(), capture_output=True, text=True, timeout=GUARD, env=self.case.env)
        if done.returncode != 0:
            raise AssertionError(f"exit {done.returncode}: {done.stderr}")
        os.stat(self.mountpoint / "summary")
        return self

    @property
    def pid(self):
        """The agent's own process (under ip netns exec it replaces the command)."""
        return self.child.pid

    def kill(self):
        """kill -9, and wait until the process is really gone."""
        os.kill(self.pid, signal.SIGKILL)
        self.child.wait(GUARD)
        self.child = None

    def stop(self, how=signal.SIGTERM, expect=0):
        """End it cleanly: by a signal, or "umount", or "fusermount3"."""
        if isinstance(how, str):
            command = ["umount", self.mountpoint] if how == "umount" else ["fusermount3", "-u", self.mountpoint]
            done = run(*command)
            assert done.code == 0, f"{how}: {done.err}"
        else:
            self.child.send_signal(how)
        code = self.child.wait(GUARD)
        self.child = None
        assert code == expect, f"the agent ended with {code}: {self.log_text()[-2000:]}"
        assert not is_mounted(self.mountpoint), "the mount is still there"

    def restart(self):
        self.stop()
        return self.start()

    def log_text(self):
        try:
            return self.log.read_text(errors="replace")
        except OSError:
            return ""

    # ---- the tree ----

    def __truediv__(self, path):
        return self.mountpoint / path

    def ls(self, folder):
        return sorted(os.listdir(self / folder))

    def read(self, path):
        return (self / path).read_text()

    def drop(self, name, data):
        if isinstance(data, str):
            data = data.encode()
        with open(self / "inbox" / name, "wb") as f:
            f.write(data)

    def verb(self, name, word):
        """One word to a status file; raises OSError as the writer gets it."""
        fd = os.open(self / "status" / name, os.O_WRONLY)
        try:
            os.write(fd, word.encode() + b"\n")
        finally:
            os.close(fd)

    def status(self, name):
        """Its lines as a dict, or None when there is no such object."""
        try:
            text = self.read(f"status/{name}")
        except OSError as error:
            # ESTALE: it went between the open and the read.
            if error.errno in (errno.ENOENT, errno.ESTALE):
                return None
            raise
        return dict(line.split(":\t", 1) for line in text.splitlines())

    def state(self, name):
        status = self.status(name)
        return status and status["State"]

    def where(self, name):
        return [f for f in FOLDERS if name in os.listdir(self / f)]

    def wait_state(self, name, *states, timeout=GUARD):
        """Until its State is one of these; an end that was not asked for ends the wait.  Returns its status."""
        def look():
            status = self.status(name)
            if status and status["State"] in states:
                return status
            if status and status["State"] in ("installed", "failed"):
                raise AssertionError(f"{name} ended as\n{status}")
            return None
        try:
            return until(look, f"{name} to be {' or '.join(states)}", timeout)
        except AssertionError as error:
            raise AssertionError(f"{error}; now {self.status(name)}") from None

    def wait_installed(self, name, content=None, timeout=GUARD):
        """Until it stands in installed/; its bytes are compared when content is given."""
        status = self.wait_state(name, "installed", timeout=timeout)
        until(lambda: os.path.exists(self / "installed" / name), f"installed/{name}", timeout)
        if content is not None:
            assert sha256(self / "installed" / name) == content.sha256(), f"{name} has other bytes"
        return status

    def wait_failed(self, name, code=None, timeout=GUARD):
        status = self.wait_state(name, "failed", timeout=timeout)
        until(lambda: os.path.exists(self / "failed" / name), f"failed/{name}", timeout)
        if code is not None:
            assert status["Code"].startswith(str(code)), status
        return status

    def wait_key(self, name, key, value, timeout=GUARD):
        """Until the key's value is this, or matches a compiled pattern, or pleases a function."""
        def look():
            status = self.status(name)
            got = (status or {}).get(key)
            if callable(value):
                good = got is not None and value(got)
            elif isinstance(value, re.Pattern):
                good = got is not None and value.search(got)
            else:
                good = got == value
            return status if good else None
        try:
            return until(look, f"{name} to have {key} {value}", timeout)
        except AssertionError as error:
            raise AssertionError(f"{error}; now {self.status(name)}") from None

    def wait_gone(self, name, timeout=GUARD):
        until(lambda: self.status(name) is None, f"{name} to be gone", timeout)

    def received(self, name):
        return int((self.status(name) or {}).get("Received", "0"))

    def stored(self):
        """Bytes of objects that stand in the store's files."""
        return sum(p.stat().st_size for p in self.store.glob("objects/*/*"))

    def events(self):
        return [json.loads(line) for line in self.read("events").splitlines()]

    def list(self):
        return [json.loads(line) for line in self.read("list").splitlines()]


class MountCase(unittest.TestCase):
    """A test with a directory, mounts, an origin, a watchdog, and a judgement of what is left behind."""
    limit = 120  # seconds
    allowed = ()  # patterns of log lines that would otherwise be bad
    maxDiff = 4000

    @classmethod
    def setUpClass(cls):
        need_fuse()

    def setUp(self):
        self.directory = Path(tempfile.mkdtemp(prefix="dlotafs-test-"))
        self.directory.chmod(0o755)
        self.mark = uuid.uuid4().hex
        self.mounts, self._names, self._timed_out = [], {}, False
        self.env = sanitizer_env(self.directory) | {"DLOTAFS_TEST": self.mark}
        for name in ("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY", "all_proxy", "ALL_PROXY", "no_proxy"):
            self.env.pop(name, None)
        self._watchdog = threading.Timer(self.limit * SLOW, self._too_late)
        self._watchdog.daemon = True
        self._watchdog.start()
        # Last in, first out: judged at the very end, after whatever the test itself takes down.
        self.addCleanup(self._take_down)

    def temp(self, name):
        """A fresh path in the test's directory."""
        n = self._names[name] = self._names.get(name, 0) + 1
        return self.directory / (name if n == 1 else f"{name}{n}")

    def mount(self, **options):
        """A started agent; retry_wait is short unless given."""
        return Mount(self, {"retry_wait": "1s", "timeout": "10s", **options}).start()

    def origin(self, **settings):
        origin = Origin(**settings)
        self.addCleanup(origin.close)
        return origin

    def server(self, kind, **settings):
        server = kind(self.temp(kind.__name__), tied=TIED, **settings)
        self.addCleanup(server.stop)
        return server.start()

    def assertErrno(self, number, call, *args, **more):
        with self.assertRaises(OSError) as caught:
            call(*args, **more)
        self.assertEqual(caught.exception.errno, number, str(caught.exception))

    # ---- the end ----

    def _too_late(self):
        self._timed_out = True
        print(f"\n=== {self.id()}: no end after {self.limit * SLOW:.0f} s", file=sys.stderr)
        faulthandler.dump_traceback(all_threads=True)
        self._dump()
        for mount in self.mounts:
            abort_connection(mount.mountpoint)
        for pid in marked(self.mark):
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                pass

    def _dump(self):
        for mount in self.mounts:
            print(f"--- {mount.log.name} (end)\n{mount.log_text()[-6000:]}", file=sys.stderr)
            # The catalogue outlives the agent; the tree may hang, so it is not looked at here.
        for pid in marked(self.mark):
            print(describe(pid), file=sys.stderr)

    def _failed(self):
        outcome = getattr(self, "_outcome", None)
        return outcome is not None and not outcome.success

    def _take_down(self):
        failed = self._failed() or self._timed_out
        if failed and not self._timed_out:
            print(f"\n=== {self.id()} failed", file=sys.stderr)
            self._dump()
        problems = []
        try:
            for mount in self.mounts:
                problems += self._end(mount, failed)
            problems += self._left_behind()
            problems += self._bad_lines()
        finally:
            self._watchdog.cancel()
            if not os.environ.get("DLOTAFS_KEEP"):
                shutil.rmtree(self.directory, ignore_errors=True)
        if self._timed_out:
            problems.append(f"no end after {self.limit * SLOW:.0f} s")
        if problems:
            self.fail("left behind: " + "; ".join(problems))

    def _end(self, mount, failed):
        problems = []
        child = mount.child
        if child is not None and child.poll() is None:
            child.send_signal(signal.SIGTERM)
            try:
                code = child.wait(30 * SLOW)
                if code != 0:
                    problems.append(f"exit code {code} on SIGTERM")
            except subprocess.TimeoutExpired:
                problems.append("SIGTERM did not end the agent:\n" + describe(child.pid))
                abort_connection(mount.mountpoint)
                child.kill()
                child.wait(10)
        elif child is not None:
            problems.append(f"the agent had ended by itself with {child.returncode}")
        elif is_mounted(mount.mountpoint):
            # Started as a daemon.
            if run("umount", mount.mountpoint).code != 0:
                problems.append("umount failed")
        try:
            until(lambda: not is_mounted(mount.mountpoint), "the mount to go", 5 * SLOW)
        except AssertionError:
            problems.append(f"mount {mount.mountpoint} is still there")
            abort_connection(mount.mountpoint)
        return problems

    def _left_behind(self):
        try:
            until(lambda: not marked(self.mark), "processes to end", 20 * SLOW)
            return []
        except AssertionError:
            left = marked(self.mark)
            text = "\n".join(describe(pid) for pid in left)
            for pid in left:
                try:
                    os.kill(pid, signal.SIGKILL)
                except ProcessLookupError:
                    pass
            return [f"processes:\n{text}"]

    def _bad_lines(self):
        bad = []
        for mount in self.mounts:
            for line in mount.log_text().splitlines():
                if BAD_LINE.search(line) and not any(re.search(p, line) for p in self.allowed):
                    bad.append(line)
        for report in self.directory.glob("sanitizer.*"):
            bad.append(report.read_text(errors="replace")[:6000])
        return [f"the log says: {line}" for line in bad[:20]]


def sanitizer_env(directory):
    """What sanitizers find goes to files that are read at the end; a daemon has no stderr to say it on."""
    env = dict(os.environ)
    for name, more in (("ASAN", "detect_leaks=1"), ("UBSAN", "print_stacktrace=1"), ("TSAN", "halt_on_error=0:history_size=4")):
        given = os.environ.get(f"{name}_OPTIONS", "")
        env[f"{name}_OPTIONS"] = ":".join(x for x in (given, f"log_path={directory}/sanitizer", more) if x)
    return env


# ---- small tools for tests ----

class Inotify:
    """Events of directories, waited for with poll(2)."""
    MOVED_FROM, MOVED_TO, CREATE, DELETE, CLOSE_WRITE = 0x40, 0x80, 0x100, 0x200, 0x8

    def __init__(self, *paths, mask=0x40 | 0x80 | 0x100 | 0x200):
        self._libc = ctypes.CDLL(None, use_errno=True)
        self.fd = self._libc.inotify_init1(os.O_CLOEXEC)
        self._paths = {}
        for path in paths:
            wd = self._libc.inotify_add_watch(self.fd, os.fsencode(path), mask)
            if wd < 0:
                raise OSError(ctypes.get_errno(), "inotify_add_watch")
            self._paths[wd] = Path(path).name
        self.seen = []

    def read(self, timeout):
        """Take what is there, waiting at most so long; (directory, mask, name) each."""
        if not select.select([self.fd], [], [], timeout)[0]:
            return
        data = os.read(self.fd, 65536)
        while data:
            wd, mask, _, n = struct.unpack_from("iIII", data)
            self.seen.append((self._paths.get(wd), mask & 0xFFF, data[16:16 + n].rstrip(b"\0").decode()))
            data = data[16 + n:]

    def wait(self, directory, mask, name, timeout=GUARD):
        deadline = time.monotonic() + timeout
        while (directory, mask, name) not in self.seen:
            left = deadline - time.monotonic()
            if left <= 0:
                raise AssertionError(f"no event {directory}/{name} {mask:#x}: {self.seen}")
            self.read(left)

    def close(self):
        os.close(self.fd)


def mode(path):
    return stat.S_IMODE(os.lstat(path).st_mode)


def main():
    need_fuse()
    unittest.main(verbosity=2, catchbreak=False)
