import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { toHex } from "../bytes.ts";
import { isFault } from "../fault.ts";
import { parseUplink } from "./uplink.ts";

/** As ChirpStack 4 publishes it, shortened. */
const chirpstack = {
  deduplicationId: "3ac7e3c4-4401-4b8d-9386-a5c902f9202d",
  time: "2026-11-23T12:00:00.123456+00:00",
  deviceInfo: {
    tenantName: "Paderborn",
    applicationName: "Parken",
    deviceName: "Bucht 7",
    devEui: "AC233FC0FE000017",
  },
  devAddr: "00189440",
  adr: true,
  dr: 5,
  fCnt: 71,
  fPort: 2,
  confirmed: false,
  data: "Af8=",
  rxInfo: [{ gatewayId: "0016c001f153a14c", rssi: -48, snr: 9.0 }],
};

/** As The Things Stack 3 publishes it, shortened. */
const thingsStack = {
  end_device_ids: {
    device_id: "bucht-7",
    application_ids: { application_id: "parken" },
    dev_eui: "AC233FC0FE000017",
  },
  received_at: "2026-11-23T12:00:00.500Z",
  uplink_message: {
    f_port: 2,
    f_cnt: 71,
    frm_payload: "Af8=",
    decoded_payload: { occupied: true },
    rx_metadata: [{ gateway_ids: { gateway_id: "rathaus" }, rssi: -35 }],
    received_at: "2026-11-23T12:00:00.123Z",
  },
};

describe("an uplink of a network server", () => {
  it.each([
    ["ChirpStack", chirpstack, "2026-11-23T12:00:00.123456+00:00"],
    ["The Things Stack", thingsStack, "2026-11-23T12:00:00.123Z"],
  ])("of %s gives device, port, counter, bytes and time", (_server, message, time) => {
    const uplink = parseUplink(JSON.stringify(message));
    expect(isFault(uplink) ? uplink : { ...uplink, bytes: toHex(uplink.bytes) }).toEqual({
      devEui: "ac233fc0fe000017",
      port: 2,
      counter: 71,
      bytes: "01ff",
      time,
    });
  });

  it("whose first counter is left out, as The Things Stack does with what is 0, has the counter 0", () => {
    const { f_cnt: _gone, ...rest } = thingsStack.uplink_message;
    expect(parseUplink(JSON.stringify({ ...thingsStack, uplink_message: rest }))).toMatchObject({
      counter: 0,
    });
  });

  it.each([
    ["without a port has no application data", { ...chirpstack, fPort: 0 }, "unsupported"],
    ["of another kind is told as such", { event: "join" }, "unsupported"],
    ["with half an EUI is none", { ...chirpstack, deviceInfo: { devEui: "AC233F" } }, "unsupported"],
    ["with a payload that is no base64 is refused", { ...chirpstack, data: "Af8" }, "syntax"],
    ["with a port beyond 255 is refused", { ...chirpstack, fPort: 256 }, "syntax"],
    ["with a negative counter is refused", { ...chirpstack, fCnt: -1 }, "syntax"],
    ["longer than any radio message is refused", { ...chirpstack, data: "A".repeat(400) }, "syntax"],
  ])("%s", (_what, message, code) => {
    expect(parseUplink(JSON.stringify(message))).toMatchObject({ fault: code });
  });

  it("cut anywhere, or with any character changed, gives an uplink or a Fault", () => {
    const text = JSON.stringify(thingsStack);
    for (let length = 0; length < text.length; length++) {
      expect(isFault(parseUplink(text.slice(0, length)))).toBe(true);
    }
    fc.assert(
      fc.property(fc.nat(text.length - 1), fc.string({ minLength: 1, maxLength: 1 }), (at, character) => {
        const uplink = parseUplink(text.slice(0, at) + character + text.slice(at + 1));
        return isFault(uplink) || (/^[0-9a-f]{16}$/.test(uplink.devEui) && uplink.bytes.length <= 242);
      }),
      { numRuns: 2000 },
    );
  });
});
