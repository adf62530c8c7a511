/** The entry of a board's bundle: what an installation makes of the core, as source text with imports. */
import type { Board } from "../../boards/board.ts";
import { selfTestDirection, selfTestPayload } from "../../firmware/board.ts";
import type { BoardSensor, BoardSettings } from "../../firmware/board-installation.ts";
import type { Driver, I2cDriver } from "../../firmware/driver.ts";
import { i2cPart } from "../../firmware/i2c-sensor.ts";
import { columnsOf, intervalOf, isPersonal } from "../../firmware/installation-check.ts";
import {
  type Installation,
  type InstalledSensor,
  installationDefaults,
} from "../../firmware/installation-type.ts";
import { bandOf } from "../../firmware/report.ts";
import { bytesOf, byteText } from "../../protocols/cbor-small.ts";
import { nodeCrypto } from "../../protocols/crypto-node.ts";
import { algCcm, openSession, overheadMax, sessionRoot } from "../../protocols/envelope.ts";
import { isFault } from "../../protocols/fault.ts";
import { rowsWithin } from "../../protocols/pack.ts";
import { type Shape, shapeId, shapeOf } from "../../protocols/shape.ts";
import { linkText } from "./link-text.ts";
import { byteLiteral, bytesLiteral, randomLiteral } from "./literals.ts";
import { carriesDriver } from "./meter-text.ts";
import { packText } from "./pack-text.ts";
import { rangeText } from "./range-text.ts";
import { otherImports, otherSensorText, sharedText } from "./sensor-text.ts";
import { sleepText } from "./sleep-text.ts";
import { spillBytes, spillText } from "./spill-text.ts";
import { wordsText } from "./words-text.ts";

export interface EntryOrder {
  readonly board: Board;
  readonly settings: BoardSettings;
  readonly installation: Installation;
  readonly drivers: readonly Driver[];
  /** Of the Wi-Fi that its link takes, where that has one. */
  readonly wifiPassword?: string | undefined;
}

/** One sensor with what follows from its columns. */
export interface Place {
  readonly driver: Driver;
  readonly settings: BoardSensor;
  readonly installed: InstalledSensor;
  readonly shape: Shape;
  readonly id: string;
}

const boardFrameMax = 512;

