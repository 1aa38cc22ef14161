"""Verbs and rm: what they do in each state, and what they answer."""
import os
import unittest

import harness
from harness import Content, MountCase, dd, run, until

EINVAL, EOPNOTSUPP, ENOENT, EPERM = 22, 95, 2, 1
REST = "bytes=100000-299999"


class Steering(MountCase):
    size = 300_000

    def setUp(self):
        super().setUp()
        self.o = self.origin()
        self.content = Content(1, self.size)
        self.notify = self.o.notify()

    def drop(self, m, path="/a.bin", plan=(), **fields):
        url = self.o.put(path, self.content, plan, **fields)
        m.drop("a.dd", dd(url, self.size, notify=self.notify))
        return path[1:]

    def held(self, m, plan=(), **fields):
        """a.bin with 100 000 bytes here and the rest not coming."""
        self.drop(m, plan=[dict(stall=100_000), *plan], **fields)
        m.wait_key("a.bin", "Received", "100000")

    def cancelled(self, n=1):
        self.o.wait_requests(n, "/notify")
        self.assertEqual(self.o.reports(), ["902 User Cancelled\r\n"] * n)


class TestVerbs(Steering):
    def test_pause_and_resume(self):
        m = self.mount()
        self.held(m)
        m.verb("a.bin", "pause")
        self.assertEqual(m.state("a.bin"), "paused")
        self.assertEqual(m.where("a.bin"), ["partial"])
        self.o.wait_for(lambda log: log[0].done, path="/a.bin")
        m.verb("a.bin", "pause")  # holds already
        m.verb("a.bin", "resume")
        m.wait_installed("a.bin", self.content)
        self.assertEqual([r.range for r in self.o.log("/a.bin")], [None, REST])

    def test_a_pause_outlives_the_agent(self):
        m = self.mount()
        self.held(m)
        m.verb("a.bin", "pause")
        until(lambda: m.stored() == 100_000, "the bytes to be written")
        m.kill()
        m.start()
        self.assertEqual((m.state("a.bin"), m.received("a.bin")), ("paused", 100_000))
        m.restart()
        self.assertEqual((m.state("a.bin"), m.received("a.bin")), ("paused", 100_000))
        m.verb("a.bin", "resume")
        m.wait_installed("a.bin", self.content)
        self.assertEqual([r.range for r in self.o.log("/a.bin")], [None, REST])

    def test_pause_while_queued(self):
        m = self.mount(transfers=1)
        self.held(m)
        name = self.drop(m, "/b.bin")
        m.wait_state(name, "queued")
        self.assertEqual(m.where(name), ["pending"])
        m.verb(name, "pause")
        self.assertEqual(m.state(name), "paused")
        m.verb("a.bin", "cancel")
        m.verb(name, "resume")
        m.wait_installed(name, self.content)

    def test_pause_that_would_lose_bytes(self):
        m = self.mount()
        self.held(m, accept_ranges=None)
        self.assertErrno(EOPNOTSUPP, m.verb, "a.bin", "pause")
        self.assertEqual(m.state("a.bin"), "downloading")

    def test_resume_ends_a_wait(self):
        m = self.mount(retry_wait="5m")
        self.drop(m, plan=[dict(cut=100_000)])
        m.wait_state("a.bin", "interrupted")
        m.verb("a.bin", "resume")
        m.wait_installed("a.bin", self.content)

    def test_retry_ends_a_wait(self):
        m = self.mount(retry_wait="5m")
        self.drop(m, plan=[dict(cut=100_000)])
        m.wait_state("a.bin", "interrupted")
        m.verb("a.bin", "retry")
        m.wait_installed("a.bin", self.content)

    def test_pause_while_interrupted(self):
        m = self.mount(retry_wait="5m")
        self.drop(m, plan=[dict(cut=100_000)])
        m.wait_state("a.bin", "interrupted")
        m.verb("a.bin", "pause")
        self.assertEqual(m.state("a.bin"), "paused")
        m.verb("a.bin", "resume")
        m.wait_installed("a.bin", self.content)
        self.assertEqual(self.o.log("/a.bin")[-1].range, REST)

    def test_retry_of_a_failure_is_a_new_transaction(self):
        m = self.mount()
        self.drop(m, plan=[dict(status=404)])
        first = m.wait_failed("a.bin", 954)
        m.verb("a.bin", "retry")
        second = m.wait_installed("a.bin", self.content)
        self.assertEqual(first["Name"], second["Name"])
        self.assertEqual(m.ls("failed"), [])
        self.o.wait_requests(2, "/notify")
        self.assertEqual(self.o.reports(), ["954 Loader Error\r\n", "900 Success\r\n"])

    def test_confirm(self):
        m = self.mount(confirm="ask")
        self.drop(m)
        m.wait_state("a.bin", "unconfirmed")
        self.assertEqual(m.where("a.bin"), ["pending"])
        self.assertErrno(EINVAL, m.verb, "a.bin", "pause")
        m.restart()
        self.assertEqual(m.state("a.bin"), "unconfirmed")
        self.assertEqual(self.o.log(), [])
        m.verb("a.bin", "confirm")
        m.wait_installed("a.bin", self.content)

    def test_confirm_dd_asks(self):
        m = self.mount(confirm="dd")
        self.drop(m)
        m.wait_state("a.bin", "unconfirmed")

    def test_cancel_in_each_state(self):
        m = self.mount(transfers=1, retry_wait="5m")
        self.held(m)
        queued = self.drop(m, "/queued.bin")
        m.wait_state(queued, "queued")
        m.verb(queued, "cancel")
        self.assertIsNone(m.status(queued))
        m.verb("a.bin", "cancel")
        self.assertIsNone(m.status("a.bin"))
        self.drop(m, "/cut.bin", [dict(cut=100_000)])
        m.wait_state("cut.bin", "interrupted")
        m.verb("cut.bin", "cancel")
        self.assertIsNone(m.status("cut.bin"))
        self.drop(m, "/paused.bin", [dict(stall=100_000)])
        m.wait_key("paused.bin", "Received", "100000")
        m.verb("paused.bin", "pause")
        m.verb("paused.bin", "cancel")
        self.cancelled(4)
        self.assertEqual([m.ls(f) for f in harness.FOLDERS], [[]] * 4)
        until(lambda: m.stored() == 0, "the bytes to go")

    def test_what_can_never_apply(self):
        m = self.mount()
        self.drop(m)
        m.wait_installed("a.bin")
        self.drop(m, "/bad.bin", [dict(status=404)])
        m.wait_failed("bad.bin")
        for name, words in (("a.bin", ("pause", "resume", "retry", "cancel")), ("bad.bin", ("pause", "resume", "confirm"))):
            before = m.read(f"status/{name}")
            for word in words:
                with self.subTest(name=name, word=word):
                    self.assertErrno(EINVAL, m.verb, name, word)
            self.assertEqual(m.read(f"status/{name}"), before)

    def test_words(self):
        m = self.mount()
        self.drop(m, rate=2000)
        m.wait_state("a.bin", "downloading")
        for word in ("", "frobnicate", "PAUSE", "pause now", "remove", "x" * 5000):
            with self.subTest(word=word[:20]):
                self.assertErrno(EINVAL, m.verb, "a.bin", word)
        for way in ("echo pause > {}", "printf pause >> {}", "echo 'pause  ' | tee {} > /dev/null"):
            done = run("bash", "-c", way.format(m / "status/a.bin"))
            self.assertEqual((done.code, done.err), (0, ""), way)
            self.assertEqual(m.state("a.bin"), "paused")
            m.verb("a.bin", "resume")
        done = run("bash", "-c", f"echo frobnicate > {m / 'status/a.bin'}")
        self.assertEqual(done.code, 1)
        self.assertIn("Invalid argument", done.err)

    def test_no_such_object(self):
        m = self.mount()
        self.assertErrno(ENOENT, m.verb, "nothing", "pause")
        self.assertErrno(ENOENT, open, m / "status/nothing", "w")
        self.assertEqual(m.ls("status"), [])


