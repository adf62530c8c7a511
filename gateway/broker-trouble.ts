/** What a broker's refusals and a network's errors mean, and what to do about them. */

/** What mqtt, node:net and node:tls put into their errors: a system code, or an MQTT reason code. */
interface BrokerError {
  readonly message: string;
  readonly code?: number | string | undefined;
}

interface BrokerAddress {
  readonly url: string;
  readonly protocol: 4 | 5;
}

const refusals: Readonly<Record<number, string>> = {
  1: "the broker does not speak this MQTT version: set `protocol: 4`", // 3.1.1 §3.2.2.3
  2: "the broker refuses the client id",
  3: "the broker says that it is not available",
  4: "the broker refuses user name or password: check `username` and the file of `passwordFile`",
  5: "the broker refuses user name or password: check `username` and the file of `passwordFile`",
  129: "the broker found a packet malformed", // MQTT 5 §2.4
  130: "the broker found a protocol error",
  132: "the broker does not speak MQTT 5: set `protocol: 4`",
  133: "the broker refuses the client id",
  134: "the broker refuses user name or password: check `username` and the file of `passwordFile`",
  135: "the broker does not let us in: check `username`, the file of `passwordFile` and the broker's access list",
  136: "the broker says that it is not available",
  137: "the broker is busy",
  138: "the broker has banned this client",
  139: "the broker is shutting down",
  141: "the broker heard nothing from us for too long",
  142: "another client with the same client id took the connection over: is a second gateway running?",
  149: "the broker found a packet too large",
  151: "the broker's quota is used up",
};

const systemErrors: Readonly<Record<string, string>> = {
  ECONNREFUSED: "nothing listens there: is the broker running, is the port right?",
  ECONNRESET: "the broker cut the connection: does it expect TLS (mqtts) on this port, or none?",
  ENOTFOUND: "the host name is not known: check its spelling and the name server",
  EAI_AGAIN: "the name server does not answer: is there a network?",
  EHOSTUNREACH: "there is no way to that host: is the network up?",
  ENETUNREACH: "there is no network",
  ETIMEDOUT: "no answer: is a firewall in the way?",
  EPROTO: "what answers there does not speak TLS: use mqtt instead of mqtts, or the broker's TLS port",
  ERR_SSL_WRONG_VERSION_NUMBER:
    "what answers there does not speak TLS: use mqtt instead of mqtts, or the broker's TLS port",
  ERR_SSL_PACKET_LENGTH_TOO_LONG:
    "what answers there does not speak TLS: use mqtt instead of mqtts, or the broker's TLS port",
  SELF_SIGNED_CERT_IN_CHAIN:
    "the broker's certificate is signed by an authority we do not know: set `caFile`",
  DEPTH_ZERO_SELF_SIGNED_CERT: "the broker's certificate signs itself: set `caFile` to that certificate",
  UNABLE_TO_VERIFY_LEAF_SIGNATURE:
    "the broker's certificate is signed by an authority we do not know: set `caFile`",
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
    "the broker's certificate is signed by an authority we do not know: set `caFile`",
  CERT_HAS_EXPIRED: "the broker's certificate has expired, or our clock is wrong",
  CERT_NOT_YET_VALID: "the broker's certificate is not valid yet: is our clock right?",
  ERR_TLS_CERT_ALTNAME_INVALID: "the broker's certificate names another host than the `url`",
  ERR_OSSL_PEM_NO_START_LINE: "a certificate or key file is not PEM text",
  ERR_OSSL_X509_KEY_VALUES_MISMATCH: "`keyFile` does not belong to `certificateFile`",
};

/** TLS alerts that a broker sends when it wants a client certificate, or another one (RFC 8446 §6.2). */
const certificateAlert = /alert (handshake failure|certificate required|unknown ca|bad certificate)/i;

/** One sentence about what is in the way at this broker. Never holds a password. */
export function brokerTrouble(error: BrokerError, broker: BrokerAddress): string {
  return `${broker.url}: ${sentence(error)}`;
}

function sentence(error: BrokerError): string {
  if (typeof error.code === "number") {
    return refusals[error.code] ?? `the broker refused with reason code ${error.code}`;
  }
  if (certificateAlert.test(error.message)) {
    return "the broker wants a client certificate that it knows: check `certificateFile` and `keyFile`";
  }
  const known = error.code === undefined ? undefined : systemErrors[error.code];
  if (known !== undefined) {
    return known;
  }
  if (typeof error.code === "string" && error.code.startsWith("ERR_OSSL")) {
    return "`certificateFile` or `keyFile` cannot be used: both must be whole PEM texts, belong together and need no passphrase";
  }
  if (error.message === "connack timeout") {
    return "something takes the connection and then stays silent: is it an MQTT broker?";
  }
  if (error.message === "Keepalive timeout") {
    return "the broker has stopped answering";
  }
  if (/invalid puback reason code/i.test(error.message)) {
    // mosquitto 2.0.11 with message_size_limit: PUBACK with 0x95, which MQTT 5 §3.4.2.1 does not list.
    return "the broker confirms with a code that MQTT 5 does not have, as mosquitto does for messages over its message_size_limit: make `messageMax` smaller, or use its max_packet_size";
  }
  return error.message === "" ? "the broker ended the connection" : error.message;
}
