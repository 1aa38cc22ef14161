"""Retrieval: what goes over the wire, breaks and resumes, and every line of the ladder, seen at the server."""
import base64
import hashlib
import re
import time
import unittest

import harness
from harness import Apache, Content, Lighttpd, MountCase, Nginx, dd, until

MB = 1 << 20
OLD = 1_000_000_000


def asked(range_):
    """First byte of a Range field."""
    return int(re.fullmatch(r"bytes=(\d+)-\d*", range_)[1])


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
        self.assertRegex(status["Reason"], r"^network lost: .*next try")
        held = int(status["Received"])
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


REST = "bytes=100000-299999"


class TestBreak(Scripted):
    def test_cut_by_fin_and_rst(self):
        m = self.get([dict(cut=100_000), dict(cut=50_000, how="rst")], etag='"v1"')
        self.good(m)
        self.assertEqual(self.ranges(), [None, REST, "bytes=150000-299999"])
        self.assertEqual([r.headers.get("if-match") for r in self.gets()], [None, '"v1"', '"v1"'])
        self.assertEqual(sum(r.sent for r in self.gets()), self.size)

    def test_stall(self):
        m = self.get([dict(stall=100_000)], options=dict(timeout="2s"))
        self.assertIn("no byte", m.wait_state("a.bin", "interrupted", "installed").get("Reason", "no byte"))
        self.good(m)
        self.assertEqual(self.ranges(), [None, REST])

    def test_cut_before_the_header(self):
        m = self.get([dict(hang_up=True)])
        self.good(m)
        self.assertEqual(self.ranges(), [None, None])

    def test_the_same_header_fields_but_range_and_pin(self):
        self.good(self.get([dict(cut=100_000)]))
        first, second = (dict(r.headers) for r in self.gets())
        for key in ("range", "if-match", "connection"):
            first.pop(key, None), second.pop(key, None)
        self.assertEqual(first, second)
        self.assertEqual(first["cache-control"], "no-transform")
        self.assertEqual(first["accept-encoding"], "identity")
        self.assertIn("application/octet-stream", first["accept"])
        self.assertIn("user-agent", first)

    def test_bare_tag_is_echoed_as_it_came(self):
        self.good(self.get([dict(cut=100_000)], etag="id@example.com/1.1"))
        self.assertEqual(self.gets()[1].headers["if-match"], "id@example.com/1.1")
        self.assertEqual(self.ranges()[1], REST)

    def test_weak_tag_leaves_the_date(self):
        for tag in ('W/"v1"', 'w/"v1"', "*", None):
            with self.subTest(tag=tag):
                o = self.o.put("/w.bin", self.content, [dict(cut=100_000)], etag=tag)
                m = self.mount()
                m.drop("w.dd", dd(o, self.size))
                m.wait_installed("w.bin", self.content)
                second = self.o.log("/w.bin")[-1]
                self.assertEqual(second.range, REST)
                self.assertNotIn("if-match", second.headers)
                self.assertEqual(second.headers["if-unmodified-since"], "Sun, 09 Sep 2001 01:46:40 GMT")
                self.done_with(m)

    def test_a_date_of_this_second_is_no_pin(self):
        now = time.time()
        m = self.get([dict(cut=100_000)], etag=None, modified=now, date=now)
        self.good(m)
        self.assertEqual(self.ranges(), [None, None])

    def test_no_pin_at_all(self):
        m = self.get([dict(cut=100_000)], etag='W/"x"', modified=None)
        self.assertTrue(m.wait_key("a.bin", "Resumable", re.compile("^no: ")))
        self.good(m)
        self.assertEqual(self.ranges(), [None, None])

    def test_no_accept_ranges(self):
        for said in (None, "none", "none, x"):
            with self.subTest(said=said):
                url = self.o.put("/n.bin", self.content, [dict(cut=100_000)], accept_ranges=said)
                m = self.mount()
                m.drop("n.dd", dd(url, self.size))
                m.wait_installed("n.bin", self.content)
                self.assertEqual([r.range for r in self.o.log("/n.bin")[-2:]], [None, None])
                self.done_with(m)

    def test_accept_ranges_as_a_list_in_any_case(self):
        self.good(self.get([dict(cut=100_000)], accept_ranges="items, Bytes"))
        self.assertEqual(self.ranges(), [None, REST])

    def test_unpinned_resume(self):
        m = self.get([dict(cut=100_000)], options=dict(unpinned="resume"), etag=None, modified=None)
        self.good(m)
        self.assertEqual(self.ranges(), [None, REST])

    def test_attempts_of_what_cannot_be_resumed_are_counted(self):
        m = self.get(options=dict(retries=2), accept_ranges=None, cut=100_000)
        self.bad(m, 903, "Loss of Service")
        # The first attempt brought it further than ever before.
        self.assertEqual(len(self.gets()), 3)

    def test_an_attempt_that_gets_further_does_not_count(self):
        m = self.get([dict(cut=n * 10_000) for n in range(1, 6)], options=dict(retries=2), accept_ranges=None)
        self.good(m)
        self.assertEqual(len(self.gets()), 6)

    def test_give_up_keeps_the_range_and_retry_goes_on(self):
        m = self.get([dict(cut=100_000, hang_up=False)], options=dict(give_up="3s"), hang_up=True)
        self.bad(m, 903, "Loss of Service")
        self.o.change("/a.bin", hang_up=False)
        m.verb("a.bin", "retry")
        m.wait_installed("a.bin", self.content)
        self.assertEqual(self.ranges()[-1], REST)
        self.o.wait_for(lambda log: len(log) == 2, path="/notify")
        self.assertEqual(self.o.reports(), ["903 Loss of Service\r\n", "900 Success\r\n"])