class TestRemove(Steering):
    def test_partial(self):
        m = self.mount()
        self.held(m)
        os.unlink(m / "partial/a.bin")
        self.assertEqual([m.ls(f) for f in (*harness.FOLDERS, "status")], [[]] * 5)
        self.cancelled()
        self.drop(m)  # the name is free
        m.wait_installed("a.bin", self.content)

    def test_pending(self):
        m = self.mount(confirm="ask")
        self.drop(m)
        m.wait_state("a.bin", "unconfirmed")
        self.assertEqual(run("rm", m / "pending/a.bin").code, 0)
        self.assertIsNone(m.status("a.bin"))
        self.cancelled()
        self.assertEqual(self.o.log("/a.bin"), [])

    def test_installed_and_open(self):
        m = self.mount()
        self.drop(m)
        m.wait_installed("a.bin")
        with open(m / "installed/a.bin", "rb") as f:
            os.unlink(m / "installed/a.bin")
            self.assertIsNone(m.status("a.bin"))
            self.assertEqual(f.read(), self.content.bytes())
        self.o.wait_requests(1, "/notify")
        self.assertEqual(self.o.reports(), ["900 Success\r\n"])

    def test_failed_is_forgotten(self):
        m = self.mount()
        self.drop(m, plan=[dict(status=404)])
        m.wait_failed("a.bin")
        os.unlink(m / "failed/a.bin")
        self.assertEqual((m.ls("failed"), m.ls("status")), ([], []))

    def test_while_reporting_900_stands(self):
        m = self.mount(retry_wait="5m")
        self.notify = self.o.notify(plan=[dict(status=503)])
        self.drop(m)
        self.o.wait_requests(1, "/notify")
        m.wait_key("a.bin", "Report", "sent 1 of 3")
        os.unlink(m / "partial/a.bin")
        self.assertIsNone(m.status("a.bin"))
        m.restart()
        self.assertEqual(set(self.o.reports()), {"900 Success\r\n"})
        self.assertEqual(m.ls("installed"), [])

    def test_rm_r_of_a_folder(self):
        m = self.mount(confirm="ask")
        for i in range(20):
            self.drop(m, f"/{i}.bin")
        until(lambda: len(m.ls("pending")) == 20, "all of them")
        run("bash", "-c", f"rm -r {m / 'pending'}/*")
        self.assertEqual(m.ls("pending"), [])

    def test_status_and_generated_files_stay(self):
        m = self.mount()
        self.drop(m)
        m.wait_installed("a.bin")
        for path in ("status/a.bin", "summary", "list", "events", "by-descriptor/a.dd"):
            self.assertErrno(EPERM, os.unlink, m / path)
        for path in ("inbox", "installed", "status"):
            self.assertErrno(EPERM, os.rmdir, m / path)


if __name__ == "__main__":
    harness.need_fuse()
    unittest.main(verbosity=2)
