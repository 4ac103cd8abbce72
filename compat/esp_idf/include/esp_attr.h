/* SPDX-License-Identifier: Apache-2.0 */
/* Where things are placed on a device means nothing here. */
#pragma once

#define IRAM_ATTR
#define DRAM_ATTR
#define RTC_DATA_ATTR
#define RTC_NOINIT_ATTR
#define NOINIT_ATTR
