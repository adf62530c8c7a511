/** What the bench uses of the npm package open-sml, which comes without types. */
declare module "open-sml" {
  export class SmlFile {
    valid: boolean | undefined;
    parse(frame: Buffer): void;
  }
}
