/* SPDX-License-Identifier: Apache-2.0 */
/* mDNS by hand: the calls of mdns.h (ESP-IDF 3 and later) as commands of esp_console.h. */
#pragma once

#ifdef __cplusplus
extern "C" {
#endif

/* mdns_init, _free, _set_hostname, _set_instance, _query_a, _query_aaaa, _query_ptr, _query_srv, _query_txt, _service_add,
   _service_remove, _service_remove_all, _service_instance_set, _service_port_set, _service_txt_set, _service_txt_remove: "help"
   tells their arguments. After esp_console_init. */
void mdns_console_register(void);

#ifdef __cplusplus
}
#endif
