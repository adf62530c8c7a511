import type Board from "johnny-five/lib/board.js";
import { type Fault, fault, isFault } from "../../protocols/fault.ts";
import type { I2c } from "../platform.ts";
import type { FirmataBoard } from "./firmata-board.ts";

type Order = Parameters<I2c["transfer"]>[0];
interface Waiting {
  readonly order: Order;
  readonly done: (answer: Uint8Array | Fault) => void;
}

/** Bytes of one transfer: the buffer of Arduino's Wire library. */
const transferMax = 32;
const waitingMax = 16;
/** How much sooner than asked a read may arrive behind its write, ms: USB collects bytes for a while. */
const jitter = 5;
/** A chip that is still measuring does not answer; it is asked again this often, this many ms later. */
const complaint = "I2C: Too few bytes"; // StandardFirmata, readAndReportData
const triesMax = 3;
const tryDelay = 10;
/** Until the Arduino must have answered, ms; with all tries less than the second after which the firmware core gives up. */
const answerMax = 700;

/** The I2C bus of an Arduino; one transfer at a time, since answers are told apart by their address alone. */
export function firmataI2c(host: FirmataBoard): I2c {
  const waiting: Waiting[] = [];
  let busy = false;
  function next(): void {
    const first = waiting.shift();
    busy = first !== undefined;
    if (first === undefined) {
      return;
    }
    const board = host.board();
    const finish = (answer: Uint8Array | Fault): void => {
      first.done(answer);
      next();
    };
    if (isFault(board)) {
      finish(board);
    } else {
      transfer(host, board, first.order, finish);
    }
  }
  return {
    transfer: (order, done) => {
      if (order.command.length > transferMax || order.length > transferMax) {
        done(fault("unsupported", `an Arduino moves at most ${transferMax} bytes over I2C at a time`));
      } else if (waiting.length === waitingMax) {
        done(fault("full", `${host.path}: ${waitingMax} I2C transfers wait already`));
      } else {
        waiting.push({ order, done });
        if (!busy) {
          next();
        }
      }
    },
  };
}

/** Calls back once. */
function transfer(
  host: FirmataBoard,
  board: Board,
  order: Order,
  done: (answer: Uint8Array | Fault) => void,
): void {
  const { address, command, conversion, length } = order;
  if (command.length > 0) {
    board.i2cWrite(address, Array.from(command));
  }
  if (length === 0) {
    done(new Uint8Array(0));
    return;
  }
  const ask = (tries: number): void => {
    let open = true;
    const timer = setTimeout(() => {
      open = false;
      // A late answer would be taken for that to the next question: nothing of this conversation counts any more.
      if (host.board() === board) {
        host.restart(`the Arduino did not answer within ${answerMax} ms: its I2C bus may be stuck`);
      }
      done(fault("bus", `${host.path}: no answer from the Arduino`));
    }, answerMax);
    // The older StandardFirmata complains, and then sends what the last answer left in its memory: nothing of it may be believed.
    let short = false;
    const onText = (text: string): void => {
      short ||= text.startsWith(complaint);
    };
    board.io.on("string", onText);
    board.i2cReadOnce(address, length, (bytes) => {
      board.io.off("string", onText);
      if (!open) {
        return;
      }
      clearTimeout(timer);
      const silent = short || bytes.length === 0;
      if (silent && tries < triesMax) {
        setTimeout(() => ask(tries + 1), tryDelay);
      } else {
        done(silent ? noAnswer(address) : Uint8Array.from(bytes));
      }
    });
  };
  setTimeout(() => ask(1), conversion + jitter);
}

function noAnswer(address: number): Fault {
  return fault("bus", `no answer from I2C address ${address}: check its wires and supply`);
}
