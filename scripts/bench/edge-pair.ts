import { City, recordMark } from "./city.ts";
import { EdgeBridge } from "./edge-bridge.ts";
import { EdgeGateway } from "./edge-gateway.ts";

/** The gateway as it is shipped and mosquitto with a bridge, both connected, each with a city of its own. */
export interface EdgePair {
  readonly gateway: EdgeGateway;
  readonly city: City;
  readonly bridge: EdgeBridge;
  readonly bridgeCity: City;
  stop(): Promise<void>;
}

export async function startEdgePair(): Promise<EdgePair> {
  const city = await City.start(recordMark);
  const bridgeCity = await City.start(null);
  const gateway = await EdgeGateway.create({ cityPort: city.mosquitto.port });
  await gateway.start();
  await gateway.connect();
  const bridge = await EdgeBridge.start(bridgeCity.mosquitto.port);
  return {
    gateway,
    city,
    bridge,
    bridgeCity,
    stop: async () => {
      await Promise.all([gateway, bridge, city, bridgeCity].map((part) => part.stop()));
    },
  };
}
