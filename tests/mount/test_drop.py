"""inbox/: whatever writes a descriptor, it is taken once, whole, and never lost."""
import os
import shutil
import signal
import subprocess
import sys
import threading
import unittest

import harness
from harness import MountCase, Nginx, dd, run, until


class Dropping(MountCase):
    options = {}

    def setUp(self):
        super().setUp()
        self.origin_ = self.origin()
        self.m = self.mount(**self.options)
        self.count = 0

    def source(self):
        """A descriptor in a file of its own, for an object of its own: (path, object name)."""
        self.count += 1
        name = f"o{self.count}.bin"
        url = self.origin_.put("/" + name, b"%d" % self.count * 100)
        path = self.directory / f"d{self.count}.dd"
        path.write_bytes(dd(url, len(b"%d" % self.count) * 100))
        return path, name

    def runs(self, *command, **more):
        done = run(*command, **more)
        self.assertEqual((done.code, done.err), (0, ""), command)

    def taken(self, name):
        self.m.wait_installed(name)
        until(lambda: not [x for x in self.m.ls("inbox") if not x.startswith(".")], "inbox/ to be empty")

    def judged(self):
        """The agent has dealt with all that was closed before: another drop has gone through."""
        path, name = self.source()
        shutil.copyfile(path, self.m / f"inbox/judge{self.count}.dd")
        self.m.wait_installed(name)


class TestWriters(Dropping):
    def test_programs(self):
        inbox = str(self.m / "inbox")
        ways = {
            "cp": ["cp", "{src}", "{inbox}/a.dd"],
            "cp into the folder": ["cp", "{src}", "{inbox}/"],
            "cp -p": ["cp", "-p", "{src}", "{inbox}/b.dd"],
            "cp -a": ["cp", "-a", "{src}", "{inbox}/c.dd"],
            "install": ["install", "-m", "640", "{src}", "{inbox}/d.dd"],
            "mv": ["mv", "{src}", "{inbox}/e.dd"],
            "redirect": ["bash", "-c", "cat {src} > {inbox}/f.dd"],
            "echo": ["bash", "-c", 'echo "$(cat {src})" > {inbox}/f.dd'],
            "append": ["bash", "-c", "cat {src} >> {inbox}/g.dd"],
            "tee": ["bash", "-c", "tee {inbox}/h.dd < {src} > /dev/null"],
            "dd": ["dd", "if={src}", "of={inbox}/i.dd", "bs=64", "conv=fsync", "status=none"],
            "rsync": ["rsync", "{src}", "{inbox}/"],
            "rsync -a": ["rsync", "-a", "{src}", "{inbox}/j.dd"],
            "rsync --inplace": ["rsync", "--inplace", "{src}", "{inbox}/k.dd"],
            "rsync -a --inplace": ["rsync", "-a", "--inplace", "{src}", "{inbox}/k2.dd"],
            "dash": ["sh", "-c", "cat < {src} > {inbox}/l.dd"],
            "tar": ["bash", "-c", "tar -C $(dirname {src}) -cf - $(basename {src}) | tar -C {inbox} -xf -"],
        }
        for way, command in ways.items():
            with self.subTest(way=way):
                path, name = self.source()
                self.runs(*[word.format(src=path, inbox=inbox) for word in command])
                self.taken(name)

    def test_shutil(self):
        for call in (shutil.copyfile, shutil.copy, shutil.copy2, shutil.move):
            with self.subTest(call=call.__name__):
                path, name = self.source()
                call(str(path), str(self.m / "inbox/x.dd"))
                self.taken(name)

    def test_vim(self):
        path, name = self.source()
        vim = shutil.which("vim") or shutil.which("vim.tiny") or shutil.which("vi")
        self.assertTrue(vim, "vim is not installed")
        run(vim, "-u", "NONE", "-N", "-es", "-c", f":0r {path}", "-c", ":wq", self.m / "inbox/v.dd",
            stdin=subprocess.DEVNULL)
        self.taken(name)
        until(lambda: self.m.ls("inbox") == [], "vim's swap file to go")

    def test_browser(self):
        for temporary in ("x.dd.part", "x.dd.crdownload", "x.dd.tmp", ".com.browser.Xy12", "x.dd~", "x.dd.swp"):
            with self.subTest(temporary=temporary):
                path, name = self.source()
                shutil.copyfile(path, self.m / "inbox" / temporary)
                self.judged()
                self.assertEqual(self.m.ls("inbox"), [temporary])
                self.assertEqual((self.m / "inbox" / temporary).read_bytes(), path.read_bytes())
                os.rename(self.m / "inbox" / temporary, self.m / "inbox/x.dd")
                self.taken(name)

    def test_written_slowly_through_one_handle(self):
        path, name = self.source()
        data = path.read_bytes()
        with open(self.m / "inbox/slow.dd", "wb", buffering=0) as f:
            for at in range(0, len(data), 10):
                f.write(data[at:at + 10])
            self.judged()
            self.assertIsNone(self.m.status(name))
            self.assertEqual(self.m.ls("inbox"), ["slow.dd"])
        self.taken(name)

    def test_fsync_and_dup(self):
        path, name = self.source()
        fd = os.open(self.m / "inbox/s.dd", os.O_CREAT | os.O_WRONLY)
        os.write(fd, path.read_bytes())
        os.fsync(fd)
        second = os.dup(fd)
        os.close(fd)  # FLUSH, but not the last close
        self.judged()
        self.assertIn("s.dd", self.m.ls("inbox"))
        os.close(second)
        self.taken(name)

    def test_grace_of_a_taken_name(self):
        """cp -p and its like touch the file after its close: that succeeds without effect."""
        path, _ = self.source()
        target = self.m / "inbox/g.dd"
        shutil.copyfile(path, target)
        os.utime(target, (1, 1))
        os.chmod(target, 0o600)
        os.chown(target, os.getuid(), os.getgid())
        os.stat(target)
        self.assertNotIn("g.dd", self.m.ls("inbox"))
        os.unlink(target)


