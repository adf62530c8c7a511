import { createConnection, type Socket } from "node:net";
import type { Fault } from "../../protocols/fault.ts";
import { TcpLine } from "../../protocols/modbus-tcp.ts";
import type { Uart } from "../platform.ts";
import { type Said, saidOf } from "./said-fault.ts";

/** What a port's name begins with where it is reached over the network. */
export const tcpScheme = "tcp://";

/** A connection has no speed. Where a driver's options want one, all units behind an address have this, so that they share it. */
const networkLine = { baud: 115_200, parity: "none", stopBits: 1 } as const;

/** The options of a sensor at this port. */
export function optionsAt<Options extends object>(port: string, options: Options): Options {
  return port.startsWith(tcpScheme) ? { ...options, ...networkLine } : options;
}

const connectMax = 5000; // ms
const retryFirst = 1000; // ms
const retryMax = 60_000; // ms
/** Requests without an answer before the connection is taken for dead. */
const unansweredMax = 4;

/** A Modbus/TCP connection as a line on which RTU is spoken (protocols/modbus-tcp.ts). Connects again by itself. */
export function modbusTcpUart(address: string): Uart {
  let line: ModbusTcpLine | null = null;
  return {
    open: (_settings, onBytes, onState) => {
      line?.close();
      line = new ModbusTcpLine(address, onBytes, onState);
    },
    write: (bytes) => line?.write(bytes),
    change: () => undefined,
    close: () => line?.close(),
  };
}

class ModbusTcpLine {
  readonly #address: string;
  readonly #onBytes: (bytes: Uint8Array) => void;
  readonly #onState: (state: Fault | null) => void;
  #socket: Socket | null = null;
  #connected = false;
  #closed = false;
  #timer: NodeJS.Timeout | undefined;
  #delay = retryFirst;
  readonly #line = new TcpLine();
  #unanswered = 0;
  /** The request that came while there was no connection. */
  #waiting: Uint8Array | null = null;
  /** As it was told last; undefined before that. */
  #told: string | null | undefined = undefined;

  constructor(address: string, onBytes: (bytes: Uint8Array) => void, onState: (state: Fault | null) => void) {
    this.#address = address;
    this.#onBytes = onBytes;
    this.#onState = onState;
    this.#connect();
  }

  write(rtu: Uint8Array): void {
    if (!this.#connected) {
      this.#waiting = rtu;
      return;
    }
    if (this.#unanswered >= unansweredMax) {
      this.#lost({
        en: "it takes requests and does not answer: is it the Modbus port, and is the unit right?",
        de: "es nimmt Anfragen an und antwortet nicht: Ist es der Modbus-Port, und stimmt die Einheit (unit)?",
      });
      return;
    }
    const request = this.#line.request(rtu);
    if (request !== null) {
      this.#unanswered++;
      this.#socket?.write(request);
    }
  }

  close(): void {
    this.#closed = true;
    clearTimeout(this.#timer);
    this.#drop();
  }

  #connect(): void {
    const { hostname, port } = new URL(this.#address);
    const host = hostname.replace(/^\[|\]$/g, "");
    const socket = createConnection({ host, port: Number(port), noDelay: true, keepAlive: true });
    const isOurs = (): boolean => this.#socket === socket;
    this.#socket = socket;
    this.#timer = setTimeout(() => isOurs() && this.#lost(reasons.ETIMEDOUT), connectMax);
    this.#timer.unref();
    socket.on("connect", () => isOurs() && this.#opened());
    socket.on("data", (bytes) => isOurs() && this.#heard(new Uint8Array(bytes)));
    socket.on("error", (error) => isOurs() && this.#lost(reasonOf(error)));
    socket.on("close", () => isOurs() && this.#ended());
  }

  #opened(): void {
    clearTimeout(this.#timer);
    this.#connected = true;
    this.#tell(null);
    const waiting = this.#waiting;
    this.#waiting = null;
    if (waiting !== null) {
      this.write(waiting);
    }
  }

  #heard(bytes: Uint8Array): void {
    const answer = this.#line.push(bytes);
    if (answer !== null) {
      this.#unanswered = 0;
      this.#delay = retryFirst;
      this.#onBytes(answer);
    }
    if (this.#line.broken) {
      this.#lost({
        en: "what comes from there is no Modbus/TCP: is it the right port?",
        de: "was von dort kommt, ist kein Modbus/TCP: Ist es der richtige Port?",
      });
    }
  }

  /** Many servers end a connection on which nothing was asked for a while: no trouble, unless it cannot be had again. */
  #ended(): void {
    if (this.#connected && !this.#line.waits) {
      this.#again();
    } else {
      this.#lost({
        en: "it ended the connection: perhaps it serves only one client, and another one is connected",
        de: "es hat die Verbindung beendet: Vielleicht bedient es nur einen Teilnehmer, und ein anderer ist verbunden",
      });
    }
  }

  #lost(reason: Said): void {
    this.#again();
    this.#tell(reason);
  }

  #again(): void {
    this.#drop();
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#closed || this.#connect(), this.#delay * (0.75 + Math.random() / 4));
    this.#timer.unref();
    this.#delay = Math.min(2 * this.#delay, retryMax);
  }

  #drop(): void {
    this.#socket?.destroy();
    this.#socket = null;
    this.#connected = false;
    this.#unanswered = 0;
    this.#waiting = null;
    this.#line.anew();
  }

  #tell(reason: Said | null): void {
    const told = reason === null ? null : reason.en;
    if (told !== this.#told && !this.#closed) {
      this.#told = told;
      this.#onState(reason === null ? null : saidOf(this.#address, reason));
    }
  }
}

const reasons = {
  ECONNREFUSED: {
    en: "it refuses the connection: is Modbus TCP switched on there, at this port, and allowed from here?",
    de: "es lehnt die Verbindung ab: Ist Modbus TCP dort eingeschaltet, an diesem Port, und von hier erlaubt?",
  },
  ECONNRESET: {
    en: "it broke the connection off: perhaps it serves only one client, and another one is connected",
    de: "es hat die Verbindung abgebrochen: Vielleicht bedient es nur einen Teilnehmer, und ein anderer ist verbunden",
  },
  EHOSTUNREACH: {
    en: "there is no way to this host: check its power, its network cable and the address",
    de: "kein Weg führt zu diesem Gerät: Prüfen Sie seinen Strom, sein Netzwerkkabel und die Adresse",
  },
  ENETUNREACH: {
    en: "there is no way to its network: check this computer's network and the address",
    de: "kein Weg führt in sein Netz: Prüfen Sie das Netz dieses Rechners und die Adresse",
  },
  ENOTFOUND: {
    en: "nobody knows this name: check its spelling, or use the IP address",
    de: "niemand kennt diesen Namen: Prüfen Sie seine Schreibweise, oder nehmen Sie die IP-Adresse",
  },
  EAI_AGAIN: {
    en: "no name server answers: use the IP address, or check the network",
    de: "kein Namensserver antwortet: Nehmen Sie die IP-Adresse, oder prüfen Sie das Netz",
  },
  ETIMEDOUT: {
    en: "nothing answers at this address: check its power, its network cable, the address and firewalls",
    de: "unter dieser Adresse antwortet nichts: Prüfen Sie Strom, Netzwerkkabel, Adresse und Firewalls",
  },
} as const satisfies Readonly<Record<string, Said>>;

const failed: Said = { en: "the connection failed", de: "die Verbindung ist gescheitert" };

function reasonOf(error: Error): Said {
  const code = String(Reflect.get(error, "code"));
  return Object.entries(reasons).find(([known]) => known === code)?.[1] ?? failed;
}
