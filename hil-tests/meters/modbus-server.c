/* A Modbus server of libmodbus with known registers, for tests: modbus-server tcp PORT | modbus-server rtu PATH. Ends when its input does. */
#include <errno.h>
#include <modbus.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define REGISTERS 1000

static void *until_end(void *unused) {
  char byte;
  while (read(0, &byte, 1) > 0) {
  }
  exit(0);
  return unused;
}

#include <pthread.h>

int main(int count, char **words) {
  if (count != 3) {
    return 64;
  }
  int tcp = strcmp(words[1], "tcp") == 0;
  modbus_t *context = tcp ? modbus_new_tcp("127.0.0.1", atoi(words[2])) : modbus_new_rtu(words[2], 9600, 'N', 8, 1);
  modbus_mapping_t *registers = modbus_mapping_new(0, 0, REGISTERS, REGISTERS);
  if (context == NULL || registers == NULL || modbus_set_slave(context, 17) != 0) {
    return 70;
  }
  for (int i = 0; i < REGISTERS; i++) {
    registers->tab_registers[i] = (i * 257) & 0xffff;
    registers->tab_input_registers[i] = (i * 263 + 1) & 0xffff;
  }
  pthread_t ender;
  pthread_create(&ender, NULL, until_end, NULL);
  int socket = tcp ? modbus_tcp_listen(context, 1) : 0;
  if (socket < 0 || (!tcp && modbus_connect(context) != 0)) {
    return 71;
  }
  printf("ready\n");
  fflush(stdout);
  for (;;) {
    if (tcp && modbus_tcp_accept(context, &socket) < 0) {
      return 72;
    }
    unsigned char query[MODBUS_TCP_MAX_ADU_LENGTH];
    int length;
    while ((length = modbus_receive(context, query)) >= 0 || (!tcp && errno != EBADF)) {
      if (length > 0) {
        modbus_reply(context, query, length, registers);
      }
    }
    modbus_close(context);
  }
}
