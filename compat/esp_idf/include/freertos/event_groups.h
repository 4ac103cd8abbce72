/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <freertos/task.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct linnet_event_group* EventGroupHandle_t;
typedef uint32_t EventBits_t;

EventGroupHandle_t xEventGroupCreate(void);
void vEventGroupDelete(EventGroupHandle_t group);
EventBits_t xEventGroupSetBits(EventGroupHandle_t group, EventBits_t bits);
/* The bits as they were. */
EventBits_t xEventGroupClearBits(EventGroupHandle_t group, EventBits_t bits);
#define xEventGroupGetBits(group) xEventGroupClearBits(group, 0)
/* The bits when what was waited for came, or the time was over; before they are cleared. */
EventBits_t xEventGroupWaitBits(EventGroupHandle_t group, EventBits_t bits, BaseType_t clear, BaseType_t all,
                                TickType_t ticks);

#ifdef __cplusplus
}
#endif
