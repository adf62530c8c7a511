import type { MeterKeys, Telegram } from "../../protocols/meter.ts";
import type { ReceiverName } from "../../protocols/wmbus-receiver.ts";
import type { Proof, Sighting } from "./ears.ts";
import type { ModbusKind } from "./modbus-run.ts";
import type { LineSetting } from "./setting.ts";
import type { HeardAt } from "./stay.ts";

/** What the host of a probe is to do, in this order. */
export type ProbeStep =
  /** Set the line so; what was given to send before has gone out to the last bit by then. */
  | { readonly type: "line"; readonly line: LineSetting }
  | { readonly type: "send"; readonly bytes: Uint8Array }
  /** For people who wait: what is tried now. */
  | { readonly type: "trying"; readonly what: "listen" | "ask" | "confirm"; readonly language: string | null }
  /** The probe is over; `outcome` says what it found. */
  | { readonly type: "end" };

export interface Found {
  /** As `hasen decode` names it, or "modbus". */
  readonly language: string;
  readonly setting: LineSetting;
  /** Whether it spoke because it was asked. */
  readonly asked: boolean;
  readonly proof: Proof;
  readonly telegrams: number;
  readonly faults: number;
  readonly telegram: Telegram | null;
  readonly locked: Sighting["locked"];
  /** What a meter that was asked went on with, in baud. */
  readonly dataBaud: number;
  /** The Modbus unit that answered. */
  readonly unit: number | null;
  /** What that unit is; null where its registers do not tell. */
  readonly kind: ModbusKind | null;
  /** Whose frames wireless telegrams come in. */
  readonly receiver: ReceiverName;
}

export interface ProbeOutcome {
  readonly found: Found | null;
  readonly heard: readonly HeardAt[];
  /** Languages that were asked for. */
  readonly asked: readonly string[];
  /** The sender's bit rate as garbage shows it; null where nothing does. */
  readonly rate: number | null;
  /** How often somebody sent whom nothing understood, ms; null where that is not known. */
  readonly interval: number | null;
  readonly ms: number;
}

export interface ProbeOptions {
  /** How long at most, ms. */
  readonly duration: number;
  /** False: nothing is sent. */
  readonly asks: boolean;
  readonly keys: MeterKeys;
}
