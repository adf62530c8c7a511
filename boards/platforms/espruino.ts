import type { Crypto } from "../../protocols/crypto.ts";
import { fault } from "../../protocols/fault.ts";
import type { Link } from "../../protocols/link.ts";
import type { Analog, I2c, Indicator, Platform, Pulse, Storage, Uart } from "../platform.ts";
import { espruinoClock } from "./espruino-clock.ts";
import type { EspruinoE } from "./espruino-globals.ts";
import { espruinoRandom } from "./espruino-random.ts";

declare const E: EspruinoE;

/** A board under Espruino, put together from what its installation uses, so that nothing else travels in its bundle. */
export interface EspruinoParts {
  readonly board: string;
  readonly storage: Storage;
  readonly crypto: Crypto;
  readonly link: Link;
  readonly indicator: Indicator;
  /** By the names the installation uses. */
  readonly i2c: Readonly<Record<string, I2c>>;
  readonly uart: Readonly<Record<string, Uart>>;
  readonly pulse: Readonly<Record<string, Pulse>>;
  readonly analog: Readonly<Record<string, Analog>>;
}

export function espruinoPlatform(parts: EspruinoParts): Platform {
  const of = <Port>(ports: Readonly<Record<string, Port>>) => {
    return (name: string) => {
      const port = ports[name];
      return port === undefined ? fault("bus", "this board has no " + name) : port;
    };
  };
  return {
    board: parts.board,
    clock: espruinoClock(),
    random: espruinoRandom,
    storage: parts.storage,
    crypto: parts.crypto,
    link: parts.link,
    indicator: parts.indicator,
    i2c: of(parts.i2c),
    uart: of(parts.uart),
    pulse: of(parts.pulse),
    analog: of(parts.analog),
    restart: () => E.reboot(),
  };
}
