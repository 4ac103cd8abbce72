// SPDX-License-Identifier: Apache-2.0
// ping [-c <n>] [-i <s>] [-s <bytes>] <host>
#include <stdio.h>
#include <string.h>

#include "argtable3/argtable3.h"
#include "commands.h"
#include "esp_console.h"
#include "freertos/FreeRTOS.h"
#include "freertos/semphr.h"
#include "lwip/inet.h"
#include "lwip/netdb.h"
#include "ping/ping_sock.h"

static struct {
  struct arg_int* count;
  struct arg_dbl* interval;
  struct arg_int* size;
  struct arg_str* host;
  struct arg_end* end;
} args;

static void on_end(esp_ping_handle_t ping, void* done) {
  ip_addr_t target;
  uint32_t sent, received;
  esp_ping_get_profile(ping, ESP_PING_PROF_IPADDR, &target, sizeof(target));
  esp_ping_get_profile(ping, ESP_PING_PROF_REQUEST, &sent, sizeof(sent));
  esp_ping_get_profile(ping, ESP_PING_PROF_REPLY, &received, sizeof(received));
  /* These take lwIP's own addresses of each family. */
  printf("%s: %" PRIu32 " of %" PRIu32 " answered\n",
         IP_IS_V4(&target) ? inet_ntoa(*ip_2_ip4(&target)) : inet6_ntoa(*ip_2_ip6(&target)), received, sent);
  esp_ping_delete_session(ping);
  xSemaphoreGive(*(SemaphoreHandle_t*)done);
}

static int do_ping(int argc, char** argv) {
  if (arg_parse(argc, argv, (void**)&args) != 0) {
    arg_print_errors(stdout, args.end, argv[0]);
    return 1;
  }
  esp_ping_config_t config = ESP_PING_DEFAULT_CONFIG();
  if (args.count->count > 0) config.count = (uint32_t)args.count->ival[0];
  if (args.interval->count > 0) config.interval_ms = (uint32_t)(args.interval->dval[0] * 1000);
  if (args.size->count > 0) config.data_size = (uint32_t)args.size->ival[0];
  struct addrinfo hint, *found = NULL;
  memset(&hint, 0, sizeof(hint));
  memset(&config.target_addr, 0, sizeof(config.target_addr));
  if (getaddrinfo(args.host->sval[0], NULL, &hint, &found) != 0) {
    printf("ping: who is %s?\n", args.host->sval[0]);
    return 1;
  }
  if (found->ai_family == AF_INET) {
    inet_addr_to_ip4addr(ip_2_ip4(&config.target_addr), &((struct sockaddr_in*)found->ai_addr)->sin_addr);
  } else {
    inet6_addr_to_ip6addr(ip_2_ip6(&config.target_addr), &((struct sockaddr_in6*)found->ai_addr)->sin6_addr);
    IP_SET_TYPE(&config.target_addr, IPADDR_TYPE_V6);
  }
  free(found); /* as a program does that takes the first and has no other */

  SemaphoreHandle_t done = xSemaphoreCreateBinary();
  esp_ping_callbacks_t callbacks = {.on_ping_end = on_end, .cb_args = &done};
  esp_ping_handle_t ping;
  ESP_ERROR_CHECK(esp_ping_new_session(&config, &callbacks, &ping));
  ESP_ERROR_CHECK(esp_ping_start(ping));
  xSemaphoreTake(done, portMAX_DELAY);
  vSemaphoreDelete(done);
  return 0;
}

void register_ping(void) {
  args.count = arg_int0("c", "count", "<n>", "How many");
  args.interval = arg_dbl0("i", "interval", "<s>", "Seconds between them");
  args.size = arg_int0("s", "size", "<bytes>", "Of each");
  args.host = arg_str1(NULL, NULL, "<host>", "Name or address");
  args.end = arg_end(2);
  const esp_console_cmd_t command = {.command = "ping", .help = "Asks for echoes", .func = do_ping, .argtable = &args};
  ESP_ERROR_CHECK(esp_console_cmd_register(&command));
}
