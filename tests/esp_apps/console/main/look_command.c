// SPDX-License-Identifier: Apache-2.0
// look [-6] <name>: what a name's first address is.
#include <stdio.h>

#include "argtable3/argtable3.h"
#include "commands.h"
#include "esp_console.h"
#include "esp_netif.h"
#include "lwip/netdb.h"

static struct {
  arg_lit_t* six;
  arg_str_t* name;
  arg_end_t* end;
} args;

static int do_look(int argc, char** argv) {
  if (arg_parse(argc, argv, (void**)&args) != 0) {
    arg_print_errors(stdout, args.end, argv[0]);
    return 1;
  }
  const struct addrinfo hints = {.ai_family = args.six->count > 0 ? AF_INET6 : AF_INET, .ai_socktype = SOCK_STREAM};
  struct addrinfo* found;
  if (getaddrinfo(args.name->sval[0], NULL, &hints, &found) != 0) return ESP_ERR_NOT_FOUND;
  char text[INET6_ADDRSTRLEN];
  struct esp_ip4_addr four = {0};
  if (found->ai_family == AF_INET) {
    four.addr = ((struct sockaddr_in*)found->ai_addr)->sin_addr.s_addr;
    printf("%s is " IPSTR "\n", args.name->sval[0], IP2STR(&four));
  } else {
    printf("%s is %s\n", args.name->sval[0],
           inet_ntop(AF_INET6, &((struct sockaddr_in6*)found->ai_addr)->sin6_addr, text, sizeof(text)));
  }
  freeaddrinfo(found);
  return 0;
}

void register_look(void) {
  args.six = arg_lit0("6", NULL, "Of IPv6");
  args.name = arg_str1(NULL, NULL, "<name>", NULL);
  args.end = arg_end(4);
  const esp_console_cmd_t command = {.command = "look", .help = "Looks a name up", .func = do_look, .argtable = &args};
  ESP_ERROR_CHECK(esp_console_cmd_register(&command));
}
