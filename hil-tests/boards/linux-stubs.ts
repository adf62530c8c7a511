/** What the interpreter for Linux lacks of a board, as text that runs before a bundle. */

/** An SHT31 at I2C1 that measures 21.5 °C and 47.3 %, a light, a console that stays open, a watchdog that never bites. */
export const boardStubs = `
global.I2C9={setup:function(){},writeTo:function(){},readFrom:function(){return new Uint8Array([0x61,0x47,0x8a,0x79,0x16,0x9c])}};
global.digitalWrite=function(){};
E.lockConsole=function(){};E.setPassword=function(){};E.setConsole=function(){};E.enableWatchdog=function(){};E.kickWatchdog=function(){};
`;

/** On Linux the interpreter takes memory piece by piece, and has none in one piece once a program has filled the last: so it takes a large piece first. */
export const roomScript = `
(function(){var room=[];for(var i=0;i<20000;i++)room.push(i)})();
`;

/** A Wi-Fi that is joined a moment after it is asked for. */
export const wifiStub = `
Modules.addCached("Wifi","exports.connect=function(s,o,c){setTimeout(c,50,null)}");
`;

/** A serial port that is the pseudo-terminal at this path, whatever pins a bundle names. */
export function serialStub(path: string): string {
  return `
global.Serial9={setup:function(b){Serial1.setup(b,{path:${JSON.stringify(path)}})},removeAllListeners:function(){},on:function(e,f){Serial1.on(e,f)},write:function(d){Serial1.write(d)}};
`;
}

/**
 * A radio whose Nordic UART is the pseudo-terminal at this path. Whether somebody is connected stands in the file `radio` beside the board's
 * flash: "1" or "0".
 */
export function radioStub(path: string): string {
  const at = JSON.stringify(path);
  return `
global.NRF={f:{},up:"0",on:function(e,f){NRF.f[e]=f},setAdvertising:function(d,o){NRF.advert=o},disconnect:function(){require("fs").writeFileSync("radio","0")}};
global.Bluetooth={on:function(e,f){Serial1.setup(115200,{path:${at}});Serial1.on(e,f)},write:function(d){Serial1.write(d)}};
setInterval(function(){var s=require("fs").readFileSync("radio");if(s!=NRF.up){NRF.up=s;NRF.f[s=="1"?"connect":"disconnect"]()}},100);
`;
}

/** A bundle for the pins of a board, where the stubs are. */
export function onStubs(code: string): string {
  return code.replace(/\bI2C1\b/g, "I2C9").replace(/\bSerial1\b/g, "Serial9");
}

/** A bundle for the flash of an ESP32, where the interpreter for Linux has its own: 256 KiB from 0x10000000 on, in pages of 1 KiB. */
export function onLinuxFlash(code: string): string {
  return code
    .replaceAll(String(0x320000), String(0x10000000))
    .replaceAll(String(224 * 4096), String(256 * 1024))
    .replaceAll("4096", "1024");
}