class TestWaiting(Dropping):
    def test_a_killed_writer_is_not_taken(self):
        path, name = self.source()
        target = self.m / "inbox/half.dd"
        code = ("import os, signal, sys; f = os.open(sys.argv[2], os.O_CREAT | os.O_WRONLY);"
                "data = open(sys.argv[1], 'rb').read(); os.write(f, data[:len(data) // 2]);"
                "os.kill(os.getpid(), signal.SIGKILL)")
        done = subprocess.run([sys.executable, "-c", code, path, target], check=False)
        self.assertEqual(done.returncode, -signal.SIGKILL)
        self.judged()
        self.assertEqual((self.m.ls("inbox"), self.m.ls("failed")), (["half.dd"], []))
        self.m.restart()
        self.judged()
        self.assertEqual((self.m.ls("inbox"), self.m.ls("failed")), (["half.dd"], []))
        shutil.copyfile(path, target)
        self.taken(name)

    def test_empty_and_removed(self):
        (self.m / "inbox/empty.dd").touch()
        self.judged()
        self.assertEqual(self.m.ls("inbox"), ["empty.dd"])
        path, name = self.source()
        (self.m / "inbox/empty.dd").write_bytes(path.read_bytes())
        self.taken(name)
        (self.m / "inbox/other.dd").touch()
        os.unlink(self.m / "inbox/other.dd")
        self.assertEqual(self.m.ls("inbox"), [])

    def test_a_temporary_name_outlives_the_agent(self):
        path, name = self.source()
        shutil.copyfile(path, self.m / "inbox/t.part")
        self.m.kill()
        self.m.start()
        self.assertEqual(self.m.ls("inbox"), ["t.part"])
        os.rename(self.m / "inbox/t.part", self.m / "inbox/t.dd")
        self.taken(name)

    def test_closed_means_taken_whatever_dies(self):
        for round_ in range(5):
            path, name = self.source()
            shutil.copyfile(path, self.m / "inbox/x.dd")
            self.m.kill()
            self.m.start()
            self.m.wait_installed(name)

    def test_too_large(self):
        with self.assertRaises(OSError):
            with open(self.m / "inbox/big.dd", "wb") as f:
                f.write(b"x" * (300 * 1024))
        for name in self.m.ls("inbox"):
            os.unlink(self.m / "inbox" / name)

    def test_what_is_not_allowed(self):
        self.assertErrno(1, os.mkdir, self.m / "inbox/dir")
        self.assertErrno(1, os.symlink, "x", self.m / "inbox/link")
        self.assertErrno(1, os.mkfifo, self.m / "inbox/fifo")


