"""kill -9 at any instant: the next start goes on by itself, nothing is fetched twice, nothing is lost."""
import os
import random
import re
import signal
import threading
import time
import unittest

import harness
from harness import Content, MountCase, Nginx, dd, is_mounted, marked, process_state, sha256, until

MB = 1 << 20


class TestMidWay(MountCase):
    def test_no_byte_is_fetched_twice(self):
        nginx, content = self.server(Nginx, rate=4 * MB), Content(1, 12 * MB)
        m = self.mount()
        m.drop("a.dd", dd(nginx.add("/a.bin", content, modified=1_000_000_000), content.size))
        seen, held = 0, []
        for _ in range(2):
            until(lambda: m.stored() > seen + 2 * MB, "bytes in the store")
            os.kill(m.pid, signal.SIGSTOP)  # so that what is written can be read off
            seen = m.stored()
            m.kill()
            until(lambda: not is_mounted(m.mountpoint), "the mount to go")
            m.start()
            self.assertGreaterEqual(m.received("a.bin"), seen)
            self.assertNotIn("a.bin", m.ls("installed"))
            held.append(seen)
        m.wait_installed("a.bin", content)
        log = nginx.wait_log(lambda log: log if len(log) == 3 else None)
        self.assertEqual([x["status"] for x in log], [200, 206, 206])
        firsts = [int(re.match(r"bytes=(\d+)-", x["range"])[1]) for x in log[1:]]
        # What was written was not asked for again.
        self.assertEqual(firsts, held)
        self.assertEqual(log[2]["sent"], content.size - held[1])

    def test_stop_and_start(self):
        origin, content = self.origin(), Content(2, 4 * MB)
        m = self.mount()
        m.drop("a.dd", dd(origin.put("/a.bin", content, [dict(stall=MB)]), content.size))
        m.wait_key("a.bin", "Received", str(MB))
        m.restart()
        m.wait_installed("a.bin", content)
        self.assertEqual([r.range for r in origin.log("/a.bin")], [None, f"bytes={MB}-{4 * MB - 1}"])

    def test_what_cannot_be_resumed_starts_over(self):
        origin, content = self.origin(), Content(3, 4 * MB)
        m = self.mount()
        m.drop("a.dd", dd(origin.put("/a.bin", content, [dict(stall=MB)], accept_ranges=None), content.size))
        m.wait_key("a.bin", "Received", str(MB))
        m.kill()
        m.start()
        m.wait_installed("a.bin", content)
        self.assertEqual([r.range for r in origin.log("/a.bin")], [None, None])

    def test_everything_is_still_there(self):
        origin = self.origin()
        m = self.mount(transfers=1)
        good, bad = Content(4, 1000), origin.put("/bad.bin", status=404)
        m.drop("g.dd", dd(origin.put("/good.bin", good), 1000))
        m.wait_installed("good.bin", good)
        m.drop("b.dd", dd(bad, 1000))
        m.wait_failed("bad.bin", 954)
        m.drop("s.dd", dd(origin.put("/s.bin", Content(5, 4 * MB), stall=MB), 4 * MB))
        m.wait_key("s.bin", "Received", str(MB))
        m.drop("q.dd", dd(origin.put("/q.bin", good), 1000))
        m.wait_state("q.bin", "queued")
        names = {n: (m.status(n)["ID"], os.stat(m / f"status/{n}").st_ino) for n in m.ls("status")}
        m.kill()
        m.start()
        self.assertEqual({n: (m.status(n)["ID"], os.stat(m / f"status/{n}").st_ino) for n in m.ls("status")}, names)
        self.assertEqual(sha256(m / "installed/good.bin"), good.sha256())
        self.assertEqual(m.ls("failed"), ["bad.bin"])
        self.assertEqual(len(origin.log("/good.bin")), 1)


