import { fault } from "../fault.ts";
import { type LorawanCodec, measured, read, refused, signedByte, type Uplink } from "./codec.ts";

/** Bosch parking lot sensor. The port says what kind of message it is. */
export const tps110: LorawanCodec = {
  name: "bosch-tps110",
  title: "Bosch TPS110, parking bay",
  source: "Bosch Parking Lot Sensor, Communication Interface",
  decode: function (port, bytes) {
    const length = port === 1 ? 1 : port === 2 ? 2 : port === 3 ? 17 : 0;
    if (length === 0) {
      return refused(
        fault("unsupported", "port " + String(port) + "; the TPS110 tells its state on ports 1 to 3"),
      );
    }
    if (bytes.length < length) {
      return refused(
        fault(
          "truncated",
          String(bytes.length) + " bytes on port " + String(port) + ", which has " + String(length),
        ),
      );
    }
    return states(port, bytes);
  },
  examples: [
    { title: "a car has come", port: 1, hex: "01", values: { occupied: "1" } },
    { title: "a car has gone", port: 1, hex: "00", values: { occupied: "0" } },
    {
      title: "heartbeat of an occupied bay in the frost",
      port: 2,
      hex: "01 ff",
      values: { occupied: "1", temperature: "-1" },
    },
    {
      title: "start with debug codes 804 and 885",
      port: 3,
      hex: "24030000 75030000 00000000 001d02 03 01",
      values: { occupied: "1" },
    },
    { title: "debug data", port: 6, hex: "00", values: {}, fault: "unsupported" },
    { title: "half a heartbeat", port: 2, hex: "01", values: {}, fault: "truncated" },
  ],
};

function states(port: number, bytes: Uint8Array): Uplink {
  const state = port === 3 ? bytes[16] : bytes[0];
  const occupied = measured("occupied", state % 2, 0, "/");
  return read(port === 2 ? [occupied, measured("temperature", signedByte(bytes[1]), 0, "Cel")] : [occupied]);
}