class TestReused(Dropping):
    limit = 400

    def test_5000_drops_through_one_name_under_load(self):
        n = 5000 if harness.SLOW == 1 else 1000
        nginx = self.server(Nginx, extra="location /o/ { rewrite ^ /tiny break; }")
        nginx.add("/tiny", b"t" * 64)
        over = threading.Event()

        def load():
            while not over.is_set():
                self.m.ls("status")
                self.m.read("summary")
                self.m.ls("inbox")
        loader = threading.Thread(target=load, daemon=True)
        loader.start()
        try:
            for i in range(n):
                with open(self.m / "inbox/same.dd", "wb") as f:
                    f.write(dd(nginx.url(f"/o/{i}.bin"), 64))
        finally:
            over.set()
            loader.join(harness.GUARD)
        until(lambda: len(self.m.ls("installed")) >= n, f"{n} objects", 300 * harness.SLOW, 0.1)
        self.assertEqual(set(self.m.ls("installed")), {f"{i}.bin" for i in range(n)})
        self.assertEqual((self.m.ls("failed"), self.m.ls("inbox")), ([], []))

    def test_parallel_writers(self):
        path, _ = self.source()
        url = self.origin_.url("/o1.bin")
        script = "for i in $(seq 50); do cat {src} > {inbox}/w$1.dd; done".format(src=path, inbox=self.m / "inbox")
        children = [subprocess.Popen(["bash", "-c", script, "x", str(k)]) for k in range(6)]
        self.assertEqual([c.wait(harness.GUARD) for c in children], [0] * 6)
        until(lambda: len(self.m.ls("installed")) == 300, "300 objects", pause=0.05)
        self.assertEqual({self.m.status(x)["ObjectURI"] for x in self.m.ls("status")}, {url})


BAD = [
    # name, bytes, line, words of the reason
    ("empty-root.dd", b"<media/>", None, "type"),
    ("no-size.dd", b"<media>\n<type>a/b</type>\n<objectURI>http://h/x</objectURI>\n</media>", None, "size"),
    ("word.dd", b"<media>\n<type>a/b</type>\n<size>big</size>\n<objectURI>http://h/x</objectURI>\n</media>", 3, "size"),
    ("zero.dd", b"<media>\n<type>a/b</type>\n\n<size>0</size>\n<objectURI>http://h/x</objectURI>\n</media>", 4, "size"),
    ("root.dd", b"<html>\n<size>1</size></html>", 1, "html"),
    ("torn.dd", b"<media>\n<type>a/b</type>\n<size>1</siz", None, ""),
    ("dtd.dd", b'<!DOCTYPE media [<!ENTITY a "b">]>\n<media/>', 1, ""),
    ("nested.dd", b"<media>\n<type>a/b</type>\n<size>1<b/></size>\n<objectURI>http://h/x</objectURI>\n</media>", 3, ""),
    ("scheme.dd", b"<media>\n<type>a/b</type>\n<size>1</size>\n<objectURI>x/y</objectURI>\n</media>", 4, "objectURI"),
    ("garbage.dd", bytes(range(128, 256)), None, ""),
]


class TestBad(Dropping):
    def test_each_has_line_and_reason(self):
        for name, data, line, words in BAD:
            with self.subTest(name=name):
                self.m.drop(name, data)
                status = self.m.wait_failed(name, 906)
                self.assertEqual(status["Code"], "906 Invalid descriptor")
                self.assertIn(words, status["Reason"])
                if line:
                    self.assertRegex(status["Reason"], rf"\bline {line}\b")
                self.assertEqual(self.m.read(f"failed/{name}"), self.m.read(f"status/{name}"))
        os.unlink(self.m / "failed/word.dd")
        self.assertNotIn("word.dd", self.m.ls("failed") + self.m.ls("status"))

    def test_the_server_hears_of_it(self):
        notify = self.origin_.notify("/bad")
        self.m.drop("a.dd", dd("http://127.0.0.1/x", "big", notify=None).replace(
            b"  <size>", f"  <installNotifyURI>{notify}</installNotifyURI>\n  <size>".encode()))
        self.m.wait_failed("a.dd", 906)
        self.origin_.wait_requests(1, "/bad", "POST")
        self.assertEqual(self.origin_.reports("/bad"), ["906 Invalid descriptor\r\n"])

    def test_another_version(self):
        notify = self.origin_.notify("/bad")
        self.m.drop("v.dd", dd("http://127.0.0.1/x", 1, notify=notify, DDVersion="3.0"))
        self.m.wait_failed("v.dd", 951)
        self.origin_.wait_requests(1, "/bad", "POST")
        self.assertEqual(self.origin_.reports("/bad"), ["951 Invalid DDVersion\r\n"])

    def test_the_same_bad_name_twice(self):
        for _ in range(2):
            self.m.drop("twice.dd", b"<media/>")
        until(lambda: self.m.ls("failed") == ["twice-2.dd", "twice.dd"], "both reports")