export function entryText(order: EntryOrder): string {
  const { installation, settings, board } = order;
  const link = linkText(order);
  const places = installation.sensors.map((installed, i) =>
    placeOf(installed, settings.sensors[i], order.drivers),
  );
  const root = sessionRoot(nodeCrypto, installation);
  const encrypts = installation.alg === algCcm;
  const sleep = sleepText(settings);
  const spill = spillText(order, byteText(root.prk));
  return `// Made by hasen build for ${board.title}: ${installation.device}.
import { espruinoClock } from "./boards/platforms/espruino-clock.ts";
${encrypts ? 'import { composedCcm, nativeAes } from "./boards/platforms/espruino-ccm.ts";' : ""}
import { confirmProgram, keepConsole, lockConsole, shareDevice } from "./boards/platforms/espruino-console.ts";
import { hmacOver } from "./boards/platforms/espruino-crypto.ts";
${board.crypto.sha256 === "native" ? 'import { nativeSha256 as makeSha256 } from "./boards/platforms/espruino-crypto.ts";' : 'import { scriptSha256 as makeSha256 } from "./boards/platforms/espruino-sha256.ts";'}
import type { EspruinoE } from "./boards/platforms/espruino-globals.ts";
import { espruinoI2c } from "./boards/platforms/espruino-i2c.ts";
import { espruinoIndicator } from "./boards/platforms/espruino-indicator.ts";
import { espruinoRandom } from "./boards/platforms/espruino-random.ts";
import { runBoard } from "./boards/platforms/espruino-run.ts";
${link.imports}
${sleep.imports}
import { espruinoStorage, nativeFlash } from "./boards/platforms/espruino-storage.ts";
import { espruinoUart } from "./boards/platforms/espruino-uart.ts";
import { type BoardOrder, type BoardWriter, boardCore, boardDevice, boardPlace } from "./firmware/board.ts";
${importsOf(places)}
import { epochFile } from "./firmware/epoch.ts";
import { i2cSensor } from "./firmware/i2c-sensor.ts";
${spill.imports}
import { uartSensor } from "./firmware/uart-sensor.ts";
${otherImports}
import type { Words } from "./firmware/words.ts";
import { bytesOf, head, numberItem, textItem } from "./protocols/cbor-small.ts";
import { encrypt0, mac0 } from "./protocols/session.ts";

declare const E: EspruinoE;

${places.map(({ driver, shape, id }, i) => packText(`createPack${i}`, shape, id, driver.bounds ?? null)).join("\n\n")}

${wordsText({ firmware: installation.firmware, board: board.name, bytesMax: installation.outbox.bytesMax + spillBytes(order), shapes: places })}

${optionsText(places)}
const order: BoardOrder = {
  root: {
    alg: ${installation.alg},
    kid: ${installation.kid},
    prk: bytesOf(${randomLiteral(byteText(root.prk))}),
    before: ${byteLiteral(root.before)},
    behind: ${byteLiteral(root.behind)},
    cose: {
      structure: ${byteLiteral(root.cose.structure)},
      before: ${byteLiteral(root.cose.before)},
      behind: ${byteLiteral(root.cose.behind)},
    },
    protect: ${installation.alg === algCcm ? "encrypt0" : "mac0"},
  },
  knownAnswer: ${randomLiteral(knownAnswer(order))},
  words: words,
  statusInterval: ${installation.statusInterval},
  limits: { bytesMax: ${installation.outbox.bytesMax}, framesMax: ${installation.outbox.framesMax} },
  batch: { rows: ${installation.batch.rows}, delay: ${installation.batch.delay} },
  wake: () => wake(),
  confirm: confirmProgram,
  share: ${spill.share},
};

const sizes: Record<string, number> = {};
sizes[epochFile] = 520;
const sha256 = makeSha256();
const hmac = hmacOver(sha256);
${encrypts ? "const aes = nativeAes();\nconst ccm = composedCcm(aes);" : 'const ccm = (): never => { throw new Error("this device does not encrypt"); };'}
const clock = espruinoClock();
const flash = nativeFlash();
const storage = espruinoStorage(flash, sizes);
${sleep.make}
const link = ${sleep.link(link.make)};
const indicator = espruinoIndicator(${JSON.stringify(settings.light)});
const platform = {
  clock: clock,
  random: espruinoRandom,
  storage: storage,
  crypto: { sha256: sha256, hmac: hmac, ccm: ccm },
  link: link,
  indicator: indicator,
  restart: () => E.reboot(),
};
let wake = (): void => {};
${spill.make}
const core = ${spill.core};
${sharedText(places)}
${places.map((place, i) => placeText(place, i, order)).join("\n")}
const device = boardDevice(order, platform, core, [${places.map((_, i) => `place${i}`).join(", ")}]);
const refused = device.boot();
if (refused === null) {
  ${link.console}
  wake = runBoard(${sleep.tick("device.tick")});
} else {
  console.log(refused.fault);
}
`;
}

export function placeOf(
  installed: InstalledSensor,
  settings: BoardSensor,
  drivers: readonly Driver[],
): Place {
  const driver = drivers.find(({ name }) => name === installed.driver);
  const columns = driver === undefined ? null : columnsOf(driver, installed);
  if (driver === undefined || columns === null) {
    throw new Error(`the driver ${installed.driver} has no fixed columns`);
  }
  const shape = shapeOf(columns, installed.deadBands.length > 0 ? "column" : "interval", "rows");
  if (isFault(shape)) {
    throw new Error(shape.detail);
  }
  return { driver, settings, installed, shape, id: shapeId(nodeCrypto, shape) };
}

