"""Real web servers for tests: nginx, lighttpd, Apache, each in the foreground on a free loopback port.

    with Nginx(directory) as server:      # serves directory/root, logs to directory/access
        server.url("/a.bin"); server.stop(); server.start(); server.log()

start() after stop() takes the same port again, so that a descriptor stays true.  Each answers `log()` with one dict
per request: method, uri, range, if_match, since, status, sent.
"""
import json
import os
import pwd
import shutil
import signal
import socket
import subprocess
import time
from pathlib import Path

READY = 20.0  # seconds for a server to take its port: a guard only


class ServerMissing(Exception):
    pass


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


class Server:
    program = ""

    def __init__(self, directory, tied=(), **settings):
        """tied: words of a command that runs the server in its own process, such as setpriv."""
        self.directory = Path(directory)
        self.settings, self.tied = settings, tied
        self.root = self.directory / "root"
        self.access = self.directory / "access"
        self.errors = self.directory / "errors"
        # Workers run as another user: what they serve must be readable to all.
        for d in (self.directory, self.root):
            d.mkdir(parents=True, exist_ok=True)
            d.chmod(0o755)
        self.port = free_port()
        self._child = None
        self._found = shutil.which(self.program, path=os.environ.get("PATH", "") + ":/usr/sbin:/sbin")
        if not self._found:
            raise ServerMissing(f"{self.program} is not installed: see mount-helpers/packages")

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *_):
        self.stop()

    def url(self, path="/"):
        return f"http://127.0.0.1:{self.port}{path}"

    def add(self, path, content, modified=None):
        """Put a file below the root: bytes, or anything with write_to(path).  Returns its URL."""
        place = self.root / path.lstrip("/")
        place.parent.mkdir(parents=True, exist_ok=True)
        fresh = place.with_name(place.name + ".new")
        if isinstance(content, (bytes, bytearray)):
            fresh.write_bytes(content)
        else:
            content.write_to(fresh)
        if modified is not None:
            os.utime(fresh, (modified, modified))
        fresh.chmod(0o644)
        fresh.rename(place)
        return self.url(path)

    def start(self):
        deadline = time.monotonic() + READY
        while True:
            config = self.directory / "config"
            config.write_text(self.config())
            with open(self.errors, "ab") as log:
                self._child = subprocess.Popen([*self.tied, self._found, *self.arguments(config)], stdin=subprocess.DEVNULL,
                                               stdout=log, stderr=log, start_new_session=True)
            while time.monotonic() < deadline:
                if self._child.poll() is not None:
                    break
                try:
                    socket.create_connection(("127.0.0.1", self.port), 1).close()
                    return self
                except OSError:
                    time.sleep(0.01)
            if time.monotonic() >= deadline:
                self.stop()
                raise RuntimeError(f"{self.program} did not start: {self.errors.read_text()[-2000:]}")
            time.sleep(0.1)  # its port is still held by what it was before

    def stop(self):
        """End it at once, connections and all."""
        child, self._child = self._child, None
        if child is None:
            return
        if child.poll() is None:
            child.send_signal(signal.SIGTERM)
            try:
                child.wait(10)
            except subprocess.TimeoutExpired:
                os.killpg(child.pid, signal.SIGKILL)
                child.wait()
        # Workers that did not follow their master, in its own process group.
        try:
            os.killpg(child.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass

    def log(self, path=None):
        try:
            text = self.access.read_text()
        except FileNotFoundError:
            return []
        lines = [json.loads(line) for line in text.splitlines() if line.startswith("{") and line.endswith("}")]
        for line in lines:
            for key, value in line.items():
                line[key] = None if value in ("-", "") else value
            line["status"] = int(line["status"])
            line["sent"] = int(line["sent"] or 0)
        return [line for line in lines if path is None or line["uri"].split("?")[0] == path]

    def wait_log(self, predicate, path=None, timeout=60.0):
        """Servers write their log when a request has ended: wait until it says so."""
        deadline = time.monotonic() + timeout
        while True:
            value = predicate(self.log(path))
            if value:
                return value
            if time.monotonic() > deadline:
                raise TimeoutError(f"{self.program} logged only {self.log(path)}")
            time.sleep(0.01)

    def rate(self, per_second):
        """Limit each connection from the next start on (nginx only); None: no limit."""
        self.settings["rate"] = per_second


class Nginx(Server):
    program = "nginx"

    def arguments(self, config):
        return ["-p", str(self.directory), "-e", str(self.errors), "-c", str(config)]

    def config(self):
        d = self.directory
        user = "user root;\n" if os.getuid() == 0 else ""
        rate = f"limit_rate {self.settings['rate']};" if self.settings.get("rate") else ""
        temps = "\n".join(f"  {kind}_temp_path {d}/tmp-{kind};" for kind in
                          ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
        line = ('{"method":"$request_method","uri":"$request_uri","range":"$http_range","if_match":"$http_if_match",'
                '"since":"$http_if_unmodified_since","status":"$status","sent":"$body_bytes_sent",'
                '"agent":"$http_user_agent","accept":"$http_accept","coding":"$http_accept_encoding",'
                '"host":"$http_host","connection":"$connection"}')
        return f"""{user}daemon off; worker_processes 1; pid {d}/pid; error_log {d}/errors info;
events {{ worker_connections 2048; }}
http {{
  log_format all escape=json '{line}';
  access_log {d}/access all;
{temps}
  types {{ text/html html; image/gif gif; image/jpeg jpg; image/png png; text/plain txt; audio/mpeg mp3;
           application/java-archive jar; }}
  default_type application/octet-stream;
  sendfile on; tcp_nopush on; keepalive_requests 100000;
  {rate}
  server {{ listen 127.0.0.1:{self.port} reuseport backlog=1024; root {self.root}; {self.settings.get("extra", "")} }}
}}
"""


class Lighttpd(Server):
    program = "lighttpd"

    def arguments(self, config):
        return ["-D", "-f", str(config)]

    def config(self):
        d = self.directory
        line = (r'{\"method\":\"%m\",\"uri\":\"%U\",\"range\":\"%{Range}i\",\"if_match\":\"%{If-Match}i\",'
                r'\"since\":\"%{If-Unmodified-Since}i\",\"status\":\"%s\",\"sent\":\"%b\"}')
        return f"""server.modules = ("mod_accesslog")
server.document-root = "{self.root}"
server.bind = "127.0.0.1"
server.port = {self.port}
server.pid-file = "{d}/pid"
server.errorlog = "{d}/errors"
server.upload-dirs = ("{d}")
accesslog.filename = "{d}/access"
accesslog.format = "{line}"
mimetype.assign = (".gif" => "image/gif", ".txt" => "text/plain", "" => "application/octet-stream")
{f'connection.kbytes-per-second = {self.settings["rate"] // 1024}' if self.settings.get("rate") else ''}
{self.settings.get("extra", "")}
"""


class Apache(Server):
    program = "apache2"

    def arguments(self, config):
        return ["-DFOREGROUND", "-f", str(config)]

    def config(self):
        d = self.directory
        # Apache refuses to serve as root.
        user = "User www-data\nGroup www-data" if os.getuid() == 0 and has_user("www-data") else ""
        modules = "/usr/lib/apache2/modules"
        line = (r'{\"method\":\"%m\",\"uri\":\"%U\",\"range\":\"%{Range}i\",\"if_match\":\"%{If-Match}i\",'
                r'\"since\":\"%{If-Unmodified-Since}i\",\"status\":\"%>s\",\"sent\":\"%B\",\"etag\":\"-\"}')
        rate = f"""SetOutputFilter RATE_LIMIT
SetEnv rate-limit {self.settings['rate'] // 1024}""" if self.settings.get("rate") else ""
        return f"""ServerRoot {d}
ServerName 127.0.0.1
Listen 127.0.0.1:{self.port}
PidFile {d}/pid
DefaultRuntimeDir {d}
Mutex file:{d}
{user}
LoadModule mpm_event_module {modules}/mod_mpm_event.so
LoadModule authz_core_module {modules}/mod_authz_core.so
LoadModule mime_module {modules}/mod_mime.so
LoadModule env_module {modules}/mod_env.so
LoadModule ratelimit_module {modules}/mod_ratelimit.so
StartServers 1
ServerLimit 2
ThreadsPerChild 25
MaxRequestWorkers 50
ErrorLog {d}/errors
LogFormat "{line}" all
CustomLog {d}/access all
TypesConfig /dev/null
AddType image/gif .gif
AddType text/plain .txt
DocumentRoot {self.root}
<Directory {self.root}>
  Require all granted
  {rate}
</Directory>
{self.settings.get("extra", "")}
"""


def has_user(name):
    try:
        pwd.getpwnam(name)
        return True
    except KeyError:
        return False
