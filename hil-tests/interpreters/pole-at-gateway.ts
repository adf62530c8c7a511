import type { Installation } from "../../firmware/installation-type.ts";
import { TestGateway } from "../test-gateway.ts";
import { StubBoard } from "./stub-board.ts";

/** A board whose serial link ends at a gateway that knows its device. */
export function poleAtGateway(
  installation: Installation,
  board = new StubBoard(),
): { readonly board: StubBoard; readonly gateway: TestGateway } {
  const gateway = new TestGateway(installation, (frame) => board.sendDown(frame));
  board.onFrame = (frame) => gateway.receive(frame);
  return { board, gateway };
}
