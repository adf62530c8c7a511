// The Debian packages that tests want, and how they come onto a machine.
import { spawnSync } from "node:child_process";
import { existsSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { delimiter, join } from "node:path";

/** Package -> how to see that it is there: a program, a library, or modules of Debian's own Python. */
const wanted = {
  "avr-libc": { library: "include/avr/io.h" },
  dbus: { program: "dbus-daemon" },
  duktape: { program: "duk" },
  "gcc-avr": { program: "avr-gcc" },
  libfaketime: { library: "faketime/libfaketime.so.1" },
  "libmodbus-dev": { library: "libmodbus.so" },
  "libsml-dev": { library: "libsml.so" },
  mbpoll: { program: "mbpoll" },
  mosquitto: { program: "mosquitto" },
  "mosquitto-clients": { program: "mosquitto_sub" },
  openssl: { program: "openssl" },
  "python3-cbor2": { modules: "cbor2" },
  "python3-cryptography": { modules: "cryptography" },
  "python3-dbusmock": { modules: "dbusmock" },
  "python3-gi": { modules: "gi.repository.GLib" },
  socat: { program: "socat" },
  strace: { program: "strace" },
  "util-linux": { program: "setpriv" },
  valgrind: { program: "valgrind" },
};

export function missingPackages() {
  return Object.entries(wanted)
    .filter(([, { program, library, modules }]) =>
      program ? !onPath(program) : library ? !hasLibrary(library) : !pythonHas(modules),
    )
    .map(([name]) => name);
}

/** Installs as root, with services not started; NO_APT=1 prevents it. Says what it did not do. */
export function installMissing() {
  const missing = missingPackages();
  if (missing.length === 0) {
    return;
  }
  const root = process.getuid?.() === 0;
  if (process.env.NO_APT === "1" || !root || !onPath("apt-get")) {
    console.error(
      `Some tests will skip, because these Debian packages are missing. To have them all, run once:\n  sudo apt-get install --no-install-recommends ${missing.join(" ")}\n`,
    );
    return;
  }
  console.error(`Installing for the tests: ${missing.join(" ")} (NO_APT=1 prevents this) ...`);
  withoutServices(() => {
    const environment = { ...process.env, DEBIAN_FRONTEND: "noninteractive" };
    const run = (...args) =>
      spawnSync("apt-get", ["-qq", ...args], { stdio: ["ignore", "ignore", 2], env: environment }).status ===
      0;
    const install = () => run("install", "-y", "--no-install-recommends", ...missing);
    if (!install() && !(run("update") && install())) {
      console.error("apt-get could not install them (see above); the tests that need them skip.");
    }
  });
}

/** policy-rc.d (Debian Policy §9.3.3.1) is asked before a package starts its service. */
function withoutServices(work) {
  const policy = "/usr/sbin/policy-rc.d";
  const ours = !existsSync(policy);
  if (ours) {
    writeFileSync(policy, "#!/bin/sh\nexit 101\n", { mode: 0o755 });
  }
  try {
    work();
  } finally {
    if (ours) {
      rmSync(policy, { force: true });
    }
  }
}

function onPath(program) {
  const folders = [...(process.env.PATH ?? "").split(delimiter), "/usr/sbin", "/sbin"];
  return folders.some((folder) => folder !== "" && existsSync(join(folder, program)));
}

/** Debian keeps libraries in a folder for each architecture. */
function hasLibrary(file) {
  const folders = existsSync("/usr/lib") ? readdirSync("/usr/lib") : [];
  return folders.some((architecture) => existsSync(join("/usr/lib", architecture, file)));
}

function pythonHas(modules) {
  return ["/usr/bin/python3", "python3"].some(
    (python) => spawnSync(python, ["-c", `import ${modules}`], { stdio: "ignore" }).status === 0,
  );
}
