/*
 * The peer of the bench sml-libsml: reads SML telegrams in memory with libsml. For each telegram: escapes taken out, transport checksum,
 * messages and their checksums, values with scaler and unit. libsml's own transport takes four bytes a system call, so finding the end and
 * the escapes are done here, which is kind to it. It does not check the transport's checksum, nor, as Debian 12 has it, the messages': its
 * own function is called for both.
 *
 *   sml-libsml FILE    FILE: telegrams, each behind its length in 4 bytes, low byte first
 *
 * On stdin a line a command: "check" answers the readings of each telegram, -1 for one that is refused; a number runs for so many
 * milliseconds of CPU time and answers telegrams, nanoseconds.
 */
#include <inttypes.h>
#include <math.h>
#include <sml/sml_crc16.h>
#include <sml/sml_get_list_response.h>
#include <sml/sml_message.h>
#include <sml/sml_value.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define LONGEST 8192

struct telegram {
  unsigned char *bytes;
  uint32_t length;
};

static struct telegram *telegrams;
static int count;
/* What is read ends here, so that no compiler leaves it out. */
static volatile double sum;

static int64_t cpu(void) {
  struct timespec now;
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
  return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

static void load(const char *path) {
  FILE *file = fopen(path, "rb");
  unsigned char head[4];
  while (file != NULL && fread(head, 1, 4, file) == 4) {
    telegrams = realloc(telegrams, (count + 1) * sizeof *telegrams);
    struct telegram *one = &telegrams[count++];
    one->length = head[0] | head[1] << 8 | head[2] << 16 | (uint32_t)head[3] << 24;
    one->bytes = malloc(one->length);
    if (fread(one->bytes, 1, one->length, file) != one->length) {
      exit(1);
    }
  }
  if (count == 0) {
    exit(1);
  }
  fclose(file);
}

/* Content without start, escapes and end; -1 where it has no end or a wrong checksum. */
static int unescaped(const struct telegram *one, unsigned char *plain) {
  static const unsigned char quad[4] = {0x1b, 0x1b, 0x1b, 0x1b};
  const unsigned char *bytes = one->bytes;
  int length = 0;
  for (uint32_t at = 8; at + 8 <= one->length;) {
    if (bytes[at] != 0x1b || memcmp(bytes + at, quad, 4) != 0) {
      plain[length++] = bytes[at++];
    } else if (bytes[at + 4] == 0x1a) {
      u16 crc = sml_crc16_calculate((unsigned char *)bytes, at + 6);
      return crc == (bytes[at + 6] << 8 | bytes[at + 7]) ? length : -1;
    } else {
      memcpy(plain + length, bytes + at, 4);
      length += 4;
      at += memcmp(bytes + at + 4, quad, 4) == 0 ? 8 : 4;
    }
  }
  return -1;
}

static int values(sml_list *entry) {
  int found = 0;
  for (; entry != NULL; entry = entry->next) {
    if (entry->value == NULL || entry->obj_name == NULL) {
      continue;
    }
    int type = entry->value->type & SML_TYPE_FIELD;
    if (type == SML_TYPE_OCTET_STRING) {
      octet_string *text = entry->value->data.bytes;
      if (text != NULL && text->len > 0) {
        sum += text->str[0];
        found++;
      }
    } else {
      double scale = entry->scaler == NULL ? 1 : pow(10, *entry->scaler);
      sum += sml_value_to_double(entry->value) * scale + (entry->unit == NULL ? 0 : *entry->unit);
      found++;
    }
  }
  return found;
}

/* The message CRC covers all before its own field, which has one byte less where its first is zero. */
static int holds(const sml_message *message, unsigned char *bytes, int length) {
  int field = length >= 4 && bytes[length - 4] == 0x63 ? 4 : 3;
  return message->crc != NULL && sml_crc16_calculate(bytes, length - field) == *message->crc;
}

/* As sml_file_parse does, without its copies, and with the checksums that it leaves out in old versions. */
static int readings(const struct telegram *one) {
  unsigned char plain[LONGEST];
  int length = one->length > LONGEST ? -1 : unescaped(one, plain);
  sml_buffer buffer = {plain, length < 0 ? 0 : length, 0, 0, NULL};
  int found = -1;
  while (buffer.cursor < buffer.buffer_len && plain[buffer.cursor] != 0) {
    size_t start = buffer.cursor;
    sml_message *message = sml_message_parse(&buffer);
    if (message == NULL) {
      return -1;
    }
    if (!holds(message, plain + start, buffer.cursor - start)) {
      sml_message_free(message);
      return -1;
    }
    if (*message->message_body->tag == SML_MESSAGE_GET_LIST_RESPONSE) {
      sml_get_list_response *list = message->message_body->data;
      found = (found < 0 ? 0 : found) + values(list->val_list);
    }
    sml_message_free(message);
  }
  return found;
}

int main(int argc, char **argv) {
  char line[64];
  if (argc != 2) {
    return 64;
  }
  load(argv[1]);
  while (fgets(line, sizeof line, stdin) != NULL) {
    if (strcmp(line, "check\n") == 0) {
      for (int i = 0; i < count; i++) {
        printf(i == 0 ? "%d" : " %d", readings(&telegrams[i]));
      }
      printf("\n");
    } else {
      int64_t wanted = atoll(line) * 1000000, start = cpu(), used = 0, done = 0;
      for (; used < wanted; used = cpu() - start) {
        for (int i = 0; i < count; i++, done++) {
          readings(&telegrams[i]);
        }
      }
      printf("%" PRId64 " %" PRId64 "\n", done, used);
    }
    fflush(stdout);
  }
  return 0;
}
