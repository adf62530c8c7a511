/** The serialport package with its native part, in a file of its own: whoever has no serial line need not load it. */
export { SerialPort } from "serialport";
