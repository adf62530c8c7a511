/** Acknowledgements in the order in which the messages came (MQTT 3.1.1 §4.6), though they settle in any order. */
export class InOrder {
  private readonly waiting: { settled: boolean; readonly release: () => void }[] = [];

  /** Takes a place in the queue; calling what is returned releases it once all before it are released. */
  next(release: () => void): () => void {
    const place = { settled: false, release };
    this.waiting.push(place);
    return () => {
      place.settled = true;
      while (this.waiting[0]?.settled === true) {
        this.waiting.shift()!.release();
      }
    };
  }
}
