"""Retrieval from real servers, which are pulled away in the middle: what goes over the wire, resumes, is pinned."""
import time
import unittest

import harness
from harness import Apache, Content, Lighttpd, MountCase, Nginx, dd, until

MB = 1 << 20
OLD = 1_000_000_000


class Servers(MountCase):
    """Real servers, pulled away in the middle of an object."""

    def cut(self, kind, content, modified=OLD, notify=None, rate=2 * MB):
        """A mount with a.bin on its way from this server, some of it held, and the server gone."""
        server = self.server(kind, rate=rate)
        url = server.add("/a.bin", content, modified=modified)
        m = self.mount()
        m.drop("a.dd", dd(url, content.size, notify=notify))
        m.wait_key("a.bin", "Received", lambda n: int(n) > MB)
        server.stop()
        server.rate(None)
        return m, server


class TestNginx(Servers):
    def test_whole(self):
        """The plain way: one GET, nothing odd in it."""
        server, content, m = self.server(Nginx), Content(1, 5 * MB + 3), self.mount()
        m.drop("a.dd", dd(server.add("/a.bin", content, modified=OLD), content.size))
        status = m.wait_installed("a.bin", content)
        self.assertEqual((status["Resumable"], status["Received"]), ("yes", str(content.size)))
        [line] = server.wait_log(lambda log: log)
        self.assertEqual((line["method"], line["range"], line["if_match"], line["status"]), ("GET", None, None, 200))
        self.assertEqual(line["coding"], "identity")
        self.assertIn("application/octet-stream", line["accept"])

    def test_cut_and_resumed_with_one_range_and_the_pin(self):
        content = Content(2, 8 * MB)
        m, server = self.cut(Nginx, content)
        status = m.wait_state("a.bin", "interrupted")
        self.assertRegex(status["Reason"], r"^network lost: .*(next try|its turn)")
        held = int(m.wait_key("a.bin", "Received", lambda n: int(n) == m.stored())["Received"])
        self.assertEqual(m.where("a.bin"), ["partial"])
        server.start()
        status = m.wait_installed("a.bin", content)
        # nginx does not log what its own end cut off: the resume is the only line.
        [second] = server.wait_log(lambda log: log)
        self.assertEqual(second["status"], 206)
        self.assertEqual(second["range"], f"bytes={held}-{content.size - 1}")
        self.assertEqual(second["if_match"], status["ETag"])
        self.assertEqual(second["sent"], content.size - held, "no byte is fetched twice")

    def test_rolled_back_file_is_957(self):
        """An older file of the same size takes its place: 412, the range goes, nothing is mixed."""
        origin = self.origin()
        notify = origin.notify()
        m, server = self.cut(Nginx, Content(3, 8 * MB), notify=notify)
        server.add("/a.bin", Content(4, 8 * MB), modified=OLD - 86400)
        server.start()
        status = m.wait_failed("a.bin", 957)
        self.assertEqual(status["Code"], "957 Media Object Updated")
        self.assertEqual([x["status"] for x in server.wait_log(lambda log: log)], [412])
        origin.wait_requests(1, "/notify")
        self.assertEqual(origin.reports(), ["957 Media Object Updated\r\n"])
        self.assertEqual(m.ls("installed"), [])
        until(lambda: m.stored() == 0, "its bytes to go")

    def test_many_small(self):
        server, m = self.server(Nginx), self.mount(transfers=16, per_host=16)
        for i in range(100):
            content = Content(i, 4096)
            m.drop(f"{i}.dd", dd(server.add(f"/{i}.bin", content, modified=OLD), 4096))
        until(lambda: len(m.ls("installed")) == 100, "100 objects", pause=0.05)
        for i in range(100):
            self.assertEqual((m / f"installed/{i}.bin").read_bytes(), Content(i, 4096).bytes())
        log = server.wait_log(lambda log: log if len(log) == 100 else None)
        self.assertLess(len({x["connection"] for x in log}), 50, "connections are kept")


class TestPins(Servers):
    def test_lighttpd_ignores_if_match(self):
        """Its 206 shows another tag: not one byte of it may join what is held."""
        m, server = self.cut(Lighttpd, Content(5, 8 * MB))
        newer = Content(6, 8 * MB)
        server.add("/a.bin", newer, modified=OLD + 86400)
        server.start()
        m.wait_installed("a.bin", newer)

    def test_lighttpd_resumes(self):
        content = Content(7, 8 * MB)
        m, server = self.cut(Lighttpd, content)
        server.start()
        m.wait_installed("a.bin", content)
        last = server.wait_log(lambda log: [x for x in log if x["range"]])[-1]
        self.assertEqual(last["status"], 206)

    def test_lighttpd_other_length_is_957(self):
        m, server = self.cut(Lighttpd, Content(8, 8 * MB))
        server.add("/a.bin", Content(9, 9 * MB), modified=OLD + 86400)
        server.start()
        m.wait_failed("a.bin", 957)

    def test_apache_strong(self):
        content = Content(10, 8 * MB)
        m, server = self.cut(Apache, content)
        server.start()
        status = m.wait_installed("a.bin", content)
        last = server.wait_log(lambda log: [x for x in log if x["range"]])[-1]
        self.assertEqual((last["status"], last["if_match"]), (206, status["ETag"]))

    def test_apache_weak_is_no_pin(self):
        """A file that was changed this very second has a weak tag and a fresh date: it starts over."""
        content = Content(11, 8 * MB)
        m, server = self.cut(Apache, content, modified=time.time() + 30)
        status = m.wait_state("a.bin", "interrupted")
        self.assertTrue(status["Resumable"].startswith("no: "), status["Resumable"])
        server.start()
        m.wait_installed("a.bin", content)
        until(lambda: server.log() and server.log()[-1]["sent"] == content.size, "the whole object in the log")
        self.assertEqual([x["range"] for x in server.log()], [None] * len(server.log()))


if __name__ == "__main__":
    harness.need_fuse()
    unittest.main(verbosity=2)
