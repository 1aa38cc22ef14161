"""The show of mount-helpers/demo: a real nginx, a place for reports, a mount; each command is run as it is printed."""
import argparse
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

TOP = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(TOP / "tests/origin"))
from origin import Content  # noqa: E402
from servers import Nginx  # noqa: E402

MB = 1 << 20
OBJECTS = {"/pictures/harbour.gif": 43690, "/music/low-tide.mp3": 3 * MB, "/fw/gateway-7.2.bin": 24 * MB,
           "/tables/tide-table.txt": 2048}
TABLE = """<media xmlns="http://www.openmobilealliance.org/xmlns/dd">
  <type>text/plain</type><size>2048</size>
  <objectURI>../tables/tide-table.txt</objectURI>
</media>
"""
GUARD = 50


class Failed(Exception):
    pass


class Show:
    def __init__(self, program, directory):
        self.program, self.directory = Path(program), directory
        self.mnt, self.store = directory / "mnt", directory / "store"
        self.bold, self.dim, self.plain = ("\033[1m", "\033[2m", "\033[0m") if sys.stdout.isatty() else ("", "", "")
        self.nginx = self.reports = None
        self.report_log = directory / "reports"

    # ---- servers and mount ----

    def begin(self):
        self.directory.chmod(0o755)
        self.mnt.mkdir()
        self.nginx = Nginx(self.directory / "nginx", rate=6 * MB, extra="types { application/vnd.oma.dd+xml dd; }")
        for i, (path, size) in enumerate(OBJECTS.items()):
            self.nginx.add(path, Content(i, size), modified=time.time() - 86400)
        self.nginx.add("/dd/tide-table.dd", TABLE.encode(), modified=time.time() - 86400)
        self.nginx.start()
        log = open(self.report_log, "wb")
        self.reports = subprocess.Popen([sys.executable, "-B", TOP / "tests/origin/origin.py"], stdout=log,
                                        stdin=subprocess.DEVNULL, start_new_session=True)
        self.until(lambda: self.report_log.read_text().endswith("\n"), "the place for reports")
        port = json.loads(self.report_log.read_text().splitlines()[0])["port"]
        self.samples = self.directory / "dd-samples"
        self.samples.mkdir()
        for sample in (TOP / "dd-samples").iterdir():
            text = sample.read_text().replace("http://127.0.0.1:8080", self.nginx.url("").rstrip("/"))
            (self.samples / sample.name).write_text(text.replace("http://127.0.0.1:8081", f"http://127.0.0.1:{port}"))
        self.say("A real nginx with four objects:", self.nginx.url("/"))
        print(f"A place for reports:            http://127.0.0.1:{port}/notify")
        print(f"dd-samples/ with these filled in: DD={self.samples}")

    def remember(self):
        """What --end needs to know."""
        (self.directory / "pids").write_text(f"{self.nginx._child.pid} {self.reports.pid}\n")

    def end(self):
        if os.path.ismount(self.mnt):
            for command in (["fusermount3", "-u", self.mnt], ["umount", self.mnt], ["umount", "-l", self.mnt]):
                if subprocess.run(command, stderr=subprocess.DEVNULL, check=False).returncode == 0:
                    break
        if self.nginx:
            self.nginx.stop()
        if self.reports:
            self.reports.kill()
            self.reports.wait()
        # The agent has left when its lock is free again.
        lock = self.store / "lock"
        if lock.exists():
            subprocess.run(["flock", "-w", "10", lock, "true"], check=False)
        shutil.rmtree(self.directory, ignore_errors=True)

    # ---- speaking ----

    def say(self, *words):
        print("\n" + self.bold + " ".join(str(w) for w in words) + self.plain, flush=True)

    def type(self, command, quiet=False):
        """What a person types in the mountpoint, and sees."""
        print(f"{self.bold}$ {command}{self.plain}", flush=True)
        done = subprocess.run(["bash", "-c", command], cwd=self.mnt, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                              text=True, timeout=GUARD, env=self.environment(), check=False)
        if not quiet:
            for line in done.stdout.splitlines():
                print("  " + line, flush=True)
        return done

    def environment(self):
        """So that `dlotafs` and dd-samples can be typed as they stand."""
        path = f"{self.program.parent}:{os.environ.get('PATH', '/usr/bin:/bin')}:/usr/sbin:/sbin"
        return {**os.environ, "PATH": path, "DD": str(self.samples)}

    def server(self, lines):
        for line in lines:
            print(f"    {self.dim}server <- {line}{self.plain}", flush=True)

    def until(self, look, what):
        deadline = time.monotonic() + GUARD
        while not look():
            if time.monotonic() > deadline:
                raise Failed(f"waited in vain for {what}")
            time.sleep(0.02)

    def status(self, name):
        try:
            text = (self.mnt / "status" / name).read_text()
        except FileNotFoundError:
            return {}
        return dict(line.split(":\t", 1) for line in text.splitlines())

    # ---- what the server got ----

    def gets(self, path):
        return [f"{x['method']} {x['uri']}" + (f"  Range: {x['range']}" if x["range"] else "")
                + (f"  If-Match: {x['if_match']}" if x["if_match"] else "") + f"  -> {x['status']}, {x['sent']} bytes"
                for x in self.nginx.log(path)]

    def posts(self):
        lines = [json.loads(line) for line in self.report_log.read_text().splitlines()[1:]]
        return [f"POST {x['path']}  {x['body'].strip()!r}  -> {x['status']}" for x in lines if x["method"] == "POST"]

    def new_posts(self, n):
        """The n posts since the last call, once they have come."""
        seen = getattr(self, "_seen", 0)
        self.until(lambda: len(self.posts()) >= seen + n, "a report")
        self._seen = seen + n
        return self.posts()[seen:self._seen]