function importsOf(places: readonly Place[]): string {
  return places
    .map(({ driver }, i) =>
      !carriesDriver(driver)
        ? ""
        : driver.kind === "i2c"
          ? `import { decode as decode${i} } from "./firmware/drivers/${driver.name}.ts";`
          : `import { ${constantOf(driver)} as driver${i} } from "./firmware/drivers/${driver.name}.ts";`,
    )
    .join("\n");
}

/** As a driver's file calls it: "d0-meter" is d0Meter. */
function constantOf(driver: Driver): string {
  return driver.name.replace(/-(.)/g, (_, letter: string) => letter.toUpperCase());
}

function placeText(place: Place, i: number, order: EntryOrder): string {
  const { driver, installed, shape } = place;
  const { batch } = order.installation;
  const rowsMax = Math.max(1, Math.min(batch.rows, rowsWithin(shape, boardFrameMax - overheadMax)));
  const interval = intervalOf(driver, installed);
  const least = isPersonal(driver, installed) ? Math.min(interval, installationDefaults.personalInterval) : 0;
  return `const writer${i} = createPack${i}(${rowsMax});
const hooks${i} = { onFault: core.faults.count, onNews: order.wake };
const sensor${i} = ${sensorCall(place, i)};
const place${i} = boardPlace(
  {
    sensor: sensor${i},
    interval: ${interval},
    heartbeat: ${installed.heartbeat},
    least: ${least},
    beyond: ${beyondText(installed, shape)},
    inRange: ${rangeText(shape)},
    writer: writer${i},
  },
  order,
  core,
);`;
}

function sensorCall(place: Place, i: number): string {
  const { driver, settings, installed } = place;
  if (driver.kind === "i2c") {
    const at = `{
          label: "",
          clock: clock,
          open: () => espruinoI2c({ bus: "${settings.port}", scl: "${settings.scl}", sda: "${settings.sda}" }),
        }`;
    return `i2cSensor(${i2cText(driver, installed, i)}, ${at}, hooks${i})`;
  }
  return otherSensorText(place, i);
}

/** The options of the drivers that read them, under names that no later step may change. */
function optionsText(places: readonly Place[]): string {
  return places
    .map(({ driver, installed }, i) =>
      driver.kind === "i2c" || !carriesDriver(driver)
        ? ""
        : [
            `const options${i}: Record<string, string | number | boolean> = {};`,
            ...Object.entries(installed.options).map(
              ([name, value]) => `options${i}[${JSON.stringify(name)}] = ${JSON.stringify(value)};`,
            ),
          ].join("\n"),
    )
    .join("\n");
}

function i2cText(driver: I2cDriver, installed: InstalledSensor, i: number): string {
  const part = i2cPart(driver, installed.options);
  const { address, command, conversion, length } = part.order;
  return `{
          columns: ${JSON.stringify(part.columns)},
          order: { address: ${address}, command: ${bytesLiteral(command)}, conversion: ${conversion}, length: ${length} },
          decode: decode${i},
          fresh: ${part.fresh},
          warmUp: ${part.warmUp},
          advice: { noBytes: { en: "", de: "" }, noMeasurement: { en: "", de: "" } },
        }`;
}

function beyondText(installed: InstalledSensor, shape: Shape): string {
  if (installed.deadBands.length === 0) {
    return "null";
  }
  const bands = shape.columns.map((column) => bandOf(installed.deadBands, column));
  return `(_column, value, last, i) => Math.abs((value as number) - (last as number)) > [${bands.join(", ")}][i]`;
}

export function knownAnswer({ installation }: EntryOrder): string {
  const session = openSession(nodeCrypto, sessionRoot(nodeCrypto, installation), 0, selfTestDirection);
  return byteText(session.seal(0, bytesOf(selfTestPayload)));
}