class TestUrl(Dropping):
    def fetched(self, name, text, kind="application/vnd.oma.dd+xml"):
        url = self.origin_.put("/o.bin", b"object bytes", type="application/octet-stream")
        self.origin_.put("/get/the.dd", dd(url, 12), type=kind)
        self.m.drop(name, text.format(url=self.origin_.url("/get/the.dd")))
        return self.m.wait_installed("o.bin")

    def test_plain(self):
        status = self.fetched("a.txt", "{url}\n")
        self.assertEqual(status["DescriptorURI"], self.origin_.url("/get/the.dd"))
        self.assertEqual(status["Descriptor"], "a.txt")
        self.assertEqual(self.m.ls("failed") + self.m.ls("pending") + self.m.ls("partial"), [])

    def test_windows_shortcut_and_desktop_file(self):
        self.fetched("a.url", "[InternetShortcut]\r\nURL={url}\r\n")
        os.unlink(self.m / "installed/o.bin")
        self.fetched("a.desktop", "[Desktop Entry]\nType=Link\nURL={url}\n")

    def test_relative_to_where_it_came_from(self):
        self.origin_.put("/get/here.bin", b"12345")
        self.origin_.put("/get/rel.dd", dd("here.bin", 5), type="application/vnd.oma.dd+xml")
        self.m.drop("r.txt", self.origin_.url("/get/rel.dd"))
        self.m.wait_installed("here.bin")

    def test_it_stands_in_pending_or_partial_meanwhile(self):
        gate = threading.Event()
        url = self.origin_.put("/o.bin", b"object bytes")
        self.origin_.put("/slow.dd", dd(url, 12), type="application/vnd.oma.dd+xml", gate=gate)
        self.m.drop("w.txt", self.origin_.url("/slow.dd"))
        self.origin_.wait_requests(1, "/slow.dd")
        self.assertIn("w.txt", self.m.ls("pending"))
        gate.set()
        self.m.wait_installed("o.bin")
        self.assertNotIn("w.txt", self.m.ls("pending") + self.m.ls("failed"))

    def test_not_found(self):
        self.m.drop("n.txt", self.origin_.url("/none.dd"))
        self.m.wait_failed("n.txt", 954)

    def test_answer_that_is_no_descriptor(self):
        self.origin_.put("/bad.dd", b"<media>\n", type="application/vnd.oma.dd+xml")
        self.m.drop("b.txt", self.origin_.url("/bad.dd"))
        self.m.wait_failed("b.txt", 906)


class TestNames(Dropping):
    options = {"confirm": "ask"}

    def test_made_safe_and_unique(self):
        cases = [
            ("http://h/a/picture.gif", {}, "picture.gif"),
            ("http://h/b/picture.gif", {}, "picture-2.gif"),
            ("http://h/c/picture.gif", {}, "picture-3.gif"),
            ("http://h/%E2%82%AC%20x.bin", {}, "\u20ac x.bin"),
            ("http://h/a/%2e%2e%2fetc%2fpasswd", {}, None),
            ("http://h/.hidden", {}, None),
            ("http://h/get.php?id=7", {"name": "My Song"}, "My Song"),
            ("http://h/get.php?id=8", {}, None),
            ("http://h/" + "x" * 400 + ".bin", {}, "x" * 251 + ".bin"),
            ("http://h/a%1b%5b31mred%E2%80%AE.bin", {}, None),
        ]
        for i, (url, more, wanted) in enumerate(cases):
            with self.subTest(url=url[:60]):
                before = set(self.m.ls("status"))
                self.m.drop(f"n{i}.dd", dd(url, 1, **more))
                new = until(lambda: set(self.m.ls("status")) - before, "the object")
                name = new.pop()
                if wanted:
                    self.assertTrue(name == wanted or name.startswith(wanted + "."), name)
                self.assertFalse(name.startswith("."))
                self.assertLessEqual(len(name.encode()), 255)
                self.assertTrue(name.isprintable(), ascii(name))
                self.assertNotIn("/", name)
                self.assertEqual(self.m.where(name), ["pending"])
                self.assertIn(f"n{i}.dd", self.m.ls("by-descriptor"))

    def test_free_again_after_rm_but_never_the_id(self):
        self.m.drop("a.dd", dd("http://h/same.bin", 1))
        first = self.m.wait_state("same.bin", "unconfirmed")["ID"]
        os.unlink(self.m / "pending/same.bin")
        self.m.drop("a.dd", dd("http://h/same.bin", 1))
        second = self.m.wait_state("same.bin", "unconfirmed")["ID"]
        self.assertGreater(int(second), int(first))

    def test_by_descriptor_is_the_latest(self):
        self.m.drop("a.dd", dd("http://h/one.bin", 1))
        self.m.drop("a.dd", dd("http://h/two.bin", 1))
        self.m.wait_state("two.bin", "unconfirmed")
        self.assertEqual(self.m.read("by-descriptor/a.dd"), self.m.read("status/two.bin"))


if __name__ == "__main__":
    harness.need_fuse()
    unittest.main(verbosity=2)
