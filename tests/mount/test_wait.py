"""--wait and --get: exit codes and what they print, as a script sees them."""
import os
import subprocess
import unittest

import harness
from harness import PROGRAM, Content, MountCase, dd, run, until


class Waiting(MountCase):
    def setUp(self):
        super().setUp()
        self.o, self.m = self.origin(), self.mount()
        self.content = Content(1, 1000)

    def ours(self, *words, timeout=harness.GUARD):
        return run(PROGRAM, *words, env=self.env, timeout=timeout)

    def descriptor(self, name, **fields):
        path = self.directory / f"{name}.dd"
        path.write_bytes(dd(self.o.put(f"/{name}.bin", self.content, **fields), 1000))
        return path

    def dropped(self, name, **fields):
        self.m.drop(f"{name}.dd", self.descriptor(name, **fields).read_bytes())
        until(lambda: self.m.status(f"{name}.bin"), name)
        return self.m / f"status/{name}.bin"


class TestGet(Waiting):
    def test_prints_the_path(self):
        done = self.ours("--get", self.m.mountpoint, self.descriptor("a"))
        self.assertEqual((done.code, done.out, done.err), (0, f"{self.m / 'installed/a.bin'}\n", ""))
        with open(done.out.strip(), "rb") as f:
            self.assertEqual(f.read(), self.content.bytes())

    def test_url(self):
        self.o.put("/the.dd", self.descriptor("u").read_bytes(), type="application/vnd.oma.dd+xml")
        done = self.ours("--get", self.m.mountpoint, self.o.url("/the.dd"))
        self.assertEqual((done.code, done.out), (0, f"{self.m / 'installed/u.bin'}\n"), done.err)

    def test_failure(self):
        done = self.ours("--get", self.m.mountpoint, self.descriptor("f", status=404))
        self.assertEqual(done.code, 1)
        self.assertIn("954 Loader Error", done.out + done.err)

    def test_bad_descriptor(self):
        path = self.directory / "bad.dd"
        path.write_text("<media/>")
        done = self.ours("--get", self.m.mountpoint, path)
        self.assertEqual(done.code, 1)
        self.assertIn("906 Invalid descriptor", done.out + done.err)

    def test_time(self):
        done = self.ours("--get", "-t", "1s", self.m.mountpoint, self.descriptor("s", stall=10))
        self.assertEqual(done.code, 3)

    def test_a_script(self):
        path = self.descriptor("fw")
        script = f'f=$({PROGRAM} --get {self.m.mountpoint} {path}) && cat "$f" | wc -c'
        self.assertEqual(run("sh", "-c", script, env=self.env).out.strip(), "1000")

    def test_two_at_once_with_the_same_descriptor(self):
        path = self.descriptor("twin")
        children = [subprocess.Popen([PROGRAM, "--get", self.m.mountpoint, path], stdout=subprocess.PIPE, text=True,
                                     env=self.env) for _ in range(2)]
        out = sorted(c.communicate(timeout=harness.GUARD)[0].strip() for c in children)
        self.assertEqual(out, [str(self.m / "installed/twin-2.bin"), str(self.m / "installed/twin.bin")])

    def test_usage(self):
        for words in (["--get"], ["--get", self.m.mountpoint], ["--get", "-t", "soon", self.m.mountpoint, "x"]):
            done = self.ours(*words)
            self.assertEqual(done.code, 2, words)
            self.assertTrue(done.err)
        self.assertNotEqual(self.ours("--get", self.directory, self.descriptor("n")).code, 0)
        self.assertNotEqual(self.ours("--get", self.m.mountpoint, self.directory / "missing.dd").code, 0)


class TestWait(Waiting):
    def test_installed(self):
        path = self.dropped("a")
        self.assertEqual(self.ours("--wait", path).code, 0)
        self.assertEqual(self.ours("--wait", path, self.m / "by-descriptor/a.dd").code, 0)

    def test_waits(self):
        path = self.dropped("a", plan=[dict(stall=10)])
        child = subprocess.Popen([PROGRAM, "--wait", "-t", "60s", path], env=self.env)
        self.o.wait_for(lambda log: log and log[0].sent == 10)
        self.assertIsNone(child.poll())
        self.m.verb("a.bin", "pause")
        self.m.verb("a.bin", "resume")
        self.assertEqual(child.wait(harness.GUARD), 0)

    def test_failed(self):
        good, bad = self.dropped("g"), self.dropped("b", status=404)
        done = self.ours("--wait", good, bad)
        self.assertEqual(done.code, 1)
        self.assertIn("954 Loader Error", done.out)
        self.assertNotIn("900", done.out)

    def test_removed(self):
        path = self.dropped("a", stall=10)
        child = subprocess.Popen([PROGRAM, "--wait", path], env=self.env, stdout=subprocess.PIPE, text=True)
        # It holds the status file open once it watches.
        until(lambda: any(os.path.realpath(f).endswith("/status/a.bin")
                          for f in harness.Path(f"/proc/{child.pid}/fd").glob("*")), "it to watch")
        self.m.verb("a.bin", "cancel")
        out, _ = child.communicate(timeout=harness.GUARD)
        self.assertEqual(child.returncode, 1)
        self.assertIn("902 User Cancelled", out)

    def test_time(self):
        self.assertEqual(self.ours("--wait", "-t", "1s", self.dropped("a", stall=10)).code, 3)

    def test_usage(self):
        self.assertEqual(self.ours("--wait").code, 2)
        self.assertEqual(self.ours("--wait", "-t", "x", self.dropped("a")).code, 2)
        self.assertNotEqual(self.ours("--wait", self.m / "status/none").code, 0)


if __name__ == "__main__":
    harness.need_fuse()
    unittest.main(verbosity=2)
