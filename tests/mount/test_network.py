"""A network that goes and comes: waits end at once, nothing is counted meanwhile; what comes from outside stays outside.

The agent runs in a network namespace of its own, joined to ours by a veth pair."""
import os
import shutil
import sys
import time
import unittest

import harness
from harness import Content, Mount, MountCase, dd, run, until

MB = 1 << 20


class TestNetwork(MountCase):
    def setUp(self):
        if os.getuid() != 0:
            sys.exit("network tests need root (ip netns)")
        if not shutil.which("ip", path=os.environ.get("PATH", "") + ":/usr/sbin:/sbin"):
            sys.exit("network tests need iproute2: see mount-helpers/packages")
        super().setUp()
        n = os.getpid() % 60000
        self.ns, self.near, self.far = f"dlota{n}", f"dl{n}a", f"dl{n}b"
        # 198.18/15 is for tests of network devices: not loopback, not link-local, not routed.
        self.net = f"198.18.{n % 250}"
        self.here, self.there = f"{self.net}.1", f"{self.net}.2"
        self.ip("netns", "add", self.ns)
        self.addCleanup(run, "ip", "netns", "del", self.ns)
        self.ip("link", "add", self.near, "type", "veth", "peer", "name", self.far, "netns", self.ns)
        self.addCleanup(run, "ip", "link", "del", self.near)
        self.ip("addr", "add", f"{self.here}/24", "dev", self.near)
        self.ip("link", "set", self.near, "up")
        self.inside("link", "set", "lo", "up")
        self.link_up()

    def ip(self, *words):
        done = run("ip", *words)
        self.assertEqual(done.code, 0, f"ip {' '.join(words)}: {done.err}")

    def inside(self, *words):
        self.ip("-n", self.ns, *words)

    def link_up(self):
        self.inside("addr", "replace", f"{self.there}/24", "dev", self.far)
        self.inside("link", "set", self.far, "up")

    def link_down(self):
        self.inside("link", "set", self.far, "down")

    def agent(self, **options):
        """`ip netns exec` would hide the mount in a mount namespace of its own; nsenter does not."""
        mount = Mount(self, {"retry_wait": "5m", "timeout": "2s", **options})
        plain = mount.command
        mount.command = lambda *flags: ["nsenter", f"--net=/run/netns/{self.ns}", *plain(*flags)]
        return mount.start()

    def test_link_down_and_up(self):
        o, content = self.origin(host=self.here), Content(1, 8 * MB)
        m = self.agent()
        m.drop("a.dd", dd(o.put("/a.bin", content, rate=2 * MB), content.size))
        m.wait_key("a.bin", "Received", lambda n: int(n) > MB)
        self.link_down()
        m.wait_state("a.bin", "interrupted")
        o.change("/a.bin", rate=None)
        began = time.monotonic()
        self.link_up()
        m.wait_installed("a.bin", content)
        self.assertLess(time.monotonic() - began, 60, "the wait of minutes ended at once")
        self.assertTrue(o.log("/a.bin")[-1].range)

    def test_no_network_counts_nothing(self):
        o, content = self.origin(host=self.here), Content(2, MB)
        self.link_down()
        m = self.agent(retries=1, retry_wait="1s")
        m.drop("a.dd", dd(o.put("/a.bin", content, accept_ranges=None), content.size))
        m.wait_key("a.bin", "Attempts", lambda n: int(n) >= 3)
        status = m.status("a.bin")
        self.assertEqual(status["State"], "interrupted")
        self.assertIn("no network", status["Reason"])
        self.link_up()
        m.wait_installed("a.bin", content)

    def test_reports_wait_for_the_network(self):
        o, content = self.origin(host=self.here), Content(3, 1000)
        m = self.agent(report_tries=1)
        o.notify(hang_up=True)
        notify = o.url("/notify")
        m.drop("a.dd", dd(o.put("/a.bin", content, rate=500), content.size, notify=notify))
        m.wait_state("a.bin", "downloading")
        o.notify()
        m.wait_installed("a.bin", content)
        self.assertEqual(o.reports(), ["900 Success\r\n"])

    def test_a_redirect_from_outside_may_not_lead_inside(self):
        """The namespace's own loopback is the device's inside."""
        o = self.origin(host=self.here)
        m = self.agent(retry_wait="1s")
        for i, target in enumerate(("http://127.0.0.1:9/x", "http://[::1]:9/x", "http://169.254.1.1/x", "http://localhost:9/x")):
            m.drop("r.dd", dd(o.put(f"/{i}.bin", redirect=target), 10))
            m.wait_failed(f"{i}.bin", 954)

    def test_a_fetched_descriptor_may_not_name_the_inside(self):
        o = self.origin(host=self.here)
        m = self.agent(retry_wait="1s")
        o.put("/x.dd", dd("http://127.0.0.1:9/x.bin", 10), type="application/vnd.oma.dd+xml")
        m.drop("x.txt", o.url("/x.dd"))
        m.wait_failed("x.bin", 954)
        # One that the user drops may name what it likes: it is tried.
        m.drop("y.dd", dd("http://127.0.0.1:9/y.bin", 10))
        m.wait_state("y.bin", "interrupted")

    def test_a_server_that_is_not_there(self):
        m = self.agent(retry_wait="1s")
        m.drop("a.dd", dd(f"http://{self.here}:9/a.bin", 10))
        status = m.wait_state("a.bin", "interrupted")
        self.assertIn("network lost", status["Reason"])
        until(lambda: int(m.status("a.bin")["Attempts"]) > 1, "another try")


if __name__ == "__main__":
    harness.need_fuse()
    unittest.main(verbosity=2)
