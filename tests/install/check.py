"""cmake --install puts everything in place: build an embedder from what was installed, shared and static, and run it."""
import os
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "origin"))
from origin import Content, Origin  # noqa: E402


def run(*command, env=None):
    done = subprocess.run([str(c) for c in command], capture_output=True, text=True, env=env, check=False)
    if done.returncode != 0:
        sys.exit(f"{' '.join(map(str, command))}: exit {done.returncode}\n{done.stdout}{done.stderr}")
    return done.stdout.strip()


def main():
    build = Path(sys.argv[1])
    with tempfile.TemporaryDirectory(prefix="dlotafs-install-") as place:
        place = Path(place)
        prefix = place / "usr"
        run("cmake", "--install", build, "--prefix", prefix)
        library = next(prefix.glob("lib*/**/libdlota.a")).parent
        for wanted in (prefix / "bin/dlotafs", library / "libdlota.a", library / "libdlota.so", library / "libdlota.so.0",
                       prefix / "include/dlota/agent.h", prefix / "include/dlota/descriptor.h",
                       library / "pkgconfig/libdlota.pc"):
            if not wanted.exists():
                sys.exit(f"not installed: {wanted}")
        print(run(prefix / "bin/dlotafs", "-V"))
        env = {**os.environ, "PKG_CONFIG_PATH": str(library / "pkgconfig")}
        config = ["pkg-config", f"--define-variable=prefix={prefix}", "libdlota"]
        cflags, shared = run(*config, "--cflags", env=env).split(), run(*config, "--libs", env=env).split()
        # libdlota itself static, what it stands on as the system has it: Debian does not carry all of that as .a files.
        needs = [line.split()[0] for line in run(*config, "--print-requires-private", env=env).splitlines()]
        static = [str(library / "libdlota.a"), *run("pkg-config", "--libs", *needs, env=env).split(), "-lpthread"]
        content = Content(5, 100_000)
        with Origin() as origin:
            url = origin.put("/object.bin", content)
            notify = origin.notify()
            descriptor = place / "object.dd"
            descriptor.write_text(f"<media><type>application/octet-stream</type><size>{content.size}</size>"
                                  f"<objectURI>{url}</objectURI><installNotifyURI>{notify}</installNotifyURI></media>")
            for kind, libs in (("shared", shared), ("static", static)):
                program = place / kind
                run("cc", "-std=gnu17", "-Wall", "-Wextra", "-Werror", HERE / "embedder.c", "-o", program, *cflags, *libs)
                status = run(program, place / f"store-{kind}", descriptor, "object.dd",
                             env={**os.environ, "LD_LIBRARY_PATH": str(library)})
                if "State:\tinstalled" not in status:
                    sys.exit(f"{kind}: {status}")
                kept = [p for p in (place / f"store-{kind}").glob("objects/*/*")]
                if [p.read_bytes() for p in kept] != [content.bytes()]:
                    sys.exit(f"{kind}: the store holds other bytes")
                print(kind, "ok")
            if origin.reports() != ["900 Success\r\n"] * 2:
                sys.exit(f"reports: {origin.reports()}")


if __name__ == "__main__":
    main()
