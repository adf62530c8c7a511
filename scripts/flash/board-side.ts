/**
 * What is put into a board's memory for the time of flashing, as the global `dh`: small, since a board has little, and asking first,
 * since a write cannot be taken back. Interpreters without CRC-32 get one in JavaScript.
 *
 *     dh.w  writes a piece of a file: 0 it is there and was read back, 1 damaged on the way, 2 other bytes are there, 3 refused by the flash
 *     dh.b  bytes of a file
 *     dh.n  length of a file, 0 where there is none
 *     dh.m  CRC-32 of each piece of a file's beginning
 *     dh.h  SHA-256 of a file's beginning, as 32 bytes, or its CRC-32 where the board has no SHA-256
 */
export const boardSide = [
  "dh={s:require('Storage'),f:'\\xff\\xff\\xff\\xff',",
  "c:E.CRC32||function(t){var c=-1,i,k;for(i=0;i<t.length;i++){c^=t.charCodeAt(i);for(k=0;k<8;k++)c=c>>>1^(c&1?0xedb88320:0)}return~c>>>0},",
  "k:function(){try{E.kickWatchdog()}catch(e){}},",
  "r:function(n,o,l){return dh.s.read(n,o,l)||''},",
  "n:function(n){return dh.r(n).length},",
  "w:function(n,o,t,c,z){var r,i=0;dh.k();if(dh.c(t)!=c)return 1;r=dh.r(n,o,t.length);if(r==t)return 0;",
  "if(r!=dh.f.substr(0,r.length)){while(i<r.length&&r[i]==t[i])i++;if(r.substr(i)!=dh.f.substr(0,r.length-i))return 2}",
  "try{dh.s.write(n,t.substr(i),o+i,z)}catch(e){return 3}return dh.r(n,o,t.length)==t?0:3},",
  "b:function(n,o,l){return dh.r(n,o,l).split('').map(function(c){return c.charCodeAt(0)})},",
  "m:function(n,k,e){var a=[],i;for(i=0;i<e;i+=k){dh.k();a.push(dh.c(dh.r(n,i,Math.min(k,e-i))))}return a},",
  "h:function(n,e){var t=dh.r(n,0,e),a;dh.k();try{a=require('crypto').SHA256(t);a=new Uint8Array(a);return[].slice.call(a)}catch(x){return dh.c(t)}}};",
  "while(dh.f.length<512)dh.f+=dh.f;",
].join("");

/** Bytes as a literal that the interpreter reads, in printable characters alone. */
export function literal(bytes: string): string {
  const shown = (one: string): string => {
    if (one === '"' || one === "\\") {
      return `\\${one}`;
    }
    if (one === "\n") {
      return "\\n";
    }
    return one >= " " && one <= "~" ? one : `\\x${one.charCodeAt(0).toString(16).padStart(2, "0")}`;
  };
  return `"${[...bytes].map(shown).join("")}"`;
}