class TestRandomly(MountCase):
    limit = 500
    rounds = int(os.environ.get("DLOTAFS_KILLS", "50" if harness.SLOW == 1 else "12"))
    seed = int(os.environ.get("DLOTAFS_SEED", str(time.time_ns() & 0xFFFFFFFF)))

    def test_kill_9_at_random_moments(self):
        """Objects of many sizes, good and bad; the agent dies every few moments, also while one is being dropped."""
        print(f"seed {self.seed}, {self.rounds} rounds (DLOTAFS_SEED and DLOTAFS_KILLS set them)", flush=True)
        rng = random.Random(self.seed)
        self.o, self.nginx = self.origin(), self.server(Nginx, rate=8 * MB)
        m = self.mount(transfers=8, per_host=8)
        self.good, self.failing, self.maybe, self.number = {}, {}, {}, 0
        for round_ in range(self.rounds):
            # The moment of death is what is random here; nothing is waited for.
            killer = threading.Timer(rng.uniform(0, 0.03), os.kill, (m.pid, signal.SIGKILL))
            if rng.random() < 0.4:
                killer.start()
            for _ in range(rng.randrange(1, 4)):
                self.drop_one(m, rng)
            time.sleep(rng.choice([0, rng.uniform(0, 0.02), rng.uniform(0, 0.3)]))
            killer.cancel()
            m.kill()
            self.judge(m, round_)
            m.start(timeout=30 * harness.SLOW)
            self.nothing_unfinished_shows(m)
        self.all_ends_well(m)

    def drop_one(self, m, rng):
        """One more object.  A close that failed promises nothing: then it may come or not."""
        self.number += 1
        name = f"o{self.number}.bin"
        notify = self.o.notify(f"/notify/{name}")
        size = rng.choice([1, 4096, 100_000, 3 * MB, 6 * MB])
        content = Content(self.number, size)
        kind = rng.random()
        if kind < 0.2:
            url = self.o.put("/" + name, content, status=404)
        elif kind < 0.6:
            url = self.nginx.add("/" + name, content, modified=1_000_000_000)
        else:
            cuts = [dict(cut=rng.randrange(1, size + 1), how=rng.choice(["fin", "rst"])) for _ in range(rng.randrange(3))]
            url = self.o.put("/" + name, content, [c for c in cuts if c["cut"] < size])
        try:
            m.drop("x.dd", dd(url, size, notify=notify))
        except OSError:
            self.maybe[name] = content
            return
        if kind < 0.2:
            self.failing[name] = "954 Loader Error\r\n"
        else:
            self.good[name] = content

    def judge(self, m, round_):
        """After a death: no dead mount, no process that hangs, no lock."""
        until(lambda: not is_mounted(m.mountpoint), f"the mount to go (seed {self.seed}, round {round_})", 20 * harness.SLOW)
        until(lambda: not marked(self.mark), f"processes to end (seed {self.seed}, round {round_})", 20 * harness.SLOW)
        self.assertEqual([p for p in marked(self.mark) if process_state(p) == "D"], [])

    def nothing_unfinished_shows(self, m):
        wanted = self.good | self.maybe
        for name in m.ls("installed"):
            if name not in wanted:
                self.fail(f"taken twice (seed {self.seed}):\n{m.status(name)}")
            self.assertEqual(sha256(m / "installed" / name), wanted[name].sha256(), (name, self.seed))

    def all_ends_well(self, m):
        def over():
            return not m.ls("pending") + m.ls("partial") and set(self.good) <= set(m.ls("installed"))
        until(over, f"everything to end (seed {self.seed})", 200 * harness.SLOW, 0.1)
        self.assertEqual(set(m.ls("installed")) - set(self.maybe), set(self.good))
        self.assertEqual(set(m.ls("failed")) - set(self.maybe), set(self.failing))
        self.nothing_unfinished_shows(m)
        # What may stand in inbox/ is a file whose close failed.
        self.assertLessEqual(set(m.ls("inbox")), {"x.dd"})
        # Exactly one final code each; a death may repeat it, never change it.
        for name in [*self.good, *self.failing]:
            self.o.wait_requests(1, f"/notify/{name}")
            wanted = self.failing.get(name, "900 Success\r\n")
            self.assertEqual(set(self.o.reports(f"/notify/{name}")), {wanted}, (name, self.seed))
        for name in self.maybe:
            self.assertLessEqual(len(set(self.o.reports(f"/notify/{name}"))), 1, (name, self.seed))
        m.restart()
        self.assertLessEqual(set(self.good), set(m.ls("installed")))


class TestDisk(MountCase):
    allowed = ("No space left on device",)

    def test_full_disk_is_an_interruption(self):
        """A store on a small file system of its own: the reason shows, and room ends the wait."""
        if os.getuid() != 0:
            self.fail("this test needs root")
        disk = self.directory / "disk"
        disk.mkdir()
        self.assertEqual(harness.run("mount", "-t", "tmpfs", "-o", "size=24m", "none", disk).code, 0)
        self.addCleanup(harness.run, "umount", "-l", disk)
        (disk / "filler").write_bytes(b"x" * (12 * MB))
        origin, content = self.origin(), Content(6, 14 * MB)
        m = harness.Mount(self, {"retry_wait": "1s"}, store=disk / "store").start()
        m.drop("a.dd", dd(origin.put("/a.bin", content), content.size))
        status = m.wait_state("a.bin", "interrupted", timeout=harness.GUARD)
        self.assertIn("disk full", status["Reason"])
        self.assertEqual(len(m.ls("")), 10)
        os.unlink(disk / "filler")
        m.verb("a.bin", "resume")
        m.wait_installed("a.bin", content)
        m.stop()

    def test_what_can_never_fit(self):
        origin = self.origin()
        m = self.mount()
        m.drop("a.dd", dd(origin.put("/a.bin", b"x"), 1 << 60, notify=origin.notify()))
        m.wait_failed("a.bin", 901)
        origin.wait_requests(1, "/notify")
        self.assertEqual(origin.reports(), ["901 Insufficient Memory\r\n"])


if __name__ == "__main__":
    harness.need_fuse()
    unittest.main(verbosity=2)
