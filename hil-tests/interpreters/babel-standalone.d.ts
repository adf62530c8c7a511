/** As far as duktape-program.ts uses it. */
declare module "@babel/standalone" {
  export function transform(
    code: string,
    options: {
      readonly presets: readonly (readonly [string, object])[];
      readonly sourceType: "script";
      readonly compact: boolean;
    },
  ): { code: string };
}
