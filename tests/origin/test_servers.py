"""The real servers start, serve ranges, log them, come back on their port, and do what the mount tests rely on."""
import os
import shutil
import sys
import tempfile
import time
import unittest
import urllib.error
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
from origin import Content  # noqa: E402
from servers import Apache, Lighttpd, Nginx  # noqa: E402
from test_origin import get  # noqa: E402


class TestServers(unittest.TestCase):
    def started(self, kind, **settings):
        directory = tempfile.mkdtemp(prefix="dlotafs-servers-")
        self.addCleanup(shutil.rmtree, directory, ignore_errors=True)
        server = kind(directory, **settings)
        self.addCleanup(server.stop)
        return server.start()

    def test_all_serve_and_log_ranges(self):
        content = Content(3, 100_000)
        for kind in (Nginx, Lighttpd, Apache):
            with self.subTest(kind=kind.__name__):
                server = self.started(kind)
                url = server.add("/a.bin", content, modified=time.time() - 3600)
                status, headers, body = get(url)
                self.assertEqual((status, body), (200, content.bytes()))
                server.stop()
                with self.assertRaises(OSError):
                    get(url)
                server.start()
                status, again, body = get(url, Range="bytes=50000-", If_Match=headers["ETag"])
                self.assertEqual((status, body), (206, content.bytes()[50000:]))
                seen = server.wait_log(lambda log: [r for r in log if r["status"] == 206])[0]
                self.assertEqual(seen["range"], "bytes=50000-")
                self.assertEqual(again["ETag"], headers["ETag"])

    def test_what_is_measured(self):
        """nginx's 206 has no Accept-Ranges; lighttpd ignores If-Match; Apache's tag is weak for a second."""
        nginx, lighttpd, apache = self.started(Nginx), self.started(Lighttpd), self.started(Apache)
        for server in (nginx, lighttpd, apache):
            server.add("/a.bin", b"x" * 1000, modified=time.time() - 3600)
        self.assertNotIn("Accept-Ranges", get(nginx.url("/a.bin"), Range="bytes=5-")[1])
        with self.assertRaises(urllib.error.HTTPError) as caught:
            get(nginx.url("/a.bin"), Range="bytes=5-", If_Match='"other"')
        self.assertEqual(caught.exception.code, 412)
        caught.exception.close()
        self.assertEqual(get(lighttpd.url("/a.bin"), Range="bytes=5-", If_Match='"other"')[0], 206)
        apache.add("/fresh.bin", b"y" * 1000)
        os.utime(apache.root / "fresh.bin", (time.time() + 1, time.time() + 1))
        self.assertTrue(get(apache.url("/fresh.bin"))[1]["ETag"].startswith("W/"))


if __name__ == "__main__":
    unittest.main()
