/**
 * The ledger of WIRE 7: where every row is that the street produced. Counted by identity, disjoint, with the precedence delivered,
 * buffered, on the device, dropped; what no set holds is lost.
 */

export interface Ledger {
  readonly produced: number;
  readonly delivered: number;
  readonly buffered: number;
  readonly onDevice: number;
  readonly dropped: number;
  readonly lost: number;
}

/** One sealed message of a device: how many rows it holds, and which of them the city has. */
interface Message {
  readonly rows: number;
  readonly delivered: Set<number>;
  /** The gateway acknowledged it: on its disk. */
  acknowledged: boolean;
  /** A gap names it. */
  dropped: boolean;
}

/** One device's part: rows not yet sealed, and every message sealed since the start. */
export class DeviceAccount {
  /** Rows produced that are in no message yet. */
  openRows = 0;
  /** Rows given up before they were sealed, as the device itself counts them. */
  rowsDropped = 0;
  readonly #messages = new Map<string, Message>();

  sealed(epoch: number, piv: number, rows: number): void {
    this.#messages.set(`${epoch}/${piv}`, {
      rows,
      delivered: new Set(),
      acknowledged: false,
      dropped: false,
    });
  }

  acknowledged(epoch: number, piv: number): void {
    const message = this.#messages.get(`${epoch}/${piv}`);
    if (message !== undefined) {
      message.acknowledged = true;
    }
  }

  dropped(epoch: number, from: number, to: number): void {
    for (let piv = from; piv <= to; piv++) {
      const message = this.#messages.get(`${epoch}/${piv}`);
      if (message !== undefined) {
        message.dropped = true;
      }
    }
  }

  /** A record of this row reached the city. False for a row that no device ever sealed. */
  delivered(epoch: number, piv: number, row: number): boolean {
    const message = this.#messages.get(`${epoch}/${piv}`);
    if (message === undefined || row >= message.rows) {
      return false;
    }
    message.delivered.add(row);
    return true;
  }

  /**
   * `inSpool` tells which messages lie before the gateway's cursor, when somebody looked; while the street runs, what was
   * acknowledged and has not arrived is taken to lie there. `inOutbox` tells which the device still holds.
   */
  balance(inSpool: ((message: string) => boolean) | null, inOutbox: (message: string) => boolean): Ledger {
    const count = {
      produced: this.openRows + this.rowsDropped,
      delivered: 0,
      buffered: 0,
      onDevice: this.openRows,
      dropped: this.rowsDropped,
      lost: 0,
    };
    for (const [name, message] of this.#messages) {
      const waiting = message.rows - message.delivered.size;
      count.produced += message.rows;
      count.delivered += message.delivered.size;
      if (waiting === 0) {
        continue;
      }
      if (inSpool === null ? message.acknowledged : inSpool(name)) {
        count.buffered += waiting;
      } else if (inOutbox(name)) {
        count.onDevice += waiting;
      } else if (message.dropped) {
        count.dropped += waiting;
      } else {
        count.lost += waiting;
      }
    }
    return count;
  }
}

export function total(ledgers: readonly Ledger[]): Ledger {
  const sum = { produced: 0, delivered: 0, buffered: 0, onDevice: 0, dropped: 0, lost: 0 };
  for (const ledger of ledgers) {
    for (const key of Object.keys(sum) as (keyof Ledger)[]) {
      sum[key] += ledger[key];
    }
  }
  return sum;
}

/** Whether the sum comes out and nothing is lost. */
export function balances({ produced, delivered, buffered, onDevice, dropped, lost }: Ledger): boolean {
  return produced === delivered + buffered + onDevice + dropped + lost && lost === 0;
}
