"""Redirects, answers that do and do not fit the descriptor, and the options of a request."""
import base64
import hashlib
import unittest

import harness
from harness import Content, dd, until
from scripted import REST, Scripted


class TestRedirect(Scripted):
    def test_resume_goes_to_the_object_uri(self):
        target = self.o.put("/real/b.bin", self.content, [dict(cut=100_000)])
        url = self.o.put("/a.bin", redirect=target)
        m = self.mount()
        m.drop("a.dd", dd(url, self.size, notify=self.notify_url))
        status = self.good(m)
        self.assertEqual((status["ObjectURI"], status["EffectiveURI"]), (url, target))
        self.assertEqual([r.path for r in self.o.log(method="GET")], ["/a.bin", "/real/b.bin"] * 2)
        self.assertEqual([r.range for r in self.o.log("/real/b.bin")], [None, REST])

    def test_each_kind(self):
        m = self.mount()
        for status in (301, 302, 303, 307, 308):
            target = self.o.put(f"/real/{status}", self.content)
            m.drop("r.dd", dd(self.o.put(f"/{status}.bin", redirect=target, status=status), self.size))
            m.wait_installed(f"{status}.bin", self.content)

    def test_ten_and_no_more(self):
        m = self.mount()
        for hops, good in ((10, True), (11, False)):
            self.o.put(f"/h{hops}-0", self.content)
            for i in range(1, hops + 1):
                self.o.put(f"/h{hops}-{i}", redirect=f"/h{hops}-{i - 1}")
            m.drop("h.dd", dd(self.o.url(f"/h{hops}-{hops}"), self.size))
            name = f"h{hops}-{hops}"
            self.assertEqual(until(lambda: [x for x in m.ls("status") if x.startswith(name)], name)[0][:len(name)], name)
            name = [x for x in m.ls("status") if x.startswith(name)][0]
            if good:
                m.wait_installed(name, self.content)
            else:
                m.wait_failed(name, 954)

    def test_loop_and_other_schemes(self):
        m = self.mount()
        self.o.put("/loop.bin", redirect="/loop.bin")
        for name, target in (("loop", "/loop.bin"), ("ftp", "ftp://127.0.0.1/x"), ("file", "file:///etc/passwd")):
            self.o.put(f"/{name}.bin", redirect=target)
            m.drop("l.dd", dd(self.o.url(f"/{name}.bin"), self.size))
            m.wait_failed(f"{name}.bin", 954)

    def test_secrets_stay_with_their_host(self):
        """Credentials and header= lines are not sent on to another host."""
        other = self.origin()
        target = other.put("/b.bin", self.content).replace("127.0.0.1", "localhost")
        url = self.o.put("/a.bin", redirect=target, login="me:secret").replace("http://", "http://me:secret@")
        m = self.mount(header="127.0.0.1:X-Key: k1")
        m.drop("a.dd", dd(url, self.size))
        m.wait_installed("a.bin", self.content)
        first, second = self.o.log("/a.bin")[-1].headers, other.log("/b.bin")[0].headers
        self.assertEqual(first.get("x-key"), "k1")
        self.assertIn("authorization", first)
        for key in ("x-key", "authorization"):
            self.assertNotIn(key, second)
        text = m.read("status/a.bin") + m.read("events") + m.read("list") + m.read("summary")
        self.assertNotIn("secret", text)
        self.assertIn("***", m.status("a.bin")["ObjectURI"])


