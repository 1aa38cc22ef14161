"""The scripted origin itself: what the mount tests lean on must stand."""
import http.client
import socket
import sys
import unittest
import urllib.error
import urllib.request
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
from origin import Content, Origin  # noqa: E402


def get(url, **headers):
    request = urllib.request.Request(url, headers={k.replace("_", "-"): v for k, v in headers.items()})
    with urllib.request.urlopen(request, timeout=20) as answer:
        return answer.status, dict(answer.headers), answer.read()


class TestOrigin(unittest.TestCase):
    def setUp(self):
        self.origin = Origin()
        self.addCleanup(self.origin.close)
        self.content = Content(7, 300_001)

    def test_content_is_the_same_however_it_is_cut(self):
        whole = self.content.bytes()
        self.assertEqual(len(whole), 300_001)
        parts = b"".join(self.content.read(at, 777) for at in range(0, 300_001, 777))
        self.assertEqual(whole, parts)
        self.assertNotEqual(whole, Content(8, 300_001).bytes())

    def test_whole_and_range(self):
        url = self.origin.put("/a", self.content)
        status, headers, body = get(url)
        self.assertEqual((status, headers["Accept-Ranges"], body), (200, "bytes", self.content.bytes()))
        status, headers, body = get(url, Range="bytes=70000-", If_Match=headers["ETag"])
        self.assertEqual((status, headers["Content-Range"]), (206, "bytes 70000-300000/300001"))
        self.assertEqual(body, self.content.bytes()[70000:])
        first, second = self.origin.log("/a")
        self.assertEqual((first.range, second.range), (None, "bytes=70000-"))

    def test_conditions(self):
        url = self.origin.put("/a", self.content)
        for headers, code in (({"If_Match": '"other"'}, 412), ({"Range": "bytes=300001-"}, 416),
                              ({"If_Unmodified_Since": "Thu, 01 Jan 1970 00:00:01 GMT"}, 412)):
            with self.assertRaises(urllib.error.HTTPError) as caught:
                get(url, **headers)
            self.assertEqual(caught.exception.code, code)
            caught.exception.close()

    def test_wrong_answers_to_a_range(self):
        url = self.origin.put("/a", self.content, plan=[dict(range_answer=a) for a in
                                                        ("whole", "shift", "total", "short", "bare", "nopin")])
        seen = [get(url, Range="bytes=1-10") for _ in range(6)]
        self.assertEqual([s[0] for s in seen], [200, 206, 206, 206, 206, 206])
        self.assertEqual([s[1].get("Content-Range") for s in seen],
                         [None, "bytes 2-10/300001", "bytes 1-10/300002", "bytes 1-5/300001", None, "bytes 1-10/300001"])
        self.assertNotIn("ETag", seen[5][1])

    def test_cut(self):
        for how, error in (("fin", http.client.IncompleteRead), ("rst", ConnectionResetError)):
            url = self.origin.put("/" + how, self.content, plan=[dict(cut=100_000, how=how)])
            with self.assertRaises(error):
                get(url)
            self.assertEqual(get(url)[2], self.content.bytes())
            self.assertEqual(self.origin.log("/" + how)[0].sent, 100_000)

    def test_bytes_before_an_rst_arrive(self):
        self.origin.put("/a", self.content, cut=100_000, how="rst")
        s = socket.create_connection((self.origin.host, self.origin.port))
        s.sendall(b"GET /a HTTP/1.1\r\nHost: x\r\n\r\n")
        got = b""
        with self.assertRaises(ConnectionResetError):
            while True:
                got += s.recv(65536)
        s.close()
        self.assertTrue(got.endswith(self.content.bytes()[99_000:100_000]))

    def test_framings(self):
        for framing in ("chunked", "close"):
            url = self.origin.put("/a", self.content, framing=framing)
            self.assertEqual(get(url)[2], self.content.bytes())
        url = self.origin.put("/a", self.content, framing="chunked-noend")
        with self.assertRaises(http.client.IncompleteRead):
            get(url)

    def test_reports_and_statuses_in_sequence(self):
        url = self.origin.notify("/notify", plan=[dict(status=503), dict(status=404)])
        codes = []
        for _ in range(3):
            try:
                with urllib.request.urlopen(url + "?t=1", data=b"900 Success\r\n", timeout=20) as answer:
                    codes.append(answer.status)
            except urllib.error.HTTPError as error:
                codes.append(error.code)
                error.close()
        self.assertEqual(codes, [503, 404, 200])
        self.assertEqual(self.origin.reports(), ["900 Success\r\n"] * 3)
        self.assertEqual(self.origin.log("/notify")[0].path, "/notify?t=1")

    def test_refuse_ends_what_is_under_way(self):
        url = self.origin.put("/a", self.content, stall=1000)
        s = socket.create_connection((self.origin.host, self.origin.port))
        s.sendall(b"GET /a HTTP/1.1\r\nHost: x\r\n\r\n")
        self.origin.wait_for(lambda log: any(r.sent == 1000 for r in log))
        self.origin.refuse()
        try:
            while s.recv(65536):
                pass
        except ConnectionResetError:
            pass
        s.close()
        with self.assertRaises(OSError):
            get(url)
        self.origin.refuse(False)
        self.origin.change("/a", stall=None)
        self.assertEqual(get(url)[2], self.content.bytes())


if __name__ == "__main__":
    unittest.main()
