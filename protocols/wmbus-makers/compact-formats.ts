/**
 * Headers of the full frames behind compact ones (EN 13757-3 annex E), by which meters are read that send a full frame seldom or never. A format belongs to nobody:
 * its signature tells it, and the CRC of the whole that it is the right one. Kamstrup prints some in its descriptions of the meters' radio
 * modules (OmniPower: 58101496_C1_GB); the others are as wmbusmeters has them from full frames and from owners.
 */
export const compactFormats: readonly string[] = [
  // Kamstrup heat and cooling meters: MULTICAL 302, 303, 403, 603, 803
  "02f9ff15040604eeff0704eeff0804148440148480401402fd17026c426c44064414c44014c4804014043b0259025d",
  "030643060314426c022d01ff21",
  "030e430e0313426c022d01ff21",
  "040604ff0704ff080414043b0259025d04ff22026c44064414426c",
  "040f04ff0704ff08041484401484804014043b0259025d142d84100f84200f04ff22026c440f4414c44014c4804014426c",
  "0406041404ff0704ff080259025d023b02ff22026c44064414426c",
  // Kamstrup water meters: MULTICAL 21, flowIQ 2200
  "02ff2004134413615b6167",
  "02ff20041392013ba1015b8101e7ff0f",
  "04ff234413523b06ff1b426c61675167023b04138101e7ff0f",
  "02ff2004134413426c523b615b616751678101e7ff0f06ff1b",
  "02ff2004134413a1015b8101e7ff0f",
  "02ff2004134413615b5167",
  "02ff2004134413",
  "02ff200413523b",
  "04ff2304134413426c023b92013ba2013b06ff1ba1015b91015ba10167",
  // Kamstrup PressureSensor and OmniPower
  "22691269026905ff0905ff0a02fd17",
  "040404843c042b04ab3c",
  // Engelmann FAW water meter
  "426c441301fd17840113c40113840213c40213840313c40313840413c40413840513c40513840613c40613840713c40713840813046d0413",
];