class TestJudged(Scripted):
    """Does the answer fit the descriptor?"""

    def test_uri_goes_out_as_written(self):
        path = "/x/../a%20b/./c;p?q=%41&r=/../"
        url = self.o.put(path, self.content)
        m = self.mount()
        m.drop("a.dd", dd(url + "#part", self.size, name="thing"))
        self.o.wait_requests(1, path)
        self.assertEqual(self.o.log()[0].path, path)

    def test_lengths(self):
        self.bad(self.get(said=self.size + 1), 905, "Attribute mismatch")

    def test_length_unknown_until_the_end(self):
        self.bad(self.get(said=self.size + 1, framing="chunked"), 905, "Attribute mismatch")

    def test_more_than_said(self):
        self.bad(self.get(said=self.size - 1, framing="chunked"), 905, "Attribute mismatch")

    def test_tolerant(self):
        m = self.get(said=self.size - 50_000, options=dict(size="tolerant"))
        self.good(m)

    def test_tolerant_has_an_end(self):
        m = self.get(said=self.size // 2, options=dict(size="tolerant"))
        self.bad(m, 905, "Attribute mismatch")

    def test_empty(self):
        self.bad(self.get(status=200, body=b""), 905, "Attribute mismatch")

    def test_another_type(self):
        self.bad(self.get(types="image/gif", type="text/html"), 905, "Attribute mismatch")

    def test_types_that_pass(self):
        m = self.mount()
        for i, (listed, said) in enumerate((("image/gif", None), ("image/gif", "application/octet-stream"),
                                            ("image/gif", 'IMAGE/GIF; q="x"'), ("image/jpeg", "image/jpg"),
                                            ("image/gif", "application/vnd.oma.drm.message"),
                                            (["text/plain", "image/gif"], "image/gif"))):
            m.drop("t.dd", dd(self.o.put(f"/{i}.gif", self.content, type=said), self.size, listed))
            m.wait_installed(f"{i}.gif", self.content)

    def test_framings(self):
        m = self.mount()
        for framing in ("chunked", "close"):
            m.drop("f.dd", dd(self.o.put(f"/{framing}.bin", self.content, framing=framing), self.size))
            m.wait_installed(f"{framing}.bin", self.content)

    def test_chunked_without_its_end_is_an_interruption(self):
        self.good(self.get([dict(framing="chunked-noend", cut=100_000)]))
        self.assertEqual(self.ranges(), [None, "bytes=100000-"], "the total is not known yet")

    def test_unframed_and_short_twice_at_the_same_length(self):
        short = Content(42, 100_000)
        url = self.o.put("/a.bin", short, framing="close", accept_ranges=None)
        m = self.mount()
        m.drop("a.dd", dd(url, self.size, notify=self.notify_url))
        self.bad(m, 905, "Attribute mismatch")
        self.assertEqual(len(self.gets()), 2)

    def test_digests(self):
        data = self.content.bytes()
        md5 = base64.b64encode(hashlib.md5(data).digest()).decode()
        sha = base64.b64encode(hashlib.sha256(data).digest()).decode()
        wrong = base64.b64encode(hashlib.sha256(b"x").digest()).decode()
        m = self.mount()
        cases = [("Content-MD5", md5, True), ("Repr-Digest", f"sha-256=:{sha}:", True), ("Digest", f"SHA-256={sha}", True),
                 ("Content-MD5", base64.b64encode(bytes(16)).decode(), False), ("Repr-Digest", f"sha-256=:{wrong}:", False),
                 ("Digest", f"SHA-256={wrong}", False), ("Repr-Digest", "unknown=:AAAA:", True)]
        for i, (name, value, good) in enumerate(cases):
            with self.subTest(name=name, good=good):
                m.drop("d.dd", dd(self.o.put(f"/d{i}.bin", self.content, headers=((name, value),)), self.size))
                if good:
                    m.wait_installed(f"d{i}.bin", self.content)
                else:
                    m.wait_failed(f"d{i}.bin", 905)

    def test_digest_after_a_resume_starts_over_once(self):
        sha = base64.b64encode(hashlib.sha256(self.content.bytes()).digest()).decode()
        m = self.get([dict(cut=100_000), dict(content=Content(44, self.size), etag='"v"')], etag='"v"',
                     headers=(("Repr-Digest", f"sha-256=:{sha}:"),))
        self.good(m)
        self.assertEqual(self.ranges(), [None, REST, None])

    def test_accept(self):
        m = self.get(types=["text/plain", "audio/mpeg"], options=dict(accept="image/*:video/mp4"))
        self.bad(m, 953, "Non-Acceptable Content")
        self.assertEqual(self.gets(), [])

    def test_accept_that_fits(self):
        self.good(self.get(types=["text/plain", "image/gif"], type="image/gif", options=dict(accept="image/*:video/mp4")))

    def test_max_size(self):
        m = self.get(options=dict(max_size="100k"))
        self.bad(m, 901, "Insufficient Memory")
        self.assertEqual(self.gets(), [])


class TestOptions(Scripted):
    def certificate(self):
        cert, key = self.directory / "cert.pem", self.directory / "key.pem"
        done = harness.run("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-keyout", key,
                           "-out", cert, "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1")
        self.assertEqual(done.code, 0, done.err)
        return cert, key

    def test_https(self):
        cert, key = self.certificate()
        tls = self.origin(tls=(str(cert), str(key)))
        for options in ({"cacert": cert}, {"insecure": True}):
            url = tls.put("/s.bin", self.content, [dict(cut=100_000)])
            m = self.mount(**options)
            m.drop("s.dd", dd(url, self.size))
            m.wait_installed("s.bin", self.content)
            self.assertEqual(tls.log("/s.bin")[-1].range, REST)
            self.done_with(m)
        m = self.mount()
        m.drop("s.dd", dd(url, self.size))
        status = m.wait_state("s.bin", "interrupted", "failed")
        self.assertRegex(status["Reason"].lower(), "certificate|ssl|tls")

    def test_https_never_goes_back_to_http(self):
        cert, key = self.certificate()
        tls = self.origin(tls=(str(cert), str(key)))
        plain = self.o.put("/p.bin", self.content)
        m = self.mount(cacert=cert)
        m.drop("s.dd", dd(tls.put("/s.bin", redirect=plain), self.size))
        m.wait_failed("s.bin", 954)
        self.assertEqual(self.o.log("/p.bin"), [])

    def test_proxy(self):
        """Through a proxy the request line names everything; an empty proxy= turns the environment's off."""
        self.env["http_proxy"] = self.o.url("")
        self.o.put("/far/x.bin", self.content)
        m = self.mount()
        m.drop("x.dd", dd("http://far.invalid/far/x.bin", self.size))
        m.wait_installed("x.bin", self.content)
        self.assertEqual(self.o.log("/far/x.bin")[0].headers["host"], "far.invalid")
        self.done_with(m)
        self.env["http_proxy"] = "http://127.0.0.1:9"
        m = self.mount(proxy="")
        m.drop("x.dd", dd(self.o.url("/far/x.bin"), self.size))
        m.wait_installed("x.bin", self.content)

    def test_user_agent_header_file_and_netrc(self):
        secret = self.directory / "headers"
        secret.write_text("X-Token: t0k\n")
        netrc = self.directory / "netrc"
        netrc.write_text("machine 127.0.0.1 login joe password pw\n")
        m = self.mount(user_agent="Unit/7", header=f"127.0.0.1:@{secret}", netrc=netrc)
        m.drop("a.dd", dd(self.o.put("/a.bin", self.content), self.size))
        m.wait_installed("a.bin")
        headers = self.o.log("/a.bin")[-1].headers
        self.assertEqual((headers["user-agent"], headers["x-token"]), ("Unit/7", "t0k"))


if __name__ == "__main__":
    harness.need_fuse()
    unittest.main(verbosity=2)
