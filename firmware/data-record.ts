import type { DataRecord, MeterNumber } from "../protocols/meter.ts";
import type { QuantityName } from "../protocols/quantity.ts";

/** Device types (EN 13757-7 table 13) by what they measure. */
const electricity: readonly number[] = [0x02];
const gas: readonly number[] = [0x03];
const heat: readonly number[] = [0x04, 0x0c, 0x0d];
const water: readonly number[] = [0x06, 0x07, 0x15, 0x16];

interface RecordRow {
  readonly media: readonly number[];
  /** As mbus-vif.ts names it, and its unit there. */
  readonly record: string;
  readonly unit: string;
  readonly tariff: number;
  readonly quantity: QuantityName;
}

function row(
  media: readonly number[],
  record: string,
  unit: string,
  quantity: QuantityName,
  tariff?: number,
): RecordRow {
  return {
    media: media,
    record: record,
    unit: unit,
    tariff: tariff === undefined ? 0 : tariff,
    quantity: quantity,
  };
}

/** What of an M-Bus meter is forwarded. */
const rows: readonly RecordRow[] = [
  row(electricity, "energy", "Wh", "activeEnergyImported"),
  row(electricity, "energy", "Wh", "activeEnergyImportedTariff1", 1),
  row(electricity, "energy", "Wh", "activeEnergyImportedTariff2", 2),
  row(electricity, "power", "W", "activePower"),
  row(gas, "volume", "m3", "gasVolume"),
  row(heat, "energy", "Wh", "heatEnergy"),
  row(heat, "energy", "J", "heatEnergyJoules"),
  row(heat, "power", "W", "heatPower"),
  row(heat, "volume", "m3", "heatVolume"),
  row(heat, "flow-temperature", "degC", "flowTemperature"),
  row(heat, "return-temperature", "degC", "returnTemperature"),
  row(water, "volume", "m3", "waterVolume"),
];

/** All that a record may be. */
export function recordQuantities(): readonly QuantityName[] {
  return rows.map((candidate) => candidate.quantity);
}

/** The quantity that a record of a meter of this device type tells now; null for none, and for values of the past. */
export function quantityOfRecord(record: DataRecord, medium: number | undefined): QuantityName | null {
  if (
    medium === undefined ||
    record.function !== "instantaneous" ||
    record.storage !== 0 ||
    record.subunit !== 0
  ) {
    return null;
  }
  const found = rows.filter(
    (candidate) =>
      candidate.record === record.quantity &&
      candidate.unit === record.unit &&
      candidate.tariff === record.tariff &&
      candidate.media.indexOf(medium) >= 0,
  );
  return found.length === 0 ? null : found[0].quantity;
}

/** Its value in its own unit; null for dates, texts and what has none. */
export function numberOfRecord(record: DataRecord): MeterNumber | null {
  const value = record.value;
  return value === null || typeof value === "string" ? null : value;
}
