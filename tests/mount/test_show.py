"""What the tree shows: texts, numbers, attributes, wake-ups, and what tools make of them."""
import errno
import json
import os
import re
import select
import shutil
import stat
import subprocess
import threading
import unittest

import harness
from harness import Content, Inotify, MountCase, dd, mode, run, sha256, until

KEYS = ("Name ID State Reason Code Size Received Rate ETA Type Types Title Vendor Description Descriptor DescriptorURI "
        "Product DDVersion ObjectID ObjectVersion ObjectURI EffectiveURI Resumable ETag LastModified Attempts "
        "InstallNotifyURI Report NextURL InfoURL IconURI InstallParam UpdatedDDURI Added Started Ended").split()
TIME = r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$"


class Showing(MountCase):
    size = 4 * (1 << 20)

    def setUp(self):
        super().setUp()
        self.o = self.origin()
        self.m = self.mount()
        self.content = Content(1, self.size)

    def drop(self, name="a.bin", plan=(), dd_more=None, **fields):
        url = self.o.put("/" + name, self.content, plan, **fields)
        self.m.drop(name + ".dd", dd(url, self.size, **(dd_more or {})))
        return name

    def installed(self, name="a.bin", **more):
        self.drop(name, **more)
        self.m.wait_installed(name)
        return self.m / "installed" / name

    def half(self, name="h.bin"):
        """An object of which half is here."""
        self.drop(name, [dict(stall=self.size // 2)])
        self.m.wait_key(name, "Received", str(self.size // 2))
        return self.m / "partial" / name


class TestStatus(Showing):
    def test_keys_and_values(self):
        more = dict(name="The Title", vendor="Us", description="One & two", nextURL="http://n/x", infoURL="http://i/x",
                    iconURI="http://c/x", installParam="a=1;b=2", DDVersion="1.0")
        self.installed(dd_more=more)
        text = self.m.read("status/a.bin")
        lines = [line.split(":\t", 1) for line in text.splitlines()]
        keys = [k for k, _ in lines]
        self.assertEqual(keys, [k for k in KEYS if k in keys], "the order is fixed")
        s = dict(lines)
        self.assertEqual({k: s.get(k) for k in ("Name", "State", "Code", "Size", "Received", "Types", "Title", "Vendor",
                                                "Description", "Descriptor", "DDVersion", "NextURL", "InfoURL", "IconURI",
                                                "InstallParam", "Report", "Resumable", "Attempts")},
                         {"Name": "a.bin", "State": "installed", "Code": "900 Success", "Size": str(self.size),
                          "Received": str(self.size), "Types": "application/octet-stream", "Title": "The Title",
                          "Vendor": "Us", "Description": "One & two", "Descriptor": "a.bin.dd", "DDVersion": "1.0",
                          "NextURL": "http://n/x", "InfoURL": "http://i/x", "IconURI": "http://c/x",
                          "InstallParam": "a=1;b=2", "Report": "none", "Resumable": "yes", "Attempts": "1"})
        for key in ("Added", "Started", "Ended"):
            self.assertRegex(s[key], TIME)

    def test_control_characters_are_visible(self):
        self.installed(dd_more=dict(description="a\\b\u009b31m\u202ec", vendor="tab\there"))
        text = self.m.read("status/a.bin")
        self.assertIn("\\x5c", text)
        self.assertNotIn("\u009b", text)
        self.assertNotIn("\u202e", text)
        self.assertNotIn("tab\there", text)

    def test_while_downloading(self):
        self.drop(rate=1 << 20)
        s = self.m.wait_key("a.bin", "Received", lambda n: int(n) > 0)
        self.assertEqual(s["State"], "downloading")
        s = self.m.wait_key("a.bin", "Rate", lambda n: int(n) > 0)
        self.assertRegex(s["ETA"], r"^\d+$")

    def test_list_is_json_with_the_same_keys(self):
        """What is alive, as in summary."""
        self.installed()
        self.half()
        self.m.verb("h.bin", "pause")
        [row] = self.m.list()
        status = self.m.status("h.bin")
        self.assertEqual(list(row), list(status))
        self.assertEqual((row["Name"], row["Size"], row["State"]), ("h.bin", self.size, "paused"))
        self.assertEqual(str(row["Received"]), status["Received"])

    def test_summary(self):
        self.half()
        self.drop("w.bin", [dict(hang_up=True)] * 50)
        self.m.wait_state("w.bin", "interrupted")
        self.installed("done.bin")
        def waiting():
            text = self.m.read("summary")
            # Between two waits it is downloading for a moment.
            return text if "next try" in text else None
        text = until(waiting, "a wait in summary")
        for line in text.splitlines():
            self.assertLessEqual(len(line), 80, line)
        self.assertIn("h.bin", text)
        self.assertIn("50", text)
        self.assertIn("w.bin", text)

    def test_sizes_are_exact(self):
        self.installed()
        for path in ("status/a.bin", "summary", "list", "events", "by-descriptor/a.bin.dd"):
            self.assertEqual(os.stat(self.m / path).st_size, len((self.m / path).read_bytes()), path)

    def test_a_handle_keeps_its_text_until_read_again_at_0(self):
        self.half()
        with open(self.m / "status/h.bin", "rb", buffering=0) as f:
            start = f.read(20)
            self.m.verb("h.bin", "pause")
            rest = f.read()
            self.assertIn(b"State:\tdownloading", start + rest)
            f.seek(0)
            self.assertIn(b"State:\tpaused", f.read())


class TestEvents(Showing):
    def test_lines(self):
        self.drop(plan=[dict(cut=1000)], dd_more=dict(installNotifyURI=None), etag='"v1"')
        self.m.wait_installed("a.bin")
        events = self.m.events()
        self.assertEqual([e["seq"] for e in events], sorted({e["seq"] for e in events}))
        for e in events:
            self.assertRegex(e["time"], TIME)
            self.assertTrue(e["event"])
        http = [e for e in events if e["event"] == "http"]
        self.assertEqual([(e["method"], e["status"], e.get("range")) for e in http],
                         [("GET", 200, None), ("GET", 206, f"bytes=1000-{self.size - 1}")])
        self.assertIn('"v1"', json.dumps(http[1]).replace('\\"', '"'))
        self.assertEqual([e["bytes"] for e in http], [1000, self.size - 1000])
        self.assertTrue(all("/a.bin" in json.dumps(e) for e in http))

    def test_only_grow(self):
        self.installed()
        before = self.m.read("events")
        self.installed("b.bin")
        after = self.m.read("events")
        self.assertTrue(after.startswith(before))
        self.m.restart()
        self.assertTrue(self.m.read("events").startswith(after))

    def test_tail_f(self):
        tail = subprocess.Popen(["tail", "-n", "+1", "-f", self.m / "events"], stdout=subprocess.PIPE, text=True)
        try:
            self.drop()
            guard = threading.Timer(harness.GUARD, tail.kill)
            guard.start()
            for line in tail.stdout:
                if '"installed"' in line:
                    break
            else:
                self.fail("tail ended")
            guard.cancel()
        finally:
            tail.kill()
            tail.wait()
            tail.stdout.close()

    def test_poll(self):
        with open(self.m / "events", "rb", buffering=0) as f:
            f.read()
            while f.read():
                pass
            p = select.poll()
            p.register(f, select.POLLIN)
            self.assertEqual(p.poll(0), [])
            self.drop()
            self.assertTrue(p.poll(harness.GUARD * 1000))
            self.assertTrue(f.read())


class TestPoll(Showing):
    def test_status_wakes(self):
        self.half()
        with open(self.m / "status/h.bin", "rb", buffering=0) as f, open(self.m / "summary", "rb", buffering=0) as s:
            for g in (f, s):
                while g.read():
                    pass
            p = select.poll()
            p.register(f, select.POLLPRI)
            q = select.poll()
            q.register(s, select.POLLPRI)
            self.m.verb("h.bin", "pause")
            for poll in (p, q):
                [(_, what)] = poll.poll(harness.GUARD * 1000)
                self.assertTrue(what & select.POLLPRI)
            f.seek(0)
            self.assertIn(b"paused", f.read())


class TestInotify(Showing):
    def test_arrivals_are_renames(self):
        watch = Inotify(self.m / "partial", self.m / "installed", self.m / "failed")
        self.addCleanup(watch.close)
        self.installed()
        watch.wait("installed", Inotify.MOVED_TO, "a.bin")
        self.assertTrue((self.m / "installed/a.bin").exists())
        self.drop("bad.bin", [dict(status=404)])
        watch.wait("failed", Inotify.MOVED_TO, "bad.bin")
        os.unlink(self.m / "installed/a.bin")
        watch.wait("installed", Inotify.DELETE, "a.bin")

    def test_inotifywait(self):
        child = subprocess.Popen(["inotifywait", "-q", "-m", "-e", "moved_to", "--format", "%f", self.m / "installed"],
                                 stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        try:
            # Its watch is in place when its inotify descriptor says so.
            until(lambda: any("inotify wd" in p.read_text() for p in self.fdinfo(child.pid)), "the watch")
            for name in ("x.bin", "y.bin"):
                self.drop(name)
                self.assertEqual(child.stdout.readline(), name + "\n")
        finally:
            child.kill()
            child.communicate()

    @staticmethod
    def fdinfo(pid):
        return [p for p in (harness.Path(f"/proc/{pid}/fdinfo")).iterdir()]


class TestFiles(Showing):
    def test_installed_files(self):
        path = self.installed()
        self.assertEqual(mode(path), 0o444)
        self.assertEqual(sha256(path), self.content.sha256())
        with open(path, "rb") as f:
            self.assertEqual(os.pread(f.fileno(), 1000, 1_000_001), self.content.read(1_000_001, 1000))
            self.assertEqual(os.pread(f.fileno(), 1000, self.size), b"")
        self.assertErrno(errno.EACCES if os.getuid() else errno.EPERM, self.open_for_writing, path)

    def open_for_writing(self, path):
        try:
            open(path, "r+b").close()
        except OSError as error:
            if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
                self.assertNotEqual(error.errno, errno.EROFS)
                raise OSError(errno.EACCES if os.getuid() else errno.EPERM, "no") from None
            raise

    def test_mmap_sendfile_and_dd(self):
        import mmap
        path = self.installed()
        with open(path, "rb") as f, mmap.mmap(f.fileno(), 0, prot=mmap.PROT_READ) as view:
            self.assertEqual(view[70_000:70_100], self.content.read(70_000, 100))
        target = self.directory / "copy"
        self.assertEqual(run("dd", f"if={path}", f"of={target}", "bs=1M", "iflag=direct", "status=none").code, 0)
        self.assertEqual(sha256(target), self.content.sha256())

    def test_copies(self):
        path = self.installed(dd_more=dict(name="Copy me"))
        away = self.directory / "away"
        away.mkdir()
        for command in (["cp", "-a", path, away / "cp"], ["rsync", "-aX", path, away / "rsync"]):
            done = run(*command)
            self.assertEqual((done.code, done.err), (0, ""), command)
            self.assertEqual(sha256(command[-1]), self.content.sha256())
        os.unlink(away / "cp"), os.unlink(away / "rsync")
        for folder in ("installed", "status"):
            done = run("tar", "-C", self.m.mountpoint, "-cf", away / "t.tar", folder)
            self.assertEqual((done.code, done.err), (0, ""))
            done = run("rsync", "-a", self.m / folder, away)
            self.assertEqual((done.code, done.err), (0, ""))
            self.assertEqual(run("diff", "-r", self.m / folder, away / folder).code, 0)
            self.assertEqual(run("tar", "-C", self.m.mountpoint, "-df", away / "t.tar").code, 0)

    def test_attributes(self):
        path = self.installed(dd_more=dict(name="T\u00e4st"))
        url = self.o.url("/a.bin")
        get = lambda key: os.getxattr(path, key).decode()  # noqa: E731
        self.assertEqual(get("user.mime_type"), "application/octet-stream")
        self.assertEqual(get("user.xdg.origin.url"), url)
        status = self.m.status("a.bin")
        for key in ("State", "ObjectURI", "Title", "Size"):
            self.assertEqual(get(f"user.dlota.{key}"), status[key])
        listed = os.listxattr(path)
        self.assertLessEqual({"user.mime_type", "user.xdg.origin.url", "user.dlota.State"}, set(listed))
        self.assertLessEqual(sum(len(n) + len(os.getxattr(path, n)) for n in listed), 2048)
        self.assertErrno(errno.ENODATA, os.getxattr, path, "user.dlota.Nothing")
        self.assertErrno(errno.ENODATA, os.getxattr, path, "user.other")
        done = run("getfattr", "-d", path)
        self.assertEqual(done.code, 0)
        self.assertIn("user.dlota.State=\"installed\"", done.out)

    def test_partial_shows_progress_and_cannot_be_read(self):
        path = self.half()
        st = os.stat(path)
        self.assertEqual((stat.S_IMODE(st.st_mode), st.st_size), (0, self.size))
        self.assertAlmostEqual(st.st_blocks * 512, self.size // 2, delta=4096)
        self.assertErrno(errno.EACCES, open, path, "rb")  # to root as well
        self.assertIn(str(st.st_blocks // 2), run("ls", "-ls", self.m / "partial").out)
        self.assertEqual(int(run("du", "-k", path).out.split()[0]), st.st_blocks // 2)
        self.assertEqual(self.m.received("h.bin"), self.size // 2)

    def test_one_inode_for_life(self):
        path = self.half()
        inode = os.stat(path).st_ino
        self.m.restart()
        self.assertEqual(os.stat(self.m / "partial/h.bin").st_ino, inode)
        self.m.wait_installed("h.bin", self.content)
        self.assertEqual(os.stat(self.m / "installed/h.bin").st_ino, inode)

    def test_failed_is_its_status(self):
        self.drop("bad.bin", [dict(status=404)])
        self.m.wait_failed("bad.bin")
        self.assertEqual(self.m.read("failed/bad.bin"), self.m.read("status/bad.bin"))

    def test_statfs_tells_the_stores_disk(self):
        ours, disk = os.statvfs(self.m.mountpoint), os.statvfs(self.m.store)
        self.assertEqual(ours.f_blocks * ours.f_frsize, disk.f_blocks * disk.f_frsize)
        self.assertAlmostEqual(ours.f_bavail * ours.f_frsize, disk.f_bavail * disk.f_frsize, delta=1 << 30)
        self.assertEqual(run("df", self.m.mountpoint).code, 0)

    def test_walkers_are_harmless(self):
        self.installed()
        self.half()
        before = len(self.o.log())
        self.assertEqual(run("find", self.m.mountpoint, "-ls").code, 0)
        run("grep", "-r", "nothing", self.m.mountpoint)
        run("du", "-a", self.m.mountpoint)
        self.assertEqual(len(self.o.log()), before)


class TestRefusals(Showing):
    def test_what_is_eperm(self):
        path = self.installed()
        self.half()
        m, no = self.m, errno.EPERM
        for call, args in (
                (os.rename, (path, m / "installed/b.bin")), (os.rename, (path, m / "failed/a.bin")),
                (os.rename, (m / "partial/h.bin", m / "installed/h.bin")), (os.link, (path, m / "installed/l")),
                (os.symlink, ("x", m / "installed/s")), (os.mkdir, (m / "installed/d",)), (os.mkdir, (m / "new",)),
                (os.mkfifo, (m / "pending/p",)), (os.chmod, (path, 0o600)), (os.chown, (path, 1, 1)),
                (os.utime, (path, (1, 1))), (os.chmod, (m / "status/a.bin", 0o600)),
                (os.rename, (m / "status/a.bin", m / "status/b")), (os.rename, (m / "inbox", m / "outbox")),
                (os.setxattr, (path, "user.x", b"1")), (os.rmdir, (m / "inbox",))):
            with self.subTest(call=call.__name__, args=str(args)):
                with self.assertRaises(OSError) as caught:
                    call(*args)
                self.assertEqual(caught.exception.errno, no, str(caught.exception))

    def test_truncate(self):
        with self.assertRaises(OSError) as caught:
            os.truncate(self.installed(), 0)
        self.assertIn(caught.exception.errno, (errno.EACCES, errno.EPERM))

    def test_creating(self):
        self.assertErrno(errno.ENOENT, open, self.m / "status/new", "w")
        for folder in ("pending", "partial", "installed", "failed", "by-descriptor", "."):
            self.assertErrno(errno.EPERM, open, self.m / folder / "new", "w")
        self.assertErrno(errno.ENOENT, os.stat, self.m / "installed/none")

    def test_truncate_of_a_status_file_does_nothing(self):
        self.installed()
        before = self.m.read("status/a.bin")
        os.truncate(self.m / "status/a.bin", 0)
        self.assertEqual(self.m.read("status/a.bin"), before)

    def test_other_users(self):
        """The agent checks callers itself: only the owner and root may write."""
        if os.getuid() != 0:
            self.fail("this test needs root")
        m = self.mount(allow_other=True)
        m.drop("a.dd", dd(self.o.put("/a.bin", self.content), self.size))
        m.wait_installed("a.bin")
        os.chmod(self.directory, 0o755)
        as_other = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"]
        self.assertEqual(run(*as_other, "cat", m / "status/a.bin").code, 0)
        for command in (f"rm -f {m / 'installed/a.bin'}", f"echo cancel > {m / 'status/a.bin'}", f"echo x > {m / 'inbox/x.dd'}"):
            done = run(*as_other, "sh", "-c", command)
            self.assertNotEqual(done.code, 0, command)
        self.assertEqual(m.state("a.bin"), "installed")

    def test_umask_uid_gid(self):
        m = self.mount(umask="027", uid=12, gid=34)
        m.drop("a.dd", dd(self.o.put("/a.bin", self.content), self.size))
        m.wait_installed("a.bin")
        st = os.stat(m / "installed/a.bin")
        self.assertEqual((st.st_uid, st.st_gid, stat.S_IMODE(st.st_mode)), (12, 34, 0o440))


class TestNoWaiting(Showing):
    def test_a_stalled_server_never_makes_ls_hang(self):
        for i in range(16):
            self.drop(f"s{i}.bin", [dict(stall=1000)])
        until(lambda: len(self.m.ls("partial")) >= 4 and len(self.m.ls("status")) == 16, "some under way")
        for _ in range(50):
            self.assertEqual(len(self.m.ls("status")), 16)
            self.m.read("summary")
            self.m.read("status/s0.bin")
        self.assertTrue(re.search(r"s\d+\.bin", self.m.read("summary")))
        shutil.disk_usage(self.m.mountpoint)


if __name__ == "__main__":
    harness.need_fuse()
    unittest.main(verbosity=2)
