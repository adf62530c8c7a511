/** For tests: RTU's client over a Modbus/TCP connection, as boards/platforms/modbus-tcp-line.ts puts it onto sockets. */
import type { Fault } from "./fault.ts";
import type { ModbusRequest } from "./modbus-pdu.ts";
import { ModbusRtu, rtuStandard } from "./modbus-rtu.ts";
import { TcpLine } from "./modbus-tcp.ts";
import type { ModbusWire, WireStep } from "./modbus-wire.ts";

export class RtuOverTcp implements ModbusWire {
  private readonly rtu = new ModbusRtu({ ...rtuStandard, baud: 115_200 });
  private readonly line = new TcpLine();

  get deadline(): number | null {
    return this.rtu.deadline;
  }

  ask(request: ModbusRequest, now: number): readonly WireStep[] {
    return this.sent(this.rtu.ask(request, now));
  }

  push(bytes: Uint8Array, now: number): readonly WireStep[] {
    const answer = this.line.push(bytes);
    return answer === null ? [] : this.sent(this.rtu.push(answer, now));
  }

  tick(now: number): readonly WireStep[] {
    return this.sent(this.rtu.tick(now));
  }

  closed(why: Fault): readonly WireStep[] {
    this.line.anew();
    return this.rtu.closed(why);
  }

  private sent(steps: readonly WireStep[]): readonly WireStep[] {
    return steps.map((step) =>
      step.type === "send" ? { ...step, bytes: this.line.request(step.bytes) ?? step.bytes } : step,
    );
  }
}