def run_show(show):
    show.say("Mount it; everything it keeps goes to one folder, the store.")
    done = show.type(f"dlotafs {show.store} {show.mnt}")
    if done.returncode != 0:
        raise Failed(f"dlotafs ended with {done.returncode}")
    show.type("ls")

    show.say("Drop descriptors: a picture, a song whose sale is reported, a text file with the URL of one.")
    show.type("cp $DD/minimal.dd $DD/song.dd $DD/descriptor.txt inbox/")
    show.type("dlotafs --wait -t 30s by-descriptor/minimal.dd by-descriptor/song.dd")
    show.until(lambda: show.status("tide-table.txt").get("State") == "installed", "the table")
    show.type("ls -l installed")
    show.server(show.gets("/music/low-tide.mp3") + show.new_posts(1))

    show.say("A large one; half-way the server is pulled away.")
    firmware = "gateway-7.2.bin"
    show.type("cp $DD/firmware.dd inbox/")
    show.until(lambda: int(show.status(firmware).get("Received", 0)) > 8 * MB, "a third of it")
    show.type("ls -ls partial")
    show.type("cat summary")
    show.nginx.stop()
    show.until(lambda: show.status(firmware).get("State") == "interrupted", "the break")
    show.type(f"grep -E '^(State|Reason|Size|Received|Resumable|ETag)' status/{firmware}")
    show.type(f"cat partial/{firmware}")
    show.say("The server comes back; the download goes on where it was, if the file is still the same one.")
    show.nginx.rate(None)
    show.nginx.start()
    show.type(f"dlotafs --wait -t 40s status/{firmware}")
    show.until(lambda: (show.mnt / "installed" / firmware).exists(), "the firmware")
    done = show.type(f"cmp installed/{firmware} {show.nginx.root}/fw/gateway-7.2.bin && echo the same")
    if done.returncode != 0:
        raise Failed("the firmware differs from the server's file")
    show.until(lambda: show.gets("/fw/gateway-7.2.bin"), "the server's log")
    show.server(["GET /fw/gateway-7.2.bin  (cut off; nginx writes no line for what its own end cuts)"]
                + show.gets("/fw/gateway-7.2.bin") + show.new_posts(1))

    show.say("Change your mind: rm cancels, and the server is told.")
    show.nginx.stop()
    show.type("cp $DD/song.dd inbox/again.dd")
    show.until(lambda: show.status("low-tide-2.mp3").get("State") == "interrupted", "the break")
    show.type("ls partial")
    show.type("rm partial/low-tide-2.mp3")
    show.type("ls partial")
    show.server(show.new_posts(1))
    show.nginx.start()

    show.say("A descriptor that is wrong says where, and why.")
    show.type("cp $DD/bad-size.dd inbox/")
    show.until(lambda: (show.mnt / "failed/bad-size.dd").exists(), "the verdict")
    show.type("cat failed/bad-size.dd")
    show.server(show.new_posts(1))

    show.say("Where did this file come from?")
    show.type(f"getfattr -d installed/{firmware}")
    show.say("What happened, for people and for programs.")
    show.type("cat summary")
    show.type("grep gateway events | grep http")


def end_stayed(directory):
    pids = [int(p) for p in (directory / "pids").read_text().split()]
    show = Show("", directory)
    if os.path.ismount(show.mnt):
        subprocess.run(["umount", show.mnt], check=False)
    for pid in pids:
        # Only what is still ours: its command names this folder or the place for reports.
        try:
            command = Path(f"/proc/{pid}/cmdline").read_bytes().decode(errors="replace")
        except OSError:
            continue
        if str(directory) in command or "origin.py" in command:
            os.kill(pid, signal.SIGTERM)
    show.end()
    return 0


def main():
    parser = argparse.ArgumentParser(prog="demo")
    parser.add_argument("--program", required=True, help=argparse.SUPPRESS)
    parser.add_argument("--stay", action="store_true", help="leave the mount, the server and the place for reports up")
    parser.add_argument("--end", metavar="DIR", type=Path, help="end what --stay left")
    args = parser.parse_args()
    if args.end:
        return end_stayed(args.end)
    if not os.path.exists("/dev/fuse"):
        sys.exit("demo: there is no /dev/fuse here (in a container, give it the device and CAP_SYS_ADMIN)")
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    directory = Path(tempfile.mkdtemp(prefix="dlotafs-demo-"))
    show, stay = Show(args.program, directory), False
    try:
        show.begin()
        run_show(show)
        stay = args.stay
        if stay:
            show.remember()
            show.say("It stays up:", show.mnt, "  samples:", show.samples)
            print(f"End it with: {TOP}/mount-helpers/demo --end {directory}")
        else:
            show.say("That was it.  Unmounting, and everything is removed.")
        return 0
    except Failed as why:
        print(f"demo: {why}", file=sys.stderr)
        for name in ("summary",):
            try:
                print((show.mnt / name).read_text(), file=sys.stderr)
            except OSError:
                pass
        return 1
    except KeyboardInterrupt:
        print("\nInterrupted: cleaning up.", file=sys.stderr)
        return 130
    finally:
        if not stay:
            # A second Ctrl-C must not leave half of it behind.
            signal.signal(signal.SIGINT, signal.SIG_IGN)
            show.end()


if __name__ == "__main__":
    sys.exit(main())
