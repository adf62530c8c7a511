import { type Fault, fault } from "../../protocols/fault.ts";
import { lorawanCodec, lorawanCodecs } from "../../protocols/lorawan/index.ts";
import type { Measurement, MeterNumber } from "../../protocols/meter.ts";
import { isQuantityName, type QuantityName, quantities } from "../../protocols/quantity.ts";
import { grown, valuesIn } from "../columns.ts";
import {
  type DriverColumn,
  type ReaderSink,
  textOption,
  type UartDriver,
  type UartReader,
} from "../driver.ts";

/**
 * A LoRaWAN sensor, whose messages a network server has received and a gateway brings in as a line of frames: length of what follows (1),
 * port (1), frame counter (4, high byte first), payload. Not in the list of drivers, because it hangs on no port of a device.
 */
export const lorawanSensor: UartDriver = {
  kind: "uart",
  arrives: true,
  name: "lorawan-sensor",
  title: "LoRaWAN sensor behind a network server",
  datasheet: "LoRaWAN 1.0.4 §4; the payload's source is its codec's",
  options: [
    {
      name: "codec",
      meaning: "what the sensor's bytes mean",
      standard: "elsys",
      choices: lorawanCodecs.map((codec) => codec.name),
    },
  ],
  columns: () => null,
  fresh: 3600000,
  silence: 10800000, // most speak every hour or more often
  warmUp: 0,
  advice: {
    noBytes: {
      en: "look in the network server whether the sensor is heard and under which DevEUI; then at its battery and its distance to the next radio gateway",
      de: "Sehen Sie im Netzwerkserver nach, ob und unter welcher DevEUI der Sensor gehört wird; dann nach seiner Batterie und dem Abstand zum nächsten Funk-Gateway",
    },
    noMeasurement: {
      en: "check that the codec is that of this model",
      de: "Prüfen Sie, ob der codec der dieses Modells ist",
    },
  },
  settings: () => ({ baud: 9600, dataBits: 8, parity: "none", stopBits: 1 }),
  reader: (options) => new UplinkReader(textOption(lorawanSensor, options, "codec")),
  examples: [
    {
      title: "Elsys ERS, a room",
      hex: "0f 05 00000001 0100e2 0229 040027 0506",
      values: ["22.6", "41", "39"],
    },
    { title: "a type nobody knows", hex: "07 05 00000002 3f00", fault: "unsupported" },
  ],
};

const headLength = 5; // port, counter
const frameMax = 1 + headLength + 242;

/** Payloads as measurements. The columns grow with what the sensor says: not every message tells everything. */
class UplinkReader implements UartReader {
  codec: string;
  rest: Uint8Array = new Uint8Array(0);
  columns: readonly DriverColumn[] = [];
  counter = -1;

  constructor(codec: string) {
    this.codec = codec;
  }

  push(bytes: Uint8Array, _time: number, sink: ReaderSink): void {
    let held = joined(this.rest, bytes);
    while (held.length > 0 && held.length > held[0]) {
      this.frame(held.subarray(1, 1 + held[0]), sink);
      held = held.subarray(1 + held[0]);
    }
    this.rest = new Uint8Array(held.subarray(0, frameMax));
  }

  frame(frame: Uint8Array, sink: ReaderSink): void {
    const codec = lorawanCodec(this.codec);
    if (codec === null || frame.length < headLength) {
      sink.fault(
        fault("syntax", codec === null ? "no codec is called " + this.codec : "a message cut short"),
      );
      return;
    }
    const counter = ((frame[1] * 256 + frame[2]) * 256 + frame[3]) * 256 + frame[4];
    if (counter === this.counter) {
      return; // the broker said it twice
    }
    this.counter = counter;
    const uplink = codec.decode(frame[0], frame.subarray(headLength));
    this.measure(uplink.measurements, uplink.fault, sink);
  }

  measure(measurements: readonly Measurement[], bad: Fault | null, sink: ReaderSink): void {
    const known = knownIn(measurements);
    if (known.length > 0) {
      const steps = known.filter((one) => one.value !== null || !this.hasColumn(one.column.quantity));
      this.columns = grown(
        this.columns,
        steps.map((one) => one.column),
      );
      sink.measured(this.columns, valuesIn(this.columns, known));
    }
    if (bad !== null) {
      sink.fault(bad);
    } else if (known.length === 0) {
      sink.fault(fault("content", "a message without any quantity that is known here"));
    }
  }

  /** Then a quantity without a value is content with the steps it has. */
  hasColumn(quantity: QuantityName): boolean {
    return this.columns.some((column) => column.quantity === quantity);
  }
}

function joined(first: Uint8Array, second: Uint8Array): Uint8Array {
  const all = new Uint8Array(first.length + second.length);
  all.set(first, 0);
  all.set(second, first.length);
  return all;
}

/** A quantity that the table knows, in the sensor's own steps; without a value where the sensor says that it has none. */
interface Known {
  readonly column: DriverColumn;
  readonly value: MeterNumber | null;
}

/** Of a quantity that comes twice the first. */
function knownIn(measurements: readonly Measurement[]): readonly Known[] {
  const known: Known[] = [];
  measurements.forEach((measurement) => {
    const { quantity, unit } = measurement;
    if (!isQuantityName(quantity) || quantities[quantity].senml !== unit || has(known, quantity)) {
      return;
    }
    const value = typeof measurement.value === "string" ? null : measurement.value;
    const exponent = value === null ? quantities[quantity].exponent : value.exponent;
    known.push({ column: { quantity: quantity, exponent: exponent }, value: value });
  });
  return known;
}

function has(known: readonly Known[], quantity: QuantityName): boolean {
  return known.some((one) => one.column.quantity === quantity);
}