class TestLadder(Scripted):
    """What may answer a resume, and what is done about it."""

    def after_cut(self, *answers, **more):
        return self.get([dict(cut=100_000), *answers], **more)

    def test_206_shorter_than_asked(self):
        self.good(self.after_cut(dict(range_answer="short")))
        self.assertEqual(self.ranges(), [None, REST, "bytes=200000-299999"])

    def test_200_with_the_same_tag_is_skipped_into(self):
        self.good(self.after_cut(dict(range_answer="whole")))
        self.assertEqual(self.ranges(), [None, REST])
        self.assertEqual(self.gets()[1].status, 200)

    def test_200_of_the_same_tag_cut_before_what_is_held_loses_nothing(self):
        self.good(self.after_cut(dict(range_answer="whole", cut=50_000)))
        self.assertEqual(self.ranges(), [None, REST, REST])

    def replaced(self, **answer):
        """Cut, then another object under its URI, told by `answer` only."""
        old, self.content = self.content, Content(43, self.size)
        first = dict(cut=100_000, content=old, etag='"old"')
        return self.get([first, dict(conditions=False, **answer)], etag='"new"')

    def test_200_with_another_tag_starts_over(self):
        self.good(self.replaced(range_answer="whole"))
        self.assertEqual(self.ranges()[:2], [None, REST])

    def test_206_with_another_tag_starts_over(self):
        self.good(self.replaced())
        self.assertEqual(self.ranges(), [None, REST, None])

    def test_a_tag_that_always_changes_ends_957(self):
        m = self.get(etag=lambda n: f'"v{n}"', conditions=False, cut=100_000)
        self.bad(m, 957, "Media Object Updated")
        self.assertLessEqual(len(self.gets()), 9)

    def test_412(self):
        m = self.after_cut(dict(status=412))
        self.bad(m, 957, "Media Object Updated")
        self.assertEqual(self.ranges(), [None, REST])

    def test_412_under_the_number_of_shipped_agents(self):
        m = self.after_cut(dict(status=412), options=dict(updated_code=955))
        self.bad(m, 955, "Media Object Updated")

    def test_one_unusable_206_is_asked_again(self):
        for answer in ("shift", "multipart", "bare", "nopin"):
            with self.subTest(answer=answer):
                url = self.o.put(f"/{answer}.bin", self.content, [dict(cut=100_000), dict(range_answer=answer)])
                m = self.mount()
                m.drop("x.dd", dd(url, self.size))
                m.wait_installed(f"{answer}.bin", self.content)
                self.assertEqual([r.range for r in self.o.log(f"/{answer}.bin")], [None, REST, REST])
                self.done_with(m)

    def test_another_total_is_never_mixed_in(self):
        self.good(self.after_cut(dict(range_answer="total")))
        self.assertEqual(self.ranges()[:2], [None, REST])

    def test_two_unusable_206_start_at_zero(self):
        self.good(self.after_cut(dict(range_answer="nopin"), dict(range_answer="nopin")))
        self.assertEqual(self.ranges(), [None, REST, REST, None])

    def test_unusable_206_for_ever_is_954(self):
        m = self.get([dict(cut=100_000)] * 1, range_answer="bare", cut=100_000)
        self.bad(m, 954, "Loader Error")

    def test_416_starts_at_zero_once(self):
        self.good(self.after_cut(dict(status=416)))
        self.assertEqual(self.ranges(), [None, REST, None])

    def test_416_again_is_954(self):
        m = self.get([dict(cut=100_000), dict(status=416), dict(cut=100_000), dict(status=416)])
        self.bad(m, 954, "Loader Error")

    def test_busy_servers_and_retry_after(self):
        m = self.after_cut(dict(status=503, headers=(("Retry-After", "3"),)), dict(status=429), dict(status=500))
        status = m.wait_key("a.bin", "Reason", re.compile("503|busy", re.I))
        self.assertIn("next try", status["Reason"])
        self.good(m)
        self.assertEqual(self.ranges(), [None, REST, REST, REST, REST])
        first, second = self.gets()[1:3]
        self.assertGreaterEqual(second.began - first.ended, 2.9)

    def test_busy_at_the_beginning(self):
        self.good(self.get([dict(status=s) for s in (503, 408, 425, 502)]))
        self.assertEqual(len(self.gets()), 5)

    def test_final_answers(self):
        for status in (404, 403, 410, 401, 400, 501, 505, 412, 416, 206):
            with self.subTest(status=status):
                self.o.put(f"/{status}.bin", self.content, status=status)
                url = self.o.notify(f"/notify{status}")
                m = self.mounts[0] if self.mounts else self.mount()
                m.drop("s.dd", dd(self.o.url(f"/{status}.bin"), self.size, notify=url))
                m.wait_failed(f"{status}.bin", 954)
                self.o.wait_requests(1, f"/notify{status}")
                self.assertEqual(self.o.reports(f"/notify{status}"), ["954 Loader Error\r\n"])

    def test_404_on_a_resume(self):
        self.bad(self.after_cut(dict(status=404)), 954, "Loader Error")

    def test_captive_portal_harms_nothing(self):
        page = dict(status=200, type="text/html", body=b"<html>log in</html>")
        m = self.after_cut(page, dict(status=511, body=b"log in"), types="application/octet-stream")
        self.good(m)
        self.assertEqual(self.ranges(), [None, REST, REST, REST])

    def test_misdirected_request(self):
        self.good(self.get([dict(status=421)]))
        a, b = self.gets()
        self.assertNotEqual(a.connection, b.connection)


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
