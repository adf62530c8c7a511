/** The objects of BTHome v2 (bthome.io/format): what each id measures, in how many bytes, in which step. Little-endian. */

export type BthomeKind = "number" | "binary" | "button" | "dimmer" | "text" | "raw";

export interface BthomeObject {
  readonly quantity: string;
  readonly kind: BthomeKind;
  /** Bytes of data; 0 where a length byte tells. */
  readonly length: number;
  readonly signed: boolean;
  /** A step of the number is factor x 10^exponent. */
  readonly factor: number;
  readonly exponent: number;
  readonly unit: string | null;
}

/** Null for an id that no table here has: its length, and so all behind it, cannot be known. */
export function bthomeObject(id: number): BthomeObject | null {
  const found = table[id];
  return found === undefined ? null : found;
}

/** Of ids 0f to 11 and 15 to 2d: a byte, 0 or 1. */
function binary(quantity: string): BthomeObject {
  return { quantity, kind: "binary", length: 1, signed: false, factor: 1, exponent: 0, unit: null };
}

function event(kind: "button" | "dimmer", length: number): BthomeObject {
  return { quantity: kind, kind, length, signed: false, factor: 1, exponent: 0, unit: null };
}

function string(kind: "text" | "raw"): BthomeObject {
  return { quantity: kind, kind, length: 0, signed: false, factor: 1, exponent: 0, unit: null };
}

function unsigned(quantity: string, length: number, exponent: number, unit: string | null): BthomeObject {
  return { quantity, kind: "number", length, signed: false, factor: 1, exponent, unit };
}

function signed(quantity: string, length: number, exponent: number, unit: string | null): BthomeObject {
  return { quantity, kind: "number", length, signed: true, factor: 1, exponent, unit };
}

const table: { readonly [id: number]: BthomeObject } = {
  0: unsigned("packet_id", 1, 0, null),
  1: unsigned("battery", 1, 0, "%"),
  2: signed("temperature", 2, -2, "degC"),
  3: unsigned("humidity", 2, -2, "%"),
  4: unsigned("pressure", 3, -2, "hPa"),
  5: unsigned("illuminance", 3, -2, "lx"),
  6: unsigned("mass", 2, -2, "kg"),
  7: unsigned("mass", 2, -2, "lb"),
  8: signed("dew_point", 2, -2, "degC"),
  9: unsigned("count", 1, 0, null),
  10: unsigned("energy", 3, -3, "kWh"),
  11: unsigned("power", 3, -2, "W"),
  12: unsigned("voltage", 2, -3, "V"),
  13: unsigned("pm25", 2, 0, "ug/m3"),
  14: unsigned("pm10", 2, 0, "ug/m3"),
  15: binary("generic"),
  16: binary("power"),
  17: binary("opening"),
  18: unsigned("co2", 2, 0, "ppm"),
  19: unsigned("volatile_organic_compounds", 2, 0, "ug/m3"),
  20: unsigned("moisture", 2, -2, "%"),
  21: binary("battery"),
  22: binary("battery_charging"),
  23: binary("carbon_monoxide"),
  24: binary("cold"),
  25: binary("connectivity"),
  26: binary("door"),
  27: binary("garage_door"),
  28: binary("gas"),
  29: binary("heat"),
  30: binary("light"),
  31: binary("lock"),
  32: binary("moisture"),
  33: binary("motion"),
  34: binary("moving"),
  35: binary("occupancy"),
  36: binary("plug"),
  37: binary("presence"),
  38: binary("problem"),
  39: binary("running"),
  40: binary("safety"),
  41: binary("smoke"),
  42: binary("sound"),
  43: binary("tamper"),
  44: binary("vibration"),
  45: binary("window"),
  46: unsigned("humidity", 1, 0, "%"),
  47: unsigned("moisture", 1, 0, "%"),
  58: event("button", 1),
  60: event("dimmer", 2),
  61: unsigned("count", 2, 0, null),
  62: unsigned("count", 4, 0, null),
  63: signed("rotation", 2, -1, "deg"),
  64: unsigned("distance", 2, 0, "mm"),
  65: unsigned("distance", 2, -1, "m"),
  66: unsigned("duration", 3, -3, "s"),
  67: unsigned("current", 2, -3, "A"),
  68: unsigned("speed", 2, -2, "m/s"),
  69: signed("temperature", 2, -1, "degC"),
  70: unsigned("uv_index", 1, -1, null),
  71: unsigned("volume", 2, -1, "l"),
  72: unsigned("volume", 2, 0, "ml"),
  73: unsigned("volume_flow_rate", 2, -3, "m3/h"),
  74: unsigned("voltage", 2, -1, "V"),
  75: unsigned("gas", 3, -3, "m3"),
  76: unsigned("gas", 4, -3, "m3"),
  77: unsigned("energy", 4, -3, "kWh"),
  78: unsigned("volume", 4, -3, "l"),
  79: unsigned("water", 4, -3, "l"),
  80: unsigned("timestamp", 4, 0, "s"),
  81: unsigned("acceleration", 2, -3, "m/s2"),
  82: unsigned("gyroscope", 2, -3, "deg/s"),
  83: string("text"),
  84: string("raw"),
  85: unsigned("volume_storage", 4, -3, "l"),
  86: unsigned("conductivity", 2, 0, "uS/cm"),
  87: signed("temperature", 1, 0, "degC"),
  88: {
    quantity: "temperature",
    kind: "number",
    length: 1,
    signed: true,
    factor: 35,
    exponent: -2,
    unit: "degC",
  },
  89: signed("count", 1, 0, null),
  90: signed("count", 2, 0, null),
  91: signed("count", 4, 0, null),
  92: signed("power", 4, -2, "W"),
  93: signed("current", 2, -3, "A"),
  94: unsigned("direction", 2, -2, "deg"),
  95: unsigned("precipitation", 2, -1, "mm"),
  96: unsigned("channel", 1, 0, null),
  97: unsigned("rotational_speed", 2, 0, "rpm"),
  98: signed("speed", 4, -6, "m/s"),
  99: signed("acceleration", 4, -6, "m/s2"),
  100: unsigned("light_level", 1, 0, null),
  240: unsigned("device_type", 2, 0, null),
  241: unsigned("firmware_version", 4, 0, null),
  242: unsigned("firmware_version", 3, 0, null),
};
