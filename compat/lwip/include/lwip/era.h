/* SPDX-License-Identifier: Apache-2.0 */
/* The major version of ESP-IDF whose programs are being compiled. Where the names of an era exclude each other (function-like
   macros or functions for the calls of sockets, dns_getserver by value or by pointer) this number decides. */
#pragma once

#ifndef LINNET_ESP_ERA
#define LINNET_ESP_ERA 5
#endif
