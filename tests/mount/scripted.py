"""One object from the scripted origin: what most tests of retrieval begin with."""
from harness import Content, MountCase, dd

REST = "bytes=100000-299999"  # after a cut at 100 000 of 300 000 bytes


class Scripted(MountCase):
    """One object from the scripted origin."""
    size = 300_000

    def setUp(self):
        super().setUp()
        self.o = self.origin()
        self.content = Content(42, self.size)
        self.notify_url = self.o.notify()

    def get(self, plan=(), options=None, said=None, types="application/octet-stream", path="/a.bin", **fields):
        """Mount, drop; plan and fields as in Origin.put()."""
        url = self.o.put(path, self.content, plan, **fields)
        m = self.mount(**(options or {}))
        m.drop("a.dd", dd(url, self.size if said is None else said, types, notify=self.notify_url))
        return m

    def done_with(self, m):
        m.stop()
        self.mounts.remove(m)

    def gets(self):
        return self.o.log("/a.bin", "GET")

    def ranges(self):
        return [r.range for r in self.gets()]

    def good(self, m):
        status = m.wait_installed("a.bin", self.content)
        self.o.wait_requests(1, "/notify", "POST")
        self.assertEqual(self.o.reports(), ["900 Success\r\n"])
        return status

    def bad(self, m, code, phrase):
        status = m.wait_failed("a.bin", code)
        self.o.wait_requests(1, "/notify", "POST")
        self.assertEqual(self.o.reports(), [f"{code} {phrase}\r\n"])
        self.assertEqual(m.ls("installed"), [])
        return status
