import { userInfo } from "node:os";
import { ProblemError, type ProblemOptions, problem } from "./problem.ts";

/**
 * The problem behind an error that the operating system or a library threw. `where` is the file, address or port as the person
 * named it. What is not known becomes BUG-001, without stack and without the system's error names. For a serial port,
 * serial-port.ts finds out more.
 */
export function problemOfSystemError(error: unknown, where: string): ProblemError {
  if (error instanceof ProblemError) {
    return error;
  }
  const { code, syscall, message } = partsOf(error);
  const at: ProblemOptions = { where };
  if (where.startsWith("/dev/") || /cannot lock port|^error: .*opening/i.test(message)) {
    const serial = serialProblem(code, message, where);
    if (serial !== null) {
      return serial;
    }
  }
  if ((code === "EACCES" || code === "EPERM") && (syscall === "listen" || syscall === "bind")) {
    return problem("NET-077", { where }, at);
  }
  const known = Object.hasOwn(table, code) ? table[code] : undefined;
  if (known !== undefined) {
    return known(where, at);
  }
  if (/not authori[sz]ed|bad user ?name|connection refused: (?:bad|not)/i.test(message)) {
    return problem("NET-078", { where }, at);
  }
  if (/certificate/i.test(message) || /^ERR_(TLS|SSL)_|^ERR_OSSL/.test(code)) {
    return problem("NET-079", { where }, at);
  }
  return problem("BUG-001", { reason: withoutSystemNames(message) }, at);
}

/** The name of who runs this process, for sentences; a number where the system has no name for it. */
export function userName(): string {
  try {
    return userInfo().username;
  } catch {
    return String(process.getuid?.() ?? "?");
  }
}

function partsOf(error: unknown): { code: string; syscall: string; message: string } {
  const part = (name: string): string => {
    const value = typeof error === "object" && error !== null ? Reflect.get(error, name) : undefined;
    return typeof value === "string" ? value : "";
  };
  const message = error instanceof Error ? error.message : typeof error === "string" ? error : "";
  return { code: part("code"), syscall: part("syscall"), message };
}

/** serialport 13 gives texts only: "Error: Permission denied, cannot open /dev/ttyUSB0", "... Cannot lock port". */
function serialProblem(code: string, message: string, port: string): ProblemError | null {
  const at: ProblemOptions = { where: port };
  if (code === "EBUSY" || /cannot lock port|resource busy/i.test(message)) {
    return problem("SER-075", { port, holders: { word: "serial.holderUnknown", parameters: { port } } }, at);
  }
  if (code === "EACCES" || code === "EPERM" || /permission denied|access denied/i.test(message)) {
    return problem("SER-077", { port, group: "dialout", user: userName() }, at);
  }
  if (code === "ENOENT" || /no such file/i.test(message)) {
    return problem("SER-066", { port, ports: { word: "serial.nothing" } }, at);
  }
  return null;
}

function withoutSystemNames(message: string): string {
  const line = message.split("\n", 1)[0] ?? "";
  const plain = line.replace(/\bE[A-Z0-9_]{3,}\b:?\s*/g, "").replace(/\s+/g, " ");
  return plain.trim().slice(0, 200) || "?";
}

type Maker = (where: string, at: ProblemOptions) => ProblemError;

const missing: Maker = (path, at) => problem("FIL-066", { path, folder: process.cwd() }, at);
const forbidden: Maker = (path, at) => problem("FIL-077", { path, user: userName() }, at);
const full: Maker = (path, at) => problem("FIL-073", { path }, at);
const busy: Maker = (path, at) => problem("FIL-075", { path }, at);
const failed: Maker = (path, at) => problem("FIL-074", { path }, at);
const tooMany: Maker = (_path, at) => problem("FIL-079", {}, at);
const nobodyThere: Maker = (where, at) => problem("NET-069", { where }, at);
const unknownName: Maker = (where, at) => problem("NET-066", { host: hostOf(where) }, at);
const noWay: Maker = (where, at) => problem("NET-068", { where }, at);
const noAnswer: Maker = (where, at) => problem("NET-067", { where }, at);
const brokeOff: Maker = (where, at) => problem("NET-074", { where }, at);
const untrusted: Maker = (where, at) => problem("NET-079", { where }, at);

function hostOf(where: string): string {
  const url = URL.canParse(where) ? new URL(where).hostname : "";
  return url === "" ? where.replace(/:\d+$/, "") : url;
}

const table: Readonly<Record<string, Maker>> = {
  ENOENT: missing,
  EACCES: forbidden,
  EPERM: forbidden,
  EISDIR: (path, at) => problem("FIL-071", { path }, at),
  ENOTDIR: (path, at) => problem("FIL-070", { path }, at),
  EEXIST: (path, at) => problem("FIL-076", { path }, at),
  EROFS: (path, at) => problem("FIL-072", { path }, at),
  ENOSPC: full,
  EDQUOT: full,
  EBUSY: busy,
  ETXTBSY: busy,
  EAGAIN: busy,
  EIO: failed,
  ENXIO: failed,
  ENODEV: failed,
  ENOTTY: failed,
  EINVAL: failed,
  ELOOP: failed,
  ENAMETOOLONG: missing,
  EMFILE: tooMany,
  ENFILE: tooMany,
  EADDRINUSE: (where, at) => problem("NET-075", { where }, at),
  EADDRNOTAVAIL: (where, at) => problem("NET-076", { where }, at),
  ECONNREFUSED: nobodyThere,
  ENOTFOUND: unknownName,
  EAI_AGAIN: unknownName,
  EHOSTUNREACH: noWay,
  ENETUNREACH: noWay,
  ENETDOWN: noWay,
  ETIMEDOUT: noAnswer,
  ESOCKETTIMEDOUT: noAnswer,
  ECONNRESET: brokeOff,
  ECONNABORTED: brokeOff,
  EPIPE: brokeOff,
  CERT_HAS_EXPIRED: untrusted,
  CERT_NOT_YET_VALID: untrusted,
  DEPTH_ZERO_SELF_SIGNED_CERT: untrusted,
  SELF_SIGNED_CERT_IN_CHAIN: untrusted,
  UNABLE_TO_GET_ISSUER_CERT: untrusted,
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: untrusted,
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: untrusted,
};
