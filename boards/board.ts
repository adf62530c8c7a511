/** What a board has, as data: one file per board, one row each in index.ts. The build, the flashing and the docs follow from it. */
export interface Board {
  /** As device.yaml and the command line name it; also the name of its file. */
  readonly name: string;
  readonly title: string;
  readonly chip: string;
  /** MHz. */
  readonly clock: number;
  /** JsVars of its interpreter; 0 where there is none, or where memory is no concern. */
  readonly variables: number;
  /** Bytes of one variable. */
  readonly variableBytes: number;
  /** Bytes for files and code. */
  readonly storage: number;
  readonly buses: {
    readonly i2c: boolean;
    readonly uart: boolean;
    readonly analog: boolean;
    readonly pulse: boolean;
    readonly ble: boolean;
    readonly network: boolean;
  };
  /** What the interpreter does natively. Without AES it carries nothing personal. */
  readonly crypto: {
    readonly sha256: "native" | "none";
    readonly aes: "native" | "none";
    readonly ccm: boolean;
  };
  /** Whether functions can be compiled on the board. */
  readonly jit: boolean;
  readonly flash: { readonly route: "espruino" | "esptool" | "uf2" | "dfu" | "none" };
  /** Where the figures above are from. */
  readonly sources: readonly string[];
}
