import { type Static, type TObject, type TProperties, type TSchema, Type } from "@sinclair/typebox";

/**
 * The words a config schema is written in. They are TypeBox schemas with a few keywords of our own, all plain JSON, which
 * config-file.ts reads: `about` (what it is, in both languages), `form` (a text with a meaning, see forms.ts), `least` and `most`
 * (in that form), `example` (a value that would work) and `discriminator`. A `default` is written as a person would write it
 * in the file; whoever gives one need not make the key optional.
 */
export interface About {
  readonly en: string;
  readonly de: string;
}

interface Common<Default> {
  readonly about: About;
  readonly default?: Default;
  readonly example?: Default;
}

interface Bounded extends Common<string> {
  /** In the same form as the value, e.g. "20 ms". */
  readonly least?: string;
  readonly most?: string;
}

/** A duration such as "20 ms", "90 s", "15 min", "2 h", "30 d"; the value is in milliseconds. */
export function duration(options: Bounded) {
  return Type.Unsafe<number>({ type: "string", form: "duration", ...options });
}

/** An amount of data such as "64 KiB", "512 MiB", "2 GiB"; the value is in bytes. */
export function size(options: Bounded) {
  return Type.Unsafe<number>({ type: "string", form: "size", ...options });
}

/** A serial port as `path` has it, or the address of a Modbus/TCP server. */
export function modbusPort(options: Common<string>) {
  return Type.Unsafe<string>({ type: "string", form: "modbusPort", ...options });
}

/** A file or folder; relative ones start at the config file's own folder. The value is absolute. */
export function path(options: Common<string>) {
  return Type.Unsafe<string>({ type: "string", form: "path", ...options });
}

export interface Address {
  readonly host: string;
  readonly port: number;
}

/** Where to listen, such as "127.0.0.1:1883" or "[::1]:9464". */
export function address(options: Common<string>) {
  return Type.Unsafe<Address>({ type: "string", form: "address", ...options });
}

/** Where a broker is, such as "mqtts://broker.city.example:8883"; without password in it. */
export function brokerUrl(options: Common<string>) {
  return Type.Unsafe<string>({ type: "string", form: "broker", ...options });
}

/** A device's URN, such as "urn:dev:ops:pb-rathaus-meter-017" (RFC 9039). */
export function deviceUrn(options: Common<string>) {
  return Type.Unsafe<string>({ type: "string", form: "urn", ...options });
}

/** A short name for topics, files, metrics and screens: lower-case letters, digits and hyphens. */
export function name(options: Common<string>) {
  return Type.Unsafe<string>({ type: "string", form: "name", ...options });
}

/** A device's short name or its URN; the value is the short name, such as "pb-rathaus-meter-017". */
export function deviceName(options: Common<string>) {
  return Type.Unsafe<string>({ type: "string", form: "device", ...options });
}

/** A LoRaWAN device's EUI-64, with or without separators; the value is 16 lower-case hex digits. */
export function eui(options: Common<string>) {
  return Type.Unsafe<string>({ type: "string", form: "eui", ...options });
}

/** A Bluetooth address; the value is in capitals, such as "C2:71:35:02:EE:B8". */
export function mac(options: Common<string>) {
  return Type.Unsafe<string>({ type: "string", form: "mac", ...options });
}

/** Any text of 1 to `maxLength` (200) characters, on one line. */
export function text(options: Common<string> & { readonly maxLength?: number }) {
  return Type.Unsafe<string>({ type: "string", maxLength: 200, ...options });
}

/** One of a few values. */
export function choice<const T extends string | number>(values: readonly T[], options: Common<NoInfer<T>>) {
  return Type.Unsafe<T>({ enum: [...values], ...options });
}

/** A whole number. */
export function whole(options: Common<number> & { readonly minimum: number; readonly maximum: number }) {
  return Type.Integer({ ...options });
}

export function flag(options: Common<boolean>) {
  return Type.Boolean({ ...options });
}

export interface ObjectOptions {
  readonly about: About;
  readonly default?: object;
  /** Groups of keys of which exactly one must be there. */
  readonly exactlyOne?: readonly (readonly string[])[];
  /** Groups of keys of which one at least must be there. */
  readonly atLeastOne?: readonly (readonly string[])[];
  /** Key -> the key it makes no sense without. */
  readonly needs?: Readonly<Record<string, string>>;
}

/** A group of settings. Unknown keys are errors. */
export function group<T extends TProperties>(properties: T, options: ObjectOptions): TObject<T> {
  return Type.Object(properties, { additionalProperties: false, ...options });
}

export function list<T extends TSchema>(
  item: T,
  options: {
    readonly about: About;
    readonly default?: readonly unknown[];
    readonly minItems?: number;
    readonly maxItems: number;
    /** A key whose value may stand only once in the list. */
    readonly unique?: string;
  },
) {
  return Type.Array(item, { ...options });
}

/** What a registry entry (links/x.ts, sinks/x.ts) says about its settings; `schema` holds the rest of the keys, not `kind`. */
export interface Kind<K extends string = string, T extends TProperties = TProperties> {
  readonly kind: K;
  readonly schema: TObject<T>;
}

/** The settings of one registry entry, with its kind: `{ kind: "serial", port, baud }`. */
export type Settings<D> = D extends { kind: infer K; schema: infer S extends TSchema }
  ? { kind: K } & Static<S>
  : never;

/** One of several groups, told apart by its key `kind`; built from a registry. */
export function kinds<const D extends readonly Kind[]>(definitions: D, options: { readonly about: About }) {
  return Type.Unsafe<Settings<D[number]>>({
    ...options,
    discriminator: "kind",
    kinds: definitions.map((definition) => ({ kind: definition.kind, schema: definition.schema })),
  });
}
