import type { Uart, UartSettings } from "../boards/platform.ts";
import { type Fault, fault, isFault } from "../protocols/fault.ts";

/** A sensor on a line. What comes while another one is asked may be its own answer, late. */
export interface LineMember {
  readonly settings: UartSettings;
  bytes(bytes: Uint8Array): void;
  state(state: Fault | null): void;
}

/** A serial line whose sensors are asked, one at a time. */
export interface AskedLine {
  /** Opens the line with the first member; a Fault where it cannot be, or goes at another speed for others. */
  join(member: LineMember): Fault | null;
  leave(member: LineMember): void;
  /** Whether it is the member's turn: it may ask until it says that it is done. */
  take(member: LineMember, now: number): boolean;
  done(member: LineMember, now: number): void;
  write(bytes: Uint8Array): void;
  /** Goes on with other settings. What is written meanwhile is sent once the line is open again. */
  change(settings: UartSettings): void;
}

/** Between two members, ms: more silence than any language asks for. */
const pause = 50;
/** Bytes that wait for a line to be open again. */
const waitingMax = 256;

/** `open` gives the line's port. */
export function askedLine(open: () => Uart | Fault): AskedLine {
  let uart: Uart | null = null;
  let isOpen = false;
  let members: LineMember[] = [];
  let holder: LineMember | null = null;
  let freeAt = -Infinity;
  let waiting: Uint8Array[] = [];
  let current: UartSettings;

  function listen(port: Uart, settings: UartSettings): void {
    isOpen = false;
    port.open(
      settings,
      (bytes) => {
        members.forEach((member) => {
          member.bytes(bytes);
        });
      },
      (state) => {
        isOpen = state === null;
        const late = waiting;
        waiting = [];
        if (isOpen) {
          late.forEach((bytes) => {
            port.write(bytes);
          });
        }
        members.forEach((member) => {
          member.state(state);
        });
      },
    );
  }

  return {
    join(member) {
      const first = members.length === 0 ? null : members[0].settings;
      if (first !== null) {
        if (first.baud !== member.settings.baud || !isSame(first, member.settings)) {
          return fault("bus", "sensors on one line have one speed and parity: " + first.baud + " baud here");
        }
        members.push(member);
        return null;
      }
      const found = open();
      if (isFault(found)) {
        return found;
      }
      uart = found;
      members = [member];
      current = member.settings;
      listen(found, member.settings);
      return null;
    },
    leave(member) {
      members = members.filter((other) => other !== member);
      holder = holder === member ? null : holder;
      if (members.length === 0 && uart !== null) {
        uart.close();
        uart = null;
      }
    },
    take(member, now) {
      if (holder === null && now >= freeAt) {
        holder = member;
      }
      return holder === member;
    },
    done(member, now) {
      if (holder === member) {
        holder = null;
        freeAt = now + pause;
      }
    },
    write(bytes) {
      if (uart !== null && isOpen) {
        uart.write(bytes);
      } else if (waiting.reduce((sum, part) => sum + part.length, bytes.length) <= waitingMax) {
        waiting.push(bytes);
      }
    },
    change(settings) {
      if (uart === null || (isSame(settings, current) && settings.baud === current.baud)) {
        return;
      }
      const keepsOpen = isSame(settings, current) && uart.change !== undefined;
      current = settings;
      if (keepsOpen) {
        (uart.change as (baud: number) => void)(settings.baud);
      } else {
        uart.close();
        listen(uart, settings);
      }
    },
  };
}

/** Whether two settings are the same but for their speed. */
function isSame(a: UartSettings, b: UartSettings): boolean {
  return a.dataBits === b.dataBits && a.parity === b.parity && a.stopBits === b.stopBits;
}

/** The lines of a machine by their ports: sensors, and devices in one process, meet on them. */
export class AskedLines {
  readonly lines: { readonly port: string; readonly line: AskedLine }[] = [];

  /** The line at a port; made where there is none yet, `open` giving its port. */
  line(port: string, open: () => Uart | Fault): AskedLine {
    const known = this.lines.find((entry) => entry.port === port);
    if (known !== undefined) {
      return known.line;
    }
    const line = askedLine(open);
    this.lines.push({ port: port, line: line });
    return line;
  }
}
