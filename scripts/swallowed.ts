/** INTR, EOF and SUSP (termios): what a port that is not set raw takes for itself, and does not hand on. */
const swallowed: readonly number[] = [0x03, 0x04, 0x1a];

/** Watches a recording for bytes that its port may have swallowed. SML has 1a in every end sequence, and 03 and 04 in any second telegram. */
export class SwallowWatch {
  private hasAny = false;

  push(bytes: Uint8Array): void {
    this.hasAny ||= swallowed.some((byte) => bytes.includes(byte));
  }

  /** Whether `faulty` telegrams of this language are so for that, as far as bytes can tell. */
  explains(language: string, faulty: number): boolean {
    return language === "sml" && faulty > 1 && !this.hasAny;
  }
}
