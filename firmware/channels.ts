import {
  type Quantity,
  type QuantityName,
  quantities,
  quantityNames,
  widthFor,
} from "../protocols/quantity.ts";
import { byQuantity } from "./columns.ts";
import { recordQuantities } from "./data-record.ts";
import type { Channels, DriverColumn } from "./driver.ts";

/** Of an electricity meter that names its registers by OBIS code, and says energy and power. */
export const electricityChannels: Channels = {
  usual: ["activeEnergyImported", "activePower"],
  possible: () => quantityNames.filter((name) => quantities[name].obis !== null),
};

/** Of a meter that is asked: the oldest of them say energy only. */
export const askedChannels: Channels = {
  usual: ["activeEnergyImported"],
  possible: electricityChannels.possible,
};

/** Of a meter on an M-Bus, which may measure anything. */
export const mbusChannels: Channels = { usual: [], possible: recordQuantities };

/** One channel as an installation names it. */
export interface NamedChannel {
  readonly quantity: QuantityName;
  /** Of its values; absent for the usual ones. */
  readonly decimals?: number;
}

/** Of electricity counters in Wh: what the finest meters send, but for eBZ's with five. Coarser ones get zeros. */
const energyDecimals = 4;

/** The columns of channels, or the usual ones of a meter, in the order of the quantity table; none where nobody says any. */
export function columnsNamed(
  channels: Channels,
  named: readonly NamedChannel[] | undefined,
): readonly DriverColumn[] {
  const chosen: readonly NamedChannel[] =
    named === undefined ? channels.usual.map((quantity) => ({ quantity: quantity })) : named;
  return chosen
    .map((channel) => ({
      quantity: channel.quantity,
      exponent: channel.decimals === undefined ? exponentOf(channel.quantity) : -channel.decimals,
    }))
    .sort(byQuantity);
}

function exponentOf(name: QuantityName): number {
  const quantity: Quantity = quantities[name];
  const isEnergy = quantity.obis !== null && quantity.obis.substr(0, 4) === "1-0:" && quantity.dlms === "Wh";
  return isEnergy ? -energyDecimals : quantity.exponent;
}

/** The first column whose values would be wider than a pack takes; null where all fit. */
export function tooFine(columns: readonly DriverColumn[]): DriverColumn | null {
  const found = columns.filter((column) => widthFor(quantities[column.quantity], column.exponent) === null);
  return found.length === 0 ? null : found[0];
}
