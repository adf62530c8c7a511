/* What firmata.ts asks of an Arduino Uno, after the Firmata protocol 2.6: version, pins, digital and analogue inputs, I2C. Our own, for tests. */
#include <avr/interrupt.h>
#include <avr/io.h>
#include <avr/sleep.h>

enum { pins = 20, inputs = 6, messageMax = 80 };
enum { unusable = 0x7f, input = 0, analog = 2, i2c = 6, pullup = 11 };

static volatile uint8_t ring[256], head;
static uint8_t tail, message[messageMax], length, reportAnalog, reportDigital, told[3];
static uint16_t interval = 19;
static volatile uint16_t elapsed;

ISR(USART_RX_vect) { ring[head++] = UDR0; }

ISR(TIMER1_COMPA_vect) { elapsed++; }

static void send(uint8_t byte) {
  while (!(UCSR0A & _BV(UDRE0))) {}
  UDR0 = byte;
}

static void sendWord(uint16_t word) { send(word & 0x7f); send((word >> 7) & 0x7f); }

static void version(void) { send(0xf9); send(2); send(6); }

static void firmware(void) {
  send(0xf0); send(0x79); send(2); send(6);
  for (const char *name = "test"; *name; name++) sendWord(*name);
  send(0xf7);
}

static void text(const char *words) {
  send(0xf0); send(0x71);
  while (*words) sendWord(*words++);
  send(0xf7);
}

static void mode(uint8_t which, uint8_t bits) { send(which); send(bits); }

static void capabilities(void) {
  send(0xf0); send(0x6c);
  for (uint8_t pin = 0; pin < pins; pin++) {
    if (pin > 1) mode(input, 1);
    if (pin > 2) mode(pullup, 1); /* pin 2 is as those of the older StandardFirmata, which knows no such mode */
    if (pin >= 14) mode(analog, 10);
    if (pin >= 18) mode(i2c, 1);
    send(0x7f);
  }
  send(0xf7);
}

static void mapping(void) {
  send(0xf0); send(0x6a);
  for (uint8_t pin = 0; pin < pins; pin++) send(pin >= 14 ? pin - 14 : unusable);
  send(0xf7);
}

/* The two-wire interface, polled; gives its status (ATmega328P datasheet, table 22-2 and 22-3). */
static uint8_t wire(uint8_t control) {
  TWCR = control | _BV(TWINT) | _BV(TWEN);
  while (!(TWCR & _BV(TWINT))) {}
  return TWSR & 0xf8;
}

static uint8_t address(uint8_t chip, uint8_t reading) {
  wire(_BV(TWSTA));
  TWDR = chip << 1 | reading;
  return wire(0) == (reading ? 0x40 : 0x18);
}

static void stop(void) { TWCR = _BV(TWINT) | _BV(TWEN) | _BV(TWSTO); while (TWCR & _BV(TWSTO)) {} }

static uint8_t pair(uint8_t at) { return message[at] | message[at + 1] << 7; }

/*
 * As the older StandardFirmata (seen with that of avrgirl-arduino 5.0.1): where a chip gives too little, a complaint goes out, and behind it
 * an answer made of what the last one left in memory.
 */
static void transfer(void) {
  static uint8_t answer[32];
  uint8_t chip = message[1], reading = message[2] >> 3 & 3, count = (length - 3) / 2;
  uint8_t answers = address(chip, reading);
  if (!reading) {
    for (uint8_t i = 0; answers && i < count; i++) { TWDR = pair(3 + 2 * i); wire(0); }
    stop();
    return;
  }
  uint8_t wanted = pair(3);
  for (uint8_t i = 0; answers && i < wanted; i++) { wire(i + 1 < wanted ? _BV(TWEA) : 0); answer[i] = TWDR; }
  stop();
  if (!answers) text("I2C: Too few bytes received");
  send(0xf0); send(0x77); sendWord(chip); sendWord(0);
  for (uint8_t i = 0; i < wanted; i++) sendWord(answer[i]);
  send(0xf7);
}

static void sysex(void) {
  switch (message[0]) {
    case 0x79: firmware(); break;
    case 0x6b: capabilities(); break;
    case 0x69: mapping(); break;
    case 0x7a: interval = message[1] | message[2] << 7; break;
    case 0x76: transfer(); break;
  }
}

/* Every pin is an input; a high level written to it is its pull-up. */
static uint8_t bitOf(uint8_t pin) { return _BV(pin < 8 ? pin : pin < 14 ? pin - 8 : pin - 14); }

static void pinMode(uint8_t pin, uint8_t wanted) {
  volatile uint8_t *out = pin < 8 ? &PORTD : pin < 14 ? &PORTB : &PORTC;
  if (wanted == pullup) *out |= bitOf(pin); else *out &= ~bitOf(pin);
}

/* A port of Firmata is eight pins in the order of their numbers. */
static uint8_t levels(uint8_t port) {
  uint8_t bits = 0;
  for (uint8_t pin = port == 0 ? 2 : 8 * port; pin < pins && pin < 8 * port + 8; pin++)
    if ((pin < 8 ? PIND : pin < 14 ? PINB : PINC) & bitOf(pin)) bits |= _BV(pin & 7);
  return bits;
}

static void tellPort(uint8_t port) { told[port] = levels(port); send(0x90 | port); sendWord(told[port]); }

/* One byte of a message: status bytes have the high bit, and begin a message of two or three bytes or one that 0xf7 ends. */
static void take(uint8_t byte) {
  static uint8_t status;
  if (byte & 0x80) {
    if (byte == 0xf7 && status == 0xf0) sysex();
    status = byte;
    length = 0;
    if (byte == 0xf9) version();
    return;
  }
  if (length < messageMax) message[length++] = byte;
  if (status == 0xf4 && length == 2) pinMode(message[0], message[1]);
  if ((status & 0xf0) == 0xc0 && length == 1) {
    if (byte) reportAnalog |= _BV(status & 15); else reportAnalog &= ~_BV(status & 15);
  }
  if ((status & 0xf0) == 0xd0 && length == 1) {
    if (byte) { reportDigital |= _BV(status & 15); tellPort(status & 15); } else reportDigital &= ~_BV(status & 15);
  }
}

static void sample(void) {
  for (uint8_t channel = 0; channel < inputs; channel++) {
    if (!(reportAnalog & _BV(channel))) continue;
    ADMUX = _BV(REFS0) | channel;
    ADCSRA |= _BV(ADSC);
    while (ADCSRA & _BV(ADSC)) {}
    send(0xe0 | channel); sendWord(ADC);
  }
}

int main(void) {
  UCSR0A = _BV(U2X0);
  UBRR0 = 34; /* 57,600 baud */
  UCSR0B = _BV(RXCIE0) | _BV(RXEN0) | _BV(TXEN0);
  ADCSRA = _BV(ADEN) | _BV(ADPS2) | _BV(ADPS1) | _BV(ADPS0);
  TWBR = 72; /* 100 kHz */
  TCCR1B = _BV(WGM12) | _BV(CS12) | _BV(CS10); /* a tick each 1.024 ms */
  OCR1A = 15;
  TIMSK1 = _BV(OCIE1A);
  sei();
  version();
  firmware();
  for (;;) {
    while (tail != head) take(ring[tail++]);
    for (uint8_t port = 0; port < 3; port++)
      if (reportDigital & _BV(port) && levels(port) != told[port]) tellPort(port);
    if (elapsed >= interval) { elapsed = 0; sample(); }
    sleep_mode(); /* until a byte or a tick comes */
  }
}
