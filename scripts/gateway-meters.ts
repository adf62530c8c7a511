import { SharedUarts } from "../boards/platforms/shared-uarts.ts";
import { AskedLines } from "../firmware/asked-line.ts";
import { Adverts } from "../gateway/ble/adverts.ts";
import type { MeterMaker } from "../gateway/meters/meters.ts";
import { GatewayMeter, type MeterHost } from "./gateway-meter.ts";
import { LorawanServers } from "./lorawan-uart.ts";

/** Makes the meters of one gateway, which share its ports, lines, adapters and brokers. */
export function meterMaker({ version, lang }: Pick<MeterHost, "version" | "lang">): MeterMaker {
  const host = {
    version,
    lang,
    uarts: new SharedUarts(),
    lines: new AskedLines(),
    adverts: new Adverts(),
    lorawan: new LorawanServers(),
  };
  return (settings, context) => new GatewayMeter(settings, context, host);
}
